using Edge.Runtime;

namespace Edge.Learning.Data;

/// <summary>Samples of one shape with class ids or float targets, held in memory.</summary>
/// <remarks>
/// <para>Raw features stay as they came, bytes as bytes (60,000 × 784 pixels are 47 MB, not 188 MB), and become float32 when a batch is
/// gathered: feature = raw · scale + offset (<see cref="Normalization"/>). Row-major [count, …sample shape]; images are HWC.</para>
/// <para>Immutable and shared by threads. Parts of a set (<see cref="Slice"/>, <see cref="Select"/>, <see cref="Take"/>,
/// <see cref="SplitHoldOut"/>) are views of the same storage.</para>
/// </remarks>
public sealed class Dataset
{
    private const ulong ChoiceStream = 0x43484F4943450000;

    private readonly byte[]? _bytes;
    private readonly float[]? _floats;
    private readonly int[]? _labels;
    private readonly float[]? _targets;
    private readonly int[]? _rows;
    private readonly int[] _sampleShape;

    /// <summary>Byte features with class ids, such as images.</summary>
    /// <param name="name">Short name, as in "mnist".</param>
    /// <param name="source">Where the samples come from, in words.</param>
    /// <param name="sampleShape">Shape of one sample, such as [28, 28, 1]; at least one dimension, all positive.</param>
    /// <param name="features">Row-major [count, …sampleShape]; not copied, so do not change it afterwards.</param>
    /// <param name="labels">Class id per sample, 0 .. classNames.Count − 1; not copied.</param>
    /// <param name="classNames">One name per class.</param>
    /// <param name="normalization">Default: <see cref="Normalization.UnitBytes"/>.</param>
    /// <exception cref="DatasetException">Lengths do not agree, or a label is not a class.</exception>
    public Dataset(string name, string source, ReadOnlySpan<int> sampleShape, byte[] features, int[] labels, IReadOnlyList<string> classNames, Normalization? normalization = null)
        : this(name, source, sampleShape.ToArray(), NotNull(features), null, NotNull(labels), null, 0, NotNull(classNames), normalization ?? Normalization.UnitBytes, null) => Validate();

    /// <summary>Float features with class ids.</summary>
    /// <param name="name">Short name, as in "moons".</param>
    /// <param name="source">Where the samples come from, in words.</param>
    /// <param name="sampleShape">Shape of one sample; at least one dimension, all positive.</param>
    /// <param name="features">Row-major [count, …sampleShape]; not copied.</param>
    /// <param name="labels">Class id per sample, 0 .. classNames.Count − 1; not copied.</param>
    /// <param name="classNames">One name per class.</param>
    /// <param name="normalization">Default: <see cref="Normalization.Identity"/>.</param>
    /// <exception cref="DatasetException">Lengths do not agree, or a label is not a class.</exception>
    public Dataset(string name, string source, ReadOnlySpan<int> sampleShape, float[] features, int[] labels, IReadOnlyList<string> classNames, Normalization? normalization = null)
        : this(name, source, sampleShape.ToArray(), null, NotNull(features), NotNull(labels), null, 0, NotNull(classNames), normalization ?? Normalization.Identity, null) => Validate();

    /// <summary>Byte features with float targets.</summary>
    /// <param name="name">Short name, as in "moons".</param>
    /// <param name="source">Where the samples come from, in words.</param>
    /// <param name="sampleShape">Shape of one sample; at least one dimension, all positive.</param>
    /// <param name="features">Row-major [count, …sampleShape]; not copied.</param>
    /// <param name="targets">Row-major [count, targetLength]; not copied.</param>
    /// <param name="targetLength">Targets per sample.</param>
    /// <param name="normalization">Default: <see cref="Normalization.UnitBytes"/>.</param>
    /// <exception cref="DatasetException">Lengths do not agree.</exception>
    public Dataset(string name, string source, ReadOnlySpan<int> sampleShape, byte[] features, float[] targets, int targetLength = 1, Normalization? normalization = null)
        : this(name, source, sampleShape.ToArray(), NotNull(features), null, null, NotNull(targets), targetLength, [], normalization ?? Normalization.UnitBytes, null) => Validate();

    /// <summary>Float features with float targets.</summary>
    /// <param name="name">Short name, as in "moons".</param>
    /// <param name="source">Where the samples come from, in words.</param>
    /// <param name="sampleShape">Shape of one sample; at least one dimension, all positive.</param>
    /// <param name="features">Row-major [count, …sampleShape]; not copied.</param>
    /// <param name="targets">Row-major [count, targetLength]; not copied.</param>
    /// <param name="targetLength">Targets per sample.</param>
    /// <param name="normalization">Default: <see cref="Normalization.Identity"/>.</param>
    /// <exception cref="DatasetException">Lengths do not agree.</exception>
    public Dataset(string name, string source, ReadOnlySpan<int> sampleShape, float[] features, float[] targets, int targetLength = 1, Normalization? normalization = null)
        : this(name, source, sampleShape.ToArray(), null, NotNull(features), null, NotNull(targets), targetLength, [], normalization ?? Normalization.Identity, null) => Validate();

    private Dataset(string name, string source, int[] sampleShape, byte[]? bytes, float[]? floats, int[]? labels, float[]? targets, int targetLength, IReadOnlyList<string> classNames, Normalization normalization, int[]? rows)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(source);
        Name = name;
        Source = source;
        Normalization = normalization;
        ClassNames = classNames;
        TargetLength = targetLength;
        _sampleShape = sampleShape;
        _bytes = bytes;
        _floats = floats;
        _labels = labels;
        _targets = targets;
        _rows = rows;
        SampleLength = LengthOf(name, sampleShape);
        Count = rows?.Length ?? labels?.Length ?? (targets!.Length / Math.Max(1, targetLength));
        if (normalization.Channels != 1 && normalization.Channels != sampleShape[^1])
        {
            throw new DatasetException($"Data set '{name}': the normalization has {normalization.Channels} channels and a sample is [{string.Join(", ", sampleShape)}]; " +
                $"give one value, or {sampleShape[^1]} as the last dimension.");
        }
    }

    /// <summary>Short name, as in "mnist".</summary>
    public string Name { get; }

    /// <summary>Where the samples come from, in words.</summary>
    public string Source { get; }

    /// <summary>Number of samples.</summary>
    public int Count { get; }

    /// <summary>Shape of one sample, such as [28, 28, 1].</summary>
    public ReadOnlySpan<int> SampleShape => _sampleShape;

    /// <summary>Values per sample, the product of <see cref="SampleShape"/>.</summary>
    public int SampleLength { get; }

    /// <summary>One name per class; empty when there are float targets instead.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Whether samples have class ids; otherwise float targets.</summary>
    public bool HasClasses => _labels is not null;

    /// <summary>Float targets per sample; 0 when there are class ids instead.</summary>
    public int TargetLength { get; }

    /// <summary>Whether raw features are bytes; otherwise floats.</summary>
    public bool HasBytes => _bytes is not null;

    /// <summary>What turns raw values into features.</summary>
    public Normalization Normalization { get; }

    /// <summary>Class id of a sample.</summary>
    /// <exception cref="DatasetException">The set has float targets.</exception>
    public int Label(int index) => (_labels ?? throw NoClasses())[Row(index)];

    /// <summary>Float targets [<see cref="TargetLength"/>] of a sample.</summary>
    /// <exception cref="DatasetException">The set has class ids.</exception>
    public ReadOnlySpan<float> Target(int index) =>
        (_targets ?? throw new DatasetException($"Data set '{Name}' has class ids, not float targets; use Label.")).AsSpan(Row(index) * TargetLength, TargetLength);

    /// <summary>Raw bytes [<see cref="SampleLength"/>] of a sample.</summary>
    /// <exception cref="DatasetException">The raw features are floats.</exception>
    public ReadOnlySpan<byte> RawBytes(int index) =>
        (_bytes ?? throw new DatasetException($"Data set '{Name}' holds float features, not bytes; use CopyRaw.")).AsSpan(Row(index) * SampleLength, SampleLength);

    /// <summary>Copies the raw values of a sample, before normalization.</summary>
    public void CopyRaw(int index, Span<float> raw)
    {
        int start = Row(index) * SampleLength;
        RequireLength(raw.Length, SampleLength, nameof(raw));
        if (_bytes is null)
        {
            _floats.AsSpan(start, SampleLength).CopyTo(raw);
            return;
        }

        for (int i = 0; i < SampleLength; i++)
        {
            raw[i] = _bytes[start + i];
        }
    }

    /// <summary>Copies the normalized features of a sample.</summary>
    public void CopyFeatures(int index, Span<float> features)
    {
        RequireLength(features.Length, SampleLength, nameof(features));
        int start = Row(index) * SampleLength;
        if (_bytes is not null)
        {
            Normalization.Apply(_bytes.AsSpan(start, SampleLength), features);
        }
        else
        {
            Normalization.Apply(_floats.AsSpan(start, SampleLength), features);
        }
    }

    /// <summary>Gathers a batch with class ids, without allocating.</summary>
    /// <param name="indices">The samples, in batch order; repetition is allowed.</param>
    /// <param name="features">Receives [indices, …sample shape], normalized.</param>
    /// <param name="labels">Receives a class id per index.</param>
    /// <exception cref="ArgumentException">A span's length is not what the batch needs.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An index is not a sample.</exception>
    /// <exception cref="DatasetException">The set has float targets.</exception>
    public void CopyBatch(ReadOnlySpan<int> indices, Span<float> features, Span<int> labels)
    {
        int[] ids = _labels ?? throw NoClasses();
        RequireLength(labels.Length, indices.Length, nameof(labels));
        CopyBatch(indices, features);
        for (int i = 0; i < indices.Length; i++)
        {
            labels[i] = ids[Row(indices[i])];
        }
    }

    /// <summary>Gathers a batch with float targets, without allocating.</summary>
    /// <param name="indices">The samples, in batch order; repetition is allowed.</param>
    /// <param name="features">Receives [indices, …sample shape], normalized.</param>
    /// <param name="targets">Receives [indices, <see cref="TargetLength"/>]; of a set with classes one value per index, the class id as
    /// a float, as a binary loss needs it.</param>
    /// <exception cref="ArgumentException">A span's length is not what the batch needs.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An index is not a sample.</exception>
    public void CopyBatch(ReadOnlySpan<int> indices, Span<float> features, Span<float> targets)
    {
        int length = _labels is null ? TargetLength : 1;
        RequireLength(targets.Length, (long)indices.Length * length, nameof(targets));
        CopyBatch(indices, features);
        for (int i = 0; i < indices.Length; i++)
        {
            if (_labels is null)
            {
                Target(indices[i]).CopyTo(targets[(i * length)..]);
            }
            else
            {
                targets[i] = _labels[Row(indices[i])];
            }
        }
    }

    /// <summary>Gathers the features of a batch, without allocating.</summary>
    /// <inheritdoc cref="CopyBatch(ReadOnlySpan{int}, Span{float}, Span{float})"/>
    public void CopyBatch(ReadOnlySpan<int> indices, Span<float> features)
    {
        RequireLength(features.Length, (long)indices.Length * SampleLength, nameof(features));
        for (int i = 0; i < indices.Length; i++)
        {
            CopyFeatures(indices[i], features.Slice(i * SampleLength, SampleLength));
        }
    }

    /// <summary>Number of samples per class.</summary>
    /// <exception cref="DatasetException">The set has float targets.</exception>
    public int[] CountByClass()
    {
        int[] counts = new int[HasClasses ? ClassNames.Count : throw NoClasses()];
        for (int i = 0; i < Count; i++)
        {
            counts[Label(i)]++;
        }

        return counts;
    }

    /// <summary>The same samples with another normalization.</summary>
    /// <exception cref="DatasetException">It has neither one channel nor as many as a sample.</exception>
    public Dataset WithNormalization(Normalization normalization)
    {
        ArgumentNullException.ThrowIfNull(normalization);
        return new Dataset(Name, Source, _sampleShape, _bytes, _floats, _labels, _targets, TargetLength, ClassNames, normalization, _rows);
    }

    /// <summary>Samples <paramref name="start"/> .. start + count − 1.</summary>
    public Dataset Slice(int start, int count)
    {
        if (start < 0 || count < 0 || start > Count - count)
        {
            throw new ArgumentOutOfRangeException(nameof(start), $"Data set '{Name}' has {Count} samples; {count} from {start} are not all there.");
        }

        int[] rows = new int[count];
        for (int i = 0; i < count; i++)
        {
            rows[i] = Row(start + i);
        }

        return View(rows);
    }

    /// <summary>The samples named, in that order; repetition is allowed.</summary>
    public Dataset Select(ReadOnlySpan<int> indices)
    {
        int[] rows = new int[indices.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = Row(indices[i]);
        }

        return View(rows);
    }

    /// <summary><paramref name="count"/> samples drawn without repetition, in random order.</summary>
    /// <param name="count">0 .. <see cref="Count"/>.</param>
    /// <param name="seed">The same seed draws the same samples.</param>
    /// <param name="stratified">Keep the proportion of the classes (largest remainder, ties to the lower class id).</param>
    /// <exception cref="DatasetException">Stratified, but the set has float targets.</exception>
    public Dataset Take(int count, ulong seed, bool stratified = false) => Divide(count, seed, stratified).Chosen;

    /// <summary>Puts a random fraction of the samples aside, rounded to the nearest count; both parts are in random order.</summary>
    /// <param name="fraction">Held out part, 0 .. 1.</param>
    /// <param name="seed">The same seed gives the same parts.</param>
    /// <param name="stratified">Keep the proportion of the classes in both parts.</param>
    /// <exception cref="DatasetException">Stratified, but the set has float targets.</exception>
    public TrainTest SplitHoldOut(double fraction, ulong seed, bool stratified = false)
    {
        if (!(fraction >= 0 && fraction <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "The held out fraction lies in 0 .. 1.");
        }

        (Dataset held, Dataset rest) = Divide((int)Math.Round(fraction * Count), seed, stratified);
        return new TrainTest(rest, held);
    }

    private (Dataset Chosen, Dataset Others) Divide(int count, ulong seed, bool stratified)
    {
        if (count < 0 || count > Count)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"Data set '{Name}' has {Count} samples.");
        }

        int[] order = new int[Count];
        EpochOrder.Permute(order, new CounterRandom(seed, ChoiceStream));
        int[]? quota = stratified ? Quotas(CountByClass(), count) : null;
        int[] chosen = new int[count];
        int[] rest = new int[Count - count];
        int taken = 0, left = 0;
        foreach (int index in order)
        {
            bool take = quota is null ? taken < count : quota[Label(index)]-- > 0;
            if (take)
            {
                chosen[taken++] = Row(index);
            }
            else
            {
                rest[left++] = Row(index);
            }
        }

        return (View(chosen), View(rest));
    }

    private static int[] Quotas(int[] counts, int wanted)
    {
        long total = Math.Max(1, counts.Sum(static c => (long)c));
        int[] quotas = new int[counts.Length];
        long[] remainders = new long[counts.Length];
        int given = 0;
        for (int c = 0; c < counts.Length; c++)
        {
            (long quotient, remainders[c]) = Math.DivRem((long)counts[c] * wanted, total);
            quotas[c] = (int)quotient;
            given += quotas[c];
        }

        foreach (int c in Enumerable.Range(0, counts.Length).OrderByDescending(c => remainders[c]).Take(wanted - given))
        {
            quotas[c]++;
        }

        return quotas;
    }

    private Dataset View(int[] rows) => new(Name, Source, _sampleShape, _bytes, _floats, _labels, _targets, TargetLength, ClassNames, Normalization, rows);

    private int Row(int index)
    {
        if ((uint)index >= (uint)Count)
        {
            throw new ArgumentOutOfRangeException(nameof(index), index, $"Data set '{Name}' has samples 0 .. {Count - 1}.");
        }

        return _rows is null ? index : _rows[index];
    }

    private void Validate()
    {
        long values = _bytes?.Length ?? _floats!.Length;
        if (_labels is null && (TargetLength < 1 || _targets!.Length % TargetLength != 0))
        {
            throw new DatasetException($"Data set '{Name}': {_targets!.Length} targets are not whole rows of {TargetLength}.");
        }

        if (values != (long)Count * SampleLength)
        {
            throw new DatasetException($"Data set '{Name}': {Count} samples of [{string.Join(", ", _sampleShape)}] need {(long)Count * SampleLength} values, but there are {values}.");
        }

        if (_labels is null)
        {
            return;
        }

        int classes = ClassNames.Count;
        for (int i = 0; i < _labels.Length; i++)
        {
            if ((uint)_labels[i] >= (uint)classes)
            {
                throw new DatasetException($"Data set '{Name}': sample {i} has class {_labels[i]}; with {classes} class names, 0 .. {classes - 1} are allowed.");
            }
        }
    }

    private static int LengthOf(string name, int[] shape)
    {
        long length = shape.Length == 0 ? 0 : 1;
        foreach (int dimension in shape)
        {
            length = dimension <= 0 || length > int.MaxValue ? 0 : length * dimension;
        }

        return length is > 0 and <= int.MaxValue
            ? (int)length
            : throw new DatasetException($"Data set '{name}': sample shape [{string.Join(", ", shape)}] is not allowed; at least one dimension, all positive, product at most {int.MaxValue}.");
    }

    private static T NotNull<T>(T value)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(value);
        return value;
    }

    private static void RequireLength(int found, long needed, string parameter)
    {
        if (found != needed)
        {
            throw new ArgumentException($"The span holds {found} values; {needed} are needed.", parameter);
        }
    }

    private DatasetException NoClasses() => new($"Data set '{Name}' has float targets, not class ids; use Target.");
}

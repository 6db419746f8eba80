using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Edge.Format;

/// <summary>Collects the parts of a model and writes them as one .edge file.</summary>
/// <remarks>Tensors, operators and programs are numbered in the order in which they are added. The same calls give the same bytes.</remarks>
public sealed class ModelWriter
{
    private const int Alignment = 64;

    private readonly List<TensorRecord> _tensors = [];
    private readonly List<QuantizationRecord> _quantizations = [];
    private readonly ByteSink _quantizationData = new();
    private readonly List<OperatorRecord> _operators = [];
    private readonly List<int> _indices = [];
    private readonly ByteSink _attributes = new();
    private readonly ByteSink _weights = new();
    private readonly List<ProgramRecord> _programs = [];
    private readonly List<StepRecord> _steps = [];
    private readonly List<BufferRecord> _buffers = [];
    private readonly List<string> _tensorNames = [];
    private readonly List<string> _operatorNames = [];
    private readonly SortedList<byte[], byte[]> _metadata = new(Comparer<byte[]>.Create(static (left, right) => left.AsSpan().SequenceCompareTo(right)));
    private int[] _inputs = [];
    private int[] _outputs = [];

    /// <summary>Leaves the names section out: a smaller file with the same identity.</summary>
    public bool StripNames { get; init; }

    /// <summary>Adds a computed tensor or a model input.</summary>
    /// <param name="name">Its name; may be empty.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="quantization">A result of <see cref="AddQuantization"/>, or −1.</param>
    /// <returns>The tensor's index.</returns>
    public int AddTensor(string name, DataType type, Shape shape, int quantization = -1)
    {
        TensorRecord record = new() { Type = type, Rank = (byte)shape.Rank, Quantization = quantization };
        shape.Axes.CopyTo(record.Sizes);
        _tensors.Add(record);
        _tensorNames.Add(name);
        return _tensors.Count - 1;
    }

    /// <summary>Adds a constant.</summary>
    /// <param name="name">Its name; may be empty.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="data">Its elements, row-major, little-endian.</param>
    /// <param name="quantization">A result of <see cref="AddQuantization"/>, or −1.</param>
    /// <returns>The tensor's index.</returns>
    /// <exception cref="ArgumentException"><paramref name="data"/> has not the length that type and shape ask for.</exception>
    public int AddConstant(string name, DataType type, Shape shape, ReadOnlySpan<byte> data, int quantization = -1)
    {
        long expected = (long)shape.ElementCount * type.Size();
        if (data.Length != expected)
        {
            throw new ArgumentException($"Constant '{name}' has {data.Length} bytes; {type.Name()} {shape} takes {expected}.", nameof(data));
        }

        int index = AddTensor(name, type, shape, quantization);
        _weights.Align(Alignment);
        CollectionsMarshal.AsSpan(_tensors)[index].Flags = TensorFlags.Constant;
        CollectionsMarshal.AsSpan(_tensors)[index].DataOffset = (ulong)_weights.Length;
        CollectionsMarshal.AsSpan(_tensors)[index].DataBytes = (ulong)data.Length;
        _weights.Write(data);
        return index;
    }

    /// <summary>Adds quantization parameters.</summary>
    /// <param name="scales">One, or one for each index of <paramref name="axis"/>.</param>
    /// <param name="zeroPoints">As many as scales, or empty when all are 0.</param>
    /// <param name="axis">The axis they vary along, or −1.</param>
    /// <returns>The index to give to a tensor.</returns>
    public int AddQuantization(ReadOnlySpan<float> scales, ReadOnlySpan<int> zeroPoints, int axis = -1)
    {
        QuantizationRecord record = new()
        {
            Axis = axis,
            Count = (uint)scales.Length,
            ScalesOffset = (uint)_quantizationData.Length,
            ZeroPointsOffset = QuantizationRecord.NoZeroPoints,
        };
        _quantizationData.Write(MemoryMarshal.AsBytes(scales));
        if (zeroPoints.ContainsAnyExcept(0))
        {
            record.ZeroPointsOffset = (uint)_quantizationData.Length;
            _quantizationData.Write(MemoryMarshal.AsBytes(zeroPoints));
        }

        _quantizations.Add(record);
        return _quantizations.Count - 1;
    }

    /// <summary>Adds an operator; operators run in the order in which they are added.</summary>
    /// <param name="name">Its name; may be empty.</param>
    /// <param name="code">Which operator.</param>
    /// <param name="version">Version of its meaning.</param>
    /// <param name="inputs">Input tensors; −1 for an optional one left out.</param>
    /// <param name="outputs">Output tensors.</param>
    /// <param name="attributes">Attribute bytes.</param>
    /// <returns>The operator's index.</returns>
    public int AddOperator(string name, ushort code, ushort version, ReadOnlySpan<int> inputs, ReadOnlySpan<int> outputs, ReadOnlySpan<byte> attributes)
    {
        _operators.Add(new OperatorRecord
        {
            Code = code,
            Version = version,
            InputCount = checked((ushort)inputs.Length),
            OutputCount = checked((ushort)outputs.Length),
            FirstIndex = (uint)_indices.Count,
            AttributesOffset = (uint)_attributes.Length,
            AttributesBytes = (uint)attributes.Length,
        });
        _indices.AddRange(inputs);
        _indices.AddRange(outputs);
        _attributes.Write(attributes);
        _operatorNames.Add(name);
        return _operators.Count - 1;
    }

    /// <summary>States the model's inputs and outputs.</summary>
    /// <param name="inputs">Input tensors, in the order in which a caller gives them.</param>
    /// <param name="outputs">Output tensors, in the order in which a caller gets them.</param>
    public void SetInterface(ReadOnlySpan<int> inputs, ReadOnlySpan<int> outputs)
    {
        _inputs = inputs.ToArray();
        _outputs = outputs.ToArray();
    }

    /// <summary>Adds a program. Its step and buffer ranges are filled in here.</summary>
    /// <param name="program">Kind, scheme, batch and arena bytes.</param>
    /// <param name="steps">Its steps.</param>
    /// <param name="buffers">Its buffers.</param>
    public void AddProgram(ProgramRecord program, ReadOnlySpan<StepRecord> steps, ReadOnlySpan<BufferRecord> buffers)
    {
        program.FirstStep = (uint)_steps.Count;
        program.StepCount = (uint)steps.Length;
        program.FirstBuffer = (uint)_buffers.Count;
        program.BufferCount = (uint)buffers.Length;
        _programs.Add(program);
        _steps.AddRange(steps);
        _buffers.AddRange(buffers);
    }

    /// <summary>Adds a metadata pair. Keys in use: format/SPEC.md, "Metadata".</summary>
    /// <param name="key">The key; not empty, and new.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The key is empty or already has a value.</exception>
    public void AddMetadata(string key, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(value);
        byte[] bytes = Encoding.UTF8.GetBytes(key);
        if (!_metadata.TryAdd(bytes, Encoding.UTF8.GetBytes(value)))
        {
            throw new ArgumentException($"Metadata key '{key}' already has a value; a key has one.", nameof(key));
        }
    }

    /// <summary>The file's bytes.</summary>
    /// <exception cref="ModelFormatException">The parts do not make a file that <see cref="ModelView"/> opens; so no unreadable file is ever written.</exception>
    public byte[] ToArray()
    {
        GraphRecord graph = new()
        {
            FirstInput = (uint)_indices.Count,
            InputCount = (uint)_inputs.Length,
            FirstOutput = (uint)(_indices.Count + _inputs.Length),
            OutputCount = (uint)_outputs.Length,
        };
        List<(SectionKind Kind, SectionFlags Flags, byte[] Bytes)> sections = [];
        Add(SectionKind.Graph, Bytes([graph]));
        Add(SectionKind.Tensors, Bytes<TensorRecord>(CollectionsMarshal.AsSpan(_tensors)));
        Add(SectionKind.Quantizations, Bytes<QuantizationRecord>(CollectionsMarshal.AsSpan(_quantizations)));
        Add(SectionKind.QuantizationData, _quantizationData.ToArray());
        Add(SectionKind.Operators, Bytes<OperatorRecord>(CollectionsMarshal.AsSpan(_operators)));
        Add(SectionKind.Indices, Bytes<int>([.. _indices, .. _inputs, .. _outputs]));
        Add(SectionKind.Attributes, _attributes.ToArray());
        Add(SectionKind.Programs, Bytes<ProgramRecord>(CollectionsMarshal.AsSpan(_programs)));
        Add(SectionKind.Steps, Bytes<StepRecord>(CollectionsMarshal.AsSpan(_steps)));
        Add(SectionKind.Buffers, Bytes<BufferRecord>(CollectionsMarshal.AsSpan(_buffers)));
        Add(SectionKind.Metadata, MetadataBytes(), SectionFlags.None);
        if (!StripNames)
        {
            Add(SectionKind.Names, NameBytes(), SectionFlags.None);
        }

        Add(SectionKind.Weights, _weights.ToArray());
        byte[] file = Assemble(sections);
        _ = ModelView.Open(file, ModelLimits.Default);
        return file;

        void Add(SectionKind kind, byte[] bytes, SectionFlags flags = SectionFlags.Required)
        {
            if (bytes.Length > 0)
            {
                sections.Add((kind, flags, bytes));
            }
        }
    }

    /// <summary>Puts sections into one file: header, table, padding, checksums, identity.</summary>
    internal static byte[] Assemble(IReadOnlyList<(SectionKind Kind, SectionFlags Flags, byte[] Bytes)> sections)
    {
        int tableEnd = FileHeader.Size + (sections.Count * SectionRecord.Size);
        SectionRecord[] table = new SectionRecord[sections.Count];
        long position = tableEnd;
        for (int i = 0; i < table.Length; i++)
        {
            position = (position + (Alignment - 1)) & -Alignment;
            table[i] = new SectionRecord
            {
                Kind = sections[i].Kind,
                Flags = sections[i].Flags,
                Offset = (ulong)position,
                Length = (ulong)sections[i].Bytes.Length,
                Crc = Crc32C.Compute(sections[i].Bytes),
            };
            position += sections[i].Bytes.Length;
        }

        byte[] file = new byte[checked((int)position)];
        for (int i = 0; i < table.Length; i++)
        {
            sections[i].Bytes.CopyTo(file, (int)table[i].Offset);
        }

        FileHeader header = new()
        {
            Magic = FileHeader.MagicValue,
            Major = FileHeader.CurrentMajor,
            Minor = FileHeader.CurrentMinor,
            FileBytes = (ulong)file.Length,
            SectionCount = (uint)table.Length,
            Identity = ModelIdentity.Compute(file, table),
        };
        MemoryMarshal.Write(file, header);
        MemoryMarshal.AsBytes(table.AsSpan()).CopyTo(file.AsSpan(FileHeader.Size));
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(ModelView.FileHeaderCrcOffset), ModelView.HeaderCrc(file.AsSpan(0, tableEnd)));
        return file;
    }

    private static byte[] Bytes<T>(ReadOnlySpan<T> records) where T : unmanaged => MemoryMarshal.AsBytes(records).ToArray();

    private byte[] MetadataBytes()
    {
        if (_metadata.Count == 0)
        {
            return [];
        }

        ByteSink sink = new();
        sink.WriteUInt32((uint)_metadata.Count);
        foreach ((byte[] key, byte[] value) in _metadata)
        {
            sink.WriteUInt32((uint)key.Length);
            sink.WriteUInt32((uint)value.Length);
        }

        foreach ((byte[] key, byte[] value) in _metadata)
        {
            sink.Write(key);
            sink.Write(value);
        }

        return sink.ToArray();
    }

    private byte[] NameBytes()
    {
        ByteSink offsets = new();
        ByteSink text = new();
        offsets.WriteUInt32(0);
        foreach (List<string> names in (ReadOnlySpan<List<string>>)[_tensorNames, _operatorNames])
        {
            foreach (string name in names)
            {
                text.Write(Encoding.UTF8.GetBytes(name));
                offsets.WriteUInt32((uint)text.Length);
            }
        }

        offsets.Write(text.ToArray());
        return offsets.ToArray();
    }

    private sealed class ByteSink
    {
        private readonly MemoryStream _stream = new();

        public long Length => _stream.Length;

        public void Write(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

        public void WriteUInt32(uint value)
        {
            Span<byte> bytes = stackalloc byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            _stream.Write(bytes);
        }

        public void Align(int alignment)
        {
            while (_stream.Length % alignment != 0)
            {
                _stream.WriteByte(0);
            }
        }

        public byte[] ToArray() => _stream.ToArray();
    }
}

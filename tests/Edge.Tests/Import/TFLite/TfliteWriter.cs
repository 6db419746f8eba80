using System.Runtime.InteropServices;
using Edge.Import;
using Edge.Import.TFLite;

namespace Edge.Tests.Import.TFLite;

/// <summary>Writes small .tflite models by hand.</summary>
internal sealed class TfliteWriter
{
    private readonly List<Flat> _tensors = [];
    private readonly List<Flat> _buffers = [new()];
    private readonly List<Flat> _codes = [];
    private readonly List<Flat> _operators = [];
    private readonly List<int> _inputs = [];
    private readonly List<int> _outputs = [];
    private readonly List<Flat> _others = [];

    /// <summary>Field 0 of the model.</summary>
    public int Version { get; set; } = 3;

    /// <summary>Tables of the tensors, to be spoiled by tests.</summary>
    public IReadOnlyList<Flat> Tensors => _tensors;

    /// <summary>Tables of the operators, to be spoiled by tests.</summary>
    public IReadOnlyList<Flat> Operators => _operators;

    /// <summary>Buffers, to be spoiled by tests.</summary>
    public IReadOnlyList<Flat> Buffers => _buffers;

    /// <summary>Adds a tensor.</summary>
    /// <param name="kind">Element type.</param>
    /// <param name="shape">Axis sizes.</param>
    /// <param name="scale">Its scale; 0: none.</param>
    /// <param name="zeroPoint">Its zero point.</param>
    public int Tensor(TensorKind kind, int[] shape, float scale = 0, int zeroPoint = 0) => Add(kind, shape, scale == 0 ? null : [scale], [zeroPoint], 0);

    /// <summary>Adds a constant.</summary>
    /// <param name="kind">Element type.</param>
    /// <param name="shape">Axis sizes.</param>
    /// <param name="values">Its elements.</param>
    /// <param name="scale">Its scale; 0: none.</param>
    /// <param name="zeroPoint">Its zero point.</param>
    public int Constant<T>(TensorKind kind, int[] shape, T[] values, float scale = 0, int zeroPoint = 0) where T : unmanaged
    {
        int tensor = Tensor(kind, shape, scale, zeroPoint);
        Fill(tensor, values);
        return tensor;
    }

    /// <summary>Adds a constant of float32.</summary>
    public int Floats(int[] shape, params float[] values) => Constant(TensorKind.Float32, shape, values);

    /// <summary>Adds a constant of int32.</summary>
    public int Integers(params int[] values) => Constant(TensorKind.Int32, [values.Length], values);

    /// <summary>Adds a constant of one int32 without axes.</summary>
    public int Scalar(int value) => Constant(TensorKind.Int32, [], new[] { value });

    /// <summary>Adds a constant with several scales.</summary>
    public int PerChannel(TensorKind kind, int[] shape, sbyte[] values, float[] scales, int axis)
    {
        int tensor = Add(kind, shape, scales, new long[scales.Length], axis);
        Fill(tensor, values);
        return tensor;
    }

    /// <summary>Adds a variable tensor.</summary>
    public int Variable(TensorKind kind, int[] shape, float scale = 0, int zeroPoint = 0)
    {
        int tensor = Tensor(kind, shape, scale, zeroPoint);
        _tensors[tensor][5] = true;
        return tensor;
    }

    /// <summary>Adds an input of the model.</summary>
    public int Input(TensorKind kind, int[] shape, float scale = 0, int zeroPoint = 0)
    {
        int tensor = Tensor(kind, shape, scale, zeroPoint);
        _inputs.Add(tensor);
        return tensor;
    }

    /// <summary>Adds an input of float32.</summary>
    public int Input(params int[] shape) => Input(TensorKind.Float32, shape);

    /// <summary>States that a tensor is an output.</summary>
    public TfliteWriter Output(int tensor)
    {
        _outputs.Add(tensor);
        return this;
    }

    /// <summary>Adds an operator.</summary>
    /// <param name="code">Its code in the schema.</param>
    /// <param name="inputs">Tensors it reads.</param>
    /// <param name="outputs">Tensors it makes.</param>
    /// <param name="kind">Which table its options are.</param>
    /// <param name="options">Its options.</param>
    /// <param name="custom">The name of a custom operator.</param>
    public void Add(int code, int[] inputs, int[] outputs, OptionsKind kind = 0, Flat? options = null, string? custom = null)
    {
        Flat entry = new() { [0] = (sbyte)Math.Min(code, 127), [3] = code };
        if (custom is not null)
        {
            entry[1] = custom;
        }

        _codes.Add(entry);
        Flat op = new() { [0] = _codes.Count - 1, [1] = inputs, [2] = outputs };
        if (kind != 0)
        {
            op[3] = (byte)kind;
            op[4] = options ?? new Flat();
        }

        _operators.Add(op);
    }

    /// <summary>A FlexBuffer map of float32 numbers, and of whole numbers where they are whole.</summary>
    public static byte[] FlexMap(SortedDictionary<string, float> numbers)
    {
        List<byte> bytes = [];
        int[] keys = new int[numbers.Count];
        foreach ((string key, int i) in numbers.Keys.Select(static (key, i) => (key, i)))
        {
            keys[i] = bytes.Count;
            bytes.AddRange([.. System.Text.Encoding.ASCII.GetBytes(key), 0]);
        }

        Put(numbers.Count);
        int vector = bytes.Count;
        foreach (int key in keys)
        {
            Put(bytes.Count - key);
        }

        Put(bytes.Count - vector);
        Put(4);
        Put(numbers.Count);
        int map = bytes.Count;
        foreach (float number in numbers.Values)
        {
            Put(number == MathF.Round(number) ? (int)number : BitConverter.SingleToInt32Bits(number));
        }

        bytes.AddRange(numbers.Values.Select(static number => (byte)(((number == MathF.Round(number) ? 1 : 3) << 2) | 2)));
        Put(bytes.Count - map);
        bytes.AddRange([(9 << 2) | 2, 4]);
        return [.. bytes];

        void Put(int value) => bytes.AddRange(BitConverter.GetBytes(value));
    }

    /// <summary>Adds an operator with one output of float32, which becomes the model's.</summary>
    /// <returns>This.</returns>
    public TfliteWriter Then(int code, int[] inputs, int[] shape, OptionsKind kind = 0, Flat? options = null)
    {
        int output = Tensor(TensorKind.Float32, shape);
        Add(code, inputs, [output], kind, options);
        return Output(output);
    }

    /// <summary>Adds a subgraph behind the model's: all that this writer holds, which then begins anew but for buffers and operator codes.</summary>
    public TfliteWriter Behind()
    {
        _others.Add(Subgraph());
        _tensors.Clear();
        _operators.Clear();
        _inputs.Clear();
        _outputs.Clear();
        return this;
    }

    /// <summary>The file.</summary>
    public byte[] ToBytes() => FlatWriter.Write(
        new Flat { [0] = Version, [1] = _codes.ToArray(), [2] = (Flat[])[Subgraph(), .. _others], [4] = _buffers.ToArray() },
        "TFL3");

    /// <summary>The model, read and surveyed.</summary>
    public SourceModel Open(ImportOptions? options = null) => TfliteFormat.Open(ToBytes(), options ?? new ImportOptions());

    private void Fill<T>(int tensor, T[] values) where T : unmanaged
    {
        _buffers.Add(new Flat { [0] = MemoryMarshal.AsBytes(values.AsSpan()).ToArray() });
        _tensors[tensor][2] = _buffers.Count - 1;
    }

    private int Add(TensorKind kind, int[] shape, float[]? scales, long[] zeroPoints, int axis)
    {
        Flat tensor = new() { [0] = shape, [1] = (byte)kind, [3] = $"t{_tensors.Count}" };
        if (scales is not null)
        {
            tensor[4] = new Flat { [2] = scales, [3] = zeroPoints, [6] = axis };
        }

        _tensors.Add(tensor);
        return _tensors.Count - 1;
    }

    private Flat Subgraph() => new()
    {
        [0] = _tensors.ToArray(),
        [1] = _inputs.ToArray(),
        [2] = _outputs.ToArray(),
        [3] = _operators.ToArray(),
        [4] = "main",
    };
}

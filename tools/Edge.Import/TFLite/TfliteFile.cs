using Edge.Format;

namespace Edge.Import.TFLite;

/// <summary>A .tflite file, read and checked.</summary>
/// <remarks>Field numbers: tensorflow/lite/schema/schema.fbs.</remarks>
internal sealed class TfliteFile
{
    /// <summary>The version of the schema that every writer since 2018 states.</summary>
    private const uint SchemaVersion = 3;

    /// <summary>Most subgraphs; a converter makes one for each function.</summary>
    private const int MostSubgraphs = 1024;

    /// <summary>Most inputs of an operator, or outputs.</summary>
    private const int MostOperands = 1024;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly FlatTable[] _buffers;
    private readonly ImportLimits _limits;

    private TfliteFile(ReadOnlyMemory<byte> file, ImportLimits limits)
    {
        _file = file;
        _limits = limits;
        FlatBuffer buffer = new(file, "The .tflite file");
        if (!IsTflite(file.Span))
        {
            throw new ModelImportException("The file is no TensorFlow Lite model: bytes 4 to 7 are not 'TFL3'.");
        }

        FlatTable model = buffer.Root("the model");
        if (model.UInt32(0) != SchemaVersion)
        {
            throw new ModelImportException($"The .tflite file has schema version {model.UInt32(0)}; {SchemaVersion} is supported.");
        }

        _buffers = model.Tables(4, "buffers", int.MaxValue);
        OperatorCode[] codes = [.. model.Tables(1, "operator codes", limits.MaxOperators).Select(ReadCode)];
        FlatTable[] subgraphs = model.Tables(2, "subgraphs", MostSubgraphs);
        if (subgraphs.Length == 0)
        {
            throw new ModelImportException("The .tflite file has no subgraph, so no model; it needs one.");
        }

        int tensors = 0, operators = 0;
        Subgraphs = new TfliteSubgraph[subgraphs.Length];
        for (int i = 0; i < subgraphs.Length; i++)
        {
            Subgraphs[i] = ReadSubgraph(subgraphs[i], codes, limits.MaxTensors - tensors, limits.MaxOperators - operators);
            tensors += Subgraphs[i].Tensors.Length;
            operators += Subgraphs[i].Operators.Length;
        }
    }

    /// <summary>All subgraphs; the first is the model.</summary>
    public TfliteSubgraph[] Subgraphs { get; }

    /// <summary>Bytes of the file.</summary>
    public long Bytes => _file.Length;

    /// <summary>Whether a file begins like one.</summary>
    /// <param name="head">Its first bytes.</param>
    public static bool IsTflite(ReadOnlySpan<byte> head) => head.Length >= 8 && head[4..8].SequenceEqual("TFL3"u8);

    /// <summary>Reads a file.</summary>
    /// <param name="file">All its bytes.</param>
    /// <param name="limits">Caps.</param>
    /// <exception cref="ModelImportException">It is malformed or beyond the limits.</exception>
    public static TfliteFile Read(ReadOnlyMemory<byte> file, ImportLimits limits) => new(file, limits);

    /// <summary>Whether a tensor has elements in the file.</summary>
    /// <param name="tensor">The tensor.</param>
    public bool HasData(TfliteTensor tensor) => !tensor.IsVariable && !BufferOf(tensor).IsEmpty;

    /// <summary>A tensor's elements as the file holds them.</summary>
    /// <param name="tensor">The tensor.</param>
    public ReadOnlyMemory<byte> BufferOf(TfliteTensor tensor)
    {
        FlatTable buffer = _buffers.Length == 0 && tensor.Buffer == 0 ? default : _buffers[tensor.Buffer];
        ulong offset = buffer.UInt64(1), size = buffer.UInt64(2);
        if (offset <= 1)
        {
            return buffer.Bytes(0, "data");
        }

        return offset <= (ulong)_file.Length && size <= (ulong)_file.Length - offset
            ? _file.Slice((int)offset, (int)size)
            : throw new ModelImportException($"Tensor '{tensor.Name}' has its {size:N0} bytes from byte {offset:N0} on, but the file has {_file.Length:N0}.");
    }

    /// <summary>Bytes that a tensor may take whose elements are not all in the file.</summary>
    public long ExpansionBytes => _limits.ExpansionBytes(Bytes);

    private readonly record struct OperatorCode(string Name, int Version);

    private static OperatorCode ReadCode(FlatTable code)
    {
        const int Custom = 32;
        int builtin = Math.Max((sbyte)code.Byte(0), code.Int32(3));
        string name = builtin == Custom ? code.Text(1, "custom code") : BuiltinNames.Of(builtin);
        return new OperatorCode(name.Length == 0 ? "CUSTOM" : name, code.Int32(2, 1));
    }

    private TfliteSubgraph ReadSubgraph(FlatTable table, OperatorCode[] codes, int mostTensors, int mostOperators)
    {
        FlatTable[] tensorTables = table.Tables(0, "tensors", mostTensors);
        TfliteTensor[] tensors = new TfliteTensor[tensorTables.Length];
        for (int i = 0; i < tensors.Length; i++)
        {
            tensors[i] = ReadTensor(i, tensorTables[i]);
        }

        int[] inputs = Operands(table, 1, "inputs", tensors.Length, int.MaxValue, mayBeLeftOut: false);
        int[] outputs = Operands(table, 2, "outputs", tensors.Length, int.MaxValue, mayBeLeftOut: false);
        FlatTable[] operatorTables = table.Tables(3, "operators", mostOperators);
        TfliteOperator[] operators = new TfliteOperator[operatorTables.Length];
        for (int i = 0; i < operators.Length; i++)
        {
            operators[i] = ReadOperator(operatorTables[i], codes, tensors.Length);
        }

        CheckOrder(tensors, inputs, outputs, operators);
        return new TfliteSubgraph(table.Text(4, "name"), tensors, inputs, outputs, operators);
    }

    private TfliteTensor ReadTensor(int index, FlatTable table)
    {
        string name = table.Text(3, "name");
        name = name.Length == 0 ? $"tensor_{index}" : name;
        int[] axes = table.Int32s(0, "shape");
        if (axes.Length > Shape.MaxRank || axes.AsSpan().ContainsAnyExceptInRange(0, int.MaxValue))
        {
            throw new ModelImportException($"Tensor '{name}' has shape [{string.Join(", ", axes.Take(16))}]; at most {Shape.MaxRank} axes of sizes from 0 on are allowed.");
        }

        uint buffer = table.UInt32(2);
        if (buffer >= _buffers.Length && buffer != 0)
        {
            throw new ModelImportException($"Tensor '{name}' has buffer {buffer}; the file has {_buffers.Length}.");
        }

        int[] signature = table.Int32s(7, "shape signature");
        FlatTable quantization = table.Table(4, "quantization");
        (float[] scales, int[] zeroPoints, int axis) = ReadQuantization(name, axes, quantization);
        return new TfliteTensor(
            index, name, (TensorKind)table.Byte(1), axes, signature.Length == axes.Length ? signature : [], scales, zeroPoints, axis, (int)buffer, table.Bool(5), table.Table(6, "sparsity"));
    }

    private static (float[] Scales, int[] ZeroPoints, int Axis) ReadQuantization(string name, int[] axes, FlatTable table)
    {
        if (table.Byte(4) != 0 || table.Has(5))
        {
            throw new ModelImportException($"Tensor '{name}' is quantized by a scheme of its own (details of kind {table.Byte(4)}); scales and zero points are supported.");
        }

        float[] scales = table.Singles(2, "scales");
        long[] zeroPoints = table.Int64s(3, "zero points");
        if (scales.Length == 0)
        {
            return ([], [], 0);
        }

        int axis = table.Int32(6);
        if (zeroPoints.Length > 1 && zeroPoints.Length != scales.Length)
        {
            throw new ModelImportException($"Tensor '{name}' has {scales.Length} scales and {zeroPoints.Length} zero points; as many, one or none are allowed.");
        }

        if (scales.Length > 1 && (axis < 0 || axis >= axes.Length || axes[axis] != scales.Length))
        {
            throw new ModelImportException($"Tensor '{name}' of shape [{string.Join(", ", axes)}] has {scales.Length} scales along axis {axis}; one for each index of an axis, or a single one, is allowed.");
        }

        int[] narrow = new int[scales.Length];
        for (int i = 0; i < narrow.Length; i++)
        {
            long zeroPoint = zeroPoints.Length == 0 ? 0 : zeroPoints[zeroPoints.Length == 1 ? 0 : i];
            narrow[i] = zeroPoint is >= short.MinValue and <= ushort.MaxValue
                ? (int)zeroPoint
                : throw new ModelImportException($"Tensor '{name}' has zero point {zeroPoint}; {short.MinValue} … {ushort.MaxValue} is allowed.");
        }

        return (scales, narrow, axis);
    }

    private static TfliteOperator ReadOperator(FlatTable table, OperatorCode[] codes, int tensors)
    {
        uint code = table.UInt32(0);
        if (code >= codes.Length)
        {
            throw new ModelImportException($"{table.Name} has operator code {code}; the file has {codes.Length}.");
        }

        return new TfliteOperator(
            codes[code].Name,
            codes[code].Version,
            Operands(table, 1, "inputs", tensors, MostOperands, mayBeLeftOut: true),
            Operands(table, 2, "outputs", tensors, MostOperands, mayBeLeftOut: false),
            table.Byte(3),
            table.Table(4, "options"),
            table.Bytes(5, "custom options"),
            Operands(table, 8, "intermediates", tensors, MostOperands, mayBeLeftOut: true));
    }

    private static int[] Operands(FlatTable table, int field, string what, int tensors, int most, bool mayBeLeftOut)
    {
        int[] indices = table.Int32s(field, what);
        if (indices.Length > most)
        {
            throw new ModelImportException($"{table.Name} has {indices.Length:N0} {what}; at most {most:N0} are allowed.");
        }

        foreach (int index in indices)
        {
            if (index >= tensors || index < (mayBeLeftOut ? -1 : 0))
            {
                throw new ModelImportException($"{table.Name} has tensor {index} among its {what}; {(mayBeLeftOut ? -1 : 0)} … {tensors - 1} is allowed.");
            }
        }

        return indices;
    }

    /// <summary>Every tensor is made once, and nothing reads it before: so there are no cycles.</summary>
    private void CheckOrder(TfliteTensor[] tensors, int[] inputs, int[] outputs, TfliteOperator[] operators)
    {
        bool[] known = new bool[tensors.Length];
        foreach (TfliteTensor tensor in tensors)
        {
            known[tensor.Index] = tensor.IsVariable || HasData(tensor) || tensor.IsEmptyList;
        }

        foreach (int input in inputs)
        {
            known[input] = true;
        }

        for (int i = 0; i < operators.Length; i++)
        {
            foreach (int input in operators[i].Inputs)
            {
                if (input >= 0 && !known[input])
                {
                    throw new ModelImportException($"Operator {i} ({operators[i].Kind}) reads tensor '{tensors[input].Name}', which nothing before it makes.");
                }
            }

            foreach (int output in operators[i].Outputs)
            {
                if (known[output])
                {
                    throw new ModelImportException($"Operator {i} ({operators[i].Kind}) makes tensor '{tensors[output].Name}', which is an input or a constant, or was made before; each is made once.");
                }

                known[output] = true;
            }
        }

        foreach (int output in outputs)
        {
            if (!known[output])
            {
                throw new ModelImportException($"The output '{tensors[output].Name}' is made by no operator.");
            }
        }
    }
}

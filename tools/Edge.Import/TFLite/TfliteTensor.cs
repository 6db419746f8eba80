using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TFLite;

/// <summary>One tensor of a subgraph, as the file states it.</summary>
/// <param name="Index">Its position in the subgraph.</param>
/// <param name="Name">Its name; made up where the file has none.</param>
/// <param name="Kind">Element type.</param>
/// <param name="Axes">Axis sizes, each at least 0.</param>
/// <param name="Signature">Axis sizes with −1 where they are open; empty where the file says nothing.</param>
/// <param name="Scales">Scales; empty: not quantized.</param>
/// <param name="ZeroPoints">As many zero points.</param>
/// <param name="QuantizedAxis">The axis along which several scales vary.</param>
/// <param name="Buffer">Its buffer; 0: none.</param>
/// <param name="IsVariable">Whether its value stays from run to run.</param>
/// <param name="Sparsity">How its elements are stored where not all are.</param>
internal sealed record TfliteTensor(
    int Index,
    string Name,
    TensorKind Kind,
    int[] Axes,
    int[] Signature,
    float[] Scales,
    int[] ZeroPoints,
    int QuantizedAxis,
    int Buffer,
    bool IsVariable,
    FlatTable Sparsity)
{
    /// <summary>What lies between uint8 and int8: a legacy uint8 tensor becomes int8 with every value and the zero point less by this.</summary>
    public const int UInt8Zero = 128;

    /// <summary>Whether its integers stand for reals. A single scale of 0 says nothing: some converters write it for plain integers.</summary>
    public bool IsQuantized => Scales.Length > 0 && Scales is not [0] && Kind is TensorKind.Int8 or TensorKind.UInt8 or TensorKind.Int16 or TensorKind.Int4;

    /// <summary>Whether it is a list of integers without any: an operator without axes, a shape without axes.</summary>
    public bool IsEmptyList => Axes is [0] && Kind is TensorKind.Int32 or TensorKind.Int64;

    /// <summary>Its shape; refused where an axis has no elements.</summary>
    public Shape Shape => Axes.AsSpan().Contains(0)
        ? throw new ModelImportException($"Tensor '{Name}' has shape [{string.Join(", ", Axes)}]; every axis needs at least one element.")
        : new Shape(Axes);

    /// <summary>The type at the model's interface: uint8 stays.</summary>
    public DataType InterfaceType => Kind switch
    {
        TensorKind.Float32 or TensorKind.Float16 => DataType.Float32,
        TensorKind.Int32 => DataType.Int32,
        TensorKind.UInt8 => DataType.UInt8,
        TensorKind.Int64 => DataType.Int64,
        TensorKind.Bool => DataType.Bool,
        TensorKind.Int16 => DataType.Int16,
        TensorKind.Int8 or TensorKind.Int4 => DataType.Int8,
        _ => throw new ModelImportException($"Tensor '{Name}' is of type {Kind}; float32, float16, int4, int8, uint8, int16, int32, int64 and bool are supported."),
    };

    /// <summary>The type inside the graph: quantized uint8 is int8.</summary>
    public DataType Type => Kind == TensorKind.UInt8 && IsQuantized ? DataType.Int8 : InterfaceType;

    /// <summary>Parameters at the model's interface.</summary>
    public Quantization? InterfaceQuantization => Parameters(0);

    /// <summary>Parameters inside the graph.</summary>
    public Quantization? Quantization => Parameters(Kind == TensorKind.UInt8 ? UInt8Zero : 0);

    private Quantization? Parameters(int shift)
    {
        if (!IsQuantized)
        {
            return null;
        }

        int[] zeroPoints = Array.ConvertAll(ZeroPoints, zeroPoint => zeroPoint - shift);
        return Scales.Length == 1 ? new Quantization(Scales[0], zeroPoints[0]) : new Quantization(Scales, zeroPoints, QuantizedAxis);
    }
}

using System.Runtime.InteropServices;
using Edge.Import.TensorFlow.Messages;

namespace Edge.Tests.Import.TensorFlow;

/// <summary>An input of a node under test.</summary>
/// <param name="Type">Element type.</param>
/// <param name="Sizes">Axis sizes.</param>
/// <param name="Bytes">Its elements.</param>
/// <param name="IsConstant">Whether it stands in the file instead of being given.</param>
internal sealed record Operand(TensorFlowType Type, long[] Sizes, byte[] Bytes, bool IsConstant)
{
    public static Operand In(float[] values, params long[] sizes) => Make(TensorFlowType.Float, values, sizes, false);

    public static Operand InInts(int[] values, params long[] sizes) => Make(TensorFlowType.Int32, values, sizes, false);

    public static Operand In(bool[] values, params long[] sizes) => Make(TensorFlowType.Bool, values, sizes, false);

    public static Operand Of(float[] values, params long[] sizes) => Make(TensorFlowType.Float, values, sizes, true);

    public static Operand OfInts(int[] values, params long[] sizes) => Make(TensorFlowType.Int32, values, sizes, true);

    /// <summary>A constant list of integers.</summary>
    public static Operand List(params int[] values) => Make(TensorFlowType.Int32, values, [values.Length], true);

    /// <summary>A constant integer.</summary>
    public static Operand Scalar(int value) => Make<int>(TensorFlowType.Int32, [value], [], true);

    /// <summary>A constant number.</summary>
    public static Operand Scalar(float value) => Make<float>(TensorFlowType.Float, [value], [], true);

    /// <summary>The elements as numbers.</summary>
    public double[] Numbers => Array.ConvertAll(MemoryMarshal.Cast<byte, float>(Bytes.AsSpan()).ToArray(), static value => (double)value);

    private static Operand Make<T>(TensorFlowType type, T[] values, long[] sizes, bool constant) where T : unmanaged =>
        new(type, sizes, MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), constant);
}

/// <summary>What a node must compute.</summary>
/// <param name="Kind">Its operator.</param>
/// <param name="Operands">What it reads.</param>
/// <param name="Attributes">Its attributes.</param>
/// <param name="Sizes">Axis sizes of each output.</param>
/// <param name="Values">Elements of each output.</param>
/// <param name="Note">Tells cases of one operator apart.</param>
internal sealed record OperatorCase(string Kind, Operand[] Operands, (string, byte[])[] Attributes, int[][] Sizes, double[][] Values, string Note = "")
{
    public OperatorCase(string kind, Operand[] operands, (string, byte[])[] attributes, int[] sizes, double[] values, string note = "")
        : this(kind, operands, attributes, [sizes], [values], note)
    {
    }

    public string Name => Note.Length > 0 ? $"{Kind}, {Note}" : Kind;
}

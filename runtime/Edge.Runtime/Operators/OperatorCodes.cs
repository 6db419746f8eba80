namespace Edge.Runtime.Operators;

/// <summary>Codes that the runtime itself must know.</summary>
internal static class OperatorCodes
{
    public const ushort Sigmoid = 14;
    public const ushort Softmax = 18;
    public const ushort Quantize = 28;
    public const ushort Dequantize = 29;
    public const ushort Requantize = 30;
}

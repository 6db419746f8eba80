using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Quantized tensors.</summary>
internal static class OnnxQuantization
{
    /// <summary>The scale and zero point of an input that is read by dequantizations with the same constant ones only; null otherwise.</summary>
    public static Quantization? OfInput(OnnxConverter converter, OnnxCut cut, OnnxGraphMessage graph, string name, DataType type) => null;
}

using Edge.Format;
using Edge.Runtime.Operators;
using QuantizeOperator = Edge.Runtime.Operators.Quantize;

namespace Edge.Compiler;

/// <summary>Finds what still computes in float32 within a quantized network.</summary>
public static class FloatIslands
{
    /// <summary>Operators that read or write float32 in a network of quantized activations, with the reason; Quantize, Dequantize and Cast themselves do not count.</summary>
    /// <param name="graph">The network.</param>
    /// <returns>In execution order; empty where no activation is quantized.</returns>
    public static IReadOnlyList<FloatOperator> Find(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return !Dequantizer.HasQuantizedActivations(graph) ? [] :
        [
            .. graph.Nodes.Where(static node => node.Operator is not (QuantizeOperator or Dequantize or Cast) && node.Outputs.Any(static output => output.Type == DataType.Float32))
                .Select(static node => new FloatOperator(node.Name, node.Info.Name, Reason(node))),
        ];
    }

    private static string Reason(Node node) => node switch
    {
        _ when QuantizationRules.Of(node.Operator) == QuantizationRule.None => $"{node.Info.Name} has no int8 form in the quantizer; the model computes it in float32.",
        _ when node.Inputs.Any(static input => input is { IsConstant: true } && Dequantizer.IsQuantized(input.Spec)) => "its weights are int8, but its activations are float32.",
        _ => "the model computes it in float32.",
    };
}

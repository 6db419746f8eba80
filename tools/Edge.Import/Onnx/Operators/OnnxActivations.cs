using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Activations.</summary>
internal static class OnnxActivations
{
    public static IEnumerable<OnnxOperator> Table =>
    [
        OnnxOperator.Same("Relu", "Relu", static node => node.Builder.Add(node.Name, new Relu(), node.Input(0))),
        OnnxOperator.Same("LeakyRelu", "LeakyRelu", static node => node.Builder.Add(node.Name, new LeakyRelu(node.Float("alpha", 0.01f)), node.Input(0))),
        OnnxOperator.Same("Sigmoid", "Sigmoid", static node => node.Builder.Add(node.Name, new Sigmoid(), node.Input(0))),
        OnnxOperator.Same("Tanh", "Tanh", static node => node.Builder.Add(node.Name, new Tanh(), node.Input(0))),
        OnnxOperator.Same("HardSwish", "HardSwish", static node => node.Builder.Add(node.Name, new HardSwish(), node.Input(0))),
        OnnxOperator.Same("Gelu", "Gelu", static node => node.Builder.Add(node.Name, new Gelu(node.Text("approximate", "none") == "tanh"), node.Input(0))),
        OnnxOperator.Same("com.microsoft.Gelu", "Gelu", static node => node.Builder.Add(node.Name, new Gelu(), node.Input(0))),
        OnnxOperator.Same("Clip", "Relu, Relu6", Clip, 1, 2),
        OnnxOperator.Same("Softmax", "Softmax", static node => AlongAxis(node, static (node, x) => node.Builder.Add(node.Name, new Softmax(), x))),
        OnnxOperator.Many("Dropout", OperatorSupport.Supported, "nothing", static node => [node.Input(0), null], 1, 2),
        OnnxOperator.Same("Identity", "nothing", static node => node.Input(0)),
    ];

    /// <summary>A clamp. Limits that no value can pass count for nothing.</summary>
    private static Tensor Clip(OnnxNode node)
    {
        Tensor x = node.Input(0);
        float lowest = node.Version < 11 ? node.Float("min", float.MinValue) : node.Has(1) ? node.Floats(1)[0] : float.MinValue;
        float highest = node.Version < 11 ? node.Float("max", float.MaxValue) : node.Has(2) ? node.Floats(2)[0] : float.MaxValue;
        return (lowest, highest) switch
        {
            (0, 6) => node.Builder.Add(node.Name, new Relu6(), x),
            (0, float.MaxValue or float.PositiveInfinity) => node.Builder.Add(node.Name, new Relu(), x),
            _ => throw node.Fail($"limits {lowest} and {highest} are not supported."),
        };
    }

    /// <summary>A function along one axis, for an operator that works along the last one. Before operator set 13 all axes from the stated one on count as one.</summary>
    public static Tensor AlongAxis(OnnxNode node, Func<OnnxNode, Tensor, Tensor> function)
    {
        Tensor x = node.Input(0);
        int rank = x.Shape.Rank;
        if (rank == 0)
        {
            return node.Builder.Reshape(node.Name, function(node, node.Builder.Add(node.Name + "_row", new Reshape([1]), x)), new Shape());
        }

        int axis = node.Axis("axis", node.Version < 13 ? 1 : -1, rank);
        if (axis == rank - 1)
        {
            return function(node, x);
        }

        if (node.Version < 13)
        {
            Tensor rows = node.Builder.Add(node.Name + "_rows", new Reshape(axis == 0 ? [1, -1] : [-1, x.Shape.Product(axis, rank)]), x);
            return node.Builder.Reshape(node.Name, function(node, rows), x.Shape);
        }

        int[] order = [.. Enumerable.Range(0, rank)];
        (order[axis], order[rank - 1]) = (order[rank - 1], order[axis]);
        Transpose swap = new(IntList.Create(order));
        return node.Builder.Add(node.Name, swap, function(node, node.Builder.Add(node.Name + "_last", swap, x)));
    }
}

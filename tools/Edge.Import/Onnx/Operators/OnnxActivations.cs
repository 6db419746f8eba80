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
        OnnxOperator.Same("LogSoftmax", "LogSoftmax", static node => AlongAxis(node, static (node, x) => node.Builder.Add(node.Name, new LogSoftmax(), x))),
        OnnxOperator.Same("PRelu", "PRelu", PRelu),
        OnnxOperator.Same("Sigmoid", "Sigmoid", static node => node.Builder.Add(node.Name, new Sigmoid(), node.Input(0))),
        OnnxOperator.Same("Tanh", "Tanh", static node => node.Builder.Add(node.Name, new Tanh(), node.Input(0))),
        OnnxOperator.Same("HardSwish", "HardSwish", static node => node.Builder.Add(node.Name, new HardSwish(), node.Input(0))),
        OnnxOperator.Same("Gelu", "Gelu", static node => node.Builder.Add(node.Name, new Gelu(node.Text("approximate", "none") == "tanh"), node.Input(0))),
        OnnxOperator.Same("com.microsoft.Gelu", "Gelu", static node => node.Builder.Add(node.Name, new Gelu(), node.Input(0))),
        OnnxOperator.Same("Clip", "Relu, Relu6, Clip, Binary", Clip),
        Parametric("Celu", ParametricFunction.Celu, static node => (node.Float("alpha", 1), 0)),
        Parametric("Elu", ParametricFunction.Elu, static node => (node.Float("alpha", 1), 0)),
        Parametric("HardSigmoid", ParametricFunction.HardSigmoid, static node => (node.Float("alpha", 0.2f), node.Float("beta", 0.5f))),
        Parametric("Mish", ParametricFunction.Mish, static _ => (0, 0)),
        Parametric("Selu", ParametricFunction.Selu, static node => (node.Float("alpha", 1.67326319f), node.Float("gamma", 1.05070102f))),
        Parametric("Shrink", ParametricFunction.Shrink, static node => (node.Float("lambd", 0.5f), node.Float("bias", 0))),
        Parametric("Swish", ParametricFunction.Swish, static node => (node.Float("alpha", 1), 0)),
        Parametric("ThresholdedRelu", ParametricFunction.ThresholdedRelu, static node => (node.Float("alpha", 1), 0)),
        Parametric("com.microsoft.QuickGelu", ParametricFunction.Swish, static node => (node.Float("alpha", 1.702f), 0)),
        OnnxOperator.Same("Softmax", "Softmax", static node => AlongAxis(node, static (node, x) => node.Builder.Add(node.Name, new Softmax(), x))),
        OnnxOperator.Many("Dropout", OperatorSupport.Supported, "nothing", Dropout, 1, 2),
        OnnxOperator.Same("Identity", "nothing", static node => node.Input(0)),
    ];

    private static OnnxOperator Parametric(string kind, ParametricFunction function, Func<OnnxNode, (float A, float B)> read) =>
        OnnxOperator.Same(kind, "ParametricUnary", node =>
        {
            (float a, float b) = read(node);
            return node.Builder.Add(node.Name, new ParametricUnary(function, a, b), node.Input(0));
        });

    /// <summary>Before operator set 7 a slope for each channel is a plain list.</summary>
    private static Tensor PRelu(OnnxNode node)
    {
        Tensor x = node.Input(0), slope = node.Input(1);
        if (node.Version < 7 && slope.Shape.Rank == 1 && x.Shape.Rank > 2 && slope.Shape[0] == x.Shape[1])
        {
            slope = OnnxLayout.Reshape(node, slope, new Shape([slope.Shape[0], .. Enumerable.Repeat(1, x.Shape.Rank - 2)]), -1);
        }

        return node.Builder.Add(node.Name, new PRelu(), x, slope);
    }

    /// <summary>In inference nothing is dropped, and the mask, if it is wanted, is true everywhere.</summary>
    private static IReadOnlyList<Tensor?> Dropout(OnnxNode node)
    {
        Tensor x = node.Input(0);
        bool trains = node.Optional(2) is { Type: DataType.Bool, IsConstant: true } mode && mode.Data.Span[0] != 0;
        float ratio = node.Has(1) ? node.Floats(1)[0] : node.Float("ratio", 0.5f);
        node.Require(!trains || ratio == 0, $"it drops {ratio:P0} of its input at random, in training_mode; a model for inference is needed. Export it in evaluation mode.");
        return [x, node.HasOutput(1) ? OnnxShapes.Filled(node, node.Builder.Scalar(node.Name + "_true", true), x.Shape) : null];
    }

    /// <summary>A clamp. Limits that no value can pass count for nothing.</summary>
    private static Tensor Clip(OnnxNode node)
    {
        Tensor x = node.Input(0);
        Tensor? lowest = Bound(1, "min"), highest = Bound(2, "max");
        if (x.Type == DataType.Float32 && lowest is null or { IsConstant: true } && highest is null or { IsConstant: true })
        {
            float low = lowest is null ? float.NegativeInfinity : lowest.Values<float>()[0], high = highest is null ? float.PositiveInfinity : highest.Values<float>()[0];
            low = low == float.MinValue ? float.NegativeInfinity : low;
            high = high == float.MaxValue ? float.PositiveInfinity : high;
            return (low, high) switch
            {
                (float.NegativeInfinity, float.PositiveInfinity) => x,
                (0, 6) => node.Builder.Add(node.Name, new Relu6(), x),
                (0, float.PositiveInfinity) => node.Builder.Add(node.Name, new Relu(), x),
                _ when low <= high => node.Builder.Add(node.Name, new Clip(low, high), x),
                _ => Bounded(),
            };
        }

        return Bounded();

        Tensor Bounded()
        {
            Tensor y = lowest is null ? x : node.Builder.Add(node.Name + "_min", new Binary(BinaryFunction.Maximum), x, lowest);
            return highest is null ? y : node.Builder.Add(node.Name, new Binary(BinaryFunction.Minimum), y, highest);
        }

        Tensor? Bound(int input, string attribute) => node.Version < 11
            ? node.HasAttribute(attribute) ? node.Builder.Scalar(node.Name + "_" + attribute, node.Float(attribute, 0)) : null
            : node.Optional(input);
    }

    /// <summary>A function along one axis, for an operator that works along the last one. Before operator set 13 all axes from the stated one on count as one.</summary>
    public static Tensor AlongAxis(OnnxNode node, Func<OnnxNode, Tensor, Tensor> function) => AlongAxis(node, node.Input(0), node.Version, function);

    /// <summary>A function along one axis of a tensor, as a version of the operator set has it.</summary>
    public static Tensor AlongAxis(OnnxNode node, Tensor x, long version, Func<OnnxNode, Tensor, Tensor> function)
    {
        int rank = x.Shape.Rank;
        if (rank == 0)
        {
            return node.Builder.Reshape(node.Name, function(node, node.Builder.Add(node.Name + "_row", new Reshape([1]), x)), new Shape());
        }

        int axis = node.Axis("axis", version < 13 ? 1 : -1, rank);
        if (axis == rank - 1)
        {
            return function(node, x);
        }

        if (version < 13)
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

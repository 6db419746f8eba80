using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Losses, and the position of the largest element.</summary>
internal static class OnnxLosses
{
    public static IEnumerable<OnnxOperator> Table =>
    [
        OnnxOperator.Made("Hardmax", "ArgMax, Compare, Cast", static node => OnnxActivations.AlongAxis(node, Hardmax)),
        OnnxOperator.Made("NegativeLogLikelihoodLoss", "Compare, Select, ReduceSum, Binary", static node => Likelihood(node, node.Input(0))),
        OnnxOperator.Many("SoftmaxCrossEntropyLoss", OperatorSupport.Emulated, "LogSoftmax, Compare, Select, ReduceSum, Binary", SoftmaxCrossEntropy),
    ];

    private static Tensor Hardmax(OnnxNode node, Tensor x)
    {
        Tensor best = node.Builder.Add(node.Name + "_best", new ArgMax(-1, KeepDims: true, SelectLast: false, Minimum: false), new TensorSpec(DataType.Int64, x.Shape.With(-1, 1)), x);
        return OnnxArithmetic.Cast(node, node.Builder.Add(node.Name + "_is", new Compare(Comparison.Equal), best, Counted(node, x.Shape[-1], 1)), x.Type);
    }

    private static IReadOnlyList<Tensor?> SoftmaxCrossEntropy(OnnxNode node)
    {
        Tensor x = node.Input(0);
        int rank = x.Shape.Rank;
        IntList order = IntList.Create([.. Enumerable.Range(0, rank).Select(axis => axis == 1 ? rank - 1 : axis == rank - 1 ? 1 : axis)]);
        Tensor last = rank == 2 ? x : node.Builder.Add(node.Name + "_last", new Transpose(order), x);
        Tensor logs = node.Builder.Add(node.Name + "_log", new LogSoftmax(), last);
        logs = rank == 2 ? logs : node.Builder.Add(node.Name + "_log", new Transpose(order), logs);
        return [Likelihood(node, logs), logs];
    }

    /// <summary>−weight · log-probability of the labels: [N, C, ...] and labels [N, ...].</summary>
    private static Tensor Likelihood(OnnxNode node, Tensor logs)
    {
        GraphBuilder builder = node.Builder;
        Tensor labels = OnnxArithmetic.Cast(node, node.Input(1), DataType.Int64), zero = builder.Scalar(node.Name + "_zero", 0f);
        int rank = logs.Shape.Rank, classes = logs.Shape[1];
        Tensor hit = builder.Add(
            node.Name + "_hit",
            new Compare(Comparison.Equal),
            builder.Reshape(node.Name + "_labels", labels, new Shape([labels.Shape[0], 1, .. labels.Shape.Axes[1..]])),
            Counted(node, classes, rank - 1));
        Tensor? ignored = node.HasAttribute("ignore_index")
            ? builder.Add(node.Name + "_ignored", new Compare(Comparison.Equal), labels, builder.Scalar(node.Name + "_ignore", node.Integer("ignore_index", 0)))
            : null;
        Tensor loss = builder.Add(node.Name + "_loss", new Unary(UnaryFunction.Negate), Picked(logs));
        Tensor? weight = node.Optional(2) is { } weights ? Picked(OnnxLayout.Reshape(node, weights, new Shape([classes, .. Enumerable.Repeat(1, rank - 2)]), -1)) : null;
        if (ignored is not null)
        {
            weight = builder.Add(node.Name + "_weight", new Select(), ignored, zero, weight ?? builder.Scalar(node.Name + "_one", 1f));
        }

        if (weight is not null)
        {
            loss = builder.Add(node.Name + "_weighted", new Multiply(), loss, weight);
        }

        string reduction = node.Text("reduction", "mean");
        return reduction switch
        {
            "none" => loss,
            "sum" => Sum(loss),
            "mean" when weight is null => builder.Add(node.Name, new ReduceMean(All(loss), KeepDims: false), loss),
            "mean" => builder.Add(node.Name, new Binary(BinaryFunction.Divide), Sum(loss), Sum(weight)),
            _ => throw node.Fail($"reduction is '{reduction}'; none, sum and mean are allowed."),
        };

        Tensor Picked(Tensor values) => builder.Add(node.Name + "_sum", new ReduceSum([1], KeepDims: false), builder.Add(node.Name + "_picked", new Select(), hit, values, zero));

        Tensor Sum(Tensor values) => builder.Add(node.Name, new ReduceSum(All(values), KeepDims: false), values);

        static IntList All(Tensor values) => IntList.Create([.. Enumerable.Range(0, values.Shape.Rank)]);
    }

    /// <summary>0, 1, 2, ... along the first of some axes.</summary>
    private static Tensor Counted(OnnxNode node, int count, int axes)
    {
        node.Builder.Charge((long)count * sizeof(long), node.Name);
        long[] values = new long[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = i;
        }

        return node.Builder.Constant<long>(node.Name + "_counted", new Shape([count, .. Enumerable.Repeat(1, axes - 1)]), values);
    }
}

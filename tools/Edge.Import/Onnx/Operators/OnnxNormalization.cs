using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Normalizations.</summary>
internal static class OnnxNormalization
{
    private const float Epsilon = 1e-5f;

    public static IEnumerable<OnnxOperator> Table =>
    [
        OnnxOperator.Many("BatchNormalization", OperatorSupport.Supported, "BatchNorm", BatchNormalization),
        OnnxOperator.Made("GroupNormalization", "Reshape, ReduceMean, Subtract, Unary, Multiply, Add", GroupNormalization),
        OnnxOperator.Made("InstanceNormalization", "ReduceMean, Subtract, Unary, Multiply, Add", InstanceNormalization),
        OnnxOperator.Many("LayerNormalization", OperatorSupport.Supported, "LayerNorm", LayerNormalization),
        OnnxOperator.Made("LRN", "Unary, Pad, Slice, Add, ParametricUnary, Binary, Multiply", LocalResponse),
        OnnxOperator.Made("LpNormalization", "Unary, ReduceSum, Binary", LpNormalization),
        OnnxOperator.Made("MeanVarianceNormalization", "ReduceMean, Subtract, Unary, Add, Binary", MeanVarianceNormalization),
    ];

    private static IReadOnlyList<Tensor?> BatchNormalization(OnnxNode node)
    {
        Tensor x = node.Input(0);
        float epsilon = node.Float("epsilon", Epsilon), momentum = node.Float("momentum", 0.9f);
        if (!node.Flag("training_mode"))
        {
            Tensor last = OnnxLayout.ChannelsLast(node, x);
            Tensor y = node.Builder.Add(node.Name, new BatchNorm(epsilon, momentum), last, node.Input(1), node.Input(2), node.Input(3), node.Input(4));
            return [OnnxLayout.ChannelsSecond(node, y)];
        }

        // Statistics of the batch itself, and the running ones moved toward them.
        IntList axes = IntList.Create([0, .. Enumerable.Range(2, x.Shape.Rank - 2)]);
        (Tensor normalized, Tensor mean, Tensor variance) = Normalize(node, x, axes, epsilon);
        return
        [
            Scaled(node, normalized, node.Input(1), node.Input(2)),
            Moved(node.Input(3), mean, "_mean"),
            Moved(node.Input(4), variance, "_variance"),
        ];

        Tensor Moved(Tensor running, Tensor batch, string name)
        {
            Tensor flat = node.Builder.Add(node.Name + name, new Reshape(IntList.Create(running.Shape.Axes)), batch);
            Tensor kept = node.Builder.Add(node.Name + name, new ParametricUnary(ParametricFunction.Affine, momentum), running);
            Tensor added = node.Builder.Add(node.Name + name, new ParametricUnary(ParametricFunction.Affine, 1 - momentum), flat);
            return node.Builder.Add(node.Name + name, new Add(), kept, added);
        }
    }

    private static Tensor InstanceNormalization(OnnxNode node)
    {
        Tensor x = node.Input(0);
        node.Require(x.Shape.Rank >= 3, $"the input is {x}; [N, C, ...] with at least three axes is needed.");
        return Scaled(node, Normalize(node, x, IntList.Create([.. Enumerable.Range(2, x.Shape.Rank - 2)]), node.Float("epsilon", Epsilon)).Result, node.Input(1), node.Input(2));
    }

    private static Tensor GroupNormalization(OnnxNode node)
    {
        Tensor x = node.Input(0), scale = node.Input(1), bias = node.Input(2);
        int groups = node.Int32("num_groups", 0);
        node.Require(x.Shape.Rank >= 3 && groups >= 1 && x.Shape[1] % groups == 0, $"{groups} groups of the channels of {x}; [N, C, ...] and a divisor of C are needed.");
        Tensor grouped = node.Builder.Reshape(node.Name + "_groups", x, new Shape([x.Shape[0], groups, x.Shape[1] / groups, .. x.Shape.Axes[2..]]));
        Tensor normalized = Normalize(node, grouped, IntList.Create([.. Enumerable.Range(2, grouped.Shape.Rank - 2)]), node.Float("epsilon", Epsilon)).Result;

        // Before operator set 21 scale and bias count groups, from then on channels.
        bool channels = scale.Shape.ElementCount == x.Shape[1];
        return channels
            ? Scaled(node, node.Builder.Reshape(node.Name, normalized, x.Shape), scale, bias)
            : node.Builder.Reshape(node.Name, Scaled(node, normalized, scale, bias), x.Shape);
    }

    private static IReadOnlyList<Tensor?> LayerNormalization(OnnxNode node)
    {
        Tensor x = node.Input(0), scale = node.Input(1);
        Tensor? bias = node.Optional(2);
        int rank = x.Shape.Rank, axis = node.Axis("axis", -1, rank), count = x.Shape.Product(axis, rank);
        float epsilon = node.Float("epsilon", Epsilon);
        bool direct = scale.Shape.ElementCount == count && (bias is null || bias.Shape.ElementCount == count);
        Tensor gamma = direct ? OnnxLayout.Reshape(node, scale, new Shape(count), -1) : Filled(1), beta = direct && bias is not null ? OnnxLayout.Reshape(node, bias, new Shape(count), -1) : Filled(0);
        Tensor flat = axis == rank - 1 ? x : node.Builder.Reshape(node.Name + "_flat", x, new Shape([.. x.Shape.Axes[..axis], count]));
        Tensor y = node.Builder.Reshape(node.Name, node.Builder.Add(node.Name, new LayerNorm(epsilon), flat, gamma, beta), x.Shape);
        if (!direct)
        {
            y = node.Builder.Add(node.Name, new Multiply(), y, scale);
            y = bias is null ? y : node.Builder.Add(node.Name, new Add(), y, bias);
        }

        if (!node.HasOutput(1) && !node.HasOutput(2))
        {
            return [y];
        }

        (_, Tensor mean, Tensor variance) = Normalize(node, x, IntList.Create([.. Enumerable.Range(axis, rank - axis)]), epsilon);
        Tensor raised = node.Builder.Add(node.Name + "_raised", new ParametricUnary(ParametricFunction.Affine, 1, epsilon), variance);
        return [y, mean, node.Builder.Add(node.Name + "_inverse", new Unary(UnaryFunction.Rsqrt), raised)];

        Tensor Filled(float value)
        {
            float[] values = new float[count];
            Array.Fill(values, value);
            return node.Builder.Constant<float>(node.Name + (value == 0 ? "_beta" : "_gamma"), new Shape(count), values);
        }
    }

    /// <summary>x / (bias + alpha / size · Σ x²)^beta, summed over neighbouring channels.</summary>
    private static Tensor LocalResponse(OnnxNode node)
    {
        Tensor x = node.Input(0);
        int size = node.Int32("size", 1), rank = x.Shape.Rank;
        node.Require(size >= 1 && size <= 2 * x.Shape[1] && rank >= 2, $"the size is {size}, the input {x}; 1 … {2 * x.Shape[1]} is allowed.");
        int[] before = new int[rank], after = new int[rank];
        before[1] = (size - 1) / 2;
        after[1] = size - 1 - before[1];
        Tensor squares = node.Builder.Add(node.Name + "_square", new Unary(UnaryFunction.Square), x);
        Tensor padded = size == 1 ? squares : node.Builder.Add(node.Name + "_pad", new Pad(IntList.Create(before), IntList.Create(after)), squares);
        Tensor sum = OnnxMovement.Part(node, padded, 1, 0, x.Shape[1]);
        for (int i = 1; i < size; i++)
        {
            sum = node.Builder.Add(node.Name + "_sum", new Add(), sum, OnnxMovement.Part(node, padded, 1, i, x.Shape[1]));
        }

        Tensor raised = node.Builder.Add(
            node.Name + "_raised", new ParametricUnary(ParametricFunction.Affine, node.Float("alpha", 0.0001f) / size, node.Float("bias", 1)), sum);
        return node.Builder.Add(
            node.Name,
            new Multiply(),
            x,
            node.Builder.Add(node.Name + "_power", new Binary(BinaryFunction.Power), raised, node.Builder.Scalar(node.Name + "_beta", -node.Float("beta", 0.75f))));
    }

    private static Tensor LpNormalization(OnnxNode node)
    {
        Tensor x = node.Input(0);
        IntList axis = [node.Axis("axis", -1, x.Shape.Rank)];
        long power = node.Integer("p", 2);
        node.Require(power is 1 or 2, $"p is {power}; 1 and 2 are allowed.");
        Tensor norm = node.Builder.Add(
            node.Name + "_sum", new ReduceSum(axis, KeepDims: true), node.Builder.Add(node.Name + "_part", new Unary(power == 1 ? UnaryFunction.Abs : UnaryFunction.Square), x));
        return node.Builder.Add(
            node.Name, new Binary(BinaryFunction.Divide), x, power == 1 ? norm : node.Builder.Add(node.Name + "_norm", new Unary(UnaryFunction.Sqrt), norm));
    }

    /// <summary>(x − mean) / (√variance + 1e−9), as the operator's function body has it.</summary>
    private static Tensor MeanVarianceNormalization(OnnxNode node)
    {
        Tensor x = node.Input(0);
        int[] axes = node.Int32List("axes") ?? [0, 2, 3];
        IntList reduced = IntList.Create([.. axes.Select(axis => node.Axis(axis, x.Shape.Rank))]);
        Tensor mean = node.Builder.Add(node.Name + "_mean", new ReduceMean(reduced, KeepDims: true), x);
        Tensor centered = node.Builder.Add(node.Name + "_centered", new Subtract(), x, mean);
        Tensor variance = node.Builder.Add(
            node.Name + "_variance", new ReduceMean(reduced, KeepDims: true), node.Builder.Add(node.Name + "_square", new Unary(UnaryFunction.Square), centered));
        Tensor deviation = node.Builder.Add(node.Name + "_deviation", new Unary(UnaryFunction.Sqrt), variance);
        return node.Builder.Add(
            node.Name, new Binary(BinaryFunction.Divide), centered, node.Builder.Add(node.Name + "_raised", new ParametricUnary(ParametricFunction.Affine, 1, 1e-9f), deviation));
    }

    /// <summary>(x − mean) / √(variance + ε) over some axes, with mean and variance.</summary>
    private static (Tensor Result, Tensor Mean, Tensor Variance) Normalize(OnnxNode node, Tensor x, IntList axes, float epsilon)
    {
        Tensor mean = node.Builder.Add(node.Name + "_mean", new ReduceMean(axes, KeepDims: true), x);
        Tensor centered = node.Builder.Add(node.Name + "_centered", new Subtract(), x, mean);
        Tensor variance = node.Builder.Add(
            node.Name + "_variance", new ReduceMean(axes, KeepDims: true), node.Builder.Add(node.Name + "_square", new Unary(UnaryFunction.Square), centered));
        Tensor raised = node.Builder.Add(node.Name + "_raised", new ParametricUnary(ParametricFunction.Affine, 1, epsilon), variance);
        return (node.Builder.Add(node.Name, new Multiply(), centered, node.Builder.Add(node.Name + "_inverse", new Unary(UnaryFunction.Rsqrt), raised)), mean, variance);
    }

    /// <summary>x · scale + bias for each channel of [N, C, ...].</summary>
    private static Tensor Scaled(OnnxNode node, Tensor x, Tensor scale, Tensor bias)
    {
        int[] sizes = [x.Shape[1], .. Enumerable.Repeat(1, x.Shape.Rank - 2)];
        Tensor scaled = node.Builder.Add(node.Name, new Multiply(), x, OnnxLayout.Reshape(node, scale, new Shape(sizes), -1));
        return node.Builder.Add(node.Name, new Add(), scaled, OnnxLayout.Reshape(node, bias, new Shape(sizes), -1));
    }
}

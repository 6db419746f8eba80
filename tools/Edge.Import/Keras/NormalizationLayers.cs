using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>Normalizations.</summary>
internal static class NormalizationLayers
{
    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("BatchNormalization", OperatorSupport.Supported, "BatchNorm", BatchNormalization)
        {
            Weights = static layer => [BasicLayers.Own([.. ScaleAndCenter(layer), new("moving_mean", false), new("moving_variance", false)])],
        },
        new("LayerNormalization", OperatorSupport.Supported, "LayerNorm", LayerNormalization) { Weights = static layer => [BasicLayers.Own([.. ScaleAndCenter(layer)])], Objection = static layer => layer.Config.Flag("rms_scaling", false) ? "it scales by the root mean square; RMSNormalization does so too and is supported" : null },
        new("GroupNormalization", OperatorSupport.Emulated, "Reshape, Transpose, LayerNorm, Multiply, Add", GroupNormalization) { Weights = static layer => [BasicLayers.Own([.. ScaleAndCenter(layer)])] },
        new("RMSNormalization", OperatorSupport.Emulated, "Unary, ReduceMean, Multiply", RmsNormalization) { Weights = static _ => [BasicLayers.Own(new WeightName("scale"))] },
        new("UnitNormalization", OperatorSupport.Supported, "L2Normalization", UnitNormalization),
        new("Rescaling", OperatorSupport.Supported, "ParametricUnary; with numbers for each channel Multiply, Add", Rescaling),
        new("Normalization", OperatorSupport.Emulated, "Subtract, Binary", Normalization)
        {
            Weights = static layer => layer.Config.Has("mean") ? [] : [BasicLayers.Own(new("mean", false), new("variance", false), new("count", false))],
        },
    ];

    private static IEnumerable<WeightName> ScaleAndCenter(KerasLayer layer)
    {
        if (layer.Config.Flag("scale", true))
        {
            yield return new WeightName("gamma");
        }

        if (layer.Config.Flag("center", true))
        {
            yield return new WeightName("beta");
        }
    }

    private static Tensor Factor(LayerContext layer, string option, string name, int count, float neutral) => layer.Config.Flag(option, true)
        ? layer.WeightConstant(name, count)
        : layer.Constant(name, new Shape(count), () => [.. Enumerable.Repeat(neutral, count)]);

    private static Tensor BatchNormalization(LayerContext layer)
    {
        Tensor input = layer.Input;
        int rank = input.Shape.Rank;
        int axis = layer.Axis(layer.Config.Integers("axis", 1, -1, least: -8, most: 7)[0], rank);
        int[] swap = [.. Enumerable.Range(0, rank)];
        (swap[axis], swap[^1]) = (swap[^1], swap[axis]);
        Tensor last = layer.Transpose(input, swap, "channels_last");
        int channels = last.Shape[-1];
        BatchNorm norm = new(layer.Config.Number("epsilon", 1e-3f), layer.Config.Number("momentum", 0.99f), UnbiasedVariance: false);
        Tensor output = layer.Builder.Add(
            layer.Name, norm, last, Factor(layer, "scale", "gamma", channels, 1), Factor(layer, "center", "beta", channels, 0),
            layer.WeightConstant("moving_mean", channels), layer.WeightConstant("moving_variance", channels));
        return layer.Transpose(output, swap, "channels_back");
    }

    private static Tensor LayerNormalization(LayerContext layer)
    {
        Tensor input = layer.Input;
        int[] axes = layer.Config.Integers("axis", -1, least: -8, most: 7);
        axes = axes.Length == 0 ? [-1] : axes;
        int rank = input.Shape.Rank;
        int[] kept = [.. axes.Select(axis => layer.Axis(axis, rank)).Order()];
        for (int i = 0; i < kept.Length; i++)
        {
            if (kept[i] != rank - kept.Length + i)
            {
                throw layer.Refuse($"normalizes over axes [{string.Join(", ", axes)}] of {rank}; the last ones are supported");
            }
        }

        // Several last axes are one.
        Shape shape = input.Shape;
        int count = shape.Product(kept[0], rank);
        Shape flat = new([.. shape.Axes[..kept[0]], count]);
        int[] sizes = [.. shape.Axes[kept[0]..]];
        Tensor output = layer.Builder.Add(
            layer.Name, new LayerNorm(layer.Config.Number("epsilon", 1e-3f)), layer.Builder.Reshape($"{layer.Name}/flat", input, flat),
            Part("scale", "gamma", 1), Part("center", "beta", 0));
        return layer.Builder.Reshape($"{layer.Name}/shape", output, shape);

        Tensor Part(string option, string name, float neutral) => layer.Config.Flag(option, true)
            ? layer.Constant(name, new Shape(count), layer.Weight(name, sizes).Singles)
            : layer.Constant(name, new Shape(count), () => [.. Enumerable.Repeat(neutral, count)]);
    }

    private static Tensor GroupNormalization(LayerContext layer)
    {
        Tensor input = layer.Input;
        int rank = input.Shape.Rank;
        int axis = layer.Axis(layer.Config.Integer("axis", -1, -Shape.MaxRank, Shape.MaxRank - 1), rank);
        int[] swap = [.. Enumerable.Range(0, rank)];
        (swap[axis], swap[^1]) = (swap[^1], swap[axis]);
        Tensor last = layer.Transpose(input, swap, "channels_last");
        Shape shape = last.Shape;
        int channels = shape[-1];
        int groups = layer.Config.Integer("groups", 32, least: -1);
        groups = groups == -1 ? channels : groups;
        if (groups < 1 || channels % groups != 0 || axis == 0)
        {
            throw layer.Refuse($"has {groups} groups of {channels} channels along axis {axis}; a divisor, along an axis behind the batch, is allowed");
        }

        // [N, pixels, groups, channels of a group] with the pixels behind the groups: a row to normalize for each group.
        int pixels = shape.Product(1, rank - 1), each = channels / groups;
        Tensor split = layer.Builder.Reshape($"{layer.Name}/split", last, new Shape(shape[0], pixels, groups, each));
        Tensor grouped = layer.Transpose(split, [0, 2, 1, 3], "groups_first");
        int row = checked(pixels * each);
        Tensor rows = layer.Builder.Reshape($"{layer.Name}/rows", grouped, new Shape(shape[0], groups, row));
        Tensor normalized = layer.Builder.Add(
            layer.Name, new LayerNorm(layer.Config.Number("epsilon", 1e-3f)), rows,
            layer.Constant($"ones {row}", new Shape(row), () => [.. Enumerable.Repeat(1f, row)]), layer.Constant($"zeros {row}", new Shape(row), () => new float[row]));
        Tensor back = layer.Transpose(layer.Builder.Reshape($"{layer.Name}/groups", normalized, new Shape(shape[0], groups, pixels, each)), [0, 2, 1, 3], "groups_back");
        Tensor output = layer.Builder.Reshape($"{layer.Name}/shape", back, shape);
        output = layer.Config.Flag("scale", true) ? layer.Builder.Add($"{layer.Name}/scale", new Multiply(), output, layer.WeightConstant("gamma", channels)) : output;
        output = layer.Config.Flag("center", true) ? layer.Builder.Add($"{layer.Name}/center", new Add(), output, layer.WeightConstant("beta", channels)) : output;
        return layer.Transpose(output, swap, "channels_back");
    }

    private static Tensor RmsNormalization(LayerContext layer)
    {
        Tensor input = layer.Input;
        int rank = input.Shape.Rank;
        int axis = layer.Config.Integers("axis", 1, -1, least: -Shape.MaxRank, most: Shape.MaxRank - 1)[0];
        if (layer.Axis(axis, rank) != rank - 1)
        {
            throw layer.Refuse($"normalizes over axis {axis} of {rank}; the last one is supported");
        }

        Tensor squares = layer.Builder.Add($"{layer.Name}/squares", new Unary(UnaryFunction.Square), input);
        Tensor mean = layer.Builder.Add($"{layer.Name}/mean", new ReduceMean([-1], KeepDims: true), squares);
        Tensor above = layer.Builder.Add($"{layer.Name}/epsilon", new ParametricUnary(ParametricFunction.Affine, 1, layer.Config.Number("epsilon", 1e-6f)), mean);
        Tensor factor = layer.Builder.Add($"{layer.Name}/factor", new Unary(UnaryFunction.Rsqrt), above);
        return layer.Builder.Add(layer.Name, new Multiply(), layer.Builder.Add($"{layer.Name}/normalized", new Multiply(), input, factor), layer.WeightConstant("scale", input.Shape[-1]));
    }

    private static Tensor UnitNormalization(LayerContext layer)
    {
        Tensor input = layer.Input;
        int rank = input.Shape.Rank;
        int axis = layer.Axis(layer.Config.Integers("axis", 1, -1, least: -Shape.MaxRank, most: Shape.MaxRank - 1)[0], rank);
        int[] swap = [.. Enumerable.Range(0, rank)];
        (swap[axis], swap[^1]) = (swap[^1], swap[axis]);

        // The sum of squares is at least 1e-12 in Keras.
        return layer.Transpose(layer.Builder.Add(layer.Name, new L2Normalization(1e-6f), layer.Transpose(input, swap, "axis_last")), swap, "axis_back");
    }

    private static Tensor Rescaling(LayerContext layer)
    {
        Tensor input = layer.Input.Type == DataType.Float32
            ? layer.Input
            : layer.Builder.Add($"{layer.Name}/float", new Cast(), new TensorSpec(DataType.Float32, layer.Input.Shape), layer.Input);
        float[] scale = layer.Config.Numbers("scale"), offset = layer.Config.Numbers("offset");
        scale = scale.Length == 0 ? [1] : scale;
        offset = offset.Length == 0 ? [0] : offset;
        if (scale.Length == 1 && offset.Length == 1)
        {
            return layer.Builder.Add(layer.Name, new ParametricUnary(ParametricFunction.Affine, scale[0], offset[0]), input);
        }

        Tensor scaled = layer.Builder.Add($"{layer.Name}/scale", new Multiply(), input, layer.Constant("scale", new Shape(scale.Length), () => scale));
        return layer.Builder.Add(layer.Name, new Add(), scaled, layer.Constant("offset", new Shape(offset.Length), () => offset));
    }

    /// <summary>(x − mean) / max(√variance, 1e-7), along the axes that have statistics of their own.</summary>
    private static Tensor Normalization(LayerContext layer)
    {
        const float LeastDeviation = 1e-7f;
        Tensor input = layer.Input;
        int rank = input.Shape.Rank;
        int[] axes = layer.Config.Has("axis") ? layer.Config.Integers("axis", -1, least: -Shape.MaxRank, most: Shape.MaxRank - 1) : [];
        int[] sizes = [.. Enumerable.Repeat(1, rank)];
        foreach (int axis in axes)
        {
            int place = layer.Axis(axis, rank);
            sizes[place] = input.Shape[place];
        }

        Shape shape = new(sizes);
        bool stated = layer.Config.Has("mean");
        Tensor mean = layer.Constant("mean", shape, () => Statistic("mean"));
        Tensor deviation = layer.Constant("deviation", shape, () => Array.ConvertAll(Statistic("variance"), static value => Math.Max(MathF.Sqrt(value), LeastDeviation)));
        return layer.Config.Flag("invert", false)
            ? layer.Builder.Add(layer.Name, new Add(), layer.Builder.Add($"{layer.Name}/scale", new Multiply(), input, deviation), mean)
            : layer.Builder.Add(layer.Name, new Binary(BinaryFunction.Divide), layer.Builder.Add($"{layer.Name}/center", new Subtract(), input, mean), deviation);

        float[] Statistic(string name)
        {
            float[] values = stated ? layer.Config.Numbers(name) : layer.AnyWeight(name).Singles();
            int count = shape.ElementCount;
            return values.Length == count ? values
                : values.Length == 1 ? [.. Enumerable.Repeat(values[0], count)]
                : throw layer.Refuse($"has {values.Length} numbers as {name}; {count} are needed");
        }
    }
}

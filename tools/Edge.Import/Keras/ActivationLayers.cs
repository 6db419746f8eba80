using System.Text.Json;
using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>Activations: as layers, and as the end of other layers.</summary>
/// <remarks>Source: keras/src/activations/activations.py, keras/src/layers/activations; for Keras 2 keras/activations.py.</remarks>
internal static class ActivationLayers
{
    private const float SeluAlpha = 1.6732632423543772848170429916717f;
    private const float SeluScale = 1.0507009873554804934193349852946f;
    private const float OneSixth = 1f / 6;
    private const int MaxDepth = 4;

    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("Activation", OperatorSupport.Supported, "Relu, Relu6, LeakyRelu, Sigmoid, Tanh, Softmax, LogSoftmax, Gelu, HardSwish, Unary, ParametricUnary, Clip, by its function", static layer => Fused(layer, layer.Input)),
        new("ReLU", OperatorSupport.Supported, "Relu, Relu6, LeakyRelu; with other options ParametricUnary, Clip, Subtract", Relu),
        new("LeakyReLU", OperatorSupport.Supported, "LeakyRelu", static layer => LeakyRelu(layer, layer.Input, layer.Config, layer.Name)),
        new("ELU", OperatorSupport.Supported, "ParametricUnary", static layer => Parametric(layer, layer.Input, layer.Name, ParametricFunction.Elu, layer.Config.Number("alpha", 1))),
        new("ThresholdedReLU", OperatorSupport.Supported, "ParametricUnary", static layer => Parametric(layer, layer.Input, layer.Name, ParametricFunction.ThresholdedRelu, layer.Config.Number("theta", 1))),
        new("PReLU", OperatorSupport.Supported, "PRelu", PRelu) { Weights = static _ => [BasicLayers.Own(new WeightName("alpha"))] },
        new("Softmax", OperatorSupport.Supported, "Softmax", static layer => Softmax(layer, layer.Input, layer.Config, layer.Name))
        {
            Objection = static layer => layer.Config.Find("axis") is { ValueKind: JsonValueKind.Array } axes && axes.GetArrayLength() != 1 ? "it works over several axes; one is supported" : null,
        },
    ];

    private delegate Tensor Function(LayerContext layer, Tensor x, KerasConfig options, string name);

    private static readonly Dictionary<string, Function> Functions = new(StringComparer.Ordinal)
    {
        ["linear"] = static (_, x, _, _) => x,
        ["relu"] = static (layer, x, _, name) => layer.Builder.Add(name, new Relu(), x),
        ["relu6"] = static (layer, x, _, name) => layer.Builder.Add(name, new Relu6(), x),
        ["sigmoid"] = static (layer, x, _, name) => layer.Builder.Add(name, new Sigmoid(), x),
        ["hard_sigmoid"] = static (layer, x, _, name) => Parametric(layer, x, name, ParametricFunction.HardSigmoid, layer.Layer.IsKeras3 ? OneSixth : 0.2f, 0.5f),
        ["log_sigmoid"] = static (layer, x, _, name) =>
            Unary(layer, Unary(layer, Unary(layer, x, $"{name}/negative", UnaryFunction.Negate), $"{name}/softplus", UnaryFunction.Softplus), name, UnaryFunction.Negate),
        ["tanh"] = static (layer, x, _, name) => layer.Builder.Add(name, new Tanh(), x),
        ["hard_tanh"] = static (layer, x, _, name) => layer.Builder.Add(name, new Clip(-1, 1), x),
        ["tanh_shrink"] = static (layer, x, _, name) => layer.Builder.Add(name, new Subtract(), x, layer.Builder.Add($"{name}/tanh", new Tanh(), x)),
        ["hard_shrink"] = static (layer, x, options, name) => Parametric(layer, x, name, ParametricFunction.Shrink, options.Number("threshold", 0.5f)),
        ["soft_shrink"] = static (layer, x, options, name) =>
            Parametric(layer, x, name, ParametricFunction.Shrink, options.Number("threshold", 0.5f), options.Number("threshold", 0.5f)),
        ["softmax"] = Softmax,
        ["log_softmax"] = static (layer, x, _, name) => layer.Builder.Add(name, new LogSoftmax(), x),
        ["softplus"] = static (layer, x, _, name) => Unary(layer, x, name, UnaryFunction.Softplus),
        ["softsign"] = static (layer, x, _, name) => Unary(layer, x, name, UnaryFunction.Softsign),
        ["exponential"] = static (layer, x, _, name) => Unary(layer, x, name, UnaryFunction.Exp),
        ["swish"] = static (layer, x, _, name) => Parametric(layer, x, name, ParametricFunction.Swish, 1),
        ["silu"] = static (layer, x, _, name) => Parametric(layer, x, name, ParametricFunction.Swish, 1),
        ["hard_swish"] = static (layer, x, _, name) => layer.Builder.Add(name, new HardSwish(), x),
        ["hard_silu"] = static (layer, x, _, name) => layer.Builder.Add(name, new HardSwish(), x),
        ["mish"] = static (layer, x, _, name) => Parametric(layer, x, name, ParametricFunction.Mish, 0),
        ["gelu"] = static (layer, x, options, name) => layer.Builder.Add(name, new Gelu(options.Flag("approximate", false)), x),
        ["elu"] = static (layer, x, options, name) => Parametric(layer, x, name, ParametricFunction.Elu, options.Number("alpha", 1)),
        ["celu"] = static (layer, x, options, name) => Parametric(layer, x, name, ParametricFunction.Celu, options.Number("alpha", 1)),
        ["selu"] = static (layer, x, _, name) => Parametric(layer, x, name, ParametricFunction.Selu, SeluAlpha, SeluScale),
        ["leaky_relu"] = LeakyRelu,
    };

    private static readonly Dictionary<string, RecurrentActivation> Recurrent = new(StringComparer.Ordinal)
    {
        ["linear"] = RecurrentActivation.Identity,
        ["sigmoid"] = RecurrentActivation.Sigmoid,
        ["tanh"] = RecurrentActivation.Tanh,
        ["relu"] = RecurrentActivation.Relu,
        ["relu6"] = new(RecurrentFunction.Relu6),
        ["softsign"] = new(RecurrentFunction.Softsign),
        ["softplus"] = new(RecurrentFunction.Softplus),
        ["elu"] = new(RecurrentFunction.Elu, 1),
        ["leaky_relu"] = new(RecurrentFunction.LeakyRelu, 0.2f),
    };

    /// <summary>Applies the activation that a layer ends with.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">Its result before.</param>
    public static Tensor Fused(LayerContext layer, Tensor x)
    {
        (string name, KerasLayer? inner) = Named(layer.Layer, layer.Config, "activation");
        return inner is not null ? layer.Call(inner, x)[0]
            : Functions.TryGetValue(name, out Function? function) ? function(layer, x, default, layer.Layer.Class == "Activation" ? layer.Name : $"{layer.Name}/{name}")
            : throw layer.Refuse($"has the activation '{name}', which is not known");
    }

    /// <summary>The name of the activation that a function is; null where it is none. Options of the function are not known here, so those with options are not among them.</summary>
    /// <param name="function">The function's name, small and without underscores.</param>
    public static string? FunctionLike(string function) => Functions.Keys.FirstOrDefault(
        name => name is not ("linear" or "softmax" or "log_softmax" or "gelu" or "leaky_relu" or "elu" or "celu" or "hard_shrink" or "soft_shrink" or "hard_sigmoid") &&
            name.Replace("_", "", StringComparison.Ordinal) == function);

    /// <summary>Applies an activation.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="name">The activation's name.</param>
    /// <param name="x">What it is applied to.</param>
    public static Tensor Apply(LayerContext layer, string name, Tensor x) => Functions[name](layer, x, default, layer.Name);

    /// <summary>The function of a recurrent layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="config">Its configuration, or that of its cell.</param>
    /// <param name="option">Name of the option.</param>
    /// <param name="fallback">The function where none is stated.</param>
    /// <returns>The function; null where recurrent operators do not know it.</returns>
    public static RecurrentActivation? ForRecurrence(KerasLayer layer, KerasConfig config, string option, string fallback)
    {
        // What is null in the file is the identity; what is not there is the usual one.
        bool stated = config.Element.ValueKind == JsonValueKind.Object && config.Element.TryGetProperty(option, out _);
        (string name, KerasLayer? inner) = stated ? Named(layer, config, option) : (fallback, null);
        return inner is not null ? null
            : name == "hard_sigmoid" ? RecurrentActivation.HardSigmoid(layer.IsKeras3 ? OneSixth : 0.2f)
            : Recurrent.TryGetValue(name, out RecurrentActivation activation) ? activation : null;
    }

    /// <summary>Why a layer's activation cannot be converted; null where it can.</summary>
    /// <param name="layer">The layer.</param>
    public static string? Objection(KerasLayer layer)
    {
        (string name, KerasLayer? inner) = Named(layer, layer.Config, "activation");
        return inner is null ? Functions.ContainsKey(name) ? null : $"its activation '{name}' is not known"
            : LayerKinds.Find(inner, out string? reason) is null ? $"its activation {inner.Class}: {reason}"
            : LayerKinds.HasWeights(inner) ? $"its activation {inner.Class} has weights; make it a layer of its own" : null;
    }

    /// <summary>An activation by its name, or as a layer.</summary>
    private static (string Name, KerasLayer? Layer) Named(KerasLayer layer, KerasConfig config, string option)
    {
        if (config.Find(option) is not { } value)
        {
            return ("linear", null);
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return (Known(value.GetString()!), null);
        }

        KerasConfig item = new(value, $"{config.Where}, {option}");
        if (item.Find("config") is { ValueKind: JsonValueKind.String } function)
        {
            return (Known(function.GetString()!), null);
        }

        string kind = item.Find("class_name") is { ValueKind: JsonValueKind.String } name ? name.GetString()! : "?";
        return kind == layer.Class || layer.Depth >= MaxDepth ? (kind, null) : ("", new KerasLayer
        {
            Class = kind,
            Name = ArchiveWeights.SnakeCase(kind),
            Config = new KerasConfig(item.Find("config") ?? default, item.Where),
            IsKeras3 = layer.IsKeras3,
            Depth = layer.Depth + 1,
        });

        // Registered functions carry their package.
        static string Known(string name) => name.StartsWith("keras.activations.", StringComparison.Ordinal) ? name["keras.activations.".Length..] : name;
    }

    private static Tensor Unary(LayerContext layer, Tensor x, string name, UnaryFunction function) => layer.Builder.Add(name, new Unary(function), x);

    private static Tensor Parametric(LayerContext layer, Tensor x, string name, ParametricFunction function, float a, float b = 0) =>
        layer.Builder.Add(name, new ParametricUnary(function, a, b), x);

    private static Tensor LeakyRelu(LayerContext layer, Tensor x, KerasConfig options, string name)
    {
        // Keras 2 calls it alpha; the layer's default is 0.3, the function's 0.2.
        float fallback = layer.Layer.Class == "LeakyReLU" ? 0.3f : 0.2f;
        return layer.Builder.Add(name, new LeakyRelu(options.Number("negative_slope", options.Number("alpha", fallback))), x);
    }

    private static Tensor Softmax(LayerContext layer, Tensor x, KerasConfig options, string name)
    {
        int rank = x.Shape.Rank;
        int axis = layer.Axis(options.Integers("axis", 1, -1, least: -Shape.MaxRank, most: Shape.MaxRank - 1)[0], rank);
        if (axis == rank - 1)
        {
            return layer.Builder.Add(name, new Softmax(), x);
        }

        int[] swap = [.. Enumerable.Range(0, rank)];
        (swap[axis], swap[^1]) = (swap[^1], swap[axis]);
        Tensor last = layer.Transpose(x, swap, "axis_last");
        return layer.Transpose(layer.Builder.Add(name, new Softmax(), last), swap, "axis_back");
    }

    private static Tensor PRelu(LayerContext layer)
    {
        // Shared axes have size 1, so alpha is repeated as NumPy broadcasts.
        int[] sizes = [.. layer.Input.Shape.Axes[1..]];
        int[] shared = layer.Config.Has("shared_axes") ? layer.Config.Integers("shared_axes", -1, least: -Shape.MaxRank, most: Shape.MaxRank - 1) : [];
        foreach (int axis in shared)
        {
            int place = layer.Axis(axis, sizes.Length + 1);
            sizes[place > 0 ? place - 1 : throw layer.Refuse("shares its slopes over the batch; other axes are allowed")] = 1;
        }

        return layer.Builder.Add(layer.Name, new PRelu(), layer.Input, layer.WeightConstant("alpha", sizes));
    }

    /// <summary>max_value from there on, x between it and the threshold, negative_slope · (x − threshold) below.</summary>
    private static Tensor Relu(LayerContext layer)
    {
        Tensor x = layer.Input;
        float most = layer.Config.Number("max_value", float.PositiveInfinity);
        float slope = layer.Config.Number("negative_slope", 0);
        float threshold = layer.Config.Number("threshold", 0);
        if (threshold == 0 && (slope == 0 || most == float.PositiveInfinity))
        {
            return (most, slope) switch
            {
                (float.PositiveInfinity, 0) => layer.Builder.Add(layer.Name, new Relu(), x),
                (6, _) => layer.Builder.Add(layer.Name, new Relu6(), x),
                (float.PositiveInfinity, _) => layer.Builder.Add(layer.Name, new LeakyRelu(slope), x),
                _ => layer.Builder.Add(layer.Name, new Clip(0, most), x),
            };
        }

        Tensor positive = Parametric(layer, x, $"{layer.Name}/positive", ParametricFunction.ThresholdedRelu, threshold);
        if (most < float.PositiveInfinity)
        {
            positive = layer.Builder.Add($"{layer.Name}/clip", new Clip(0, most), positive);
        }

        if (slope == 0)
        {
            return positive;
        }

        Tensor below = Parametric(layer, x, $"{layer.Name}/below", ParametricFunction.Affine, -1, threshold);
        Tensor negative = layer.Builder.Add($"{layer.Name}/negative", new Relu(), below);
        Tensor scaled = Parametric(layer, negative, $"{layer.Name}/slope", ParametricFunction.Affine, slope);
        return layer.Builder.Add(layer.Name, new Subtract(), positive, scaled);
    }
}

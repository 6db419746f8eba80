using Edge.Compiler;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>Activations: as layers, and as the end of other layers.</summary>
internal static class ActivationLayers
{
    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("Activation", OperatorSupport.Supported, "its function", static layer => Fused(layer, layer.Input)) { Objection = FunctionObjection },
        new("ReLU", OperatorSupport.Supported, "Relu, Relu6, LeakyRelu", Relu),
        new("LeakyReLU", OperatorSupport.Supported, "LeakyRelu", static layer => LeakyRelu(layer, layer.Input, layer.Config, layer.Name)),
        new("Softmax", OperatorSupport.Supported, "Softmax", static layer => Softmax(layer, layer.Input, layer.Config, layer.Name)),
    ];

    private static readonly Dictionary<string, Func<LayerContext, Tensor, KerasConfig, string, Tensor>> Functions = new(StringComparer.Ordinal)
    {
        ["linear"] = static (_, x, _, _) => x,
        ["relu"] = static (layer, x, _, name) => layer.Builder.Add(name, new Relu(), x),
        ["relu6"] = static (layer, x, _, name) => layer.Builder.Add(name, new Relu6(), x),
        ["sigmoid"] = static (layer, x, _, name) => layer.Builder.Add(name, new Sigmoid(), x),
        ["tanh"] = static (layer, x, _, name) => layer.Builder.Add(name, new Tanh(), x),
        ["softmax"] = Softmax,
        ["swish"] = Silu,
        ["silu"] = Silu,
        ["gelu"] = static (layer, x, options, name) => layer.Builder.Add(name, new Gelu(options.Flag("approximate", false)), x),
        ["leaky_relu"] = LeakyRelu,
        ["hard_swish"] = static (layer, x, _, name) => layer.Builder.Add(name, new HardSwish(), x),
        ["hard_silu"] = static (layer, x, _, name) => layer.Builder.Add(name, new HardSwish(), x),
    };

    /// <summary>Applies the activation that a layer ends with.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="x">Its result before.</param>
    public static Tensor Fused(LayerContext layer, Tensor x)
    {
        (string name, KerasConfig options) = Function(layer.Current);
        return Functions.TryGetValue(name, out Func<LayerContext, Tensor, KerasConfig, string, Tensor>? function)
            ? function(layer, x, options, layer.Current.Class == "Activation" ? layer.Name : $"{layer.Name}/{name}")
            : throw layer.Refuse($"has the activation '{name}'; {string.Join(", ", Functions.Keys)} are known");
    }

    /// <summary>Why a layer's activation cannot be converted; null where it can.</summary>
    /// <param name="layer">The layer.</param>
    public static string? FunctionObjection(KerasLayer layer)
    {
        string name = Function(layer).Name;
        return Functions.ContainsKey(name) ? null : $"its activation '{name}' is not known";
    }

    /// <summary>The activation in a configuration: a name, or an object of a class or function.</summary>
    private static (string Name, KerasConfig Options) Function(KerasLayer layer)
    {
        if (layer.Config.Find("activation") is not { } value)
        {
            return ("linear", default);
        }

        if (value.ValueKind == System.Text.Json.JsonValueKind.String)
        {
            return (Known(value.GetString()!), default);
        }

        KerasConfig item = new(value, $"{layer.Config.Where}, activation");
        return item.Find("config") is { ValueKind: System.Text.Json.JsonValueKind.String } function
            ? (Known(function.GetString()!), default)
            : (ArchiveWeights.SnakeCase(item.Text("class_name", "?")) is var name && name == "re_lu" ? "relu" : name, item.Object("config"));

        // Registered functions carry their package.
        static string Known(string name) => name.StartsWith("keras.activations.", StringComparison.Ordinal) ? name["keras.activations.".Length..] : name;
    }

    private static Tensor Silu(LayerContext layer, Tensor x, KerasConfig options, string name) =>
        layer.Builder.Add(name, new Multiply(), x, layer.Builder.Add($"{name}/sigmoid", new Sigmoid(), x));

    private static Tensor LeakyRelu(LayerContext layer, Tensor x, KerasConfig options, string name)
    {
        // Keras 2 calls it alpha; the layer's default is 0.3, the function's 0.2.
        float fallback = layer.Current.Class == "LeakyReLU" ? 0.3f : 0.2f;
        return layer.Builder.Add(name, new LeakyRelu(options.Number("negative_slope", options.Number("alpha", fallback))), x);
    }

    private static Tensor Softmax(LayerContext layer, Tensor x, KerasConfig options, string name)
    {
        int rank = x.Shape.Rank;
        int axis = options.Find("axis") is { } value
            ? value.ValueKind == System.Text.Json.JsonValueKind.Array
                ? options.Integers("axis", 1, least: -8, most: 7)[0]
                : options.Integer("axis", least: -8, most: 7)
            : -1;
        axis = layer.Axis(axis, rank);
        if (axis == rank - 1)
        {
            return layer.Builder.Add(name, new Softmax(), x);
        }

        int[] swap = [.. Enumerable.Range(0, rank)];
        (swap[axis], swap[^1]) = (swap[^1], swap[axis]);
        Tensor last = layer.Transpose(x, swap, "axis_last");
        return layer.Transpose(layer.Builder.Add(name, new Softmax(), last), swap, "axis_back");
    }

    private static Tensor Relu(LayerContext layer)
    {
        float most = layer.Config.Number("max_value", float.PositiveInfinity);
        float slope = layer.Config.Number("negative_slope", 0);
        float threshold = layer.Config.Number("threshold", 0);
        return (most, slope, threshold) switch
        {
            (float.PositiveInfinity, 0, 0) => layer.Builder.Add(layer.Name, new Relu(), layer.Input),
            (6, 0, 0) => layer.Builder.Add(layer.Name, new Relu6(), layer.Input),
            (float.PositiveInfinity, _, 0) => layer.Builder.Add(layer.Name, new LeakyRelu(slope), layer.Input),
            _ => throw layer.Refuse($"has max_value {most}, negative_slope {slope} and threshold {threshold}; these together are not supported"),
        };
    }
}

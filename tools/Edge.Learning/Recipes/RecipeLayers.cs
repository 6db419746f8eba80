using System.Text.Json;
using Edge.Learning.Layers;

namespace Edge.Learning.Recipes;

/// <summary>Layers by the names that recipes use.</summary>
internal static class RecipeLayers
{
    private static readonly Dictionary<string, Func<RecipeObject, string?, Layer>> s_all = new(StringComparer.Ordinal)
    {
        ["dense"] = static (o, name) => new Dense(o.Int32("units", 1), Activation(o), o.Boolean("bias", true), Kernel(o), name: name),
        ["conv2d"] = static (o, name) => new Conv2D(o.Int32("filters", 1), Size(o, "kernel", null)!.Value, Size(o, "strides", 1), Padding(o), Size(o, "dilation", 1), o.Int32("groups", 1, 1), Activation(o), o.Boolean("bias", true), Kernel(o), name: name),
        ["depthwise_conv2d"] = static (o, name) => new DepthwiseConv2D(Size(o, "kernel", null)!.Value, Size(o, "strides", 1), Padding(o), Size(o, "dilation", 1), o.Int32("multiplier", 1, 1), Activation(o), o.Boolean("bias", true), Kernel(o), name: name),
        ["max_pooling2d"] = static (o, name) => Pool(o, (pool, strides, padding) => new MaxPooling2D(pool, strides, padding, name)),
        ["average_pooling2d"] = static (o, name) => Pool(o, (pool, strides, padding) => new AveragePooling2D(pool, strides, padding, name)),
        ["global_average_pooling2d"] = static (_, name) => new GlobalAveragePooling2D(name),
        ["global_average_pooling1d"] = static (_, name) => new GlobalAveragePooling1D(name),
        ["flatten"] = static (_, name) => new Flatten(name),
        ["reshape"] = static (o, name) => new Reshape(o.Int32s("shape", -1), name),
        ["permute"] = static (o, name) => new Permute(o.Int32s("order", 1), name),
        ["zero_padding2d"] = static (o, name) => new ZeroPadding2D(o.Int32("padding", 0, 1), name),
        ["dropout"] = static (o, name) => new Dropout((float)o.Fraction("rate", 0.5), name),
        ["batch_normalization"] = static (o, name) => new BatchNormalization(o.Single("momentum", 0.9f), o.Single("epsilon", 1e-5f), name: name),
        ["layer_normalization"] = static (o, name) => new LayerNormalization(o.Single("epsilon", 1e-5f), name),
        ["activation"] = static (o, name) => new Activation(Activation(o, "function"), name),
        ["add"] = static (o, name) => new Add(Activation(o), name),
        ["subtract"] = static (_, name) => new Subtract(name),
        ["multiply"] = static (_, name) => new Multiply(name),
        ["concatenate"] = static (o, name) => new Concatenate(o.Int32("axis", -8, -1), name),
        ["embedding"] = static (o, name) => new Embedding(o.Int32("words", 1), o.Int32("units", 1), Kernel(o), name),
        ["simple_rnn"] = static (o, name) => new SimpleRnn(o.Int32("units", 1), o.Boolean("sequences", false), o.Boolean("reverse", false), useBias: o.Boolean("bias", true), kernelInitializer: Kernel(o), name: name),
        ["lstm"] = static (o, name) => new Lstm(o.Int32("units", 1), o.Boolean("sequences", false), o.Boolean("reverse", false), o.Boolean("bias", true), kernelInitializer: Kernel(o), name: name),
        ["gru"] = static (o, name) => Gru(o, name),
        ["multi_head_attention"] = static (o, name) => new MultiHeadAttention(o.Int32("heads", 1), o.Boolean("bias", true), Kernel(o), name),
    };

    private static readonly Dictionary<string, ActivationKind> s_activations = new(StringComparer.Ordinal)
    {
        ["linear"] = ActivationKind.Linear,
        ["relu"] = ActivationKind.Relu,
        ["relu6"] = ActivationKind.Relu6,
        ["leaky_relu"] = ActivationKind.LeakyRelu,
        ["sigmoid"] = ActivationKind.Sigmoid,
        ["tanh"] = ActivationKind.Tanh,
        ["gelu"] = ActivationKind.Gelu,
        ["hard_swish"] = ActivationKind.HardSwish,
        ["softmax"] = ActivationKind.Softmax,
    };

    private static readonly Dictionary<string, Initializer> s_initializers = new(StringComparer.Ordinal)
    {
        ["glorot_uniform"] = Initializer.GlorotUniform,
        ["he_uniform"] = Initializer.HeUniform,
        ["he_normal"] = Initializer.HeNormal,
        ["orthogonal"] = Initializer.Orthogonal,
        ["zeros"] = Initializer.Zeros,
        ["ones"] = Initializer.Ones,
    };

    /// <summary>Reads a list of layers; each reads the one before it, or those that its field "inputs" names.</summary>
    public static Symbol Apply(JsonElement layers, Input input)
    {
        if (layers.ValueKind != JsonValueKind.Array || layers.GetArrayLength() == 0)
        {
            throw new RecipeException("'layers' must be a list of at least one layer.");
        }

        Dictionary<string, Symbol> named = new(StringComparer.Ordinal) { ["input"] = input };
        Symbol last = input;
        int index = 0;
        foreach (JsonElement element in layers.EnumerateArray())
        {
            RecipeObject fields = new(element, $"Layer {index++}");
            string type = fields.Choice("type", [.. s_all.Keys]);
            string? name = fields.Has("name") ? fields.Text("name") : null;
            Symbol[] inputs = [last];
            if (fields.Has("inputs"))
            {
                inputs = Array.ConvertAll(fields.Texts("inputs", []), source => named.GetValueOrDefault(source)
                    ?? throw new RecipeException($"Layer {index - 1}: no layer before it has the name '{source}'; there are {string.Join(", ", named.Keys)}."));
            }

            Layer layer;
            try
            {
                layer = s_all[type](fields, name);
            }
            catch (ArgumentException error)
            {
                throw new RecipeException($"Layer {index - 1} ({type}): {error.Message}", error);
            }

            fields.Close();
            last = layer.Apply(inputs);
            if (name is not null && !named.TryAdd(name, last))
            {
                throw new RecipeException($"Layer {index - 1}: the name '{name}' is taken; names are unique.");
            }
        }

        return last;
    }

    private static ActivationKind Activation(RecipeObject o, string field = "activation") =>
        s_activations[o.Choice(field, [.. s_activations.Keys], field == "activation" ? "linear" : null)];

    private static Initializer Kernel(RecipeObject o) => s_initializers[o.Choice("initializer", [.. s_initializers.Keys], "glorot_uniform")];

    private static Gru Gru(RecipeObject o, string? name)
    {
        int units = o.Int32("units", 1);
        bool sequences = o.Boolean("sequences", false), reverse = o.Boolean("reverse", false), resetAfter = o.Boolean("reset_after", true), bias = o.Boolean("bias", true);
        return new Gru(units, sequences, reverse, resetAfter, bias, bias && resetAfter, Kernel(o), name);
    }

    private static Layer Pool(RecipeObject o, Func<Size2D, Size2D, Padding, Layer> make)
    {
        Size2D pool = Size(o, "pool", 2)!.Value;
        return make(pool, Size(o, "strides", pool)!.Value, Padding(o));
    }

    private static Size2D? Size(RecipeObject o, string name, Size2D? fallback)
    {
        if (fallback is not null && !o.Has(name))
        {
            return fallback;
        }

        JsonElement value = o.Required(name);
        if (value.ValueKind == JsonValueKind.Number)
        {
            return o.Int32(name, 1);
        }

        int[] pair = o.Int32s(name, 1);
        return pair.Length == 2 ? new Size2D(pair[0], pair[1]) : throw o.Wrong(name, value, "a whole number of 1 or more, or a list of two (rows, columns)");
    }

    private static Padding Padding(RecipeObject o)
    {
        if (o.Has("padding") && o.Required("padding").ValueKind == JsonValueKind.Number)
        {
            return Layers.Padding.Explicit(o.Int32("padding", 0));
        }

        return o.Choice("padding", ["valid", "same"], "valid") == "same" ? Layers.Padding.Same : Layers.Padding.Valid;
    }
}

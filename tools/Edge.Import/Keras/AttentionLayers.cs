using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>Attention.</summary>
/// <remarks>Source: keras/src/layers/attention.</remarks>
internal static class AttentionLayers
{
    // What Keras adds to scores that a causal mask hides.
    private const float Hidden = -1e9f;

    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("MultiHeadAttention", OperatorSupport.Emulated, "Dense, Reshape, Transpose, MatMul, Softmax", MultiHead) { Weights = MultiHeadWeights },
        new("Attention", OperatorSupport.Emulated, "MatMul, Softmax", Attention)
        {
            Weights = static layer => [BasicLayers.Own([
                .. layer.Config.Flag("use_scale", false) ? [new WeightName("scale")] : Array.Empty<WeightName>(),
                .. layer.Config.Text("score_mode", "dot") == "concat" ? [new WeightName("concat_score_weight")] : Array.Empty<WeightName>()])],
        },
        new("AdditiveAttention", OperatorSupport.Emulated, "Add, Tanh, ReduceSum, MatMul, Softmax", Attention)
        {
            Weights = static layer => layer.Config.Flag("use_scale", true) ? [BasicLayers.Own(new WeightName("scale"))] : [],
        },
    ];

    private static IReadOnlyList<WeightGroup> MultiHeadWeights(KerasLayer layer)
    {
        bool bias = layer.Config.Flag("use_bias", true);
        return [.. new[] { "query", "key", "value", "output" }.Select(part => new WeightGroup(
            [$"{part}_dense", $"_{part}_dense"], bias ? [new($"{part}/kernel"), new($"{part}/bias")] : [new($"{part}/kernel")]))];
    }

    private static IReadOnlyList<Tensor> MultiHead(LayerContext layer)
    {
        (Tensor query, Tensor value, Tensor key) = Operands(layer);
        int heads = layer.Config.Integer("num_heads"), keySize = layer.Config.Integer("key_dim"), valueSize = layer.Config.Integer("value_dim", keySize);
        if (layer.Config.Has("attention_axes") && layer.Config.Integers("attention_axes", -1, least: -8, most: 7) is not [1])
        {
            throw layer.Refuse("attends along axes of its own choice; axis 1 of [batch, time, features] is supported");
        }

        Tensor q = Heads(layer, query, "query", heads, keySize), k = Heads(layer, key, "key", heads, keySize), v = Heads(layer, value, "value", heads, valueSize);
        Tensor scaled = layer.Builder.Add($"{layer.Name}/scale", new ParametricUnary(ParametricFunction.Affine, 1 / MathF.Sqrt(keySize)), q);
        Tensor scores = layer.Builder.Add($"{layer.Name}/scores", new MatMul(TransposeB: true), scaled, k);
        Tensor weights = layer.Builder.Add($"{layer.Name}/weights", new Softmax(), Masked(layer, scores, layer.Options.Flag("use_causal_mask", false)));
        Tensor mixed = layer.Transpose(layer.Builder.Add($"{layer.Name}/mix", new MatMul(), weights, v), [0, 2, 1, 3], "heads_last");
        int width = checked(heads * valueSize);
        Tensor joined = layer.Builder.Reshape($"{layer.Name}/join", mixed, new Shape(query.Shape[0], query.Shape[1], width));
        Hdf5.Hdf5Dataset kernel = layer.Weight("output/kernel", heads, valueSize, -1);
        int outputs = kernel.Sizes[2];
        Tensor dense = layer.Constant("output/kernel", new Shape(outputs, width), () => BasicLayers.Transposed(kernel.Singles(), width, outputs));
        Tensor? bias = layer.Config.Flag("use_bias", true) ? layer.WeightConstant("output/bias", outputs) : null;
        Tensor output = layer.Builder.Add(layer.Name, new Dense(), joined, dense, bias);
        return layer.Options.Flag("return_attention_scores", false) ? [output, weights] : [output];
    }

    /// <summary>[batch, time, features] as [batch, heads, time, size].</summary>
    private static Tensor Heads(LayerContext layer, Tensor input, string name, int heads, int size)
    {
        int features = input.Shape[2], width = checked(heads * size);
        Hdf5.Hdf5Dataset kernel = layer.Weight($"{name}/kernel", features, heads, size);
        Tensor weights = layer.Constant($"{name}/kernel", new Shape(width, features), () => BasicLayers.Transposed(kernel.Singles(), features, width));
        Tensor? bias = layer.Config.Flag("use_bias", true)
            ? layer.Constant($"{name}/bias", new Shape(width), layer.Weight($"{name}/bias", heads, size).Singles) : null;
        Tensor dense = layer.Builder.Add($"{layer.Name}/{name}", new Dense(), input, weights, bias);
        Tensor split = layer.Builder.Reshape($"{layer.Name}/{name}_heads", dense, new Shape(input.Shape[0], input.Shape[1], heads, size));
        return layer.Transpose(split, [0, 2, 1, 3], $"{name}_first");
    }

    private static IReadOnlyList<Tensor> Attention(LayerContext layer)
    {
        (Tensor query, Tensor value, Tensor key) = Operands(layer);
        Tensor scores;
        bool additive = layer.Layer.Class == "AdditiveAttention";
        if (!additive && layer.Config.Text("score_mode", "dot") == "dot")
        {
            scores = layer.Builder.Add($"{layer.Name}/scores", new MatMul(TransposeB: true), query, key);
            scores = layer.Config.Flag("use_scale", false) ? layer.Builder.Add($"{layer.Name}/scale", new Multiply(), scores, layer.WeightConstant("scale")) : scores;
        }
        else
        {
            // Every query with every key.
            int size = query.Shape[2];
            Tensor rows = layer.Builder.Reshape($"{layer.Name}/rows", query, new Shape(query.Shape[0], query.Shape[1], 1, size));
            Tensor columns = layer.Builder.Reshape($"{layer.Name}/columns", key, new Shape(key.Shape[0], 1, key.Shape[1], size));
            Tensor pairs = layer.Builder.Add($"{layer.Name}/pairs", new Add(), rows, columns);
            if (!additive && layer.Config.Flag("use_scale", false))
            {
                pairs = layer.Builder.Add($"{layer.Name}/scale", new Multiply(), pairs, layer.WeightConstant("scale"));
            }

            Tensor bent = layer.Builder.Add($"{layer.Name}/tanh", new Tanh(), pairs);
            if (additive && layer.Config.Flag("use_scale", true))
            {
                bent = layer.Builder.Add($"{layer.Name}/scale", new Multiply(), bent, layer.WeightConstant("scale", size));
            }

            scores = layer.Builder.Add($"{layer.Name}/scores", new ReduceSum([-1], KeepDims: false), bent);
            scores = additive ? scores : layer.Builder.Add($"{layer.Name}/weight", new Multiply(), scores, layer.WeightConstant("concat_score_weight"));
        }

        bool causal = layer.Config.Flag("causal", layer.Options.Flag("use_causal_mask", false));
        Tensor weights = layer.Builder.Add($"{layer.Name}/weights", new Softmax(), Masked(layer, scores, causal));
        Tensor output = layer.Builder.Add(layer.Name, new MatMul(), weights, value);
        return layer.Options.Flag("return_attention_scores", false) ? [output, weights] : [output];
    }

    /// <summary>Query, value and key; the key is the value where it is not given.</summary>
    private static (Tensor Query, Tensor Value, Tensor Key) Operands(LayerContext layer)
    {
        if (layer.Named.Keys.FirstOrDefault(static name => name.Contains("mask", StringComparison.Ordinal)) is { } mask)
        {
            throw layer.Refuse($"is called with '{mask}', which is not supported; a causal mask is");
        }

        Tensor? Argument(string name, int place) => layer.Named.TryGetValue(name, out IReadOnlyList<Tensor>? named) ? named[0] : place < layer.Inputs.Count ? layer.Inputs[place] : null;
        Tensor query = Argument("query", 0) ?? throw layer.Refuse("is called without a query");
        Tensor value = Argument("value", 1) ?? throw layer.Refuse("is called without a value");
        Tensor key = Argument("key", 2) ?? value;
        layer.RequireRank(query, 3);
        layer.RequireRank(value, 3);
        layer.RequireRank(key, 3);
        return key.Shape[1] == value.Shape[1] ? (query, value, key) : throw layer.Refuse($"is called with {key.Shape[1]} keys and {value.Shape[1]} values");
    }

    private static Tensor Masked(LayerContext layer, Tensor scores, bool causal)
    {
        if (!causal)
        {
            return scores;
        }

        int rows = scores.Shape[-2], columns = scores.Shape[-1];
        Tensor mask = layer.Constant($"causal mask {rows} x {columns}", new Shape(rows, columns), () =>
        {
            float[] values = new float[rows * columns];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = i % columns > i / columns ? Hidden : 0;
            }

            return values;
        });
        return layer.Builder.Add($"{layer.Name}/causal", new Add(), scores, mask);
    }
}

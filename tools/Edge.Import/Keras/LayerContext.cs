using Edge.Compiler;
using Edge.Format;
using Edge.Import.Hdf5;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>What a layer's mapping works with: its configuration, its inputs, its weights and the graph.</summary>
internal sealed class LayerContext
{
    private readonly Dictionary<(KerasLayer Layer, string Key), Tensor> _constants;
    private readonly KerasWeights _weights;
    private readonly string _prefix;

    /// <summary>Makes the context of one call.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="path">Its path, from which names are made.</param>
    /// <param name="inputs">What it is called with.</param>
    /// <param name="builder">The graph.</param>
    /// <param name="weights">The weights of the file.</param>
    /// <param name="constants">Constants that were made, shared by all calls.</param>
    public LayerContext(
        KerasLayer layer,
        string path,
        IReadOnlyList<Tensor> inputs,
        GraphBuilder builder,
        KerasWeights weights,
        Dictionary<(KerasLayer Layer, string Key), Tensor> constants)
    {
        Layer = layer;
        Name = path;
        Inputs = inputs;
        Builder = builder;
        _weights = weights;
        _constants = constants;
        _prefix = "";
    }

    private LayerContext(LayerContext outer, KerasLayer inner, string prefix, IReadOnlyList<Tensor> inputs)
        : this(outer.Layer, $"{outer.Name}/{inner.Name}", inputs, outer.Builder, outer._weights, outer._constants)
    {
        Part = inner;
        _prefix = outer._prefix + prefix;
    }

    /// <summary>The layer that has the weights.</summary>
    public KerasLayer Layer { get; }

    /// <summary>The layer inside a wrapper that is mapped at present; null: the layer itself.</summary>
    public KerasLayer? Part { get; }

    /// <summary>The layer that is mapped at present.</summary>
    public KerasLayer Current => Part ?? Layer;

    /// <summary>Its configuration.</summary>
    public KerasConfig Config => Current.Config;

    /// <summary>Name of its main node.</summary>
    public string Name { get; }

    /// <summary>What it is called with.</summary>
    public IReadOnlyList<Tensor> Inputs { get; }

    /// <summary>What it is called with by name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<Tensor>> Named { get; init; } = new Dictionary<string, IReadOnlyList<Tensor>>();

    /// <summary>Other arguments of the call.</summary>
    public KerasConfig Options { get; init; }

    /// <summary>The graph.</summary>
    public GraphBuilder Builder { get; }

    /// <summary>The only input.</summary>
    public Tensor Input => Inputs.Count == 1 ? Inputs[0] : throw Refuse($"is called with {Inputs.Count} tensors; one is needed");

    /// <summary>The context of a layer inside this one.</summary>
    /// <param name="inner">The layer inside.</param>
    /// <param name="prefix">What the names of its weights begin with.</param>
    /// <param name="inputs">What it is called with.</param>
    public LayerContext Inside(KerasLayer inner, string prefix, params Tensor[] inputs) => new(this, inner, prefix, inputs);

    /// <summary>A weight.</summary>
    /// <param name="name">Its name in the layer.</param>
    /// <param name="sizes">Sizes it must have; −1: any.</param>
    public Hdf5Dataset Weight(string name, params ReadOnlySpan<int> sizes)
    {
        Hdf5Dataset weight = _weights.Of(Layer).TryGetValue(_prefix + name, out Hdf5Dataset? found) ? found : throw Refuse($"has no weight '{_prefix}{name}'");
        bool fits = weight.Sizes.Count == sizes.Length && weight.Count > 0;
        for (int i = 0; fits && i < sizes.Length; i++)
        {
            fits = sizes[i] < 0 || weight.Sizes[i] == sizes[i];
        }

        return fits ? weight : throw Refuse(
            $"has the weight '{_prefix}{name}' of sizes [{string.Join(", ", weight.Sizes)}]; [{string.Join(", ", sizes.ToArray().Select(static size => size < 0 ? "any" : $"{size}"))}] are needed");
    }

    /// <summary>A constant, made once however often the layer is called.</summary>
    /// <param name="key">Its name in the layer.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="values">Makes its elements.</param>
    public Tensor Constant(string key, Shape shape, Func<float[]> values)
    {
        if (!_constants.TryGetValue((Layer, _prefix + key), out Tensor? constant))
        {
            constant = Builder.Constant<float>($"{Name}/{key}", shape, values());
            _constants.Add((Layer, _prefix + key), constant);
        }

        return constant;
    }

    /// <summary>A weight as a constant of the same layout.</summary>
    /// <param name="name">Its name in the layer.</param>
    /// <param name="sizes">Sizes it must have; −1: any.</param>
    public Tensor WeightConstant(string name, params ReadOnlySpan<int> sizes)
    {
        Hdf5Dataset weight = Weight(name, sizes);
        return Constant(name, new Shape([.. weight.Sizes]), weight.Singles);
    }

    /// <summary>The bias as a constant; null where the layer has none.</summary>
    /// <param name="count">How many numbers it has.</param>
    public Tensor? Bias(int count) => Config.Flag("use_bias", true) ? WeightConstant("bias", count) : null;

    /// <summary>Brings the axes of a tensor into another order; nothing where the order is what it was.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="permutation">Axis i of the result is axis permutation[i].</param>
    /// <param name="name">What is behind the layer's name in that of the node.</param>
    public Tensor Transpose(Tensor tensor, ReadOnlySpan<int> permutation, string name)
    {
        for (int i = 0; i < permutation.Length; i++)
        {
            if (permutation[i] != i)
            {
                return Builder.Add($"{Name}/{name}", new Transpose(IntList.Create(permutation)), tensor);
            }
        }

        return tensor;
    }

    /// <summary>Checks the number of axes of a tensor.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="rank">How many are needed.</param>
    public void RequireRank(Tensor tensor, int rank)
    {
        if (tensor.Shape.Rank != rank)
        {
            throw Refuse($"is called with {tensor.Spec}; {rank} axes are needed");
        }
    }

    /// <summary>An axis as Keras counts it, the batch included, made not negative.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="rank">Axes of the tensor.</param>
    public int Axis(int axis, int rank) => axis >= -rank && axis < rank ? (axis + rank) % rank : throw Refuse($"works along axis {axis} of a tensor of {rank} axes");

    /// <summary>The exception for this layer.</summary>
    /// <param name="found">What was found.</param>
    public ModelImportException Refuse(string found) => new($"{Current.Config.Where} {found}.");
}

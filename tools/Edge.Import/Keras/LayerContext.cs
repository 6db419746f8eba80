using System.Text.Json;
using Edge.Compiler;
using Edge.Format;
using Edge.Import.Hdf5;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>What a layer's mapping works with: its configuration, its inputs, its weights and the graph.</summary>
/// <param name="owner">Converts layers inside this one, and has what all calls share.</param>
/// <param name="layer">The layer.</param>
/// <param name="path">Its path, from which names are made.</param>
/// <param name="inputs">What it is called with.</param>
internal sealed class LayerContext(NetworkBuilder owner, KerasLayer layer, string path, IReadOnlyList<Tensor> inputs)
{
    /// <summary>The layer.</summary>
    public KerasLayer Layer => layer;

    /// <summary>Its configuration.</summary>
    public KerasConfig Config => layer.Config;

    /// <summary>Name of its main node.</summary>
    public string Name => path;

    /// <summary>What it is called with.</summary>
    public IReadOnlyList<Tensor> Inputs => inputs;

    /// <summary>What it is called with by name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<Tensor>> Named { get; init; } = new Dictionary<string, IReadOnlyList<Tensor>>();

    /// <summary>Numbers among what it is called with, by their place.</summary>
    public IReadOnlyDictionary<int, float> Numbers { get; init; } = new Dictionary<int, float>();

    /// <summary>All that it is called with by place, as the file of Keras 3 has it.</summary>
    public IReadOnlyList<JsonElement> Arguments { get; init; } = [];

    /// <summary>Other arguments of the call.</summary>
    public KerasConfig Options { get; init; }

    /// <summary>The graph.</summary>
    public GraphBuilder Builder => owner.Builder;

    /// <summary>The only input.</summary>
    public Tensor Input => Inputs.Count == 1 ? Inputs[0] : throw Refuse($"is called with {Inputs.Count} tensors; one is needed");

    /// <summary>Calls a layer inside this one.</summary>
    /// <param name="inner">The layer inside.</param>
    /// <param name="arguments">What it is called with.</param>
    public IReadOnlyList<Tensor> Call(KerasLayer inner, params Tensor[] arguments) => owner.Call(inner, $"{path}/{inner.Name}", arguments);

    /// <summary>The context of a layer inside this one that this one converts itself, called with the same tensors.</summary>
    /// <param name="inner">The layer inside.</param>
    /// <param name="name">What it is called here.</param>
    public LayerContext Inside(KerasLayer inner, string name) => new(owner, inner, $"{path}/{name}", inputs) { Named = Named, Options = Options };

    /// <summary>Number of a state of this layer, which lives between runs; the same for all calls.</summary>
    /// <param name="name">The state's name in the layer.</param>
    public int StateId(string name) => owner.StateId(layer, name);

    /// <summary>A weight.</summary>
    /// <param name="name">Its name in the layer.</param>
    /// <param name="sizes">Sizes it must have; −1: any.</param>
    public Hdf5Dataset Weight(string name, params ReadOnlySpan<int> sizes)
    {
        Hdf5Dataset weight = AnyWeight(name);
        if (!weight.IsFloat)
        {
            throw Refuse($"has the weight '{name}' of type {weight.TypeName}; floats are needed, and quantized weights are not supported");
        }

        bool fits = weight.Sizes.Count == sizes.Length && weight.Count > 0;
        for (int i = 0; fits && i < sizes.Length; i++)
        {
            fits = sizes[i] < 0 || weight.Sizes[i] == sizes[i];
        }

        return fits ? weight : throw Refuse(
            $"has the weight '{name}' of sizes [{string.Join(", ", weight.Sizes)}]; [{string.Join(", ", sizes.ToArray().Select(static size => size < 0 ? "any" : $"{size}"))}] are needed");
    }

    /// <summary>A weight of whatever shape.</summary>
    /// <param name="name">Its name in the layer.</param>
    public Hdf5Dataset AnyWeight(string name) => owner.Weights.Of(layer).TryGetValue(name, out Hdf5Dataset? found) ? found : throw Refuse($"has no weight '{name}'");

    /// <summary>A constant, made once however often the layer is called.</summary>
    /// <param name="key">Its name in the layer.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="values">Makes its elements.</param>
    public Tensor Constant(string key, Shape shape, Func<float[]> values) => owner.Constant(layer, key, $"{path}/{key}", shape, values);

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
                return Builder.Add($"{path}/{name}", new Transpose(IntList.Create(permutation)), tensor);
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
    public ModelImportException Refuse(string found) => new($"{layer.Config.Where} {found}.");
}

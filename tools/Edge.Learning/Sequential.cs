using Edge.Learning.Layers;

namespace Edge.Learning;

/// <summary>A network in which each layer reads the one before it.</summary>
public sealed class Sequential : Network
{
    /// <summary>Makes a network and initializes its parameters with seed 0.</summary>
    /// <param name="input">Where samples enter.</param>
    /// <param name="layers">The layers, in order; at least one.</param>
    public Sequential(Input input, params ReadOnlySpan<Layer> layers)
        : base(input, Chain(input, layers))
    {
    }

    /// <summary>Makes a network and initializes its parameters.</summary>
    /// <param name="seed">Seed of the initial values.</param>
    /// <param name="input">Where samples enter.</param>
    /// <param name="layers">The layers, in order; at least one.</param>
    public Sequential(ulong seed, Input input, params ReadOnlySpan<Layer> layers)
        : base(input, Chain(input, layers), seed)
    {
    }

    private static Symbol Chain(Input input, ReadOnlySpan<Layer> layers)
    {
        ArgumentNullException.ThrowIfNull(input);
        Symbol last = input;
        foreach (Layer layer in layers)
        {
            ArgumentNullException.ThrowIfNull(layer, nameof(layers));
            last = layer.Apply(last);
        }

        return last;
    }
}

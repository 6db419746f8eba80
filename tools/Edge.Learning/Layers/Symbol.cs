using Edge.Format;

namespace Edge.Learning.Layers;

/// <summary>What a layer gives when it is applied: a place in a network, with a shape but without values.</summary>
public class Symbol
{
    private static long s_count;

    internal Symbol(Layer? layer, Symbol[] inputs, Shape batchShape)
    {
        Layer = layer;
        Inputs = inputs;
        BatchShape = batchShape;
        Order = Interlocked.Increment(ref s_count);
    }

    /// <summary>Shape of one sample, without the batch axis.</summary>
    public Shape Shape => new(BatchShape.Axes[1..]);

    /// <summary>The layer that gives it; null for an <see cref="Input"/>.</summary>
    internal Layer? Layer { get; }

    internal Symbol[] Inputs { get; }

    /// <summary>Shape of a batch of one sample.</summary>
    internal Shape BatchShape { get; }

    /// <summary>Rises with every symbol made, so it sorts a network into execution order: what a layer reads was made before it.</summary>
    internal long Order { get; }
}

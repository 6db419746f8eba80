using Edge.Format;
using Edge.Runtime;

namespace Edge.Learning.Layers;

/// <summary>Where samples enter a network: float32 features, row-major; pictures are [height, width, channels].</summary>
public sealed class Input : Symbol
{
    /// <summary>Makes an input.</summary>
    /// <param name="shape">Shape of one sample, without the batch; all sizes 1 or more.</param>
    /// <exception cref="ShapeException">There is no axis, there are too many, or a size is below 1.</exception>
    public Input(params ReadOnlySpan<int> shape)
        : base(null, [], Batch(shape))
    {
    }

    /// <summary>Its name in the model.</summary>
    public string Name { get; init; } = "input";

    private static Shape Batch(ReadOnlySpan<int> shape)
    {
        if (shape.IsEmpty || shape.Length >= Shape.MaxRank || shape.ContainsAnyExceptInRange(1, int.MaxValue))
        {
            throw new ShapeException($"Input [{string.Join(", ", shape.ToArray())}]: a sample has 1 … {Shape.MaxRank - 1} axes, each 1 or more, without the batch.");
        }

        return new Shape([1, .. shape]);
    }
}

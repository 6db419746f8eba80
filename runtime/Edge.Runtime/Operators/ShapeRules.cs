using Edge.Format;

namespace Edge.Runtime.Operators;

/// <summary>Checks that shape rules share.</summary>
internal static class ShapeRules
{
    /// <summary>Largest tensor in bytes: what one span can address.</summary>
    private const long MostBytes = int.MaxValue - 64;

    /// <summary>An axis counted from the front.</summary>
    /// <param name="shapes">Where to complain.</param>
    /// <param name="axis">The axis; negative counts from the end.</param>
    /// <param name="rank">Number of axes.</param>
    internal static int Axis(in Shapes shapes, int axis, int rank)
    {
        shapes.Require(axis >= -rank && axis < rank, $"the axis is {axis}; {-rank} … {rank - 1} is allowed for {rank} axes.");
        return axis < 0 ? axis + rank : axis;
    }

    /// <summary>An output whose sizes were computed without overflow; refused when it is too large to address.</summary>
    /// <param name="shapes">Where to complain.</param>
    /// <param name="type">Element type.</param>
    /// <param name="sizes">Sizes of the axes, each at least 0.</param>
    /// <param name="quantization">Parameters, or null.</param>
    internal static TensorSpec Output(in Shapes shapes, DataType type, ReadOnlySpan<long> sizes, Quantization? quantization = null)
    {
        shapes.Require(sizes.Length <= Shape.MaxRank, $"the output would have {sizes.Length} axes; at most {Shape.MaxRank} are allowed.");
        Span<int> narrow = stackalloc int[Shape.MaxRank];
        for (int i = 0; i < sizes.Length; i++)
        {
            shapes.Require(sizes[i] <= int.MaxValue, $"axis {i} of the output would have {sizes[i]} elements; at most {int.MaxValue} are allowed.");
            narrow[i] = (int)sizes[i];
        }

        return Output(shapes, type, new Shape(narrow[..sizes.Length]), quantization);
    }

    /// <summary>An output, refused when it is too large to address.</summary>
    /// <param name="shapes">Where to complain.</param>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="quantization">Parameters, or null.</param>
    internal static TensorSpec Output(in Shapes shapes, DataType type, Shape shape, Quantization? quantization = null)
    {
        // Every axis of at least 1 keeps the partial products growing, so the first one beyond the limit decides.
        long bytes = type.Size();
        foreach (int size in shape.Axes)
        {
            bytes *= size;
            shapes.Require(bytes <= MostBytes, $"the output would be {type.Name()} {shape}; at most {MostBytes} bytes are allowed.");
        }

        return new TensorSpec(type, shape, quantization);
    }

    /// <summary>An input that is only moved, of any supported type: its quantization, if any, must not vary along an axis.</summary>
    /// <param name="shapes">The inputs.</param>
    /// <param name="input">Its position.</param>
    internal static TensorSpec Moved(in Shapes shapes, int input)
    {
        TensorSpec spec = shapes.Input(input);
        shapes.Require(spec.Type.Size() > 0, $"input {input} is {spec}; its type is not supported.");
        shapes.Require(
            spec.Quantization is null || spec.Quantization.Axis < 0,
            $"the quantization of input {input} varies along axis {spec.Quantization?.Axis}; one scale for the whole tensor is allowed.");
        return spec;
    }
}

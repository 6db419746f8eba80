using Edge.Format;

namespace Edge.Runtime.Operators;

/// <summary>How a window moves through a volume [N, D, H, W, C]: three numbers each, for depth, height and width.</summary>
/// <param name="Strides">Elements between neighbouring windows, 1 … 65,535.</param>
/// <param name="Dilations">Elements between neighbouring taps of a window, 1 … 65,535.</param>
/// <param name="Before">Padding before each axis, 0 … 65,535.</param>
/// <param name="After">Padding after each axis, 0 … 65,535.</param>
public readonly record struct Window3D(IntList Strides, IntList Dilations, IntList Before, IntList After)
{
    /// <summary>Strides and dilations of 1, no padding.</summary>
    public static Window3D Dense { get; } = new([1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0]);

    internal static Window3D Read(ref AttributeReader attributes) => new(
        Three(ref attributes, "strides", 1), Three(ref attributes, "dilations", 1), Three(ref attributes, "padding before", 0), Three(ref attributes, "padding after", 0));

    /// <summary>The next three integers.</summary>
    internal static IntList Three(ref AttributeReader attributes, string name, int lowest) =>
        [attributes.Int32(name, lowest, Window.Most), attributes.Int32(name, lowest, Window.Most), attributes.Int32(name, lowest, Window.Most)];

    internal void Write(AttributeWriter attributes)
    {
        Write(attributes, Strides);
        Write(attributes, Dilations);
        Write(attributes, Before);
        Write(attributes, After);
    }

    /// <summary>Writes three integers.</summary>
    internal static void Write(AttributeWriter attributes, IntList three)
    {
        foreach (int value in three)
        {
            attributes.Int32(value);
        }
    }

    /// <summary>Throws unless every list has three numbers.</summary>
    internal void Require(in Shapes shapes) => shapes.Require(
        Strides.Count == 3 && Dilations.Count == 3 && Before.Count == 3 && After.Count == 3,
        $"strides {Strides}, dilations {Dilations}, padding before {Before} and after {After}; three numbers each are allowed.");

    /// <summary>Windows along each axis of a volume.</summary>
    internal void Count(in Shapes shapes, in Shape input, ReadOnlySpan<int> kernel, Span<long> sizes)
    {
        for (int i = 0; i < 3; i++)
        {
            sizes[i] = Window.Count(shapes, Name(i), input[i + 1], kernel[i], Strides[i], Dilations[i], Before[i], After[i]);
        }
    }

    /// <summary>The name of an axis, for messages.</summary>
    internal static string Name(int axis) => axis switch { 0 => "depth", 1 => "height", _ => "width" };
}

using Edge.Compiler;
using Edge.Runtime.Operators;

namespace Edge.Learning.Layers;

/// <summary>How a window treats the rim of a picture: <see cref="Valid"/>, <see cref="Same"/>, or stated row by row as a <see cref="Padding2D"/>.</summary>
public readonly record struct Padding
{
    private Padding(bool same, Padding2D stated)
    {
        IsSame = same;
        Stated = stated;
    }

    /// <summary>No padding: the window stays inside.</summary>
    public static Padding Valid => default;

    /// <summary>As much as makes the output ⌈input / stride⌉; an odd row or column goes to the end.</summary>
    public static Padding Same { get; } = new(true, default);

    internal bool IsSame { get; }

    internal Padding2D Stated { get; }

    /// <summary>As many rows and columns on every side.</summary>
    /// <param name="all">How many, 0 or more.</param>
    public static Padding Explicit(int all) => new(false, new Padding2D(all, all, all, all));

    /// <summary>Stated padding.</summary>
    /// <param name="stated">Rows and columns on each side.</param>
    public static implicit operator Padding(Padding2D stated) => new(false, stated);

    internal Padding2D Resolve(Tensor input, Size2D kernel, Size2D strides, Size2D dilation) => IsSame
        ? Padding2D.Same(input.Shape[1], input.Shape[2], kernel.Height, kernel.Width, strides.Height, strides.Width, dilation.Height, dilation.Width)
        : Stated;
}

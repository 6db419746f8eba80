namespace Edge.Learning.Layers;

/// <summary>Rows and columns: of a window, its steps or its dilation. One number stands for both.</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct Size2D(int Height, int Width)
{
    /// <summary>As many rows as columns.</summary>
    /// <param name="both">Rows and columns.</param>
    public static implicit operator Size2D(int both) => new(both, both);

    /// <summary>Rows and columns.</summary>
    /// <param name="size">Rows, then columns.</param>
    public static implicit operator Size2D((int Height, int Width) size) => new(size.Height, size.Width);

    internal Size2D AtLeastOne(string name) => Height >= 1 && Width >= 1
        ? this
        : throw new ArgumentOutOfRangeException(name, $"{Height}×{Width}; rows and columns start at 1.");
}

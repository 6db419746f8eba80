namespace Edge.Runtime.Operators;

/// <summary>How <see cref="Resize"/> makes a value between elements.</summary>
public enum ResizeMode : byte
{
    /// <summary>The nearest element.</summary>
    Nearest = 0,

    /// <summary>A straight line between the two neighbours on each axis (bilinear in a picture).</summary>
    Linear = 1,

    /// <summary>A cubic curve through the four neighbours on each axis.</summary>
    Cubic = 2,
}

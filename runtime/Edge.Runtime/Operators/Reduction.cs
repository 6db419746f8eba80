namespace Edge.Runtime.Operators;

/// <summary>The reductions of <see cref="Reduce"/>. The numbers are stored in files.</summary>
public enum Reduction : byte
{
    /// <summary>The largest element; NaN if any is. float32, plain integers, int8.</summary>
    Maximum = 0,

    /// <summary>The smallest element; NaN if any is. float32, plain integers, int8.</summary>
    Minimum = 1,

    /// <summary>The product. float32, plain integers (wrapping), int8 as TFLite.</summary>
    Product = 2,

    /// <summary>Σ x². float32, plain integers (wrapping).</summary>
    SumOfSquares = 3,

    /// <summary>Σ |x|. float32, plain integers (wrapping).</summary>
    L1 = 4,

    /// <summary>√Σ x². float32.</summary>
    L2 = 5,

    /// <summary>ln Σ x. float32.</summary>
    LogSum = 6,

    /// <summary>ln Σ eˣ, without overflow. float32.</summary>
    LogSumExp = 7,

    /// <summary>Whether any element is true. bool.</summary>
    Any = 8,

    /// <summary>Whether all elements are true. bool.</summary>
    All = 9,
}

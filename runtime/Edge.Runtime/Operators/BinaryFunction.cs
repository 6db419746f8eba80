namespace Edge.Runtime.Operators;

/// <summary>The functions of <see cref="Binary"/>. The numbers are stored in files.</summary>
public enum BinaryFunction : byte
{
    /// <summary>a / b. float32; plain integers, truncated toward zero; int8 as TFLite.</summary>
    Divide = 0,

    /// <summary>The smaller one; NaN if either is. float32, plain integers, int8.</summary>
    Minimum = 1,

    /// <summary>The larger one; NaN if either is. float32, plain integers, int8.</summary>
    Maximum = 2,

    /// <summary>aᵇ. float32; plain integers (wrapping; a negative exponent gives the truncated quotient 1 / a⁻ᵇ).</summary>
    Power = 3,

    /// <summary>The largest integer not above a / b. float32, plain integers.</summary>
    FloorDivide = 4,

    /// <summary>a − b · floor(a / b): the rest with the sign of b (Python, TensorFlow FLOOR_MOD, ONNX Mod). float32, plain integers.</summary>
    FloorModulo = 5,

    /// <summary>a − b · truncate(a / b): the rest with the sign of a (C, ONNX Mod with fmod = 1). float32, plain integers.</summary>
    Remainder = 6,

    /// <summary>(a − b)². float32, plain integers (wrapping), int8 as TFLite.</summary>
    SquaredDifference = 7,

    /// <summary>The angle of the point (b, a), −π … π. float32.</summary>
    Atan2 = 8,

    /// <summary>a shifted by b bits to the left; 0 from the width of the type on. Plain integers.</summary>
    ShiftLeft = 9,

    /// <summary>a shifted by b bits to the right, arithmetically where the type is signed. Plain integers.</summary>
    ShiftRight = 10,
}

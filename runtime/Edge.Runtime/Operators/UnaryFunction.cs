namespace Edge.Runtime.Operators;

/// <summary>The functions of <see cref="Unary"/>. The numbers are stored in files.</summary>
public enum UnaryFunction : byte
{
    /// <summary>|x|. float32, plain integers (the smallest one stays), int8.</summary>
    Abs = 0,

    /// <summary>−x. float32, plain integers (wrapping), int8.</summary>
    Negate = 1,

    /// <summary>eˣ. float32, int8.</summary>
    Exp = 2,

    /// <summary>ln x. float32, int8.</summary>
    Log = 3,

    /// <summary>√x. float32, int8.</summary>
    Sqrt = 4,

    /// <summary>1 / √x. float32, int8.</summary>
    Rsqrt = 5,

    /// <summary>x². float32, plain integers (wrapping), int8.</summary>
    Square = 6,

    /// <summary>1 / x. float32, int8.</summary>
    Reciprocal = 7,

    /// <summary>sin x. float32, int8.</summary>
    Sin = 8,

    /// <summary>cos x. float32, int8.</summary>
    Cos = 9,

    /// <summary>tan x. float32, int8.</summary>
    Tan = 10,

    /// <summary>arcsin x. float32, int8.</summary>
    Asin = 11,

    /// <summary>arccos x. float32, int8.</summary>
    Acos = 12,

    /// <summary>arctan x. float32, int8.</summary>
    Atan = 13,

    /// <summary>sinh x. float32, int8.</summary>
    Sinh = 14,

    /// <summary>cosh x. float32, int8.</summary>
    Cosh = 15,

    /// <summary>arsinh x. float32, int8.</summary>
    Asinh = 16,

    /// <summary>arcosh x. float32, int8.</summary>
    Acosh = 17,

    /// <summary>artanh x. float32, int8.</summary>
    Atanh = 18,

    /// <summary>The error function 2/√π ∫₀ˣ exp(−t²) dt. float32, int8.</summary>
    Erf = 19,

    /// <summary>The largest integer not above x. float32, int8.</summary>
    Floor = 20,

    /// <summary>The smallest integer not below x. float32, int8.</summary>
    Ceiling = 21,

    /// <summary>The nearest integer, halves to the even one. float32, int8.</summary>
    Round = 22,

    /// <summary>−1, 0 or 1. float32 (NaN stays), plain integers, int8.</summary>
    Sign = 23,

    /// <summary>ln(1 + eˣ). float32, int8.</summary>
    Softplus = 24,

    /// <summary>x / (1 + |x|). float32, int8.</summary>
    Softsign = 25,

    /// <summary>Not: of bool, the other truth value; of plain integers, every bit inverted.</summary>
    Not = 26,

    /// <summary>Whether x is not a number. float32 to bool.</summary>
    IsNaN = 27,

    /// <summary>Whether x is +∞ or −∞. float32 to bool.</summary>
    IsInfinity = 28,
}

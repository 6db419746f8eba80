namespace Edge.Runtime.Operators;

/// <summary>Quantization parameters of a tensor: real = scale · (stored − zero point). Immutable.</summary>
/// <remarks>Source: TFLite 8-bit quantization specification.</remarks>
public sealed class Quantization
{
    private readonly float[] _scales;
    private readonly int[] _zeroPoints;

    /// <summary>One scale and zero point for the whole tensor.</summary>
    /// <param name="scale">Real units a stored step; positive.</param>
    /// <param name="zeroPoint">The stored value that means 0.</param>
    public Quantization(float scale, int zeroPoint)
        : this([scale], [zeroPoint], -1)
    {
    }

    /// <summary>Parameters that vary along an axis.</summary>
    /// <param name="scales">One for each index of the axis, each positive.</param>
    /// <param name="zeroPoints">As many, or empty when all are 0.</param>
    /// <param name="axis">The axis, or −1 with one scale.</param>
    public Quantization(ReadOnlySpan<float> scales, ReadOnlySpan<int> zeroPoints, int axis)
    {
        if (scales.IsEmpty || (!zeroPoints.IsEmpty && zeroPoints.Length != scales.Length))
        {
            throw new ArgumentException($"{scales.Length} scales and {zeroPoints.Length} zero points; at least one scale and as many zero points (or none) are needed.");
        }

        _scales = scales.ToArray();
        _zeroPoints = zeroPoints.IsEmpty ? new int[scales.Length] : zeroPoints.ToArray();
        Axis = axis;
    }

    /// <summary>The axis along which the parameters vary, or −1.</summary>
    public int Axis { get; }

    /// <summary>All scales.</summary>
    public ReadOnlySpan<float> Scales => _scales;

    /// <summary>All zero points.</summary>
    public ReadOnlySpan<int> ZeroPoints => _zeroPoints;

    /// <summary>The first scale: the only one where <see cref="Axis"/> is −1.</summary>
    public float Scale => _scales[0];

    /// <summary>The first zero point: the only one where <see cref="Axis"/> is −1.</summary>
    public int ZeroPoint => _zeroPoints[0];

    /// <summary>Whether two sets of parameters mean the same (null: not quantized).</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool Same(Quantization? left, Quantization? right) =>
        ReferenceEquals(left, right) || (left is not null && right is not null && left.Axis == right.Axis &&
            left.Scales.SequenceEqual(right.Scales) && left.ZeroPoints.SequenceEqual(right.ZeroPoints));
}

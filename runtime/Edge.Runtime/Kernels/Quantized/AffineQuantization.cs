using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>float32 to 8- and 16-bit integers and back: q = clamp(round(x / scale) + zero point), x = (q − zero point) · scale.</summary>
/// <remarks>
/// Sources: TensorFlow Lite kernels/internal/reference/quantize.h (AffineQuantize: float32 division, halves away from zero) and
/// dequantize.h. Where the reference is undefined: infinities and quotients beyond int32 saturate, NaN becomes the zero point.
/// </remarks>
internal static class AffineQuantization
{
    /// <summary>A bound beyond every representable quotient, within which truncation to int32 is exact.</summary>
    private const float Beyond = 1 << 20;

    /// <summary>float32 to int8.</summary>
    public static void Quantize(ReadOnlySpan<float> x, float scale, int zeroPoint, Span<sbyte> q) =>
        QuantizeBytes(x, scale, zeroPoint, sbyte.MinValue, sbyte.MaxValue, MemoryMarshal.Cast<sbyte, byte>(q));

    /// <summary>float32 to uint8.</summary>
    public static void Quantize(ReadOnlySpan<float> x, float scale, int zeroPoint, Span<byte> q) =>
        QuantizeBytes(x, scale, zeroPoint, byte.MinValue, byte.MaxValue, q);

    /// <summary>float32 to int16.</summary>
    public static void Quantize(ReadOnlySpan<float> x, float scale, int zeroPoint, Span<short> q)
    {
        Debug.Assert(q.Length >= x.Length);
        int i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            int lanes = Vector<float>.Count;
            for (; i <= x.Length - 2 * lanes; i += 2 * lanes)
            {
                Vector<int> lower = Steps(new Vector<float>(x[i..]), scale, zeroPoint, short.MinValue, short.MaxValue);
                Vector<int> upper = Steps(new Vector<float>(x[(i + lanes)..]), scale, zeroPoint, short.MinValue, short.MaxValue);
                Vector.Narrow(lower, upper).CopyTo(q[i..]);
            }
        }

        for (; i < x.Length; i++)
        {
            q[i] = (short)Step(x[i], scale, zeroPoint, short.MinValue, short.MaxValue);
        }
    }

    /// <summary>int8 to float32.</summary>
    public static void Dequantize(ReadOnlySpan<sbyte> q, float scale, int zeroPoint, Span<float> x)
    {
        Debug.Assert(x.Length >= q.Length);
        int i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            int lanes = Vector<float>.Count;
            for (; i <= q.Length - 4 * lanes; i += 4 * lanes)
            {
                Vector.Widen(new Vector<sbyte>(q[i..]), out Vector<short> lower, out Vector<short> upper);
                Values(lower, scale, zeroPoint, x[i..]);
                Values(upper, scale, zeroPoint, x[(i + 2 * lanes)..]);
            }
        }

        for (; i < q.Length; i++)
        {
            x[i] = scale * (q[i] - zeroPoint);
        }
    }

    /// <summary>uint8 to float32.</summary>
    public static void Dequantize(ReadOnlySpan<byte> q, float scale, int zeroPoint, Span<float> x)
    {
        Debug.Assert(x.Length >= q.Length);
        int i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            int lanes = Vector<float>.Count;
            for (; i <= q.Length - 4 * lanes; i += 4 * lanes)
            {
                Vector.Widen(new Vector<byte>(q[i..]), out Vector<ushort> lower, out Vector<ushort> upper);
                Values(Vector.AsVectorInt16(lower), scale, zeroPoint, x[i..]);
                Values(Vector.AsVectorInt16(upper), scale, zeroPoint, x[(i + 2 * lanes)..]);
            }
        }

        for (; i < q.Length; i++)
        {
            x[i] = scale * (q[i] - zeroPoint);
        }
    }

    /// <summary>int16 to float32.</summary>
    public static void Dequantize(ReadOnlySpan<short> q, float scale, int zeroPoint, Span<float> x)
    {
        Debug.Assert(x.Length >= q.Length);
        int i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            for (; i <= q.Length - Vector<short>.Count; i += Vector<short>.Count)
            {
                Values(new Vector<short>(q[i..]), scale, zeroPoint, x[i..]);
            }
        }

        for (; i < q.Length; i++)
        {
            x[i] = scale * (q[i] - zeroPoint);
        }
    }

    /// <summary>A whole tensor of int8, uint8, int16 or int32 to float32, its parameters constant or varying along an axis.</summary>
    /// <param name="data">Its elements.</param>
    /// <param name="spec">Type, shape and quantization.</param>
    /// <param name="x">Receives as many values.</param>
    public static void Dequantize(ReadOnlySpan<byte> data, in TensorSpec spec, Span<float> x)
    {
        Quantization quantization = spec.Quantization!;
        int axis = quantization.Axis;
        int channels = axis < 0 ? 1 : spec.Shape[axis];
        int run = axis < 0 ? x.Length : spec.Shape.Product(axis + 1, spec.Shape.Rank);
        int size = spec.Type.Size();
        for (int i = 0, channel = 0; i < x.Length; i += run, channel = channel + 1 == channels ? 0 : channel + 1)
        {
            float scale = quantization.Scales[channel];
            int zeroPoint = quantization.ZeroPoints[channel];
            ReadOnlySpan<byte> q = data.Slice(i * size, run * size);
            Span<float> values = x.Slice(i, run);
            switch (spec.Type)
            {
                case DataType.Int8: Dequantize(MemoryMarshal.Cast<byte, sbyte>(q), scale, zeroPoint, values); break;
                case DataType.UInt8: Dequantize(q, scale, zeroPoint, values); break;
                case DataType.Int16: Dequantize(MemoryMarshal.Cast<byte, short>(q), scale, zeroPoint, values); break;
                default: Dequantize(MemoryMarshal.Cast<byte, int>(q), scale, zeroPoint, values); break;
            }
        }
    }

    /// <summary>An int32 or int64 bias to float32: scaled as it says, else as TFLite defines it, by input scale · weight scale of its channel.</summary>
    /// <param name="data">Its elements.</param>
    /// <param name="bias">Its spec.</param>
    /// <param name="input">Parameters of the layer's input, or null.</param>
    /// <param name="weights">Parameters of the layer's weights, or null.</param>
    /// <param name="x">Receives as many values.</param>
    public static void DequantizeBias(ReadOnlySpan<byte> data, in TensorSpec bias, Quantization? input, Quantization? weights, Span<float> x)
    {
        for (int i = 0; i < x.Length; i++)
        {
            double scale = bias.Quantization is { } own ? own.Scales[own.Axis < 0 ? 0 : i]
                : (double)(input?.Scale ?? 1) * (weights is null ? 1 : weights.Scales[weights.Axis < 0 ? 0 : i]);
            x[i] = (float)((bias.Type == DataType.Int64 ? MemoryMarshal.Cast<byte, long>(data)[i] : MemoryMarshal.Cast<byte, int>(data)[i]) * scale);
        }
    }

    /// <summary>int32 to float32, rounded once.</summary>
    private static void Dequantize(ReadOnlySpan<int> q, float scale, int zeroPoint, Span<float> x)
    {
        for (int i = 0; i < q.Length; i++)
        {
            x[i] = (float)(((double)q[i] - zeroPoint) * scale);
        }
    }

    private static void QuantizeBytes(ReadOnlySpan<float> x, float scale, int zeroPoint, int min, int max, Span<byte> q)
    {
        Debug.Assert(q.Length >= x.Length);
        int i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            int lanes = Vector<float>.Count;
            for (; i <= x.Length - 4 * lanes; i += 4 * lanes)
            {
                Vector<short> lower = Vector.Narrow(
                    Steps(new Vector<float>(x[i..]), scale, zeroPoint, min, max),
                    Steps(new Vector<float>(x[(i + lanes)..]), scale, zeroPoint, min, max));
                Vector<short> upper = Vector.Narrow(
                    Steps(new Vector<float>(x[(i + 2 * lanes)..]), scale, zeroPoint, min, max),
                    Steps(new Vector<float>(x[(i + 3 * lanes)..]), scale, zeroPoint, min, max));
                Vector.AsVectorByte(Vector.Narrow(lower, upper)).CopyTo(q[i..]);   // keeps the low byte, signed or not
            }
        }

        for (; i < x.Length; i++)
        {
            q[i] = (byte)Step(x[i], scale, zeroPoint, min, max);
        }
    }

    /// <summary>The specification, one value.</summary>
    private static int Step(float x, float scale, int zeroPoint, int min, int max)
    {
        float quotient = x / scale;
        if (float.IsNaN(quotient))
        {
            return Math.Clamp(zeroPoint, min, max);
        }

        quotient = Math.Clamp(quotient, -Beyond, Beyond);
        int truncated = (int)quotient;
        float rest = quotient - truncated;                               // exact: both have the same or a lower exponent
        int rounded = truncated + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
        return Math.Clamp(rounded + zeroPoint, min, max);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<int> Steps(Vector<float> x, float scale, int zeroPoint, int min, int max)
    {
        Vector<float> quotient = x / new Vector<float>(scale);
        quotient = Vector.ConditionalSelect(Vector.Equals(quotient, quotient), quotient, Vector<float>.Zero);
        quotient = Vector.Min(Vector.Max(quotient, new Vector<float>(-Beyond)), new Vector<float>(Beyond));
        Vector<int> truncated = Vector.ConvertToInt32(quotient);
        Vector<float> rest = quotient - Vector.ConvertToSingle(truncated);
        Vector<int> rounded = truncated                                  // a true comparison is −1
            - Vector.GreaterThanOrEqual(rest, new Vector<float>(0.5f)) + Vector.LessThanOrEqual(rest, new Vector<float>(-0.5f));
        return Vector.Min(Vector.Max(rounded + new Vector<int>(zeroPoint), new Vector<int>(min)), new Vector<int>(max));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Values(Vector<short> q, float scale, int zeroPoint, Span<float> x)
    {
        Vector.Widen(q, out Vector<int> lower, out Vector<int> upper);
        Vector<int> zero = new(zeroPoint);
        (Vector.ConvertToSingle(lower - zero) * scale).CopyTo(x);
        (Vector.ConvertToSingle(upper - zero) * scale).CopyTo(x[Vector<float>.Count..]);
    }
}

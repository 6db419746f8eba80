using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>Rows of updates written or added into rows of a tensor at given places; the places come one by one.</summary>
internal static class Scatter
{
    /// <summary>Throws unless the scattering exists and can be computed for the type.</summary>
    /// <param name="shapes">The inputs: data 0, indices 1, updates 2.</param>
    /// <param name="scattering">What happens where an update meets a value.</param>
    internal static void Require(in Shapes shapes, Scattering scattering)
    {
        TensorSpec data = ShapeRules.Moved(shapes, 0), updates = ShapeRules.Moved(shapes, 2);
        Indices.Require(shapes, 1);
        shapes.Require(scattering <= Scattering.Minimum, $"the scattering is {(byte)scattering}; 0 … {(byte)Scattering.Minimum} is allowed.");
        shapes.Require(
            data.Type == updates.Type && Quantization.Same(data.Quantization, updates.Quantization),
            $"the data is {data} and the updates are {updates}; one type, with the same scale and zero point where they have them, is allowed. Cast or requantize one.");
        shapes.Require(
            scattering == Scattering.Replace || data.Type == DataType.Float32 || ShapeRules.IsPlainInteger(data),
            $"the data is {data}; float32 and plain integers are allowed where updates are combined with it.");
    }

    /// <summary>target[first …] = target ∘ row, element by element.</summary>
    /// <param name="scattering">The operation.</param>
    /// <param name="type">Type of the elements.</param>
    /// <param name="row">The update.</param>
    /// <param name="target">As many bytes.</param>
    internal static void Row(Scattering scattering, DataType type, ReadOnlySpan<byte> row, Span<byte> target)
    {
        if (scattering == Scattering.Replace)
        {
            row.CopyTo(target);
            return;
        }

        switch (type)
        {
            case DataType.Float32:
                Combine<float>(scattering, row, target);
                break;
            case DataType.Int8:
                Combine<sbyte>(scattering, row, target);
                break;
            case DataType.UInt8:
                Combine<byte>(scattering, row, target);
                break;
            case DataType.Int16:
                Combine<short>(scattering, row, target);
                break;
            case DataType.Int32:
                Combine<int>(scattering, row, target);
                break;
            default:
                Combine<long>(scattering, row, target);
                break;
        }
    }

    /// <summary>The gradients of one row, where dy is complete. Call it for all rows before <see cref="DataGradient"/>.</summary>
    /// <param name="scattering">The operation.</param>
    /// <param name="update">The update.</param>
    /// <param name="y">The result.</param>
    /// <param name="dy">The result's gradient.</param>
    /// <param name="gradient">The update's gradient, to be added to.</param>
    internal static void UpdateGradient(Scattering scattering, ReadOnlySpan<float> update, ReadOnlySpan<float> y, ReadOnlySpan<float> dy, Span<float> gradient)
    {
        if (scattering is Scattering.Replace or Scattering.Add)
        {
            TensorPrimitives.Add(gradient, dy, gradient);
            return;
        }

        for (int i = 0; i < gradient.Length; i++)
        {
            gradient[i] += Share(scattering, update[i], y[i]) * dy[i];
        }
    }

    /// <summary>The gradient of the data: dy where nothing was scattered, and its share elsewhere. A replaced value's dy must have been cleared.</summary>
    /// <param name="scattering">The operation.</param>
    /// <param name="data">The data; read for products and extremes only.</param>
    /// <param name="y">The result; read for products and extremes only.</param>
    /// <param name="dy">The result's gradient.</param>
    /// <param name="gradient">The data's gradient.</param>
    /// <param name="accumulate">Whether it is added to.</param>
    internal static void DataGradient(
        Scattering scattering, ReadOnlySpan<float> data, ReadOnlySpan<float> y, ReadOnlySpan<float> dy, Span<float> gradient, bool accumulate)
    {
        for (int i = 0; i < gradient.Length; i++)
        {
            float share = scattering is Scattering.Replace or Scattering.Add ? dy[i] : Share(scattering, data[i], y[i]) * dy[i];
            gradient[i] = accumulate ? gradient[i] + share : share;
        }
    }

    /// <summary>The derivative of a result by one of the values it was made of.</summary>
    private static float Share(Scattering scattering, float value, float y) =>
        scattering == Scattering.Multiply ? (value == 0 ? 0 : y / value) : value == y ? 1 : 0;

    private static void Combine<T>(Scattering scattering, ReadOnlySpan<byte> bytes, Span<byte> targetBytes) where T : unmanaged, INumber<T>
    {
        ReadOnlySpan<T> row = MemoryMarshal.Cast<byte, T>(bytes);
        Span<T> target = MemoryMarshal.Cast<byte, T>(targetBytes);
        for (int i = 0; i < row.Length; i++)
        {
            target[i] = scattering switch
            {
                Scattering.Add => unchecked(target[i] + row[i]),
                Scattering.Multiply => unchecked(target[i] * row[i]),
                Scattering.Maximum => T.Max(target[i], row[i]),
                _ => T.Min(target[i], row[i]),
            };
        }
    }
}

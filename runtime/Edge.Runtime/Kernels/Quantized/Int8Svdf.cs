using System.Numerics;

namespace Edge.Runtime.Kernels;

/// <summary>Numbers of an int8 SVDF layer that do not change from run to run.</summary>
/// <param name="Rank">Filters of a unit.</param>
/// <param name="Value">Multiplier of a filter's new value.</param>
/// <param name="StateZeroPoint">Zero point of the memories.</param>
/// <param name="Output">Multiplier of the sums.</param>
/// <param name="Range">Zero point and clamp of the output.</param>
internal readonly record struct Int8SvdfNumbers(int Rank, (int Multiplier, int Shift) Value, int StateZeroPoint, (int Multiplier, int Shift) Output, Int8Range Range);

/// <summary>The SVDF layer in int8, its memories in int8 or int16.</summary>
/// <remarks>Source: EvalIntegerSvdfReference, TensorFlow Lite Micro kernels/svdf_common.cc; sums are modulo 2^32.</remarks>
internal static unsafe class Int8Svdf
{
    /// <summary>Runs one step.</summary>
    /// <typeparam name="T">sbyte or short.</typeparam>
    /// <param name="numbers">Scales and bounds.</param>
    /// <param name="inputs">Values of a sample.</param>
    /// <param name="memory">Values that a filter remembers.</param>
    /// <param name="x">The input [batch, inputs].</param>
    /// <param name="features">Feature weights [filters, inputs].</param>
    /// <param name="folded">For each filter −zero point of the input · Σ of its weights.</param>
    /// <param name="time">Time weights [filters, memory].</param>
    /// <param name="bias">[filters / rank], or empty.</param>
    /// <param name="before">The memories.</param>
    /// <param name="after">Receives the memories.</param>
    /// <param name="y">Receives the output.</param>
    public static void Run<T>(
        in Int8SvdfNumbers numbers, int inputs, int memory, ReadOnlySpan<sbyte> x, ReadOnlySpan<sbyte> features, ReadOnlySpan<int> folded, ReadOnlySpan<T> time, ReadOnlySpan<int> bias,
        ReadOnlySpan<T> before, Span<T> after, Span<sbyte> y)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        int filters = folded.Length, units = filters / numbers.Rank;
        int least = int.CreateTruncating(T.MinValue), most = int.CreateTruncating(T.MaxValue);
        fixed (sbyte* px = x, pFeatures = features)
        {
            for (int i = 0; i < y.Length; i++)
            {
                int sum = bias.IsEmpty ? 0 : bias[i % units];
                for (int r = 0; r < numbers.Rank; r++)
                {
                    int row = (i * numbers.Rank) + r, filter = row % filters;
                    int value = Int8ConvUnpacked.Dot(px + ((nint)(row / filters) * inputs), pFeatures + ((nint)filter * inputs), inputs) + folded[filter];
                    value = FixedPoint.Multiply(value, numbers.Value.Multiplier, numbers.Value.Shift) + numbers.StateZeroPoint;
                    Span<T> kept = after.Slice(row * memory, memory);
                    before.Slice((row * memory) + 1, memory - 1).CopyTo(kept);
                    kept[^1] = T.CreateTruncating(Math.Clamp(value, least, most));
                    ReadOnlySpan<T> weights = time.Slice(filter * memory, memory);
                    for (int k = 0; k < weights.Length; k++)
                    {
                        sum += int.CreateTruncating(weights[k]) * (int.CreateTruncating(kept[k]) - numbers.StateZeroPoint);
                    }
                }

                y[i] = Requantizer.Value(sum, numbers.Output.Multiplier, numbers.Output.Shift, numbers.Range);
            }
        }
    }
}

using static Edge.Tests.Import.TensorFlow.GraphWriter;
using static Edge.Tests.Import.TensorFlow.Operand;

namespace Edge.Tests.Import.TensorFlow;

/// <summary>Operators over volumes with values that this test computes itself.</summary>
internal static class VolumeCases
{
    private const int Depth = 3;
    private const int Height = 4;
    private const int Width = 5;

    public static IEnumerable<OperatorCase> All
    {
        get
        {
            // [1, 3, 4, 5, 2] and a filter [2, 3, 2, 2, 3]
            float[] volume = Ramp(Depth * Height * Width * 2), filter = Ramp(2 * 3 * 2 * 2 * 3);
            foreach (string padding in new[] { "VALID", "SAME" })
            {
                (int[] sizes, double[] sums) = Convolved(volume, filter, padding == "SAME");
                yield return new(
                    "Conv3D", [In(volume, 1, Depth, Height, Width, 2), Of(filter, 2, 3, 2, 2, 3)], [("strides", Integers(1, 1, 2, 1, 1)), ("padding", Text(padding))], sizes, sums, padding == "SAME" ? "SAME" : "");
                foreach (bool largest in new[] { false, true })
                {
                    (int[] pooledSizes, double[] pooled) = Pooled(volume, largest, padding == "SAME");
                    yield return new(
                        largest ? "MaxPool3D" : "AvgPool3D", [In(volume, 1, Depth, Height, Width, 2)],
                        [("ksize", Integers(1, 2, 3, 2, 1)), ("strides", Integers(1, 1, 2, 1, 1)), ("padding", Text(padding))], pooledSizes, pooled, padding == "SAME" ? "SAME" : "");
                }
            }

            yield return new(
                "MaxPool3D", [In([1, 5, 3, 2, 8, 4, 7, 6], 1, 2, 1, 2, 2)], [("ksize", Integers(1, 1, 1, 2, 2)), ("strides", Integers(1, 1, 1, 1, 1)), ("padding", Text("VALID")), ("data_format", Text("NCDHW"))],
                [1, 2, 1, 1, 1], [5, 8], "NCDHW");

            // As in the plane: [1, 2] with [1, 10, 100] and stride 2 is [1, 10, 102, 20, 200]; SAME cuts the last.
            yield return new(
                "Conv3DBackpropInputV2", [List(1, 1, 1, 4, 1), Of([1, 10, 100], 1, 1, 3, 1, 1), In([1, 2], 1, 1, 1, 2, 1)], [("strides", Integers(1, 1, 1, 2, 1)), ("padding", Text("SAME"))],
                [1, 1, 1, 4, 1], [1, 10, 102, 20]);
            yield return new(
                "Conv3DBackpropInputV2", [List(1, 2, 5, 1, 1), Of([1, 10, 100, 2, 20, 200], 3, 1, 1, 2, 1), In([1, 2], 1, 1, 2, 1, 1)],
                [("strides", Integers(1, 1, 2, 1, 1)), ("padding", Text("VALID")), ("data_format", Text("NCDHW"))], [1, 2, 5, 1, 1], [1, 100, 22, 200, 40, 10, 2, 220, 4, 400], "NCDHW");
            yield return new(
                "FusedBatchNormV3", [In([1, 2, 3, 4], 1, 1, 2, 1, 2), Of([2, 1], 2), Of([0, 1], 2), Of([1, 2], 2), Of([3, 0.75f], 2)],
                [("is_training", Flag(false)), ("epsilon", Number(1f / 4)), ("data_format", Text("NDHWC"))], [1, 1, 2, 1, 2], [0, 1, 4 / Math.Sqrt(3.25), 3], "NDHWC");
        }
    }

    private static float[] Ramp(int count) => [.. Enumerable.Range(0, count).Select(static i => ((i * 37 % 19) - 9) / 8f)];

    /// <summary>A filter [2, 3, 2, 2, 3] with strides 1, 2, 1.</summary>
    private static (int[] Sizes, double[] Sums) Convolved(float[] volume, float[] filter, bool same)
    {
        List<double> sums = [];
        int[] sizes = Each(same, window =>
        {
            for (int o = 0; o < 3; o++)
            {
                sums.Add(window.Sum(tap => Enumerable.Range(0, 2).Sum(c => (double)volume[(tap.Element * 2) + c] * filter[(((tap.Tap * 2) + c) * 3) + o])));
            }
        });
        return ([1, .. sizes, 3], [.. sums]);
    }

    /// <summary>Windows of 2 × 3 × 2 with strides 1, 2, 1; what is outside of the volume is not counted.</summary>
    private static (int[] Sizes, double[] Values) Pooled(float[] volume, bool largest, bool same)
    {
        List<double> values = [];
        int[] sizes = Each(same, window =>
        {
            for (int c = 0; c < 2; c++)
            {
                double[] covered = [.. window.Select(tap => (double)volume[(tap.Element * 2) + c])];
                values.Add(largest ? covered.Max() : covered.Average());
            }
        });
        return ([1, .. sizes, 2], [.. values]);
    }

    /// <summary>Visits windows of 2 × 3 × 2 with strides 1, 2, 1: the elements that each covers, with their taps.</summary>
    private static int[] Each(bool same, Action<List<(int Tap, int Element)>> visit)
    {
        // SAME adds a plane, a row and a column behind, nothing before.
        (int depth, int height, int width) = same ? (Depth, Height / 2, Width) : (Depth - 1, 1, Width - 1);
        for (int z = 0; z < depth; z++)
        {
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    List<(int, int)> window = [];
                    for (int tap = 0; tap < 12; tap++)
                    {
                        (int d, int h, int w) = (z + (tap / 6), (2 * y) + (tap / 2 % 3), x + (tap % 2));
                        if (d < Depth && h < Height && w < Width)
                        {
                            window.Add((tap, (((d * Height) + h) * Width) + w));
                        }
                    }

                    visit(window);
                }
            }
        }

        return [depth, height, width];
    }
}

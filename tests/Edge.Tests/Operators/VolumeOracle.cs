using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

/// <summary>Windows in volumes, one multiplication at a time.</summary>
internal static class VolumeOracle
{
    /// <summary>Every (coarse position, tap, fine position) of an image: calls back with coordinates, the fine ones possibly outside.</summary>
    public static void Visit(ReadOnlySpan<int> coarse, ReadOnlySpan<int> kernel, Window3D window, Action<int[], int[], int[]> visit)
    {
        int[] sizes = [.. coarse, .. kernel];
        DoubleTensor walk = new(new Shape(sizes));
        for (int i = 0; i < walk.Length; i++)
        {
            int[] at = walk.Position(i);
            int[] fine = [.. Enumerable.Range(0, 3).Select(axis => (at[axis] * window.Strides[axis]) - window.Before[axis] + (at[axis + 3] * window.Dilations[axis]))];
            visit(at[..3], at[3..], fine);
        }
    }

    public static bool Inside(int[] at, Shape shape) => at[0] >= 0 && at[0] < shape[1] && at[1] >= 0 && at[1] < shape[2] && at[2] >= 0 && at[2] < shape[3];

    public static int[] Counts(Shape x, ReadOnlySpan<int> kernel, Window3D w) =>
    [
        Windows.Count(x[1], kernel[0], w.Strides[0], w.Dilations[0], w.Before[0], w.After[0]),
        Windows.Count(x[2], kernel[1], w.Strides[1], w.Dilations[1], w.Before[1], w.After[1]),
        Windows.Count(x[3], kernel[2], w.Strides[2], w.Dilations[2], w.Before[2], w.After[2]),
    ];

    public static DoubleTensor Pool(DoubleTensor x, IntList kernel, Window3D window, Func<List<double>, double> reduce)
    {
        int[] counts = Counts(x.Shape, kernel.Values, window);
        DoubleTensor y = new(new Shape(x.Shape[0], counts[0], counts[1], counts[2], x.Shape[4]));
        List<double>[] values = [.. Enumerable.Range(0, y.Length).Select(static _ => new List<double>())];
        for (int n = 0; n < x.Shape[0]; n++)
        {
            for (int c = 0; c < x.Shape[4]; c++)
            {
                Visit(counts, kernel.Values, window, (to, _, from) =>
                {
                    if (Inside(from, x.Shape))
                    {
                        values[y.Flat([n, to[0], to[1], to[2], c])].Add(x[n, from[0], from[1], from[2], c]);
                    }
                });
            }
        }

        for (int i = 0; i < y.Length; i++)
        {
            y[i] = reduce(values[i]);
        }

        return y;
    }

    /// <summary>What the operators that convolve volumes refuse.</summary>
    public static IEnumerable<(TensorSpec Input, TensorSpec Weights, Window3D Window, int Groups, Activation Activation)> Bad
    {
        get
        {
            TensorSpec input = new(DataType.Float32, new Shape(1, 3, 4, 4, 2)), weights = new(DataType.Float32, new Shape(3, 2, 2, 2, 2));
            Window3D window = Window3D.Dense;
            return
            [
                (input with { Shape = new Shape(3, 4, 4, 2) }, weights, window, 1, default),
                (input with { Type = DataType.Int8 }, weights, window, 1, default),
                (input, weights with { Type = DataType.Int8 }, window, 1, default),
                (input, weights with { Shape = new Shape(3, 2, 2, 2) }, window, 1, default),
                (input, weights with { Shape = new Shape(3, 2, 2, 2, 3) }, window, 1, default),
                (input, weights, window, 0, default),
                (input, weights, window, 2, default),
                (input, weights, default, 1, default),
                (input, weights, window with { Strides = [1, 1] }, 1, default),
                (input, weights, window with { Strides = [1, 0, 1] }, 1, default),
                (input, weights, window with { Dilations = [1, 1, 70_000] }, 1, default),
                (input, weights, window with { Before = [-1, 0, 0] }, 1, default),
                (input, weights, window, 1, (Activation)9),
            ];
        }
    }
}

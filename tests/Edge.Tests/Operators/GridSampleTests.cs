using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class GridSampleTests : OperatorTests<GridSample>
{
    protected override IEnumerable<OperatorCase<GridSample>> Cases =>
        from mode in Enum.GetValues<ResizeMode>()
        from padding in Enum.GetValues<GridPadding>()
        from align in (bool[])[false, true]
        from testCase in (OperatorCase<GridSample>[])
        [
            new(new(mode, padding, align), Float(2, 4, 5, 3), Float(2, 3, 4, 2)),
            new(new(mode, padding, align), Float(1, 3, 2, 1), Float(1, 6, 5, 2)),
        ]
        select testCase;

    protected override IEnumerable<OperatorCase<GridSample>> BadCases =>
    [
        new(new((ResizeMode)3), Float(1, 3, 3, 2), Float(1, 2, 2, 2)),
        new(new(Padding: (GridPadding)3), Float(1, 3, 3, 2), Float(1, 2, 2, 2)),
        new(new(), Float(3, 3, 2), Float(1, 2, 2, 2)),
        new(new(), Float(1, 3, 3, 2), Float(1, 2, 2, 3)),
        new(new(), Float(1, 3, 3, 2), Float(2, 2, 2, 2)),
        new(new(), Float(1, 3, 3, 2), Float(1, 2, 2)),
        new(new(), Typed(DataType.Int32, 1, 3, 3, 2), Float(1, 2, 2, 2)),
    ];

    protected override OperatorCase<GridSample> OfLength(int length) => new(new(), Float(1, 2, 3, length), Float(1, 1, 2, 2));

    // Places are float32 numbers, as in the sources.
    protected override (double Absolute, double Relative) Tolerance => (2e-5, 1e-5);

    [Fact]
    public void A_place_that_is_no_number_reads_zeros()
    {
        foreach (GridPadding padding in Enum.GetValues<GridPadding>())
        {
            TestTensor x = TestTensor.Float(new Shape(1, 1, 1, 1), 3), grid = TestTensor.Float(new Shape(1, 1, 1, 2), float.NaN, 0);
            using OperatorRunner runner = new(GridSample.Info, new GridSample(ResizeMode.Nearest, padding), [x, grid]);
            runner.Forward();
            Assert.Equal(0, runner.Output<float>()[0]);
        }
    }

    protected override DoubleTensor[] Reference(GridSample op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!, grid = inputs[1]!, y = new(new Shape(x.Shape[0], grid.Shape[1], grid.Shape[2], x.Shape[3]));
        for (int i = 0; i < y.Length; i++)
        {
            int[] at = y.Position(i);
            double column = Place(op, grid[at[0], at[1], at[2], 0], x.Shape[2]), row = Place(op, grid[at[0], at[1], at[2], 1], x.Shape[1]);
            for (int r = (int)Math.Floor(row) - 2; r <= row + 3; r++)
            {
                for (int c = (int)Math.Floor(column) - 2; c <= column + 3; c++)
                {
                    (int h, int w) = (Pixel(op, r, x.Shape[1]), Pixel(op, c, x.Shape[2]));
                    y[i] += h < 0 || w < 0 ? 0 : Weight(op.Mode, Math.Abs(r - row)) * Weight(op.Mode, Math.Abs(c - column)) * x[at[0], h, w, at[3]];
                }
            }
        }

        return [y];
    }

    private static double Weight(ResizeMode mode, double d) => mode switch
    {
        ResizeMode.Nearest => d == 0 ? 1 : 0,
        ResizeMode.Linear => Math.Max(0, 1 - d),
        _ => d <= 1 ? (1.25 * d * d * d) - (2.25 * d * d) + 1 : d < 2 ? (-0.75 * d * d * d) + (3.75 * d * d) - (6 * d) + 3 : 0,
    };

    private static double Place(GridSample op, double place, int size)
    {
        double at = op.AlignCorners ? (place + 1) / 2 * (size - 1) : (((place + 1) * size) - 1) / 2;
        at = op.Mode == ResizeMode.Nearest ? Math.Round(at) : at;
        double low = op.AlignCorners ? 0 : -0.5, high = op.AlignCorners ? size - 1 : size - 0.5;
        return at >= low && at <= high ? at : op.Padding switch { GridPadding.Zeros => at, GridPadding.Border => Math.Clamp(at, 0, size - 1), _ => Mirror(at, low, high) };
    }

    private static int Pixel(GridSample op, int pixel, int size) => pixel >= 0 && pixel < size ? pixel : op.Padding switch
    {
        GridPadding.Zeros => -1,
        GridPadding.Border => Math.Clamp(pixel, 0, size - 1),
        _ => Math.Clamp((int)Mirror(pixel, op.AlignCorners ? 0 : -0.5, op.AlignCorners ? size - 1 : size - 0.5), 0, size - 1),
    };

    private static double Mirror(double at, double low, double high)
    {
        while (at < low || at > high)
        {
            at = at < low ? (2 * low) - at : (2 * high) - at;
        }

        return at;
    }
}

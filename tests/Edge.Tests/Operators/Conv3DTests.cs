using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class Conv3DTests : OperatorTests<Conv3D>
{
    protected override IEnumerable<OperatorCase<Conv3D>> Cases =>
    [
        Of(new(), [1, 3, 3, 4, 2], [3, 2, 2, 2]),
        Of(new(), [1, 1, 1, 1, 1], [1, 1, 1, 1]),
        Of(new(new([1, 2, 3], [1, 1, 1], [1, 0, 2], [0, 1, 1])), [2, 2, 4, 5, 2], [2, 2, 3, 3]),
        Of(new(new([2, 1, 1], [1, 2, 2], [0, 1, 1], [1, 1, 2]), Activation: Activation.Relu), [1, 4, 3, 4, 1], [3, 2, 2, 3]),
        Of(new(Window3D.Dense with { Before = [1, 1, 1], After = [1, 1, 1] }, 2), [1, 2, 2, 3, 4], [4, 3, 3, 3]),
        new(new(), Float(1, 2, 2, 2, 2), Float(2, 1, 2, 2, 2)),
        new(new(), Float(1, 2, 2, 2, 2), Float(2, 1, 2, 2, 2), None),
    ];

    protected override IEnumerable<OperatorCase<Conv3D>> BadCases =>
    [
        .. VolumeOracle.Bad.Select(static bad => new OperatorCase<Conv3D>(new(bad.Window, bad.Groups, bad.Activation), bad.Input, bad.Weights)),
        new(new(), Float(1, 3, 4, 4, 2), Float(3, 4, 2, 2, 2)),
        new(new(), Float(1, 3, 4, 4, 2), Float(3, 2, 2, 2, 2), Float(2)),
    ];

    protected override IEnumerable<OperatorCase<Conv3D>> LargeCases => [Of(new(Window3D.Dense with { Before = [1, 1, 1], After = [1, 1, 1] }), [1, 5, 12, 40, 8], [16, 3, 3, 3])];

    protected override OperatorCase<Conv3D> OfLength(int length) => Of(new(), [1, 1, 2, 2, length], [2, 1, 2, 1]);

    // Sums of up to 1024 products of numbers below 2.
    protected override (double Absolute, double Relative) Tolerance => (1e-4, 1e-5);

    protected override DoubleTensor[] Reference(Conv3D op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!, w = inputs[1]!;
        DoubleTensor? bias = inputs.Length > 2 ? inputs[2] : null;
        int[] counts = VolumeOracle.Counts(x.Shape, w.Shape.Axes[1..4], op.Window);
        int outputs = w.Shape[0] / op.Groups, channels = w.Shape[4];
        DoubleTensor y = new(new Shape(x.Shape[0], counts[0], counts[1], counts[2], w.Shape[0]));
        for (int n = 0; n < x.Shape[0]; n++)
        {
            for (int o = 0; o < w.Shape[0]; o++)
            {
                VolumeOracle.Visit(counts, w.Shape.Axes[1..4], op.Window, (to, tap, from) =>
                {
                    for (int c = 0; c < channels && VolumeOracle.Inside(from, x.Shape); c++)
                    {
                        y[n, to[0], to[1], to[2], o] += x[n, from[0], from[1], from[2], (o / outputs * channels) + c] * w[o, tap[0], tap[1], tap[2], c];
                    }
                });
            }
        }

        for (int i = 0; i < y.Length; i++)
        {
            y[i] = Clamp.Of(op.Activation, y[i] + (bias is null ? 0 : bias[i % w.Shape[0]]));
        }

        return [y];
    }

    private static OperatorCase<Conv3D> Of(Conv3D op, int[] input, int[] weights) =>
        new(op, Float(input), Float(weights[0], weights[1], weights[2], weights[3], input[4] / op.Groups), Float(weights[0]));
}

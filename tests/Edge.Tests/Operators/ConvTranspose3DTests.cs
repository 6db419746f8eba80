using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class ConvTranspose3DTests : OperatorTests<ConvTranspose3D>
{
    protected override IEnumerable<OperatorCase<ConvTranspose3D>> Cases =>
    [
        Of(new(), [1, 2, 3, 2, 2], [3, 2, 2, 2]),
        Of(new(), [1, 1, 1, 1, 1], [1, 1, 1, 1]),
        Of(new(new([1, 2, 3], [1, 1, 1], [1, 0, 2], [0, 1, 1]), [0, 1, 2]), [2, 2, 2, 3, 2], [2, 2, 3, 3]),
        Of(new(new([2, 1, 1], [1, 2, 2], [0, 1, 1], [1, 1, 2]), Activation: Activation.Relu), [1, 2, 2, 2, 1], [3, 2, 2, 3]),
        Of(new(Window3D.Dense with { Before = [1, 1, 1], After = [1, 1, 1] }, [], 2), [1, 2, 2, 3, 4], [4, 3, 3, 3]),
        new(new(), Float(1, 2, 2, 2, 2), Float(2, 1, 2, 2, 2)),
        new(new(), Float(1, 2, 2, 2, 2), Float(2, 1, 2, 2, 2), None),
    ];

    protected override IEnumerable<OperatorCase<ConvTranspose3D>> BadCases =>
    [
        .. VolumeOracle.Bad.Select(static bad => new OperatorCase<ConvTranspose3D>(new(bad.Window, [], bad.Groups, bad.Activation), bad.Input, bad.Weights)),
        new(new(Window3D.Dense, [1, 1]), Float(1, 3, 4, 4, 2), Float(3, 2, 2, 2, 2)),
        new(new(Window3D.Dense, [-1, 1, 1]), Float(1, 3, 4, 4, 2), Float(3, 2, 2, 2, 2)),
        new(new(Window3D.Dense with { Before = [3, 0, 0], After = [1, 0, 0] }), Float(1, 3, 4, 4, 2), Float(3, 2, 2, 2, 2)),
        new(new(), Float(1, 3, 4, 4, 2), Float(3, 2, 2, 2, 2), Float(2)),
    ];

    protected override OperatorCase<ConvTranspose3D> OfLength(int length) => Of(new(), [1, 1, 2, 2, 2], [length, 1, 2, 1]);

    // Sums of up to 1024 products of numbers below 2.
    protected override (double Absolute, double Relative) Tolerance => (1e-4, 1e-5);

    protected override DoubleTensor[] Reference(ConvTranspose3D op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!, w = inputs[1]!;
        DoubleTensor? bias = inputs.Length > 2 ? inputs[2] : null;
        int[] sizes =
        [
            .. Enumerable.Range(0, 3).Select(i => ((x.Shape[i + 1] - 1) * op.Window.Strides[i]) + ((w.Shape[i + 1] - 1) * op.Window.Dilations[i]) + 1
                - op.Window.Before[i] - op.Window.After[i] + (op.OutputPadding.Count == 0 ? 0 : op.OutputPadding[i])),
        ];
        int outputs = w.Shape[0] / op.Groups, channels = w.Shape[4];
        DoubleTensor y = new(new Shape(x.Shape[0], sizes[0], sizes[1], sizes[2], w.Shape[0]));
        for (int n = 0; n < x.Shape[0]; n++)
        {
            for (int o = 0; o < w.Shape[0]; o++)
            {
                VolumeOracle.Visit(x.Shape.Axes[1..4], w.Shape.Axes[1..4], op.Window, (from, tap, to) =>
                {
                    for (int c = 0; c < channels && VolumeOracle.Inside(to, y.Shape); c++)
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

    private static OperatorCase<ConvTranspose3D> Of(ConvTranspose3D op, int[] input, int[] weights) =>
        new(op, Float(input), Float(weights[0], weights[1], weights[2], weights[3], input[4] / op.Groups), Float(weights[0]));
}

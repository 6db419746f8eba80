using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class RnnTests : RecurrentTests<Rnn>
{
    protected override int Gates => 1;

    protected override Rnn Usual => default;

    protected override Rnn Backwards => new(Reverse: true);

    protected override IEnumerable<OperatorCase<Rnn>> Cases =>
    [
        new(default, Inputs(2, 3, 3, 4)),
        new(new(Reverse: true), Inputs(3, 4, 2, 9, first: true)),
        new(default, Inputs(3, 4, 2, 5, bias: false, recurrentBias: false, lengths: true, first: true)),
        new(new(Reverse: true), Inputs(3, 4, 2, 5, lengths: true, first: true)),
        new(new(Clip: 0.6f), Inputs(2, 3, 3, 4)),
        .. Functions.Select(function => new OperatorCase<Rnn>(new(false, function), Inputs(2, 2, 3, 9))),
    ];

    protected override IEnumerable<OperatorCase<Rnn>> BadCases =>
    [
        .. CommonBadCases,
        new(new(false, default, -1), Inputs(2, 3, 3, 4)),
        new(new(false, default, float.NaN), Inputs(2, 3, 3, 4)),
        new(new(false, new((RecurrentFunction)99)), Inputs(2, 3, 3, 4)),
        new(new(false, new(RecurrentFunction.Elu, -1)), Inputs(2, 3, 3, 4)),
        new(new(false, new(RecurrentFunction.ScaledTanh, 0, 1)), Inputs(2, 3, 3, 4)),
        new(new(false, new(RecurrentFunction.Affine, float.NaN)), Inputs(2, 3, 3, 4)),
    ];

    protected override DoubleTensor[] Reference(Rnn op, DoubleTensor?[] inputs, OracleRun run) => Unroll(inputs, op.Reverse, 1, (sample, step, state) =>
    {
        double[] old = (double[])state[0].Clone();
        for (int i = 0; i < old.Length; i++)
        {
            state[0][i] = Apply(op.Function, RecurrentFunction.Tanh, Product(inputs, sample, step, i) + Recurrent(inputs, old, i), op.Clip);
        }
    });
}

using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class GruTests : RecurrentTests<Gru>
{
    protected override int Gates => 3;

    protected override Gru Usual => new(false, true);

    protected override Gru Backwards => new(true, false);

    protected override IEnumerable<OperatorCase<Gru>> LargeCases => [.. base.LargeCases, new(new(false, false), Inputs(40, 3, 5, 64)), new(new(true, true), Inputs(2, 40, 3, 5))];

    protected override IEnumerable<OperatorCase<Gru>> Cases =>
    [
        new(new(false, true), Inputs(2, 3, 3, 4)),
        new(new(false, false), Inputs(2, 3, 3, 4)),
        new(new(true, true), Inputs(3, 4, 2, 9, first: true)),
        new(new(true, false), Inputs(3, 4, 2, 9, recurrentBias: false, first: true)),
        new(new(false, true), Inputs(3, 4, 2, 5, bias: false, recurrentBias: false, lengths: true, first: true)),
        new(new(true, false), Inputs(3, 4, 2, 5, bias: false, lengths: true, first: true)),
        new(new(true, true), Inputs(3, 4, 2, 5, lengths: true, first: true)),
        new(new(false, true, Clip: 0.7f), Inputs(2, 3, 3, 4)),
        new(new(false, false, RecurrentActivation.HardSigmoid(), RecurrentActivation.Relu), Inputs(2, 3, 3, 4)),
        new(new(false, true, new(RecurrentFunction.Softsign), new(RecurrentFunction.Softplus)), Inputs(2, 3, 3, 4)),
    ];

    protected override IEnumerable<OperatorCase<Gru>> BadCases =>
    [
        .. CommonBadCases,
        new(new(false, true, Clip: -1), Inputs(2, 3, 3, 4)),
        new(new(false, true, new((RecurrentFunction)99)), Inputs(2, 3, 3, 4)),
        new(new(false, true, default, new(RecurrentFunction.LeakyRelu, -1)), Inputs(2, 3, 3, 4)),
    ];

    protected override DoubleTensor[] Reference(Gru op, DoubleTensor?[] inputs, OracleRun run) => Unroll(inputs, op.Reverse, 1, (sample, step, state) =>
    {
        double[] old = (double[])state[0].Clone();
        int width = old.Length;
        double[] reset = new double[width], damped = new double[width];
        for (int i = 0; i < width; i++)
        {
            reset[i] = Apply(op.Gate, RecurrentFunction.Sigmoid, Product(inputs, sample, step, i) + Recurrent(inputs, old, i), op.Clip);
            damped[i] = reset[i] * old[i];
        }

        for (int i = 0; i < width; i++)
        {
            double update = Apply(op.Gate, RecurrentFunction.Sigmoid, Product(inputs, sample, step, width + i) + Recurrent(inputs, old, width + i), op.Clip);
            int row = (2 * width) + i;
            double inner = op.ResetAfter ? reset[i] * Recurrent(inputs, old, row) : Recurrent(inputs, damped, row);
            double candidate = Apply(op.Candidate, RecurrentFunction.Tanh, Product(inputs, sample, step, row) + inner, op.Clip);
            state[0][i] = ((1 - update) * candidate) + (update * old[i]);
        }
    });
}

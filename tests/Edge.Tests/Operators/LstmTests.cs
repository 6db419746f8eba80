using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class LstmTests : RecurrentTests<Lstm>
{
    protected override int Gates => 4;

    protected override Lstm Usual => default;

    protected override Lstm Backwards => new(Reverse: true);

    protected override IEnumerable<OperatorCase<Lstm>> Cases =>
    [
        new(default, Inputs(2, 3, 3, 4)),
        new(default, Inputs(2, 2, 3, 9, recurrentBias: false, first: true, cell: true)),
        new(new(Reverse: true), Inputs(3, 4, 2, 5, bias: false, recurrentBias: false, lengths: true, first: true, cell: true)),
        new(default, Inputs(3, 4, 2, 5, lengths: true, cell: true, peephole: true)),
        new(new(Reverse: true, CoupledForget: true), Inputs(2, 3, 2, 4, first: true, cell: true, peephole: true)),
        new(new(CellClip: 0.5f), Inputs(2, 3, 3, 4, cell: true, peephole: true)),
        new(new(Clip: 0.8f), Inputs(2, 3, 3, 4, peephole: true)),
        new(new(false, RecurrentActivation.HardSigmoid(), RecurrentActivation.Relu, RecurrentActivation.Identity), Inputs(2, 3, 3, 4)),
        new(new(false, new(RecurrentFunction.Softsign), new(RecurrentFunction.Elu, 1), new(RecurrentFunction.ScaledTanh, 1.2f, 0.8f)), Inputs(2, 3, 3, 4)),
    ];

    protected override IEnumerable<OperatorCase<Lstm>> BadCases =>
    [
        .. CommonBadCases,
        new(new(Clip: -1), Inputs(2, 3, 3, 4)),
        new(new(CellClip: float.PositiveInfinity), Inputs(2, 3, 3, 4)),
        new(new(false, new((RecurrentFunction)99)), Inputs(2, 3, 3, 4)),
        new(new(false, default, new(RecurrentFunction.Elu, -1)), Inputs(2, 3, 3, 4)),
        new(new(false, default, default, new(RecurrentFunction.ThresholdedRelu, -1)), Inputs(2, 3, 3, 4)),
        new(default, [.. Inputs(2, 3, 3, 4, first: true), Float(2, 3)]),
        new(default, [.. Inputs(2, 3, 3, 4, first: true, cell: true), Float(12)]),
    ];

    protected override DoubleTensor[] Reference(Lstm op, DoubleTensor?[] inputs, OracleRun run) => Unroll(inputs, op.Reverse, 2, (sample, step, state) =>
    {
        double[] old = (double[])state[0].Clone();
        int width = old.Length;
        DoubleTensor? peephole = Optional(inputs, 8);
        for (int i = 0; i < width; i++)
        {
            double before = state[1][i];
            double input = Gate(0, before, 0), forget = op.CoupledForget ? 1 - input : Gate(1, before, 1);
            double candidate = Apply(op.Candidate, RecurrentFunction.Tanh, Sum(2), op.Clip);
            double cell = (forget * before) + (input * candidate);
            cell = op.CellClip > 0 ? Math.Clamp(cell, -op.CellClip, op.CellClip) : cell;
            state[0][i] = Gate(3, cell, 2) * Apply(op.Output, RecurrentFunction.Tanh, cell);
            state[1][i] = cell;

            double Sum(int gate) => Product(inputs, sample, step, (gate * width) + i) + Recurrent(inputs, old, (gate * width) + i);

            double Gate(int gate, double seen, int row) => Apply(op.Gate, RecurrentFunction.Sigmoid, Sum(gate) + (peephole is null ? 0 : peephole[row, i] * seen), op.Clip);
        }
    });
}

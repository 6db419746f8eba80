using Edge.Format;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class DropoutTests : ElementwiseTests<Dropout>
{
    protected override IEnumerable<Dropout> Operators => [new(0.25f), new(0), new(0.9f)];

    protected override IEnumerable<OperatorCase<Dropout>> BadCases => [.. base.BadCases, new(new Dropout(1), Float(3)), new(new Dropout(-0.1f), Float(3)), new(new Dropout(float.NaN), Float(3))];

    protected override DoubleTensor[] Reference(Dropout op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor y = new(inputs[0]!.Shape);
        for (int i = 0; i < y.Length; i++)
        {
            bool drops = run.Training && op.Rate > 0;
            y[i] = !drops ? inputs[0]![i] : DropoutKernel.Keeps(run.Random, op.Rate, i) ? inputs[0]![i] / (1 - op.Rate) : 0;
        }

        return [y];
    }

    [Fact]
    public void The_rate_is_met_and_every_step_drops_others()
    {
        const int Count = 100_000;
        TestTensor ones = TestTensor.Float(new Shape(Count), [.. Enumerable.Repeat(1f, Count)]);
        float[][] steps = [.. new long[] { 1, 2 }.Select(step =>
        {
            using OperatorRunner runner = new(Dropout.Info, new Dropout(0.3f), [ones], new RunnerOptions { Training = true, Step = step });
            runner.Forward();
            return runner.Output<float>().ToArray();
        })];

        // Standard deviation of a count: sqrt(n p (1 − p)) = 145. Agreement of two independent masks: p² + (1 − p)² = 0.58.
        Assert.InRange(steps[0].Count(static value => value == 0), 30_000 - 725, 30_000 + 725);
        Assert.InRange(steps[0].Zip(steps[1]).Count(static pair => pair.First == pair.Second), 58_000 - 800, 58_000 + 800);
    }
}

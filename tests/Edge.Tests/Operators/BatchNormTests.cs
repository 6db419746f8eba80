using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class BatchNormTests : OperatorTests<BatchNorm>
{
    protected override IEnumerable<OperatorCase<BatchNorm>> Cases =>
    [
        Case(new(1e-3f, 0.99f), 4, 10),
        Case(new(1e-5f, 0.9f, false), 2, 5, 5, 3),
        Case(new(1e-5f, 0.9f), 3, 4, 4, 16),
        Case(new(0.1f, 0), 700, 2),
        Case(new(0.1f, 0.5f), 600, 9),
        Case(new(0.5f, 0.9f), 1, 8),
        Case(new(1e-3f, 0.9f), 40, 1),
    ];

    protected override IEnumerable<OperatorCase<BatchNorm>> LargeCases => [Case(new(1e-3f, 0.9f), 8, 16, 16, 40), Case(new(1e-3f, 0.9f), 40, 2501)];

    protected override IEnumerable<OperatorCase<BatchNorm>> BadCases =>
    [
        new(default, Typed(DataType.Int8, 4, 10), Float(10), Float(10), Float(10), Float(10)),
        new(default, Float(4, 10), Float(1), Float(10), Float(10), Float(10)),
        new(default, Float(4, 10), Float(10), Float(9), Float(10), Float(10)),
        new(default, Float(4, 10), Float(10), Float(10), Float(4), Float(10)),
        new(default, Float(4, 10), Float(10), Float(10), Float(10), Typed(DataType.Int32, 10)),
        new(default, Float(), Float(1), Float(1), Float(1), Float(1)),
    ];

    protected override OperatorCase<BatchNorm> OfLength(int length) => Case(new(0.1f, 0.9f), 5, length);

    protected override TestTensor Fill(OperatorCase<BatchNorm> testCase, int input, CounterRandom random) =>
        input == 4 ? Uniform(testCase.Inputs[4], random, 0.3f, 2) : Uniform(testCase.Inputs[input], random);

    protected override DoubleTensor[] Reference(BatchNorm op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        int channels = x.Shape[-1];
        DoubleTensor y = new(x.Shape);
        for (int c = 0; c < channels; c++)
        {
            (double mean, double variance) = run.Training ? Statistics(x, c) : (inputs[3]![c], inputs[4]![c]);
            for (int i = c; i < x.Length; i += channels)
            {
                y[i] = ((x[i] - mean) / Math.Sqrt(variance + op.Epsilon) * inputs[1]![c]) + inputs[2]![c];
            }
        }

        return [y];
    }

    [Fact]
    public void Training_moves_the_running_statistics_and_inference_does_not()
    {
        foreach (OperatorCase<BatchNorm> testCase in Cases)
        {
            TestTensor?[] inputs = Inputs(testCase);
            DoubleTensor x = inputs[0]!.ToDouble();
            int channels = x.Shape[-1];
            int rows = x.Length / channels;
            float momentum = testCase.Operator.Momentum;
            using OperatorRunner runner = new(BatchNorm.Info, testCase.Operator, inputs, new RunnerOptions { Training = true });
            runner.Forward();
            for (int c = 0; c < channels; c++)
            {
                (double mean, double variance) = Statistics(x, c);
                if (testCase.Operator.UnbiasedVariance && rows > 1)
                {
                    variance *= rows / (rows - 1.0);
                }

                Assert.Equal((inputs[3]!.ToDouble()[c] * momentum) + (mean * (1 - momentum)), runner.Input<float>(3)[c], 1e-6);
                Assert.Equal((inputs[4]!.ToDouble()[c] * momentum) + (variance * (1 - momentum)), runner.Input<float>(4)[c], 1e-6);
            }
        }
    }

    [Fact]
    public void A_frozen_operator_in_a_training_step_uses_the_running_statistics_in_both_phases()
    {
        OperatorCase<BatchNorm> testCase = Case(new(1e-3f, 0.9f), 6, 11);
        TestTensor?[] inputs = Inputs(testCase);
        for (uint wanted = 1; wanted < 8; wanted++)
        {
            using OperatorRunner runner = new(BatchNorm.Info, testCase.Operator, inputs, new RunnerOptions { Training = true, Trained = false, Wanted = wanted });
            runner.Forward();
            DoubleTensor y = Reference(testCase.Operator, [.. inputs.Select(static input => input!.ToDouble())], new OracleRun(false, default))[0];
            float[] dy = [.. Enumerable.Range(0, 66).Select(static i => (i % 7) - 2.5f)];
            Assert.All(runner.Output<float>().ToArray().Zip(y.Values), static pair => Assert.Equal(pair.Second, pair.First, 1e-5));
            runner.Backward(dy);
            for (int c = 0; c < 11; c++)
            {
                double inverse = 1 / Math.Sqrt(inputs[4]!.ToDouble()[c] + 1e-3f);
                double sum = 0;
                double product = 0;
                for (int i = c; i < 66; i += 11)
                {
                    sum += dy[i];
                    product += dy[i] * (inputs[0]!.ToDouble()[i] - inputs[3]!.ToDouble()[c]) * inverse;
                    if ((wanted & 1) != 0)
                    {
                        Assert.Equal(dy[i] * inverse * inputs[1]!.ToDouble()[c], runner.InputGradient(0)[i], 1e-5);
                    }
                }

                if ((wanted & 2) != 0)
                {
                    Assert.Equal(product, runner.InputGradient(1)[c], 1e-4);
                }

                if ((wanted & 4) != 0)
                {
                    Assert.Equal(sum, runner.InputGradient(2)[c], 1e-4);
                }
            }
        }
    }

    [Fact]
    public void A_mean_far_from_zero_costs_no_accuracy()
    {
        float[] x = [.. Enumerable.Range(0, 2000).Select(static i => 1000 + (i % 7 * 0.125f))];
        OperatorCase<BatchNorm> testCase = Case(new(1e-5f, 0.9f), 1000, 2);
        TestTensor?[] inputs = Inputs(testCase);
        inputs[0] = TestTensor.Float(new Shape(1000, 2), x);
        using OperatorRunner runner = new(BatchNorm.Info, testCase.Operator, inputs, new RunnerOptions { Training = true });
        runner.Forward();
        DoubleTensor y = Reference(testCase.Operator, [.. inputs.Select(static input => input!.ToDouble())], new OracleRun(true, default))[0];

        // The mean itself is rounded to float32: 3e-5 of 1000, 1.2e-4 of the deviation 0.25.
        Assert.All(runner.Output<float>().ToArray().Zip(y.Values), static pair => Assert.Equal(pair.Second, pair.First, 5e-4));
    }

    private static (double Mean, double Variance) Statistics(DoubleTensor x, int channel)
    {
        int channels = x.Shape[-1];
        int rows = x.Length / channels;
        double sum = 0;
        for (int i = channel; i < x.Length; i += channels)
        {
            sum += x[i];
        }

        double mean = sum / rows;
        double squares = 0;
        for (int i = channel; i < x.Length; i += channels)
        {
            squares += (x[i] - mean) * (x[i] - mean);
        }

        return (mean, squares / rows);
    }

    private static OperatorCase<BatchNorm> Case(BatchNorm op, params int[] sizes) =>
        new(op, Float(sizes), Float(sizes[^1]), Float(sizes[^1]), Float(sizes[^1]), Float(sizes[^1]));
}

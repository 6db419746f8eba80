using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class SoftmaxCrossEntropyTests : OperatorTests<SoftmaxCrossEntropy>
{
    protected override IEnumerable<OperatorCase<SoftmaxCrossEntropy>> Cases =>
    [
        new(default, Float(4, 10), Typed(DataType.Int32, 4)),
        new(default, Float(2, 3, 17), Typed(DataType.Int32, 2, 3)),
        new(default, Float(8), Typed(DataType.Int32)),
        new(default, Float(5, 1), Typed(DataType.Int32, 5)),
        new(default, Float(4, 10), Float(4, 10)),
        new(default, Float(2, 3, 17), Float(2, 3, 17)),
    ];

    protected override IEnumerable<OperatorCase<SoftmaxCrossEntropy>> LargeCases =>
        [new(default, Float(700, 101), Typed(DataType.Int32, 700)), new(default, Float(7000, 10), Float(7000, 10))];

    protected override IEnumerable<OperatorCase<SoftmaxCrossEntropy>> BadCases =>
    [
        new(default, Float(4, 10), Typed(DataType.Int32, 4, 1)),
        new(default, Float(4, 10), Typed(DataType.Int32, 5)),
        new(default, Float(4, 10), Typed(DataType.Int64, 4)),
        new(default, Float(4, 10), Float(4)),
        new(default, Typed(DataType.Int8, 4, 10), Typed(DataType.Int32, 4)),
        new(default, Float(), Float()),
    ];

    protected override OperatorCase<SoftmaxCrossEntropy> OfLength(int length) => new(default, Float(2, length), Typed(DataType.Int32, 2));

    protected override TestTensor Fill(OperatorCase<SoftmaxCrossEntropy> testCase, int input, CounterRandom random) =>
        input == 0 ? Uniform(testCase.Inputs[0], random, -8, 8)
        : testCase.Inputs[1].Type == DataType.Int32 ? Labels(testCase.Inputs[1], random, testCase.Inputs[0].Shape[-1])
        : Uniform(testCase.Inputs[1], random, 0, 1);

    protected override DoubleTensor[] Reference(SoftmaxCrossEntropy op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        int columns = x.Shape[-1];
        int rows = x.Length / columns;
        DoubleTensor probabilities = new(x.Shape);
        double loss = 0;
        for (int row = 0; row < rows; row++)
        {
            double[] logits = x.Values[(row * columns)..((row + 1) * columns)];
            double max = logits.Max();
            double logSum = max + Math.Log(logits.Sum(value => Math.Exp(value - max)));
            for (int i = 0; i < columns; i++)
            {
                probabilities[(row * columns) + i] = Math.Exp(logits[i] - logSum);
                double target = inputs[1]!.Length == x.Length && inputs[1]!.Shape == x.Shape ? inputs[1]![(row * columns) + i] : inputs[1]![row] == i ? 1 : 0;
                loss += target * (logSum - logits[i]);
            }
        }

        return [new(new Shape(1), [loss / rows]), probabilities];
    }

    [Fact]
    public void A_label_out_of_range_is_refused_before_anything_is_written()
    {
        foreach (int label in (int[])[-1, 3, int.MaxValue])
        {
            TestTensor labels = TestTensor.Of(DataType.Int32, new Shape(2), [0, label]);
            using OperatorRunner runner = new(SoftmaxCrossEntropy.Info, default(SoftmaxCrossEntropy), [TestTensor.Float(new Shape(2, 3), 1, 2, 3, 4, 5, 6), labels]);
            ArgumentOutOfRangeException exception = Assert.Throws<ArgumentOutOfRangeException>(runner.Forward);
            Assert.Contains("0 … 2", exception.Message, StringComparison.Ordinal);
            Assert.True(float.IsNaN(runner.Output<float>()[0]));
            Assert.True(float.IsNaN(runner.Output<float>(1)[0]));
        }
    }

    [Fact]
    public void A_hopeless_prediction_has_a_finite_loss()
    {
        TestTensor[] inputs = [TestTensor.Float(new Shape(1, 2), 500, -500), TestTensor.Of(DataType.Int32, new Shape(1), [1])];
        using OperatorRunner runner = new(SoftmaxCrossEntropy.Info, default(SoftmaxCrossEntropy), inputs, new RunnerOptions { Training = true, Wanted = 1 });
        runner.Forward();
        Assert.Equal(1000, runner.Output<float>()[0]);
        runner.Backward([1]);
        Assert.Equal([1, -1], runner.InputGradient(0).ToArray());
    }
}

using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class BinaryCrossEntropyTests : OperatorTests<BinaryCrossEntropy>
{
    protected override IEnumerable<OperatorCase<BinaryCrossEntropy>> Cases =>
        [new(default, Float(1), Float(1)), new(default, Float(4, 10), Float(4, 10)), new(default, Float(2, 3, 17), Float(2, 3, 17)), new(default, Float(), Float())];

    protected override IEnumerable<OperatorCase<BinaryCrossEntropy>> LargeCases => [new(default, Float(7, 10_001), Float(7, 10_001))];

    protected override IEnumerable<OperatorCase<BinaryCrossEntropy>> BadCases =>
        [new(default, Float(4), Float(4, 1)), new(default, Float(4), Typed(DataType.Int32, 4)), new(default, Typed(DataType.Int8, 4), Float(4))];

    protected override OperatorCase<BinaryCrossEntropy> OfLength(int length) => new(default, Float(length), Float(length));

    protected override TestTensor Fill(OperatorCase<BinaryCrossEntropy> testCase, int input, CounterRandom random) =>
        input == 0 ? Uniform(testCase.Inputs[0], random, -12, 12) : Uniform(testCase.Inputs[1], random, 0, 1);

    protected override DoubleTensor[] Reference(BinaryCrossEntropy op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        DoubleTensor probabilities = x.Map(static value => 1 / (1 + Math.Exp(-value)));
        double loss = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double p = probabilities[i];
            double target = inputs[1]![i];
            loss -= (target * Math.Log(p)) + ((1 - target) * Math.Log(1 - p));
        }

        return [new(new Shape(1), [loss / x.Length]), probabilities];
    }

    [Fact]
    public void A_hopeless_prediction_has_a_finite_loss()
    {
        TestTensor[] inputs = [TestTensor.Float(new Shape(2), 500, -1000), TestTensor.Float(new Shape(2), 0, 1)];
        using OperatorRunner runner = new(BinaryCrossEntropy.Info, default(BinaryCrossEntropy), inputs);
        runner.Forward();
        Assert.Equal(750, runner.Output<float>()[0]);
    }
}

using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class MaxPool2DTests : OperatorTests<MaxPool2D>
{
    protected override IEnumerable<OperatorCase<MaxPool2D>> Cases =>
    [
        new(new(2, 2, 2, 2), Float(1, 4, 4, 3)),
        new(new(1, 1), Float(1, 1, 1, 1)),
        new(new(3, 2), Float(2, 5, 4, 2)),
        new(new(2, 2, 3, 1), Float(1, 6, 5, 9)),
        new(new(3, 3, 2, 2, Padding2D.Same(6, 5, 3, 3, 2, 2)), Float(2, 6, 5, 4)),
        new(new(3, 3, 1, 1, new(2, 0, 1, 2)), Float(1, 3, 3, 2)),
        new(new(5, 5, 1, 1, new(4, 4, 4, 4)), Float(1, 2, 1, 2)),
        new(new(2, 2, 2, 2, default, Activation.Relu), Float(1, 4, 6, 3)),
        new(new(2, 1, 1, 1, default, Activation.ReluN1To1), Float(1, 4, 6, 3)),
        new(new(2, 2, 5, 5), Float(1, 3, 3, 2)),
        new(new(2, 3, 1, 2, default, Activation.None, 3, 2), Float(2, 6, 8, 5)),
        new(new(2, 2, 1, 1, new(2, 1, 1, 2), Activation.Relu, 3, 3), Float(1, 4, 5, 3)),
    ];

    protected override IEnumerable<OperatorCase<MaxPool2D>> BadCases =>
    [
        .. PoolCases.Bad.Select(static bad =>
            new OperatorCase<MaxPool2D>(new(bad.KernelHeight, bad.KernelWidth, bad.StrideHeight, bad.StrideWidth, bad.Padding, bad.Activation), bad.Input)),
        new(new(2, 2, DilationHeight: 0), Float(1, 5, 5, 1)),
        new(new(2, 2, DilationWidth: 70_000), Float(1, 5, 5, 1)),
        new(new(2, 2, DilationHeight: 5), Float(1, 5, 5, 1)),
    ];

    protected override IEnumerable<OperatorCase<MaxPool2D>> LargeCases => [new(new(3, 3, 2, 2, new(1, 1, 1, 1)), Float(2, 60, 61, 24))];

    protected override OperatorCase<MaxPool2D> OfLength(int length) => new(new(2, 1, 1, 1, new(1, 0, 0, 0)), Float(1, 2, 1, length));

    /// <summary>Values 0.01 apart, so that no window has two largest ones and no difference step changes which one it is.</summary>
    protected override TestTensor Fill(OperatorCase<MaxPool2D> testCase, int input, CounterRandom random)
    {
        if (testCase.Inputs[0].Type != DataType.Float32)
        {
            return base.Fill(testCase, input, random);
        }

        int count = testCase.Inputs[0].Shape.ElementCount;
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = ((i - (count / 2)) * 0.01f) + 0.005f;
        }

        for (int i = count - 1; i > 0; i--)
        {
            int other = random.Int32((ulong)i, i + 1);
            (values[i], values[other]) = (values[other], values[i]);
        }

        return TestTensor.Of(DataType.Float32, testCase.Inputs[0].Shape, values);
    }

    [Fact]
    public void The_gradient_of_equal_values_goes_to_the_first()
    {
        using OperatorRunner runner = new(
            MaxPool2D.Info, new MaxPool2D(2, 2, 2, 2), [TestTensor.Float(new Shape(1, 2, 2, 1), 1, 3, 3, 3)], new RunnerOptions { Training = true, Wanted = 1 });
        runner.Forward();
        runner.Backward([5]);
        Assert.Equal([0f, 5, 0, 0], runner.InputGradient(0).ToArray());
    }

    [Fact]
    public void Int8_keeps_the_inputs_parameters() => PoolCases.AssertInt8(MaxPool2D.Info, new MaxPool2D(2, 2));

    protected override IEnumerable<Int8Case<MaxPool2D>> Int8Cases(Random random) => PoolCases.Int8<MaxPool2D>(
        random, average: false, static (g, padding, activation) =>
            new(g.KernelHeight, g.KernelWidth, g.StrideHeight, g.StrideWidth, padding, activation, g.DilationHeight, g.DilationWidth));

    protected override DoubleTensor[] Reference(MaxPool2D op, DoubleTensor?[] inputs, OracleRun run) =>
    [
        PoolCases.Pool(
            inputs[0]!, op.KernelHeight, op.KernelWidth, op.StrideHeight, op.StrideWidth, op.Padding, values => Clamp.Of(op.Activation, values.Max()),
            op.DilationHeight, op.DilationWidth),
    ];
}

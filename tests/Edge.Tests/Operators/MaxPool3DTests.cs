using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class MaxPool3DTests : OperatorTests<MaxPool3D>
{
    protected override IEnumerable<OperatorCase<MaxPool3D>> Cases =>
    [
        new(new([2, 2, 2], Window3D.Dense with { Strides = [2, 2, 2] }), Float(1, 4, 4, 2, 3)),
        new(new([1, 1, 1], Window3D.Dense), Float(1, 1, 1, 1, 1)),
        new(new([2, 1, 3], new([1, 2, 1], [2, 1, 1], [1, 0, 2], [1, 0, 1])), Float(2, 4, 3, 3, 2)),
    ];

    protected override IEnumerable<OperatorCase<MaxPool3D>> BadCases =>
    [
        new(new([2, 2], Window3D.Dense), Float(1, 4, 4, 2, 3)),
        new(new([2, 0, 2], Window3D.Dense), Float(1, 4, 4, 2, 3)),
        new(new([2, 2, 3], Window3D.Dense), Float(1, 4, 4, 2, 3)),
        new(new([2, 2, 2], default), Float(1, 4, 4, 2, 3)),
        new(new([2, 2, 2], Window3D.Dense with { Before = [2, 0, 0] }), Float(1, 4, 4, 2, 3)),
        new(new([2, 2, 2], Window3D.Dense), Float(4, 4, 2, 3)),
        new(new([2, 2, 2], Window3D.Dense), Typed(DataType.Int32, 1, 4, 4, 2, 3)),
    ];

    protected override OperatorCase<MaxPool3D> OfLength(int length) => new(new([2, 1, 1], Window3D.Dense), Float(1, 2, 1, 1, length));

    /// <summary>Values 0.01 apart, so that no difference step changes which one is the largest.</summary>
    protected override TestTensor Fill(OperatorCase<MaxPool3D> testCase, int input, CounterRandom random)
    {
        int count = testCase.Inputs[0].Shape.ElementCount;
        float[] values = [.. Enumerable.Range(0, count).Select(i => (i - (count / 2)) * 0.01f)];
        for (int i = count - 1; i > 0; i--)
        {
            int other = random.Int32((ulong)i, i + 1);
            (values[i], values[other]) = (values[other], values[i]);
        }

        return TestTensor.Of(DataType.Float32, testCase.Inputs[0].Shape, values);
    }

    [Fact]
    public void The_gradient_of_equal_values_goes_to_the_first_and_NaN_stays()
    {
        TestTensor x = TestTensor.Float(new Shape(1, 2, 2, 1, 2), 1, 2, 3, float.NaN, 3, 1, 3, 1);
        using OperatorRunner runner = new(MaxPool3D.Info, new MaxPool3D([2, 2, 1], Window3D.Dense), [x], new RunnerOptions { Training = true, Wanted = 1 });
        runner.Forward();
        Assert.Equal([3f, float.NaN], runner.Output<float>().ToArray());
        runner.Backward([5, 7]);
        Assert.Equal([0f, 0, 5, 7, 0, 0, 0, 0], runner.InputGradient(0).ToArray());
    }

    protected override DoubleTensor[] Reference(MaxPool3D op, DoubleTensor?[] inputs, OracleRun run) =>
        [VolumeOracle.Pool(inputs[0]!, op.Kernel, op.Window, static values => values.Max())];
}

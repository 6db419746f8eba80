using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class MaxPoolWithIndicesTests : OperatorTests<MaxPoolWithIndices>
{
    protected override IEnumerable<OperatorCase<MaxPoolWithIndices>> Cases => ((bool[])[false, true]).SelectMany(static columns => (OperatorCase<MaxPoolWithIndices>[])
    [
        new(new(2, 2, 2, 2, ColumnMajor: columns), Float(2, 4, 4, 3)),
        new(new(1, 1, ColumnMajor: columns), Float(1, 1, 1, 1)),
        new(new(3, 2, 1, 2, new(2, 0, 1, 0), ColumnMajor: columns), Float(2, 5, 4, 2)),
        new(new(2, 3, 1, 1, new(1, 1, 2, 0), 2, 2, columns), Float(1, 5, 6, 2)),
    ]);

    protected override IEnumerable<OperatorCase<MaxPoolWithIndices>> BadCases =>
    [
        .. PoolCases.Bad.Where(static bad => bad.Activation <= Activation.ReluN1To1).Select(static bad =>
            new OperatorCase<MaxPoolWithIndices>(new(bad.KernelHeight, bad.KernelWidth, bad.StrideHeight, bad.StrideWidth, bad.Padding), bad.Input)),
        new(new(2, 2, DilationHeight: 0), Float(1, 5, 5, 1)),
    ];

    protected override OperatorCase<MaxPoolWithIndices> OfLength(int length) => new(new(2, 1), Float(1, 2, 1, length));

    [Fact]
    public void Of_equal_values_the_first_is_named_and_NaN_is_the_largest()
    {
        TestTensor x = TestTensor.Float(new Shape(1, 2, 2, 2), 3, 1, 3, float.NaN, 1, 5, 3, 5);
        using OperatorRunner runner = new(MaxPoolWithIndices.Info, new MaxPoolWithIndices(2, 2), [x]);
        runner.Forward();
        Assert.Equal([3f, float.NaN], runner.Output<float>().ToArray());
        Assert.Equal([0L, 5], runner.Output<long>(1).ToArray());
    }

    protected override DoubleTensor[] Reference(MaxPoolWithIndices op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        DoubleTensor y = PoolCases.Pool(
            x, op.KernelHeight, op.KernelWidth, op.StrideHeight, op.StrideWidth, op.Padding, static values => values.Max(), op.DilationHeight, op.DilationWidth);
        DoubleTensor indices = new(y.Shape);
        for (int i = 0; i < y.Length; i++)
        {
            // The values differ: the one that is the maximum of its image and channel is the one.
            int[] at = y.Position(i);
            for (int k = 0; k < x.Length; k++)
            {
                int[] from = x.Position(k);
                if (x[k] == y[i] && from[0] == at[0] && from[3] == at[3])
                {
                    (int height, int width) = (x.Shape[1], x.Shape[2]);
                    indices[i] = (((at[0] * x.Shape[3]) + at[3]) * height * width) + (op.ColumnMajor ? (from[2] * height) + from[1] : (from[1] * width) + from[2]);
                }
            }
        }

        return [y, indices];
    }
}

using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class GatherNdTests : OperatorTests<GatherNd>
{
    protected override IEnumerable<OperatorCase<GatherNd>> Cases =>
    [
        new(new(), Float(5), Typed(DataType.Int32, 3, 1)),
        new(new(), Float(3, 4), Typed(DataType.Int64, 6, 2)),
        new(new(), Float(3, 4, 2), Typed(DataType.Int32, 2, 3, 1)),
        new(new(), Float(3, 4, 2), Typed(DataType.Int64, 2)),
        new(new(1), Float(2, 3, 4), Typed(DataType.Int32, 2, 5, 1)),
        new(new(1), Float(2, 3, 4), Typed(DataType.Int64, 2, 2)),
        new(new(2), Float(2, 3, 4, 2), Typed(DataType.Int64, 2, 3, 2, 1)),
        .. Positions.Types.Select(static type => new OperatorCase<GatherNd>(new(), Typed(type, 3, 2, 3), Typed(DataType.Int32, 4, 2))),
    ];

    protected override IEnumerable<OperatorCase<GatherNd>> BadCases =>
    [
        new(new(), Float(2, 3), Typed(DataType.Int32)),
        new(new(), Float(2, 3), Typed(DataType.Int32, 1, 3)),
        new(new(), Float(2, 3), Float(1, 1)),
        new(new(1), Float(2, 3), Typed(DataType.Int32, 3, 1)),
        new(new(1), Float(2, 3), Typed(DataType.Int32, 2)),
        new(new(-1), Float(2, 3), Typed(DataType.Int32, 2, 1)),
        new(new(1), Float(2, 3), Typed(DataType.Int32, 2, 2)),
        new(new(), Float(1, 2, 3, 4, 5), Typed(DataType.Int32, 1, 1, 1, 1, 1, 1)),
    ];

    protected override OperatorCase<GatherNd> OfLength(int length) => new(new(), Float(3, length), Typed(DataType.Int32, 4, 1));

    protected override IEnumerable<Int8Case<GatherNd>> Int8Cases(Random random) => MovedInt8(random);

    protected override TestTensor Fill(OperatorCase<GatherNd> testCase, int input, CounterRandom random) => input == 0
        ? base.Fill(testCase, input, random)
        : Positions.Vectors(testCase.Inputs[1], random, testCase.Inputs[0].Shape, testCase.Operator.BatchDims);

    [Fact]
    public void An_index_beyond_its_axis_is_refused()
    {
        TestTensor data = TestTensor.Float(new Shape(2, 3), 1, 2, 3, 4, 5, 6), indices = TestTensor.Of(DataType.Int64, new Shape(1, 2), [1L, 3]);
        Assert.StartsWith("GatherNd: an index is 3; -3 … 2 is allowed", Positions.Refused(GatherNd.Info, new GatherNd(), data, indices), StringComparison.Ordinal);
    }

    protected override DoubleTensor[] Reference(GatherNd op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor data = inputs[0]!, indices = inputs[1]!;
        int depth = indices.Shape[-1], batch = op.BatchDims, rows = indices.Shape.Rank - 1;
        Shape shape = new([.. indices.Shape.Axes[..^1], .. data.Shape.Axes[(batch + depth)..]]);
        return
        [
            Positions.Map(data, shape, at =>
            {
                IEnumerable<int> vector = Enumerable.Range(0, depth).Select(i =>
                {
                    int[] index = [.. at[..rows], i];
                    return Positions.Wrap(indices[index.AsSpan()], data.Shape[batch + i]);
                });
                return [.. at[..batch], .. vector, .. at[rows..]];
            }),
        ];
    }
}

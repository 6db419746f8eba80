using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class GatherTests : OperatorTests<Gather>
{
    protected override IEnumerable<OperatorCase<Gather>> Cases =>
    [
        new(new(0), Float(5), Typed(DataType.Int32, 3)),
        new(new(0, AllowNegative: true), Float(5, 3), Typed(DataType.Int64, 2, 2)),
        new(new(-1, AllowNegative: true), Float(2, 4), Typed(DataType.Int64)),
        new(new(1), Float(2, 4, 3), Typed(DataType.Int32, 7)),
        new(new(1, 1), Float(3, 4, 2), Typed(DataType.Int32, 3, 5)),
        new(new(2, 1), Float(2, 3, 4, 2), Typed(DataType.Int64, 2, 2, 3)),
        new(new(2, 2), Float(2, 3, 4), Typed(DataType.Int32, 2, 3)),
        .. Positions.Types.Select(static type => new OperatorCase<Gather>(new(1), Typed(type, 2, 3, 2), Typed(DataType.Int32, 4))),
    ];

    protected override IEnumerable<OperatorCase<Gather>> BadCases =>
    [
        new(new(2), Float(2, 3), Typed(DataType.Int32, 1)),
        new(new(-3), Float(2, 3), Typed(DataType.Int32, 1)),
        new(new(0), Float(), Typed(DataType.Int32, 1)),
        new(new(0), Float(2, 3), Float(1)),
        new(new(0), Float(2, 3), Typed(DataType.Int16, 1)),
        new(new(0, 1), Float(2, 3), Typed(DataType.Int32, 2)),
        new(new(1, 1), Float(2, 3), Typed(DataType.Int32, 3)),
        new(new(1, 1), Float(2, 3), Typed(DataType.Int32)),
        new(new(1, -1), Float(2, 3), Typed(DataType.Int32, 2)),
        new(new(0), Float(1, 2, 3, 4, 5), Typed(DataType.Int32, 1, 1, 1, 1, 1)),
        new(new(0), Float(2, 1 << 20), Typed(DataType.Int32, 1 << 10)),
        new(new(0), Typed(DataType.Int8, 2) with { Quantization = new([0.5f, 0.25f], [], 0) }, Typed(DataType.Int32, 1)),
    ];

    protected override OperatorCase<Gather> OfLength(int length) => new(new(0), Float(3, length), Typed(DataType.Int32, 4));

    protected override IEnumerable<Int8Case<Gather>> Int8Cases(Random random) => MovedInt8(random);

    protected override TestTensor Fill(OperatorCase<Gather> testCase, int input, CounterRandom random) => input == 0
        ? base.Fill(testCase, input, random)
        : Positions.Indices(testCase.Inputs[1], random, testCase.Inputs[0].Shape[testCase.Operator.Axis], testCase.Operator.AllowNegative);

    [Theory]
    [InlineData(false, 3, "an index is 3; 0 … 2 is allowed for an axis of 3 elements")]
    [InlineData(false, -1, "an index is -1; 0 … 2 is allowed")]
    [InlineData(true, 3, "an index is 3; -3 … 2 is allowed")]
    [InlineData(true, -4, "an index is -4; -3 … 2 is allowed")]
    [InlineData(true, long.MinValue, "an index is -9223372036854775808")]
    public void An_index_beyond_the_axis_is_refused(bool allowNegative, long index, string message)
    {
        TestTensor data = TestTensor.Float(new Shape(3), 1, 2, 3), indices = TestTensor.Of(DataType.Int64, new Shape(1), [index]);
        Assert.StartsWith($"Gather: {message}", Positions.Refused(Gather.Info, new Gather(0, 0, allowNegative), data, indices), StringComparison.Ordinal);
    }

    protected override DoubleTensor[] Reference(Gather op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor data = inputs[0]!, indices = inputs[1]!;
        int axis = op.Axis < 0 ? op.Axis + data.Shape.Rank : op.Axis, batch = op.BatchDims, picked = indices.Shape.Rank - batch;
        Shape shape = new([.. data.Shape.Axes[..axis], .. indices.Shape.Axes[batch..], .. data.Shape.Axes[(axis + 1)..]]);
        return
        [
            Positions.Map(data, shape, at =>
            {
                int[] index = [.. at[..batch], .. at[axis..(axis + picked)]];
                return [.. at[..axis], Positions.Wrap(indices[index.AsSpan()], data.Shape[axis]), .. at[(axis + picked)..]];
            }),
        ];
    }
}

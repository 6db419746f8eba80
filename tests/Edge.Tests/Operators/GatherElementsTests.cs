using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class GatherElementsTests : OperatorTests<GatherElements>
{
    protected override IEnumerable<OperatorCase<GatherElements>> Cases =>
    [
        new(new(0), Float(5), Typed(DataType.Int32, 7)),
        new(new(1), Float(3, 4), Typed(DataType.Int64, 3, 2)),
        new(new(0), Float(3, 4), Typed(DataType.Int64, 5, 4)),
        new(new(-2), Float(2, 3, 4), Typed(DataType.Int32, 1, 5, 2)),
        new(new(-1), Float(2, 3, 4, 2), Typed(DataType.Int32, 2, 3, 4, 3)),
        .. Positions.Types.Select(static type => new OperatorCase<GatherElements>(new(1), Typed(type, 2, 3, 2), Typed(DataType.Int32, 2, 4, 2))),
    ];

    protected override IEnumerable<OperatorCase<GatherElements>> BadCases =>
    [
        new(new(2), Float(3, 4), Typed(DataType.Int64, 3, 2)),
        new(new(0), Float(), Typed(DataType.Int64)),
        new(new(0), Float(3, 4), Typed(DataType.Int64, 3)),
        new(new(0), Float(3, 4), Typed(DataType.Int64, 3, 5)),
        new(new(0), Float(3, 4), Float(3, 4)),
    ];

    protected override OperatorCase<GatherElements> OfLength(int length) => new(new(0), Float(3, length), Typed(DataType.Int32, 2, length));

    protected override IEnumerable<Int8Case<GatherElements>> Int8Cases(Random random) => MovedInt8(random);

    protected override TestTensor Fill(OperatorCase<GatherElements> testCase, int input, CounterRandom random) => input == 0
        ? base.Fill(testCase, input, random)
        : Positions.Indices(testCase.Inputs[1], random, testCase.Inputs[0].Shape[testCase.Operator.Axis], negative: true);

    [Fact]
    public void An_index_beyond_the_axis_is_refused()
    {
        TestTensor data = TestTensor.Float(new Shape(3), 1, 2, 3), indices = TestTensor.Of(DataType.Int64, new Shape(1), [3L]);
        Assert.StartsWith("GatherElements: an index is 3; -3 … 2 is allowed", Positions.Refused(GatherElements.Info, new GatherElements(0), data, indices), StringComparison.Ordinal);
    }

    protected override DoubleTensor[] Reference(GatherElements op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor data = inputs[0]!, indices = inputs[1]!;
        int axis = op.Axis < 0 ? op.Axis + data.Shape.Rank : op.Axis;
        return [Positions.Map(data, indices.Shape, at => [.. at[..axis], Positions.Wrap(indices[at.AsSpan()], data.Shape[axis]), .. at[(axis + 1)..]])];
    }
}

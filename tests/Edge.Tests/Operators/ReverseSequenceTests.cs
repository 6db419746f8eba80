using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class ReverseSequenceTests : OperatorTests<ReverseSequence>
{
    protected override IEnumerable<OperatorCase<ReverseSequence>> Cases =>
    [
        new(new(0, 1), Float(4, 5), Typed(DataType.Int32, 4)),
        new(new(1, 0), Float(5, 4, 3), Typed(DataType.Int64, 4)),
        new(new(-2, -1), Float(2, 3, 4), Typed(DataType.Int64, 3)),
        new(new(3, 1), Float(2, 3, 2, 4), Typed(DataType.Int32, 4)),
        .. Positions.Types.Select(static type => new OperatorCase<ReverseSequence>(new(0, 1), Typed(type, 3, 4, 2), Typed(DataType.Int32, 3))),
    ];

    protected override IEnumerable<OperatorCase<ReverseSequence>> BadCases =>
    [
        new(new(0, 0), Float(4, 5), Typed(DataType.Int32, 4)),
        new(new(0, -2), Float(4, 5), Typed(DataType.Int32, 4)),
        new(new(0, 2), Float(4, 5), Typed(DataType.Int32, 4)),
        new(new(0, 1), Float(4, 5), Typed(DataType.Int32, 5)),
        new(new(0, 1), Float(4, 5), Float(4)),
    ];

    protected override OperatorCase<ReverseSequence> OfLength(int length) => new(new(0, 1), Float(2, length), Typed(DataType.Int32, 2));

    protected override IEnumerable<Int8Case<ReverseSequence>> Int8Cases(Random random) => MovedInt8(random);

    /// <summary>Lengths from 0 to the whole time axis.</summary>
    protected override TestTensor Fill(OperatorCase<ReverseSequence> testCase, int input, CounterRandom random) => input == 0
        ? base.Fill(testCase, input, random)
        : Positions.Indices(testCase.Inputs[1], random, testCase.Inputs[0].Shape[testCase.Operator.TimeAxis] + 1);

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public void A_length_beyond_the_time_axis_is_refused(int length)
    {
        TestTensor data = TestTensor.Float(new Shape(1, 3), 1, 2, 3), lengths = TestTensor.Of(DataType.Int32, new Shape(1), [length]);
        string message = Positions.Refused(ReverseSequence.Info, new ReverseSequence(0, 1), data, lengths);
        Assert.StartsWith($"ReverseSequence: a length is {length}; 0 … 3 is allowed", message, StringComparison.Ordinal);
    }

    protected override DoubleTensor[] Reference(ReverseSequence op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!, lengths = inputs[1]!;
        int rank = x.Shape.Rank, batch = op.BatchAxis < 0 ? op.BatchAxis + rank : op.BatchAxis, time = op.TimeAxis < 0 ? op.TimeAxis + rank : op.TimeAxis;
        return
        [
            Positions.Map(x, x.Shape, at =>
            {
                int[] from = [.. at];
                int length = (int)lengths[at[batch]];
                from[time] = at[time] < length ? length - 1 - at[time] : at[time];
                return from;
            }),
        ];
    }
}

using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class BroadcastToTests : OperatorTests<BroadcastTo>
{
    protected override IEnumerable<OperatorCase<BroadcastTo>> Cases =>
    [
        new(new([3, 4]), Float(3, 4)),
        new(new([3, 4]), Float(4)),
        new(new([3, 4]), Float(3, 1)),
        new(new([-1, 1, 5]), Float(2, 3, 1)),
        new(new([2, 3]), Float()),
        new(new([]), Float()),
        new(new([4]), Float(2, 3, 1)),
        new(new([2, 1, 4, 3]), Float(5, 1, 3)),
        .. Positions.Types.Select(static type => new OperatorCase<BroadcastTo>(new([2, 3, 4]), Typed(type, 3, 1))),
    ];

    protected override IEnumerable<OperatorCase<BroadcastTo>> BadCases =>
    [
        new(new([2]), Float(3)),
        new(new([0]), Float(1)),
        new(new([-2]), Float(1)),
        new(new([1, 1, 1, 1, 1, 1, 1, 1, 1]), Float(1)),
        new(new([1 << 20, 1 << 20]), Float(1)),
        new(new([2]), Typed(DataType.Int4, 1)),
    ];

    protected override OperatorCase<BroadcastTo> OfLength(int length) => new(new([2, length]), Float(2, 1));

    protected override IEnumerable<Int8Case<BroadcastTo>> Int8Cases(Random random) => MovedInt8(random);

    protected override DoubleTensor[] Reference(BroadcastTo op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        Shape shape = BroadcastOracle.Together(x.Shape, new Shape([.. op.Sizes.Values.ToArray().Select(static size => Math.Max(size, 1))]));
        DoubleTensor y = new(shape);
        for (int i = 0; i < y.Length; i++)
        {
            y[i] = BroadcastOracle.At(x, y.Position(i));
        }

        return [y];
    }
}

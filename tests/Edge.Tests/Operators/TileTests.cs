using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class TileTests : OperatorTests<Tile>
{
    protected override IEnumerable<OperatorCase<Tile>> Cases =>
    [
        new(new([1, 1]), Float(3, 4)),
        new(new([2, 3]), Float(3, 4)),
        new(new([3]), Float(5)),
        new(new([]), Float()),
        new(new([1, 2, 1, 3]), Float(2, 3, 1, 2)),
        new(new([4, 1, 2]), Float(1, 3, 2)),
        new(new([2, 1, 2, 1, 2, 1, 2, 2]), Float(1, 2, 1, 2, 2, 1, 1, 2)),
        .. Positions.Types.Select(static type => new OperatorCase<Tile>(new([2, 3]), Typed(type, 3, 2))),
    ];

    protected override IEnumerable<OperatorCase<Tile>> BadCases =>
    [
        new(new([1]), Float(3, 4)),
        new(new([1, 1, 1]), Float(3, 4)),
        new(new([1, 0]), Float(3, 4)),
        new(new([1, -1]), Float(3, 4)),
        new(new([int.MaxValue, int.MaxValue]), Float(3, 4)),
        new(new([1]), Typed(DataType.Float16, 3)),
    ];

    protected override OperatorCase<Tile> OfLength(int length) => new(new([2, 2]), Float(3, length));

    protected override IEnumerable<Int8Case<Tile>> Int8Cases(Random random) => MovedInt8(random);

    protected override DoubleTensor[] Reference(Tile op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        Shape shape = new([.. op.Repeats.Values.ToArray().Select((count, axis) => count * x.Shape[axis])]);
        return [Positions.Map(x, shape, at => [.. at.Select((place, axis) => place % x.Shape[axis])])];
    }
}

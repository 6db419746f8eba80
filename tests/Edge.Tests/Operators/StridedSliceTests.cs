using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class StridedSliceTests : OperatorTests<StridedSlice>
{
    protected override IEnumerable<OperatorCase<StridedSlice>> Cases =>
    [
        new(new([0, 0], [-1, -1], [1, 1]), Float(3, 4)),
        new(new([1, 0], [2, -1], [1, 2]), Float(3, 5)),
        new(new([-1, -1], [-1, -1], [-1, -1]), Float(3, 4)),
        new(new([0, -1, 0], [-1, -1, -1], [1, -2, 1]), Float(2, 5, 3)),
        new(new([2], [2], [-2]), Float(6)),
        new(new([-4], [-1], [3]), Float(6)),
        new(new([1], [1], [int.MinValue]), Float(3)),
        new(new([1], [-1], [int.MaxValue]), Float(3)),
        new(new([], [], []), Float()),
        new(new([0, 2, 1, -1], [-1, 1, -1, 2], [1, 1, 2, -3]), Float(2, 3, 4, 5)),
        .. Positions.Types.Select(static type => new OperatorCase<StridedSlice>(new([0, -1], [-1, -1], [2, -1]), Typed(type, 3, 4))),
    ];

    protected override IEnumerable<OperatorCase<StridedSlice>> BadCases =>
    [
        new(new([0], [-1, -1], [1, 1]), Float(3, 4)),
        new(new([0, 0], [-1], [1, 1]), Float(3, 4)),
        new(new([0, 0], [-1, -1], [1]), Float(3, 4)),
        new(new([0], [-1], [0]), Float(3)),
        new(new([3], [-1], [1]), Float(3)),
        new(new([-4], [-1], [1]), Float(3)),
        new(new([0], [0], [1]), Float(3)),
        new(new([0], [-2], [1]), Float(3)),
        new(new([1], [3], [1]), Float(3)),
        new(new([1], [3], [-1]), Float(3)),
        new(new([0], [2], [int.MinValue]), Float(3)),
        new(new([0], [-1], [1]), Typed(DataType.Int4, 3)),
    ];

    protected override OperatorCase<StridedSlice> OfLength(int length) => new(new([0, -1], [-1, length], [1, -1]), Float(2, length + 2));

    protected override IEnumerable<Int8Case<StridedSlice>> Int8Cases(Random random) => MovedInt8(random);

    protected override DoubleTensor[] Reference(StridedSlice op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        List<List<int>> picked = [];
        for (int axis = 0; axis < x.Shape.Rank; axis++)
        {
            List<int> places = [];
            for (long at = Positions.Wrap(op.Begin[axis], x.Shape[axis]); at >= 0 && at < x.Shape[axis] && (op.Count[axis] < 0 || places.Count < op.Count[axis]); at += op.Stride[axis])
            {
                places.Add((int)at);
            }

            picked.Add(places);
        }

        return [Positions.Map(x, new Shape([.. picked.Select(static places => places.Count)]), at => [.. at.Select((place, axis) => picked[axis][place])])];
    }
}

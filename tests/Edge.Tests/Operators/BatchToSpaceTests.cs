using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class BatchToSpaceTests : OperatorTests<BatchToSpace>
{
    protected override IEnumerable<OperatorCase<BatchToSpace>> Cases =>
    [
        new(new([2, 2], [0, 0], [0, 0]), Float(4, 2, 3, 3)),
        new(new([2, 3], [1, 0], [0, 2]), Float(12, 2, 2, 2)),
        new(new([3, 2], [2, 3], [3, 0]), Float(6, 2, 3, 2)),
        new(new([2], [2], [1]), Float(4, 3)),
        new(new([2], [3], [2]), Float(2, 3, 2)),
        new(new([], [], []), Float(2, 3)),
        new(new([1, 2, 2], [0, 0, 1], [1, 0, 0]), Float(4, 2, 1, 2, 2)),
        .. Positions.Types.Select(static type => new OperatorCase<BatchToSpace>(new([2, 2], [0, 1], [0, 1]), Typed(type, 8, 2, 2, 3))),
    ];

    protected override IEnumerable<OperatorCase<BatchToSpace>> BadCases =>
    [
        new(new([2, 2], [0, 0], [0, 0]), Float(2, 4, 4, 1)),
        new(new([2, 2], [0], [0, 0]), Float(4, 4, 4, 1)),
        new(new([2, 2], [0, 0], [0]), Float(4, 4, 4, 1)),
        new(new([2], [0], [0]), Float(4)),
        new(new([0], [0], [0]), Float(1, 4)),
        new(new([2], [-2], [0]), Float(2, 4)),
        new(new([2], [4], [4]), Float(2, 4)),
        new(new([], [], []), Float()),
    ];

    protected override OperatorCase<BatchToSpace> OfLength(int length) => new(new([2], [1], [0]), Float(2, 3, length));

    protected override IEnumerable<Int8Case<BatchToSpace>> Int8Cases(Random random) => MovedInt8(random);

    protected override DoubleTensor[] Reference(BatchToSpace op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        int[] sizes = x.Shape.Axes.ToArray();
        for (int i = 0; i < op.Block.Count; i++)
        {
            sizes[0] /= op.Block[i];
            sizes[i + 1] = (sizes[i + 1] * op.Block[i]) - op.Before[i] - op.After[i];
        }

        return
        [
            Positions.Map(x, new Shape(sizes), at =>
            {
                int[] from = [.. at];
                int offset = 0;
                for (int i = 1; i <= op.Block.Count; i++)
                {
                    int place = at[i] + op.Before[i - 1];
                    offset = (offset * op.Block[i - 1]) + (place % op.Block[i - 1]);
                    from[i] = place / op.Block[i - 1];
                }

                from[0] = (offset * sizes[0]) + at[0];
                return from;
            }),
        ];
    }
}

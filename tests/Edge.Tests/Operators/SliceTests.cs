using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class SliceTests : OperatorTests<Slice>
{
    protected override IEnumerable<OperatorCase<Slice>> Cases =>
    [
        new(new([0, 0], [-1, -1]), Float(3, 4)),
        new(new([1, 2], [2, 1]), Float(3, 4)),
        new(new([0, 1], [-1, 2]), Float(3, 4)),
        new(new([0, 0, 0, 2], [-1, -1, -1, 1]), Float(2, 3, 3, 4)),
        new(new([0, 1, 2, 0], [-1, 2, 1, -1]), Float(2, 3, 3, 4)),
        new(new([5], [1]), Float(6)),
        new(new([], []), Float()),
        new(new([0, 1], [-1, 2]), Typed(DataType.Int8, 3, 4) with { Quantization = new(0.25f, -7) }),
        new(new([0, 1], [-1, 2]), Typed(DataType.UInt8, 3, 4)),
        new(new([0, 1], [-1, 2]), Typed(DataType.Int16, 3, 4)),
        new(new([0, 1], [-1, 2]), Typed(DataType.Int32, 3, 4)),
        new(new([0, 1], [-1, 2]), Typed(DataType.Int64, 3, 4)),
        new(new([0, 1], [-1, 2]), Typed(DataType.Bool, 3, 4)),
    ];

    protected override IEnumerable<OperatorCase<Slice>> BadCases =>
    [
        new(new([0], [-1, -1]), Float(3, 4)),
        new(new([0, 0], [-1]), Float(3, 4)),
        new(new([3, 0], [-1, -1]), Float(3, 4)),
        new(new([-1, 0], [-1, -1]), Float(3, 4)),
        new(new([1, 0], [3, -1]), Float(3, 4)),
        new(new([1, 0], [int.MaxValue, -1]), Float(3, 4)),
        new(new([1, 0], [0, -1]), Float(3, 4)),
        new(new([1, 0], [-2, -1]), Float(3, 4)),
        new(new([0, 0], [-1, -1]), Typed(DataType.Int4, 3, 4)),
    ];

    protected override OperatorCase<Slice> OfLength(int length) => new(new([0, 2], [-1, length]), Float(2, length + 3));

    protected override IEnumerable<Int8Case<Slice>> Int8Cases(Random random) => MovedInt8(random);

    protected override DoubleTensor[] Reference(Slice op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        int[] sizes = new int[x.Shape.Rank];
        for (int i = 0; i < sizes.Length; i++)
        {
            sizes[i] = op.Size[i] < 0 ? x.Shape[i] - op.Begin[i] : op.Size[i];
        }

        DoubleTensor y = new(new Shape(sizes));
        for (int flat = 0; flat < y.Length; flat++)
        {
            int[] position = y.Position(flat);
            for (int i = 0; i < position.Length; i++)
            {
                position[i] += op.Begin[i];
            }

            y[flat] = x[position.AsSpan()];
        }

        return [y];
    }
}

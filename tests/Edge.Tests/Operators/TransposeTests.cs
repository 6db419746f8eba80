using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class TransposeTests : OperatorTests<Transpose>
{
    protected override IEnumerable<OperatorCase<Transpose>> Cases =>
    [
        .. Permutations(4).Select(static permutation => new OperatorCase<Transpose>(new(IntList.Create(permutation)), Float(2, 3, 5, 4))),
        new(new([1, 0]), Float(17, 33)),
        new(new([0]), Float(6)),
        new(new([]), Float()),
        new(new([2, 1, 0]), Float(1, 9, 1)),
        new(new([7, 6, 5, 4, 3, 2, 1, 0]), Float(2, 1, 2, 3, 2, 1, 2, 2)),
        new(new([1, 0, 2]), Typed(DataType.Int8, 3, 4, 5) with { Quantization = new(0.25f, -7) }),
        new(new([2, 0, 1]), Typed(DataType.UInt8, 3, 4, 5)),
        new(new([2, 0, 1]), Typed(DataType.Int16, 3, 4, 5)),
        new(new([2, 0, 1]), Typed(DataType.Int32, 3, 4, 5)),
        new(new([2, 0, 1]), Typed(DataType.Int64, 3, 4, 5)),
        new(new([2, 0, 1]), Typed(DataType.Bool, 3, 4, 5)),
    ];

    protected override IEnumerable<OperatorCase<Transpose>> BadCases =>
    [
        new(new([0, 1]), Float(2, 3, 4)),
        new(new([0, 0, 1]), Float(2, 3, 4)),
        new(new([0, 1, 3]), Float(2, 3, 4)),
        new(new([-1, 0, 1]), Float(2, 3, 4)),
        new(new([1, 0]), Typed(DataType.Float16, 2, 3)),
        new(new([1, 0]), Typed(DataType.Int8, 2, 3) with { Quantization = new([1f, 2f], [], 0) }),
    ];

    protected override OperatorCase<Transpose> OfLength(int length) => new(new([1, 0]), Float(3, length));

    protected override IEnumerable<Int8Case<Transpose>> Int8Cases(Random random) => MovedInt8(random);

    protected override DoubleTensor[] Reference(Transpose op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        int rank = x.Shape.Rank;
        int[] sizes = new int[rank];
        for (int i = 0; i < rank; i++)
        {
            sizes[i] = x.Shape[op.Permutation[i]];
        }

        DoubleTensor y = new(new Shape(sizes));
        int[] from = new int[rank];
        for (int flat = 0; flat < y.Length; flat++)
        {
            int[] to = y.Position(flat);
            for (int i = 0; i < rank; i++)
            {
                from[op.Permutation[i]] = to[i];
            }

            y[flat] = x[from.AsSpan()];
        }

        return [y];
    }

    private static IEnumerable<int[]> Permutations(int count) =>
        count == 0 ? [[]] : Permutations(count - 1).SelectMany(shorter => Enumerable.Range(0, count).Select(at => shorter[..at].Append(count - 1).Concat(shorter[at..]).ToArray()));
}

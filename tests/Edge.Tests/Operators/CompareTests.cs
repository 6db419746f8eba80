using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class CompareTests : ElementwiseTests<Compare>
{
    protected override IEnumerable<Compare> Operators => Enum.GetValues<Comparison>().Select(static comparison => new Compare(comparison));

    protected override IEnumerable<OperatorCase<Compare>> Cases =>
    [
        .. base.Cases,
        .. Operators.SelectMany(static op => PlainInteger.Types.Append(DataType.Float32).SelectMany(type => (OperatorCase<Compare>[])
        [
            new(op, Typed(type, 5, 41), Typed(type, 41)),
            new(op, Typed(type, 4, 1, 3), Typed(type, 9, 1)),
            new(op, Typed(type), Typed(type, 7)),
        ])),
        new(new(Comparison.Equal), Typed(DataType.Bool, 4, 1), Typed(DataType.Bool, 9)),
        new(new(Comparison.NotEqual), Typed(DataType.Bool, 9), Typed(DataType.Bool, 9)),
    ];

    protected override IEnumerable<OperatorCase<Compare>> LargeCases =>
        [new(new(Comparison.Less), Float(300, 300), Float(300, 1)), new(new(Comparison.Greater), Typed(DataType.Int64, 70_001), Typed(DataType.Int64))];

    protected override IEnumerable<OperatorCase<Compare>> BadCases =>
    [
        new(new(Comparison.Less), Typed(DataType.Bool, 3), Typed(DataType.Bool, 3)),
        new(new(Comparison.Less), Float(3), Typed(DataType.Int32, 3)),
        new(new(Comparison.Less), Float(3), Float(2)),
        new(new(Comparison.Less), Typed(DataType.Int32, 3) with { Quantization = new(0.5f, 0) }, Typed(DataType.Int32, 3) with { Quantization = new(0.5f, 0) }),
        new(new((Comparison)9), Float(3), Float(3)),
        new(new(Comparison.Less), Typed(DataType.Int8, 3) with { Quantization = new(20_000f, 0) }, Typed(DataType.Int8, 3) with { Quantization = new(0.5f, 0) }),
        new(new(Comparison.Less), Typed(DataType.Int8, 3) with { Quantization = new(0.5f, 0) }, Typed(DataType.Int8, 3)),
    ];

    protected override bool HasGradient(OperatorCase<Compare> testCase, int input) => false;

    protected override DoubleTensor[] Reference(Compare op, DoubleTensor?[] inputs, OracleRun run) =>
        [BroadcastOracle.Combine(inputs[0]!, inputs[1]!, (a, b) => Holds(op.Comparison, a, b) ? 1 : 0)];

    protected override IEnumerable<Int8Case<Compare>> Int8Cases(Random random)
    {
        (int[] Left, int[] Right)[] shapes = [([3, 37], [3, 37]), ([2, 3, 4, 5], [5]), ([3, 1, 5, 1], [1, 4, 1, 2]), ([], [3, 11])];
        foreach (Compare op in Operators)
        {
            for (int i = 0; i < 12; i++)
            {
                // Equal scales half of the time, so that equal values are met; scales above 1 too.
                Quantization a = Int8Testing.Quantization(random), b = i % 2 == 0 ? a : Int8Testing.Quantization(random);
                TestTensor left = Int8Testing.Tensor(random, new Shape(shapes[i % 4].Left), a), right = Int8Testing.Tensor(random, new Shape(shapes[i % 4].Right), b);
                DoubleTensor expected = BroadcastOracle.Combine(left.ToDouble(), right.ToDouble(), (x, y) =>
                {
                    (int first, int second) = TfliteBinary.Scaled((sbyte)x, (sbyte)y, a, b);
                    return Holds(op.Comparison, first, second) ? 1 : 0;
                });
                yield return new(op, [left, right], new(DataType.Bool, expected.Shape), Array.ConvertAll(expected.Values, static value => (sbyte)value));
            }
        }
    }

    private static bool Holds(Comparison comparison, double a, double b) => comparison switch
    {
        Comparison.Equal => a == b,
        Comparison.NotEqual => a != b,
        Comparison.Less => a < b,
        Comparison.LessOrEqual => a <= b,
        Comparison.Greater => a > b,
        _ => a >= b,
    };
}

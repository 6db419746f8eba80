using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class MatMulTests : OperatorTests<MatMul>
{
    protected override IEnumerable<OperatorCase<MatMul>> Cases =>
    [
        .. Flags().SelectMany(static op => (OperatorCase<MatMul>[])
        [
            Of(op, [], [], 3, 4, 5),
            Of(op, [], [], 1, 1, 1),
            Of(op, [], [], 1, 7, 2),
            Of(op, [2], [2], 3, 4, 5),
            Of(op, [3], [], 2, 4, 5),
            Of(op, [], [3], 2, 4, 5),
            Of(op, [2, 1], [1, 3], 2, 3, 4),
            Of(op, [2, 3], [3], 2, 3, 4),
            Of(op, [1], [2, 2], 3, 2, 2),
        ]),
    ];

    protected override IEnumerable<OperatorCase<MatMul>> BadCases =>
    [
        new(default, Float(4), Float(4, 2)),
        new(default, Float(3, 4), Float(4)),
        new(default, Float(3, 4), Float(3, 5)),
        new(new(TransposeA: true), Float(3, 4), Float(4, 5)),
        new(new(TransposeB: true), Float(3, 4), Float(4, 5)),
        new(default, Float(2, 3, 4), Float(3, 4, 5)),
        new(default, Float(1 << 16, 1), Float(1, 1 << 16)),
        new(default, Typed(DataType.Int8, 3, 4), Typed(DataType.Int8, 4, 5)),
        new(default, Float(3, 4), Typed(DataType.Int8, 4, 5)),
    ];

    protected override IEnumerable<OperatorCase<MatMul>> LargeCases => Flags().Select(static op => Of(op, [2], [2], 65, 130, 70));

    protected override OperatorCase<MatMul> OfLength(int length) => Of(default, [], [], 2, length, 3);

    protected override (double Absolute, double Relative) Tolerance => (2e-5, 1e-5);

    protected override DoubleTensor[] Reference(MatMul op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor a = inputs[0]!, b = inputs[1]!;
        int rank = Math.Max(a.Shape.Rank, b.Shape.Rank);
        int[] sizes = new int[rank];
        for (int axis = 0; axis < rank - 2; axis++)
        {
            sizes[axis] = Math.Max(Size(a, rank, axis), Size(b, rank, axis));
        }

        sizes[^2] = a.Shape[op.TransposeA ? -1 : -2];
        sizes[^1] = b.Shape[op.TransposeB ? -2 : -1];
        int depth = a.Shape[op.TransposeA ? -2 : -1];
        DoubleTensor y = new(new Shape(sizes));
        for (int flat = 0; flat < y.Length; flat++)
        {
            int[] position = y.Position(flat);
            for (int k = 0; k < depth; k++)
            {
                y[flat] += Element(a, position, op.TransposeA, position[^2], k) * Element(b, position, op.TransposeB, k, position[^1]);
            }
        }

        return [y];
    }

    protected override IEnumerable<Int8Case<MatMul>> Int8Cases(Random random)
    {
        foreach (OperatorCase<MatMul> testCase in Cases.Concat(LargeCases).Concat([Of(default, [], [], 3, 33, 5), Of(new(true), [2], [], 40, 61, 19)]))
        {
            Quantization a = Int8Testing.Quantization(random), b = Int8Testing.Quantization(random);
            TestTensor left = Int8Testing.Tensor(random, testCase.Inputs[0].Shape, a), right = Int8Testing.Tensor(random, testCase.Inputs[1].Shape, b);
            DoubleTensor[] shifted = [left.ToDouble(), right.ToDouble()];
            Shift(shifted[0], a.ZeroPoint);
            Shift(shifted[1], b.ZeroPoint);
            DoubleTensor sums = Reference(testCase.Operator, shifted, default!)[0];

            // On average a result lies well inside int8, some lie outside.
            int depth = testCase.Inputs[0].Shape[testCase.Operator.TransposeA ? -2 : -1];
            Quantization output = new(a.Scale * b.Scale * 80 * MathF.Sqrt(depth), Int8Testing.ZeroPoint(random));
            (int multiplier, int shift) = TfliteReference.QuantizeMultiplier((double)(a.Scale * b.Scale) / output.Scale);
            sbyte[] expected = Array.ConvertAll(
                sums.Values, sum => (sbyte)Math.Clamp(TfliteReference.Multiply((int)sum, multiplier, shift) + output.ZeroPoint, sbyte.MinValue, sbyte.MaxValue));
            yield return new(testCase.Operator, [left, right], new(DataType.Int8, sums.Shape, output), expected);
        }

        static void Shift(DoubleTensor tensor, int zeroPoint)
        {
            for (int i = 0; i < tensor.Length; i++)
            {
                tensor[i] -= zeroPoint;
            }
        }
    }

    private static double Element(DoubleTensor tensor, int[] position, bool transposed, int row, int column)
    {
        int[] own = new int[tensor.Shape.Rank];
        for (int axis = 0; axis < own.Length - 2; axis++)
        {
            own[axis] = tensor.Shape[axis] == 1 ? 0 : position[axis + position.Length - own.Length];
        }

        (own[^2], own[^1]) = transposed ? (column, row) : (row, column);
        return tensor[own.AsSpan()];
    }

    private static int Size(DoubleTensor tensor, int rank, int axis) => axis < rank - tensor.Shape.Rank ? 1 : tensor.Shape[axis - rank + tensor.Shape.Rank];

    private static IEnumerable<MatMul> Flags() => [new(false, false), new(true, false), new(false, true), new(true, true)];

    private static OperatorCase<MatMul> Of(MatMul op, int[] batchA, int[] batchB, int m, int k, int n) => new(
        op,
        Float(op.TransposeA ? [.. batchA, k, m] : [.. batchA, m, k]),
        Float(op.TransposeB ? [.. batchB, n, k] : [.. batchB, k, n]));
}

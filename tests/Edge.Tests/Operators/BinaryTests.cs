using Edge.Format;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

/// <summary>What sum, difference and product have in common.</summary>
public abstract class BinaryTests<T> : ElementwiseTests<T> where T : struct, IOperator<T>
{
    protected abstract Activation ActivationOf(T op);

    protected abstract double Combine(double left, double right);

    private protected abstract sbyte CombineInt8(sbyte x, sbyte y, Quantization a, Quantization b, float scale, Int8Range range);

    protected override IEnumerable<Int8Case<T>> Int8Cases(Random random)
    {
        foreach (OperatorCase<T> testCase in Cases.Concat(Cases))
        {
            // Scales within a factor of eight of each other: most results lie inside int8, some outside.
            float scale = Int8Testing.Scale(random);
            Quantization[] quantizations = [.. Enumerable.Range(0, 3).Select(_ => new Quantization(scale * MathF.Pow(2, 3 * random.NextSingle()), Int8Testing.ZeroPoint(random)))];
            Quantization a = quantizations[0], b = quantizations[1], output = quantizations[2];
            TestTensor left = Int8Testing.Tensor(random, testCase.Inputs[0].Shape, a), right = Int8Testing.Tensor(random, testCase.Inputs[1].Shape, b);
            Int8Range range = Int8Range.Of(ActivationOf(testCase.Operator), output.Scale, output.ZeroPoint);
            DoubleTensor expected = BroadcastOracle.Combine(left.ToDouble(), right.ToDouble(), (x, y) => CombineInt8((sbyte)x, (sbyte)y, a, b, output.Scale, range));
            yield return new(testCase.Operator, [left, right], new(DataType.Int8, expected.Shape, output), Array.ConvertAll(expected.Values, static value => (sbyte)value));
        }
    }

    protected override IEnumerable<OperatorCase<T>> Cases =>
    [
        .. base.Cases,
        .. Operators.SelectMany(static op => (OperatorCase<T>[])
        [
            new(op, Float(2, 3, 4, 5), Float(5)),
            new(op, Float(5), Float(2, 3, 4, 5)),
            new(op, Float(2, 3, 4, 17), Float(2, 1, 1, 17)),
            new(op, Float(2, 3, 4, 5), Float(1, 3, 1, 5)),
            new(op, Float(2, 3, 1, 5), Float(2, 3, 4, 5)),
            new(op, Float(2, 3, 19, 1), Float(2, 3, 19, 7)),
            new(op, Float(7, 1), Float(1, 9)),
            new(op, Float(3, 1, 5, 1), Float(1, 4, 1, 2)),
            new(op, Float(3, 11), Float(1)),
            new(op, Float(), Float(3, 11)),
            new(op, Float(), Float()),
            new(op, Float(1, 1), Float(1)),
            new(op, Typed(DataType.Int8, 3, 7), Typed(DataType.Int8, 7)),
            new(op, Typed(DataType.UInt8, 3, 1), Typed(DataType.UInt8, 3, 7)),
            new(op, Typed(DataType.Int16, 37), Typed(DataType.Int16, 37)),
            new(op, Typed(DataType.Int32, 3, 1, 5), Typed(DataType.Int32, 2, 1)),
            new(op, Typed(DataType.Int64), Typed(DataType.Int64, 5)),
        ]),
    ];

    protected override IEnumerable<OperatorCase<T>> LargeCases =>
    [
        .. base.LargeCases.Take(1),
        new(Operators.First(), Float(40, 30, 70), Float(70)),
        new(Operators.First(), Float(1), Float(70_001)),
        new(Operators.First(), Float(40, 1, 70), Float(40, 30, 70)),
        new(Operators.First(), Float(40, 30, 70), Float(40, 30, 1)),
        new(Operators.First(), Float(3, 40_000), Float(1, 40_000)),
    ];

    protected override IEnumerable<OperatorCase<T>> BadCases =>
    [
        .. base.BadCases,
        new(Operators.First(), Float(2, 3), Float(2)),
        new(Operators.First(), Float(2, 3), Float(4, 3)),
        new(Operators.First(), Float(2, 3), Typed(DataType.Int32, 2, 3)),
        new(Operators.First(), Typed(DataType.Int32, 2, 3), Float(2, 3)),
        new(Operators.First(), Typed(DataType.Int32, 2, 3), Typed(DataType.Int64, 2, 3)),
        new(Operators.First(), Typed(DataType.Int8, 2, 3), Typed(DataType.Int8, 2, 3) with { Quantization = new(0.5f, 3) }),
        new(Operators.First(), Float(100_000, 1), Float(1, 100_000)),
    ];

    protected override DoubleTensor[] Reference(T op, DoubleTensor?[] inputs, OracleRun run) => Reference(new OperatorCase<T>(op, Float(), Float()), inputs, run);

    protected override DoubleTensor[] Reference(OperatorCase<T> testCase, DoubleTensor?[] inputs, OracleRun run) =>
    [
        BroadcastOracle.Combine(inputs[0]!, inputs[1]!, (left, right) => Math.Max(
            Clamp.Of(ActivationOf(testCase.Operator), PlainInteger.Wrap(testCase.Inputs[0].Type, Combine(left, right))),
            testCase.Inputs[0].Type == DataType.UInt8 ? 0 : double.NegativeInfinity)),
    ];
}

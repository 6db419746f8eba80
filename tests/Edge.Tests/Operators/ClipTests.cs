using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class ClipTests : ElementwiseTests<Clip>
{
    protected override IEnumerable<Clip> Operators =>
        [new(-0.75f, 1.25f), new(0, float.PositiveInfinity), new(float.NegativeInfinity, 0.5f), new(float.NegativeInfinity, float.PositiveInfinity), new(0, 1), new(-20.5f, 20.5f)];

    protected override double[] Kinks => [-0.75, 0, 0.5, 1, 1.25];

    protected override IEnumerable<OperatorCase<Clip>> Cases =>
        [.. base.Cases, .. Operators.SelectMany(static op => PlainInteger.Types.Select(type => new OperatorCase<Clip>(op, Typed(type, 3, 37))))];

    protected override IEnumerable<OperatorCase<Clip>> BadCases =>
    [
        .. base.BadCases,
        new(new(1, 0), Float(3)),
        new(new(float.NaN, 0), Float(3)),
        new(new(0, float.NaN), Float(3)),
        new(new(0.25f, 0.75f), Typed(DataType.Int32, 3)),
    ];

    protected override DoubleTensor[] Reference(Clip op, DoubleTensor?[] inputs, OracleRun run) => [inputs[0]!.Map(x => Math.Min(Math.Max(x, op.Minimum), op.Maximum))];

    protected override DoubleTensor[] Reference(OperatorCase<Clip> testCase, DoubleTensor?[] inputs, OracleRun run)
    {
        Clip op = testCase.Operator;
        double least = testCase.Inputs[0].Type == DataType.UInt8 ? 0 : double.NegativeInfinity;
        return testCase.Inputs[0].Type == DataType.Float32
            ? Reference(op, inputs, run)
            : [inputs[0]!.Map(x => Math.Max(Math.Min(Math.Max(x, Math.Ceiling(op.Minimum)), Math.Floor(op.Maximum)), least))];
    }

    protected override IEnumerable<Int8Case<Clip>> Int8Cases(Random random) =>
        Int8Unary.Cases(random, Operators, static (op, q, from, to) => TfliteReference.Relu(q, op.Minimum, op.Maximum, from.Scale, from.ZeroPoint, to.Scale, to.ZeroPoint));
}

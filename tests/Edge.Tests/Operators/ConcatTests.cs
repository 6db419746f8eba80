using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class ConcatTests : OperatorTests<Concat>
{
    private static readonly Quantization s_quantization = new(0.25f, -7);

    protected override IEnumerable<OperatorCase<Concat>> Cases =>
    [
        new(new(0), Float(3, 4)),
        new(new(0), Float(3, 4), Float(1, 4)),
        new(new(1), Float(3, 4), Float(3, 2), Float(3, 1)),
        new(new(-1), Float(2, 3, 3, 4), Float(2, 3, 3, 5)),
        new(new(-3), Float(2, 3, 3, 4), Float(2, 1, 3, 4)),
        new(new(0), Float(2), Float(3), Float(4)),
        new(new(1), Typed(DataType.Int8, 3, 4) with { Quantization = s_quantization }, Typed(DataType.Int8, 3, 1) with { Quantization = new(0.25f, -7) }),
        new(new(1), Typed(DataType.UInt8, 3, 4), Typed(DataType.UInt8, 3, 1)),
        new(new(1), Typed(DataType.Int16, 3, 4), Typed(DataType.Int16, 3, 1)),
        new(new(1), Typed(DataType.Int32, 3, 4), Typed(DataType.Int32, 3, 1)),
        new(new(1), Typed(DataType.Int64, 3, 4), Typed(DataType.Int64, 3, 1)),
        new(new(1), Typed(DataType.Bool, 3, 4), Typed(DataType.Bool, 3, 1)),
    ];

    protected override IEnumerable<OperatorCase<Concat>> BadCases =>
    [
        new(new(2), Float(3, 4), Float(3, 4)),
        new(new(-3), Float(3, 4), Float(3, 4)),
        new(new(0), Float()),
        new(new(0), Float(3, 4), Float(3, 5)),
        new(new(0), Float(3, 4), Float(3)),
        new(new(0), Float(3, 4), Typed(DataType.Int32, 3, 4)),
        new(new(0), Float(3, 4), None),
        new(new(0), Float(1 << 29), Float(1 << 29)),
        new(new(0), Typed(DataType.UInt8, 3) with { Quantization = s_quantization }, Typed(DataType.UInt8, 3) with { Quantization = new(0.25f, 3) }),
        new(new(0), Typed(DataType.Int8, 3) with { Quantization = s_quantization }, Typed(DataType.Int8, 3) with { Quantization = new(0f, 3) }),
        new(new(0), Typed(DataType.Int8, 3) with { Quantization = s_quantization }, Typed(DataType.Int8, 3)),
    ];

    protected override OperatorCase<Concat> OfLength(int length) => new(new(1), Float(2, length), Float(2, 3));

    protected override IEnumerable<Int8Case<Concat>> Int8Cases(Random random)
    {
        foreach (Int8Case<Concat> moved in MovedInt8(random))
        {
            yield return moved;

            // The inputs on scales of their own, one on the output's: requantized, then concatenated.
            Quantization output = moved.Output.Quantization!;
            TestTensor[] inputs = [.. moved.Inputs.Select((input, i) => Int8Testing.Tensor(
                random, input!.Spec.Shape, i == 1 ? output : new(output.Scale * (0.3f + (2 * random.NextSingle())), Int8Testing.ZeroPoint(random))))];
            DoubleTensor[] rescaled = [.. inputs.Select(input => input.ToDouble().Map(
                value => TfliteReference.Requantize((int)value, input.Spec.Quantization!.Scale, input.Spec.Quantization.ZeroPoint, output.Scale, output.ZeroPoint, -128, 127)))];
            double[] expected = Reference(moved.Operator, rescaled, default)[0].Values;
            yield return moved with { Inputs = inputs, Expected = Array.ConvertAll(expected, static value => (sbyte)value) };
        }
    }

    protected override DoubleTensor[] Reference(Concat op, DoubleTensor?[] inputs, OracleRun run)
    {
        Shape first = inputs[0]!.Shape;
        int axis = op.Axis < 0 ? op.Axis + first.Rank : op.Axis;
        DoubleTensor y = new(first.With(axis, inputs.Sum(input => input!.Shape[axis])));
        int at = 0;
        foreach (DoubleTensor? input in inputs)
        {
            for (int flat = 0; flat < input!.Length; flat++)
            {
                int[] position = input.Position(flat);
                position[axis] += at;
                y[position.AsSpan()] = input[flat];
            }

            at += input.Shape[axis];
        }

        return [y];
    }
}

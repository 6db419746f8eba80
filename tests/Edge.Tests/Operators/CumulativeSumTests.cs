using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class CumulativeSumTests : OperatorTests<CumulativeSum>
{
    private static readonly (int Axis, int[] Shape)[] s_shapes = [(0, [7]), (-1, [3, 5, 9]), (1, [2, 6, 4]), (0, [8, 3])];

    private static IEnumerable<CumulativeSum> Operators(int axis) => [new(axis, false, false), new(axis, true, false), new(axis, false, true), new(axis, true, true)];

    protected override IEnumerable<OperatorCase<CumulativeSum>> Cases => s_shapes.SelectMany(static s => Operators(s.Axis).SelectMany(op =>
        PlainInteger.Types.Prepend(DataType.Float32).Select(type => new OperatorCase<CumulativeSum>(op, Typed(type, s.Shape)))));

    protected override IEnumerable<OperatorCase<CumulativeSum>> LargeCases => [new(new(1, false, false), Float(4, 20_000)), new(new(0, true, true), Float(300, 300))];

    protected override OperatorCase<CumulativeSum> OfLength(int length) => new(new(1, length % 2 == 0, length % 3 == 0), Float(2, length));

    protected override IEnumerable<OperatorCase<CumulativeSum>> BadCases =>
        [new(new(1, false, false), Float(3)), new(new(0, false, false), Float()), new(new(0, false, false), Typed(DataType.Bool, 3))];

    protected override (double Absolute, double Relative) Tolerance => (1e-5, 1e-5);

    protected override DoubleTensor[] Reference(CumulativeSum op, DoubleTensor?[] inputs, OracleRun run) => [Lines(op, inputs[0]!, line =>
    {
        double[] sums = new double[line.Length];
        double sum = 0;
        for (int i = 0; i < line.Length; i++)
        {
            sums[i] = op.Exclusive ? sum : sum + line[i];
            sum += line[i];
        }

        return sums;
    })];

    protected override DoubleTensor[] Reference(OperatorCase<CumulativeSum> testCase, DoubleTensor?[] inputs, OracleRun run) =>
        [Reference(testCase.Operator, inputs, run)[0].Map(value => PlainInteger.Wrap(testCase.Inputs[0].Type, value))];

    protected override IEnumerable<Int8Case<CumulativeSum>> Int8Cases(Random random)
    {
        foreach ((int axis, int[] shape) in s_shapes)
        {
            foreach (CumulativeSum op in Operators(axis))
            {
                for (int i = 0; i < 6; i++)
                {
                    Quantization from = Int8Testing.Quantization(random), to = new(from.Scale * MathF.Pow(2, 5 * random.NextSingle()), Int8Testing.ZeroPoint(random));
                    TestTensor x = Int8Testing.Tensor(random, new Shape(shape), from);
                    DoubleTensor expected = Lines(
                        op, x.ToDouble(), line => Array.ConvertAll(TfliteBinary.CumulativeSum(Array.ConvertAll(line, static value => (sbyte)value), op.Exclusive, from, to), static value => (double)value));
                    yield return new(op, [x], new(DataType.Int8, x.Spec.Shape, to), Array.ConvertAll(expected.Values, static value => (sbyte)value));
                }
            }
        }
    }

    // Every line along the axis, in the order of summation, through a function.
    private static DoubleTensor Lines(CumulativeSum op, DoubleTensor x, Func<double[], double[]> function)
    {
        int axis = op.Axis < 0 ? op.Axis + x.Shape.Rank : op.Axis;
        DoubleTensor y = new(x.Shape);
        for (int flat = 0; flat < x.Length; flat++)
        {
            int[] position = x.Position(flat);
            if (position[axis] != 0)
            {
                continue;
            }

            int[] indices = [.. Enumerable.Range(0, x.Shape[axis]).Select(k =>
            {
                int[] at = [.. position];
                at[axis] = k;
                return x.Flat(at);
            })];
            if (op.Reverse)
            {
                Array.Reverse(indices);
            }

            double[] results = function([.. indices.Select(i => x[i])]);
            for (int i = 0; i < indices.Length; i++)
            {
                y[indices[i]] = results[i];
            }
        }

        return y;
    }
}

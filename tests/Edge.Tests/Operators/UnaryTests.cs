using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class UnaryTests : ElementwiseTests<Unary>
{
    private static readonly UnaryFunction[] s_integer = [UnaryFunction.Abs, UnaryFunction.Negate, UnaryFunction.Square, UnaryFunction.Sign, UnaryFunction.Not];

    protected override IEnumerable<Unary> Operators => Enum.GetValues<UnaryFunction>().Where(static function => function != UnaryFunction.Not).Select(static function => new Unary(function));

    protected override double[] Kinks => [.. Enumerable.Range(-8, 17).Select(static i => i / 2.0)];

    protected override IEnumerable<OperatorCase<Unary>> Cases =>
    [
        .. base.Cases,
        .. s_integer.SelectMany(static function => PlainInteger.Types.Select(type => new OperatorCase<Unary>(new(function), Typed(type, 3, 37)))),
        new(new(UnaryFunction.Not), Typed(DataType.Bool, 3, 5)),
        new(new(UnaryFunction.Not), Typed(DataType.Bool)),
    ];

    protected override IEnumerable<OperatorCase<Unary>> LargeCases => [.. base.LargeCases, new(new(UnaryFunction.Square), Typed(DataType.Int32, 70_001))];

    protected override IEnumerable<OperatorCase<Unary>> BadCases =>
    [
        .. base.BadCases,
        new(new(UnaryFunction.Exp), Typed(DataType.Int32, 3)),
        new(new(UnaryFunction.Not), Float(3)),
        new(new(UnaryFunction.Not), Typed(DataType.Int8, 3) with { Quantization = new(0.5f, 3) }),
        new(new(UnaryFunction.IsNaN), Typed(DataType.Int32, 3)),
        new(new(UnaryFunction.Abs), Typed(DataType.Int32, 3) with { Quantization = new(0.5f, 3) }),
        new(new((UnaryFunction)200), Float(3)),
    ];

    protected override bool HasGradient(OperatorCase<Unary> testCase, int input) =>
        base.HasGradient(testCase, input) && testCase.Operator.Function is not (UnaryFunction.IsNaN or UnaryFunction.IsInfinity);

    protected override TestTensor Fill(OperatorCase<Unary> testCase, int input, CounterRandom random)
    {
        (float low, float high) = testCase.Operator.Function switch
        {
            UnaryFunction.Log or UnaryFunction.Sqrt or UnaryFunction.Rsqrt or UnaryFunction.Reciprocal => (0.2f, 4),
            UnaryFunction.Asin or UnaryFunction.Acos or UnaryFunction.Atanh => (-0.9f, 0.9f),
            UnaryFunction.Acosh => (1.1f, 4),
            UnaryFunction.Tan => (-1.2f, 1.2f),
            _ => (-4, 4),
        };
        return Uniform(testCase.Inputs[input], random, low, high);
    }

    protected override DoubleTensor[] Reference(Unary op, DoubleTensor?[] inputs, OracleRun run) => [inputs[0]!.Map(x => Value(op.Function, x))];

    protected override DoubleTensor[] Reference(OperatorCase<Unary> testCase, DoubleTensor?[] inputs, OracleRun run) =>
        testCase.Operator.Function == UnaryFunction.Not && testCase.Inputs[0].Type == DataType.Bool
            ? [inputs[0]!.Map(static x => 1 - x)]
            : [inputs[0]!.Map(x => PlainInteger.Wrap(testCase.Inputs[0].Type, Value(testCase.Operator.Function, x)))];

    protected override IEnumerable<Int8Case<Unary>> Int8Cases(Random random) => Int8Unary.Cases(
        random,
        Operators.Where(static op => op.Function is not (UnaryFunction.IsNaN or UnaryFunction.IsInfinity)),
        static (op, q, from, to) => op.Function switch
        {
            UnaryFunction.Abs => TfliteFunctions.Abs(q, from, to),
            UnaryFunction.Sqrt => TfliteFunctions.Sqrt(q, from, to),
            UnaryFunction.Rsqrt => TfliteFunctions.Rsqrt(q, from, to),
            _ => TfliteFunctions.Table(q, from, to, x => Value(op.Function, x)),
        });

    [Fact]
    public void Many_angles_have_their_sine_and_cosine()
    {
        float[] x = [.. Enumerable.Range(0, 20_000).Select(static i => (i - 10_000) * 0.831f)];
        foreach (UnaryFunction function in (UnaryFunction[])[UnaryFunction.Sin, UnaryFunction.Cos])
        {
            using OperatorRunner runner = new(Unary.Info, new Unary(function), [TestTensor.Float(new Shape(x.Length), x)]);
            runner.Forward();
            for (int i = 0; i < x.Length; i++)
            {
                double expected = function == UnaryFunction.Sin ? Math.Sin(x[i]) : Math.Cos(x[i]);
                Assert.True(Math.Abs(runner.Output<float>()[i] - expected) < 2e-7, $"{function}({x[i]:R}) is {runner.Output<float>()[i]:R}; {expected:R} is expected.");
            }
        }
    }

    [Theory]
    [InlineData(UnaryFunction.Log)]
    [InlineData(UnaryFunction.Erf)]
    [InlineData(UnaryFunction.Softplus)]
    public void Results_are_accurate_over_the_whole_range(UnaryFunction function)
    {
        // Every exponent, some mantissas; errors relative to the result.
        float[] x = [.. Enumerable.Range(0, 0x7F80_0000 / 100_003).Select(static i => BitConverter.Int32BitsToSingle(i * 100_003))];
        x = function == UnaryFunction.Log ? x : [.. x, .. x.Select(static value => -value)];
        using OperatorRunner runner = new(Unary.Info, new Unary(function), [TestTensor.Float(new Shape(x.Length), x)]);
        runner.Forward();
        for (int i = 0; i < x.Length; i++)
        {
            double expected = Value(function, x[i]);
            Assert.True(
                Near(runner.Output<float>()[i], expected, 2e-44, 5e-7), $"{function}({x[i]:R}) is {runner.Output<float>()[i]:R}; {expected:R} is expected.");
        }
    }

    private static double Value(UnaryFunction function, double x) => function switch
    {
        UnaryFunction.Abs => Math.Abs(x),
        UnaryFunction.Negate => -x,
        UnaryFunction.Exp => Math.Exp(x),
        UnaryFunction.Log => Math.Log(x),
        UnaryFunction.Sqrt => Math.Sqrt(x),
        UnaryFunction.Rsqrt => 1 / Math.Sqrt(x),
        UnaryFunction.Square => x * x,
        UnaryFunction.Reciprocal => 1 / x,
        UnaryFunction.Sin => Math.Sin(x),
        UnaryFunction.Cos => Math.Cos(x),
        UnaryFunction.Tan => Math.Tan(x),
        UnaryFunction.Asin => Math.Asin(x),
        UnaryFunction.Acos => Math.Acos(x),
        UnaryFunction.Atan => Math.Atan(x),
        UnaryFunction.Sinh => Math.Sinh(x),
        UnaryFunction.Cosh => Math.Cosh(x),
        UnaryFunction.Asinh => Math.Asinh(x),
        UnaryFunction.Acosh => Math.Acosh(x),
        UnaryFunction.Atanh => Math.Atanh(x),
        UnaryFunction.Erf => Math.Abs(x) < 0.5 ? SeriesOfErf(x) : 1 - SpecialFunctions.ComplementaryError(x),
        UnaryFunction.Floor => Math.Floor(x),
        UnaryFunction.Ceiling => Math.Ceiling(x),
        UnaryFunction.Round => Math.Round(x, MidpointRounding.ToEven),
        UnaryFunction.Sign => double.IsNaN(x) ? x : Math.Sign(x),
        UnaryFunction.Softplus => x > 0 ? x + LogOnePlus(Math.Exp(-x)) : LogOnePlus(Math.Exp(x)),
        UnaryFunction.Softsign => double.IsInfinity(x) ? Math.Sign(x) : x / (1 + Math.Abs(x)),
        UnaryFunction.Not => -1 - x,
        UnaryFunction.IsNaN => double.IsNaN(x) ? 1 : 0,
        _ => double.IsInfinity(x) ? 1 : 0,
    };

    private static double LogOnePlus(double x) => x < 1e-8 ? x - (x * x / 2) : Math.Log(1 + x);

    private static double SeriesOfErf(double x)
    {
        double term = x, sum = x;
        for (int n = 1; n < 30; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}

using System.Numerics;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class BinaryFunctionTests : ElementwiseTests<Binary>
{
    private static readonly BinaryFunction[] s_integer = [.. Enum.GetValues<BinaryFunction>().Where(static function => function != BinaryFunction.Atan2)];

    protected override IEnumerable<Binary> Operators => Enum.GetValues<BinaryFunction>()
        .Where(static function => function is not (BinaryFunction.ShiftLeft or BinaryFunction.ShiftRight)).Select(static function => new Binary(function));

    // The quotients of special values are special: the base class pairs them all.
    protected override float[] SpecialValues => [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0f, -0f, 1e-30f, -1e-30f, float.MaxValue, 1f, -1f, 6f, -20f, 2.5f];

    protected override IEnumerable<OperatorCase<Binary>> Cases =>
    [
        .. base.Cases,
        .. Operators.SelectMany(static op => (OperatorCase<Binary>[])
        [
            new(op, Float(2, 3, 4, 5), Float(5)),
            new(op, Float(5), Float(2, 3, 4, 5)),
            new(op, Float(3, 1, 5, 1), Float(1, 4, 1, 2)),
            new(op, Float(), Float(3, 11)),
            new(op, Float(3, 11), Float(1)),
        ]),
        .. s_integer.SelectMany(static function => PlainInteger.Types.SelectMany(type => (OperatorCase<Binary>[])
        [
            new(new(function), Typed(type, 5, 41), Typed(type, 41)),
            new(new(function), Typed(type, 4, 1), Typed(type, 9)),
        ])),
    ];

    protected override IEnumerable<OperatorCase<Binary>> LargeCases =>
    [
        .. base.LargeCases,
        new(new(BinaryFunction.Divide), Float(40, 30, 70), Float(40, 30, 1)),
        new(new(BinaryFunction.FloorModulo), Typed(DataType.Int32, 3, 40_000), Typed(DataType.Int32, 1, 40_000)),
        new(new(BinaryFunction.Maximum), Typed(DataType.Int64, 300, 300), Typed(DataType.Int64, 300, 1)),
    ];

    protected override IEnumerable<OperatorCase<Binary>> BadCases =>
    [
        .. base.BadCases,
        new(new(BinaryFunction.Divide), Float(2, 3), Float(2)),
        new(new(BinaryFunction.Divide), Float(2, 3), Typed(DataType.Int32, 2, 3)),
        new(new(BinaryFunction.Divide), Typed(DataType.Int32, 2, 3), Typed(DataType.Int64, 2, 3)),
        new(new(BinaryFunction.ShiftLeft), Float(3), Float(3)),
        new(new(BinaryFunction.Atan2), Typed(DataType.Int32, 3), Typed(DataType.Int32, 3)),
        new(new((BinaryFunction)77), Float(3), Float(3)),
        new(new(BinaryFunction.Divide), Float(100_000, 1), Float(1, 100_000)),
    ];

    protected override TestTensor Fill(OperatorCase<Binary> testCase, int input, CounterRandom random) => testCase.Operator.Function switch
    {
        BinaryFunction.Power when testCase.Inputs[0].Type == DataType.Float32 => Uniform(testCase.Inputs[input], random, 0.3f, 3),
        BinaryFunction.Power or BinaryFunction.ShiftLeft or BinaryFunction.ShiftRight when input == 1 => Small(testCase.Inputs[1], random),
        BinaryFunction.FloorDivide or BinaryFunction.FloorModulo or BinaryFunction.Remainder when testCase.Inputs[0].Type == DataType.Float32 =>
            input == 0 ? Uniform(testCase.Inputs[0], random, -6, 6) : Apart(testCase.Inputs[1], random),
        BinaryFunction.Divide when input == 1 && testCase.Inputs[0].Type == DataType.Float32 => Uniform(testCase.Inputs[1], random, 0.4f, 3),
        _ => Uniform(testCase.Inputs[input], random),
    };

    protected override (double Absolute, double Relative) GradientTolerance => (2e-5, 2e-4);

    protected override DoubleTensor[] Reference(Binary op, DoubleTensor?[] inputs, OracleRun run) => [BroadcastOracle.Combine(inputs[0]!, inputs[1]!, (a, b) => Value(op.Function, a, b))];

    protected override DoubleTensor[] Reference(OperatorCase<Binary> testCase, DoubleTensor?[] inputs, OracleRun run)
    {
        DataType type = testCase.Inputs[0].Type;
        return type == DataType.Float32
            ? Reference(testCase.Operator, inputs, run)
            : [BroadcastOracle.Combine(inputs[0]!, inputs[1]!, (a, b) => (double)Integer(testCase.Operator.Function, type, (long)a, (long)b))];
    }

    protected override IEnumerable<Int8Case<Binary>> Int8Cases(Random random)
    {
        (int[] Left, int[] Right)[] shapes = [([3, 37], [3, 37]), ([2, 3, 4, 5], [5]), ([5], [2, 3, 4, 5]), ([3, 1, 5, 1], [1, 4, 1, 2]), ([], [3, 11]), ([256, 1], [1, 256])];
        foreach (BinaryFunction function in (BinaryFunction[])[BinaryFunction.Divide, BinaryFunction.Minimum, BinaryFunction.Maximum, BinaryFunction.SquaredDifference])
        {
            for (int i = 0; i < 30; i++)
            {
                (int[] leftShape, int[] rightShape) = shapes[i % shapes.Length];
                Quantization a = Int8Testing.Quantization(random), b = new(a.Scale * MathF.Pow(2, (4 * random.NextSingle()) - 2), Int8Testing.ZeroPoint(random));
                float scale = function == BinaryFunction.Divide ? MathF.Pow(2, -8 + (6 * random.NextSingle())) : a.Scale * a.Scale * 16 * random.NextSingle();
                Quantization output = new(Math.Max(scale, 1e-6f), Int8Testing.ZeroPoint(random));
                bool ordered = function is BinaryFunction.Minimum or BinaryFunction.Maximum;
                (b, output) = ordered ? (a, a) : (b, output);
                TestTensor left = i % 6 == 5 ? Every(leftShape, a) : Int8Testing.Tensor(random, new Shape(leftShape), a);
                TestTensor right = i % 6 == 5 ? Every(rightShape, b) : Int8Testing.Tensor(random, new Shape(rightShape), b);
                DoubleTensor expected = BroadcastOracle.Combine(left.ToDouble(), right.ToDouble(), (x, y) => function switch
                {
                    BinaryFunction.Divide => TfliteBinary.Divide((sbyte)x, (sbyte)y, a, b, output),
                    BinaryFunction.Minimum => Math.Min(x, y),
                    BinaryFunction.Maximum => Math.Max(x, y),
                    _ => TfliteBinary.SquaredDifference((sbyte)x, (sbyte)y, a, b, output),
                });
                yield return new(new(function), [left, right], new(DataType.Int8, expected.Shape, output), Array.ConvertAll(expected.Values, static value => (sbyte)value));
            }
        }
    }

    private static TestTensor Every(int[] shape, Quantization quantization) =>
        TestTensor.Of(DataType.Int8, new Shape(shape), [.. Enumerable.Range(-128, 256).Select(static i => (sbyte)i)], quantization);

    [Fact]
    public void Int8_quotients_are_close_to_the_real_ones()
    {
        Quantization a = new(0.02f, 5), b = new(0.03f, -128), y = new(0.05f, -3);
        TestTensor left = Every([256, 1], a), right = Every([1, 256], b);
        using OperatorRunner runner = new(Binary.Info, new Binary(BinaryFunction.Divide), [left, right], new RunnerOptions { Prepare = true, Declared = [new(DataType.Int8, new Shape(256, 256), y)] });
        runner.Forward();
        for (int i = 256; i < 65_536; i++)
        {
            double numerator = a.Scale * ((i / 256) - 128 - a.ZeroPoint), denominator = b.Scale * (i % 256);
            if (denominator != 0)
            {
                double expected = Math.Clamp((numerator / denominator / y.Scale) + y.ZeroPoint, -128, 127);
                Assert.InRange(runner.Output<sbyte>()[i] - expected, -0.51, 0.51);
            }
        }
    }

    [Fact]
    public void Quantizations_that_the_int8_functions_do_not_take_are_refused()
    {
        TensorSpec a = Typed(DataType.Int8, 3) with { Quantization = new(0.5f, 3) }, other = a with { Quantization = new(0.25f, 3) }, tiny = a with { Quantization = new(1e-7f, 0) };
        Assert.Throws<ShapeException>(() => OperatorRunner.Infer(Binary.Info, new Binary(BinaryFunction.Minimum), [a, other], declared: [a]));
        Assert.Throws<ShapeException>(() => OperatorRunner.Infer(Binary.Info, new Binary(BinaryFunction.Divide), [a, a], declared: [tiny]));
        Assert.Throws<ShapeException>(() => OperatorRunner.Infer(Binary.Info, new Binary(BinaryFunction.Power), [a, a], declared: [a]));
        Assert.Throws<ShapeException>(() => OperatorRunner.Infer(Binary.Info, new Binary(BinaryFunction.Divide), [a, a], declared: [Typed(DataType.Int8, 3)]));
    }

    [Fact]
    public void The_smallest_integer_divided_by_minus_one_wraps_and_a_division_by_zero_gives_zero()
    {
        TestTensor left = TestTensor.Of<int>(DataType.Int32, new Shape(4), [int.MinValue, int.MinValue, 7, -7]);
        TestTensor right = TestTensor.Of<int>(DataType.Int32, new Shape(4), [-1, 0, 0, 2]);
        (BinaryFunction, int[])[] expected =
        [
            (BinaryFunction.Divide, [int.MinValue, 0, 0, -3]), (BinaryFunction.FloorDivide, [int.MinValue, 0, 0, -4]),
            (BinaryFunction.FloorModulo, [0, 0, 0, 1]), (BinaryFunction.Remainder, [0, 0, 0, -1]),
        ];
        foreach ((BinaryFunction function, int[] values) in expected)
        {
            using OperatorRunner runner = new(Binary.Info, new Binary(function), [left, right]);
            runner.Forward();
            Assert.Equal(values, runner.Output<int>().ToArray());
        }
    }

    private static double Value(BinaryFunction function, double a, double b) => function switch
    {
        BinaryFunction.Divide => a / b,
        BinaryFunction.Minimum => Math.Min(a, b),
        BinaryFunction.Maximum => Math.Max(a, b),
        BinaryFunction.Power => Math.Pow(a, b),
        BinaryFunction.FloorDivide => Math.Floor(a / b),
        BinaryFunction.FloorModulo => FloorModulo(a, b),
        BinaryFunction.Remainder => a % b,
        BinaryFunction.SquaredDifference => (a - b) * (a - b),
        _ => Math.Atan2(a, b),
    };

    private static double FloorModulo(double a, double b)
    {
        double rest = a % b;
        return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
    }

    private static long Integer(BinaryFunction function, DataType type, BigInteger a, BigInteger b)
    {
        int bits = 8 * type.Size();
        BigInteger exact = function switch
        {
            BinaryFunction.Divide => b == 0 ? 0 : BigInteger.Divide(a, b),
            BinaryFunction.Minimum => BigInteger.Min(a, b),
            BinaryFunction.Maximum => BigInteger.Max(a, b),
            BinaryFunction.Power => b >= 0 ? BigInteger.Pow(a, (int)b) : a == 1 ? 1 : a == -1 ? (b % 2 == 0 ? 1 : -1) : 0,
            BinaryFunction.FloorDivide => b == 0 ? 0 : (a - (((a % b) + b) % b)) / b,
            BinaryFunction.FloorModulo => b == 0 ? 0 : ((a % b) + b) % b,
            BinaryFunction.Remainder => b == 0 ? 0 : a % b,
            BinaryFunction.SquaredDifference => Wrap(a - b, bits, type) * Wrap(a - b, bits, type),
            BinaryFunction.ShiftLeft => b < 0 || b >= bits ? 0 : a << (int)b,
            _ => b < 0 || b >= bits ? (a < 0 ? -1 : 0) : a >> (int)b,
        };
        return (long)Wrap(exact, bits, type);
    }

    private static BigInteger Wrap(BigInteger value, int bits, DataType type)
    {
        BigInteger modulus = BigInteger.One << bits;
        BigInteger rest = ((value % modulus) + modulus) % modulus;
        return type != DataType.UInt8 && rest >= modulus / 2 ? rest - modulus : rest;
    }

    private static TestTensor Small(TensorSpec spec, CounterRandom random)
    {
        int count = spec.Shape.ElementCount;
        int low = spec.Type == DataType.UInt8 ? 0 : -3;
        long[] values = [.. Enumerable.Range(0, count).Select(i => (long)(random.Int32((ulong)i, 14) + low))];
        return spec.Type switch
        {
            DataType.Int8 => TestTensor.Of(spec.Type, spec.Shape, Array.ConvertAll(values, static value => (sbyte)value)),
            DataType.UInt8 => TestTensor.Of(spec.Type, spec.Shape, Array.ConvertAll(values, static value => (byte)value)),
            DataType.Int16 => TestTensor.Of(spec.Type, spec.Shape, Array.ConvertAll(values, static value => (short)value)),
            DataType.Int32 => TestTensor.Of(spec.Type, spec.Shape, Array.ConvertAll(values, static value => (int)value)),
            _ => TestTensor.Of(spec.Type, spec.Shape, values),
        };
    }

    // Divisors of either sign, away from 0.
    private static TestTensor Apart(TensorSpec spec, CounterRandom random)
    {
        float[] values = new float[spec.Shape.ElementCount];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = random.Uniform((ulong)i, 0.8f, 2.5f) * (i % 3 == 1 ? -1 : 1);
        }

        return TestTensor.Float(spec.Shape, values);
    }
}

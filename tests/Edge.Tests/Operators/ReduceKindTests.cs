using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class ReduceKindTests : OperatorTests<Reduce>
{
    private static readonly (IntList Axes, bool KeepDims, int[] Shape)[] s_shapes =
    [
        ([], false, [3, 4, 5]), ([-1], false, [3, 4, 5]), ([0], true, [3, 4, 5]), ([1, 2], false, [2, 7, 7, 3]), ([0, 2], true, [2, 3, 4, 19]),
        ([0, -1], false, [2, 3, 4, 19]), ([2, 0, 1], true, [2, 3, 4]), ([1], true, [3, 1, 4]), ([], true, []), ([2], false, [3, 2, 37]),
    ];

    private static IEnumerable<Reduction> FloatKinds => Enum.GetValues<Reduction>().Where(static kind => kind < Reduction.Any);

    protected override IEnumerable<OperatorCase<Reduce>> Cases =>
    [
        .. FloatKinds.SelectMany(static kind => s_shapes.Select(s => new OperatorCase<Reduce>(new(kind, s.Axes, s.KeepDims), Float(s.Shape)))),
        .. FloatKinds.Where(static kind => kind <= Reduction.L1).SelectMany(static kind => PlainInteger.Types.SelectMany(type =>
            s_shapes.Take(5).Select(s => new OperatorCase<Reduce>(new(kind, s.Axes, s.KeepDims), Typed(type, s.Shape))))),
        .. ((Reduction[])[Reduction.Any, Reduction.All]).SelectMany(static kind => s_shapes.Select(s => new OperatorCase<Reduce>(new(kind, s.Axes, s.KeepDims), Typed(DataType.Bool, s.Shape)))),
    ];

    protected override IEnumerable<OperatorCase<Reduce>> LargeCases =>
    [
        new(new(Reduction.Maximum, [0, 1], false), Float(50, 50, 40)),
        new(new(Reduction.Minimum, [1], false), Float(300, 333)),
        new(new(Reduction.LogSumExp, [1], false), Float(3, 100, 333)),
        new(new(Reduction.L2, [], false), Float(70_001)),
        new(new(Reduction.L1, [0], false), Float(70, 1_001)),
    ];

    protected override OperatorCase<Reduce> OfLength(int length) => new(new(length % 3 == 0 ? Reduction.LogSumExp : Reduction.Maximum, [length % 2], false), Float(length, 5));

    protected override IEnumerable<OperatorCase<Reduce>> BadCases =>
    [
        new(new(Reduction.Maximum, [], false), Typed(DataType.Bool, 3)),
        new(new(Reduction.Any, [], false), Float(3)),
        new(new(Reduction.L2, [], false), Typed(DataType.Int32, 3)),
        new(new(Reduction.L1, [], false), Typed(DataType.Int8, 3) with { Quantization = new(0.5f, 0) }),
        new(new(Reduction.Maximum, [2], false), Float(3, 4)),
        new(new(Reduction.Maximum, [1, -1], false), Float(3, 4)),
        new(new((Reduction)44, [], false), Float(3)),
        new(new(Reduction.LogSumExp, [0], false), Float(2, 260_000_000)),
    ];

    protected override double[] Kinks => [0];

    protected override (double Absolute, double Relative) Tolerance => (2e-5, 1e-5);

    protected override TestTensor Fill(OperatorCase<Reduce> testCase, int input, CounterRandom random) => testCase.Operator.Kind switch
    {
        Reduction.LogSum => Uniform(testCase.Inputs[0], random, 0.2f, 2),
        Reduction.Product when testCase.Inputs[0].Type == DataType.Float32 => Uniform(testCase.Inputs[0], random, 0.6f, 1.5f),
        Reduction.Product or Reduction.SumOfSquares => Bits(testCase.Inputs[0], random),
        _ => Uniform(testCase.Inputs[0], random),
    };

    protected override DoubleTensor[] Reference(Reduce op, DoubleTensor?[] inputs, OracleRun run) => [ReduceOracle.Run(inputs[0]!, op.Axes, op.KeepDims, group => Value(op.Kind, group))];

    protected override DoubleTensor[] Reference(OperatorCase<Reduce> testCase, DoubleTensor?[] inputs, OracleRun run)
    {
        Reduce op = testCase.Operator;
        DataType type = testCase.Inputs[0].Type;
        return
        [
            type is DataType.Float32 or DataType.Bool
                ? ReduceOracle.Run(inputs[0]!, op.Axes, op.KeepDims, group => Value(op.Kind, group))
                : ReduceOracle.Run(inputs[0]!, op.Axes, op.KeepDims, group => group.Skip(1).Aggregate(First(op.Kind, type, group[0]), (sum, x) => Next(op.Kind, type, sum, x))),
        ];
    }

    protected override IEnumerable<Int8Case<Reduce>> Int8Cases(Random random)
    {
        foreach ((IntList axes, bool keepDims, int[] shape) in s_shapes)
        {
            for (int i = 0; i < 6; i++)
            {
                Quantization q = Int8Testing.Quantization(random);
                TestTensor x = Int8Testing.Tensor(random, new Shape(shape), q);
                foreach (Reduction kind in (Reduction[])[Reduction.Maximum, Reduction.Minimum])
                {
                    DoubleTensor expected = ReduceOracle.Run(x.ToDouble(), axes, keepDims, group => Value(kind, group));
                    yield return Case(new(kind, axes, keepDims), x, q, expected);
                }

                // Scales near 1/64 keep a product of a few factors within int32.
                Quantization from = new(MathF.Pow(2, -7 + random.NextSingle()), random.Next(-20, 20));
                Quantization to = new(MathF.Pow(2, -6 + random.NextSingle()), random.Next(-20, 20));
                x = Int8Testing.Tensor(random, new Shape(shape), from);
                yield return Case(new(Reduction.Product, axes, keepDims), x, to, ReduceOracle.Run(x.ToDouble(), axes, keepDims, group => TfliteReductions.Product(group, from, to)));
            }
        }
    }

    private static Int8Case<Reduce> Case(Reduce op, TestTensor x, Quantization output, DoubleTensor expected) =>
        new(op, [x], new(DataType.Int8, expected.Shape, output), Array.ConvertAll(expected.Values, static value => (sbyte)value));

    [Fact]
    public void Infinite_and_undefined_elements()
    {
        float inf = float.PositiveInfinity;
        float[] x = [-inf, -inf, inf, 1, 1e30f, 88, float.NaN, 0, 1000, 1000, -1000, -1000];
        foreach (Reduction kind in (Reduction[])[Reduction.LogSumExp, Reduction.Maximum, Reduction.Minimum])
        {
            CheckForward(new OperatorCase<Reduce>(new(kind, [1], false), Float(6, 2)), [TestTensor.Float(new Shape(6, 2), x)], training: false);
            float[] transposed = [.. Enumerable.Range(0, 12).Select(i => x[(i % 6 * 2) + (i / 6)])];
            CheckForward(new OperatorCase<Reduce>(new(kind, [0], false), Float(2, 6)), [TestTensor.Float(new Shape(2, 6), transposed)], training: false);
        }
    }

    [Fact]
    public void Zeros_in_a_product_leave_the_gradient_of_the_others()
    {
        TestTensor x = TestTensor.Float(new Shape(3, 3), 2, 3, 4, 0, 3, 4, 0, 0, 5);
        using OperatorRunner runner = new(Reduce.Info, new Reduce(Reduction.Product, [1], false), [x], new RunnerOptions { Training = true, Wanted = 1 });
        runner.Forward();
        runner.Backward([1f, 2f, 3f]);
        Assert.Equal([12f, 8f, 6f, 24f, 0f, 0f, 0f, 0f, 0f], runner.InputGradient(0).ToArray());
    }

    [Fact]
    public void Equal_largest_elements_share_the_gradient()
    {
        TestTensor x = TestTensor.Float(new Shape(2, 3), 5, 1, 5, 7, 7, 7);
        using OperatorRunner runner = new(Reduce.Info, new Reduce(Reduction.Maximum, [1], true), [x], new RunnerOptions { Training = true, Wanted = 1 });
        runner.Forward();
        runner.Backward([4f, 9f]);
        Assert.Equal([2f, 0f, 2f, 3f, 3f, 3f], runner.InputGradient(0).ToArray());
    }

    private static double Value(Reduction kind, List<double> group) => kind switch
    {
        Reduction.Maximum => group.Any(double.IsNaN) ? double.NaN : group.Max(),
        Reduction.Minimum => group.Any(double.IsNaN) ? double.NaN : group.Min(),
        Reduction.Product => group.Aggregate(1.0, static (product, x) => product * x),
        Reduction.SumOfSquares => group.Sum(static x => x * x),
        Reduction.L1 => group.Sum(Math.Abs),
        Reduction.L2 => Math.Sqrt(group.Sum(static x => x * x)),
        Reduction.LogSum => Math.Log(group.Sum()),
        Reduction.LogSumExp => double.IsInfinity(group.Max()) ? group.Max() : group.Max() + Math.Log(group.Sum(x => Math.Exp(x - group.Max()))),
        Reduction.Any => group.Max(),
        _ => group.Min(),
    };

    private static double First(Reduction kind, DataType type, double x) => PlainInteger.Wrap(type, kind == Reduction.SumOfSquares ? x * x : kind == Reduction.L1 ? Math.Abs(x) : x);

    private static double Next(Reduction kind, DataType type, double sum, double x) => PlainInteger.Wrap(type, kind switch
    {
        Reduction.Maximum => Math.Max(sum, x),
        Reduction.Minimum => Math.Min(sum, x),
        Reduction.Product => sum * x,
        _ => sum + First(kind, type, x),
    });

    // 1 and 2: products of a hundred of them wrap, and stay exact in double until they are cut.
    private static TestTensor Bits(TensorSpec spec, CounterRandom random)
    {
        int[] values = [.. Enumerable.Range(0, spec.Shape.ElementCount).Select(i => 1 + (random.Int32((ulong)i, 9) / 8))];
        return spec.Type switch
        {
            DataType.Float32 => TestTensor.Float(spec.Shape, Array.ConvertAll(values, static value => value - 1.5f)),
            DataType.Int8 => TestTensor.Of(spec.Type, spec.Shape, Array.ConvertAll(values, static value => (sbyte)value)),
            DataType.UInt8 => TestTensor.Of(spec.Type, spec.Shape, Array.ConvertAll(values, static value => (byte)value)),
            DataType.Int16 => TestTensor.Of(spec.Type, spec.Shape, Array.ConvertAll(values, static value => (short)value)),
            DataType.Int32 => TestTensor.Of(spec.Type, spec.Shape, values),
            _ => TestTensor.Of(spec.Type, spec.Shape, Array.ConvertAll(values, static value => (long)value)),
        };
    }
}

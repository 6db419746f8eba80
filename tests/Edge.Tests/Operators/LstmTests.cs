using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class LstmTests : RecurrentTests<Lstm>
{
    protected override int Gates => 4;

    protected override Lstm Usual => default;

    protected override Lstm Backwards => new(Reverse: true);

    protected override IEnumerable<OperatorCase<Lstm>> Cases =>
    [
        new(default, Inputs(2, 3, 3, 4)),
        new(default, Inputs(2, 2, 3, 9, recurrentBias: false, first: true, cell: true)),
        new(new(Reverse: true), Inputs(3, 4, 2, 5, bias: false, recurrentBias: false, lengths: true, first: true, cell: true)),
        new(default, Inputs(3, 4, 2, 5, lengths: true, cell: true, peephole: true)),
        new(new(Reverse: true, CoupledForget: true), Inputs(2, 3, 2, 4, first: true, cell: true, peephole: true)),
        new(new(CellClip: 0.5f), Inputs(2, 3, 3, 4, cell: true, peephole: true)),
        new(new(Clip: 0.8f), Inputs(2, 3, 3, 4, peephole: true)),
        new(default, Projected(2, 3, 3, 5, 3, lengths: false, bias: true)),
        new(new(true, ProjectionClip: 0.4f), Projected(3, 4, 2, 3, 9, lengths: true, bias: false)),
        new(new(false, RecurrentActivation.HardSigmoid(), RecurrentActivation.Relu, RecurrentActivation.Identity), Inputs(2, 3, 3, 4)),
        new(new(false, new(RecurrentFunction.Softsign), new(RecurrentFunction.Elu, 1), new(RecurrentFunction.ScaledTanh, 1.2f, 0.8f)), Inputs(2, 3, 3, 4)),
    ];

    private static TensorSpec[] Projected(int batch, int time, int features, int hidden, int width, bool lengths, bool bias) =>
    [
        Float(batch, time, features), Float(4 * hidden, features), Float(4 * hidden, width), Float(4 * hidden), None, lengths ? Typed(DataType.Int32, batch) : None,
        Float(batch, width), Float(batch, hidden), None, Float(width, hidden), .. bias ? (TensorSpec[])[Float(width)] : [],
    ];

    protected override IEnumerable<OperatorCase<Lstm>> LargeCases =>
        [.. base.LargeCases, new(default, Projected(40, 3, 5, 64, 32, lengths: true, bias: true)), new(new(true), Projected(2, 40, 3, 5, 7, lengths: false, bias: false))];

    protected override IEnumerable<OperatorCase<Lstm>> BadCases =>
    [
        .. CommonBadCases,
        new(new(Clip: -1), Inputs(2, 3, 3, 4)),
        new(new(CellClip: float.PositiveInfinity), Inputs(2, 3, 3, 4)),
        new(new(ProjectionClip: -1), Projected(2, 3, 3, 5, 3, lengths: false, bias: true)),
        new(default, [.. Projected(2, 3, 3, 5, 3, lengths: false, bias: false)[..9], Float(5, 3)]),
        new(default, [.. Projected(2, 3, 3, 5, 3, lengths: false, bias: false), Float(5)]),
        new(default, [.. Projected(2, 3, 3, 5, 5, lengths: false, bias: false)[..9], None, Float(5)]),
        new(new(false, new((RecurrentFunction)99)), Inputs(2, 3, 3, 4)),
        new(new(false, default, new(RecurrentFunction.Elu, -1)), Inputs(2, 3, 3, 4)),
        new(new(false, default, default, new(RecurrentFunction.ThresholdedRelu, -1)), Inputs(2, 3, 3, 4)),
        new(default, [.. Inputs(2, 3, 3, 4, first: true), Float(2, 3)]),
        new(default, [.. Inputs(2, 3, 3, 4, first: true, cell: true), Float(12)]),
    ];

    protected override IEnumerable<Int8Case<Lstm>> Int8Cases(Random random) => Int8LstmCases(random).Select(static item => item.Case);

    /// <summary>Random int8 layers with all three outputs of the reference.</summary>
    private static IEnumerable<(Int8Case<Lstm> Case, sbyte[] Hidden, short[] Cell)> Int8LstmCases(Random random)
    {
        for (int i = 0; i < 60; i++)
        {
            int batch = random.Next(1, 4), time = random.Next(1, 6), features = random.Next(1, 40), hidden = random.Next(1, 20);
            int power = random.Next(-15, -7);
            Lstm op = new(random.Next(4) == 0, Candidate: random.Next(4) == 0 ? RecurrentActivation.Sigmoid : default, CellClip: random.Next(3) == 0 ? 0.8f * MathF.ScaleB(1, power + 14) : 0);

            // Scales that leave most sums inside the gates' range of ±8, and some that do not.
            Quantization x = new(0.01f + random.NextSingle() * 0.05f, Int8Testing.ZeroPoint(random)), h = new(i % 2 == 0 ? 1 / 128f : 0.002f + (random.NextSingle() * 0.02f), Int8Testing.ZeroPoint(random));
            Quantization w = Weights(random, 4 * hidden), r = Weights(random, 4 * hidden), cell = new(MathF.ScaleB(1, power), 0);
            sbyte[] bytes = Int8Testing.Values(random, batch * time * features), weights = Int8Testing.Values(random, 4 * hidden * features), recurrent = Int8Testing.Values(random, 4 * hidden * hidden);
            sbyte[] first = Int8Testing.Values(random, batch * hidden);
            short[] firstCell = [.. Enumerable.Range(0, batch * hidden).Select(_ => (short)random.Next(-3000, 3000))];
            int[]? bias = random.Next(4) == 0 ? null : [.. Enumerable.Range(0, 4 * hidden).Select(_ => random.Next(-4000, 4000))];
            TestTensor?[] inputs =
            [
                TestTensor.Of(DataType.Int8, new Shape(batch, time, features), bytes, x),
                TestTensor.Of(DataType.Int8, new Shape(4 * hidden, features), weights, w),
                TestTensor.Of(DataType.Int8, new Shape(4 * hidden, hidden), recurrent, r),
                bias is null ? null : TestTensor.Of(DataType.Int32, new Shape(4 * hidden), bias),
                null,
                null,
                TestTensor.Of(DataType.Int8, new Shape(batch, hidden), first, h),
                TestTensor.Of(DataType.Int16, new Shape(batch, hidden), firstCell, cell),
            ];
            sbyte[] state = (sbyte[])first.Clone();
            short[] cells = (short[])firstCell.Clone();
            sbyte[] expected = TfliteReference.Lstm(op, batch, time, features, hidden, bytes, x, weights, w, recurrent, r, bias, state, h, cells, power);
            yield return (new(op, inputs, new TensorSpec(DataType.Int8, new Shape(batch, time, hidden), h), expected), state, cells);
        }
    }

    private static Quantization Weights(Random random, int rows)
    {
        float[] scales = new float[random.Next(3) == 0 ? 1 : rows];
        for (int i = 0; i < scales.Length; i++)
        {
            scales[i] = i % Math.Max(1, rows / 4) == 0 ? 0.001f + (random.NextSingle() * 0.01f) : scales[i - 1];
        }

        return new Quantization(scales, [], scales.Length == 1 ? -1 : 0);
    }

    [Fact]
    public void Int8_states_have_the_bits_of_the_reference_too()
    {
        int varied = 0;
        foreach ((Int8Case<Lstm> testCase, sbyte[] hidden, short[] cell) in Int8LstmCases(new Random(3)))
        {
            using OperatorRunner runner = new(Lstm.Info, testCase.Operator, testCase.Inputs, new RunnerOptions { Declared = [testCase.Output, default, default], Frozen = 15, Prepare = true });
            runner.Forward();
            Assert.Equal(hidden, runner.Output<sbyte>(1).ToArray());
            Assert.Equal(cell, runner.Output<short>(2).ToArray());
            Assert.True(Quantization.Same(testCase.Inputs[7]!.Spec.Quantization, runner.Plan.Outputs[2].Quantization));
            varied += hidden.Distinct().Count() > 3 ? 1 : 0;
        }

        Assert.True(varied > 20, $"Only {varied} cases have states that are not all alike.");
    }

    [Fact]
    public void The_table_of_the_int16_functions_is_that_of_tflite()
    {
        // Sums of the 256 numbers of sigmoid_table_uint16, plain and weighted by their position from 1 on.
        long sum = 0, weighted = 0;
        for (int i = 0; i < Int16Functions.Table.Length; i++)
        {
            sum += Int16Functions.Table[i];
            weighted += (i + 1L) * Int16Functions.Table[i];
        }

        Assert.Equal((256, 15_670_629, 2_123_733_574), (Int16Functions.Table.Length, sum, weighted));
        for (int x = short.MinValue; x <= short.MaxValue; x++)
        {
            Assert.Equal(1 / (1 + Math.Exp(-x / 4096.0)), Int16Functions.Sigmoid((short)x) / 32768.0, 6e-5);
            Assert.Equal(Math.Tanh(x / 4096.0), Int16Functions.Tanh((short)x, -12) / 32768.0, 1.2e-4);
            Assert.Equal(Math.Tanh(x / 32768.0), Int16Functions.Tanh((short)x, -15) / 32768.0, 1.2e-4);
            Assert.Equal(Math.Tanh(x / 512.0), Int16Functions.Tanh((short)x, -9) / 32768.0, 1.2e-4);
        }
    }

    [Theory]
    [InlineData("the first h and the first c", 6, DataType.None, 0f, 0)]
    [InlineData("2^-24", 7, DataType.Int16, 0.001f, 0)]
    [InlineData("2^-24", 7, DataType.Int16, 8f, 0)]
    [InlineData("zero point 1", 7, DataType.Int16, 0.5f, 1)]
    [InlineData("int16 is needed", 7, DataType.Int8, 0.5f, 0)]
    [InlineData("recurrent bias", 4, DataType.Int32, 0.5f, 0)]
    [InlineData("zero point 3", 2, DataType.Int8, 0.5f, 3)]
    [InlineData("the output is declared", 6, DataType.Int8, 0.25f, 3)]
    public void Int8_layers_beyond_the_reference_are_refused(string message, int input, DataType type, float scale, int zeroPoint)
    {
        (Int8Case<Lstm> testCase, _, _) = Int8LstmCases(new Random(3)).First();
        TensorSpec[] inputs = [.. testCase.Inputs.Select(static tensor => tensor?.Spec ?? default)];
        inputs[input] = type == DataType.None ? default : new TensorSpec(type, input == 4 ? new Shape(inputs[1].Shape[0]) : inputs[input].Shape, new Quantization(scale, zeroPoint));
        ReadOnlyMemory<byte>[] constants = [.. testCase.Inputs.Select(static tensor => (ReadOnlyMemory<byte>)(tensor?.Bytes ?? []))];
        ShapeException error = Assert.Throws<ShapeException>(() => OperatorRunner.Infer(Lstm.Info, testCase.Operator, inputs, constants, [testCase.Output, default, default]));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    protected override DoubleTensor[] Reference(Lstm op, DoubleTensor?[] inputs, OracleRun run) => Unroll(inputs, op.Reverse, 2, (sample, step, state) =>
    {
        double[] old = (double[])state[0].Clone();
        int width = state[1].Length;
        double[] shown = new double[width];
        DoubleTensor? peephole = Optional(inputs, 8), projection = Optional(inputs, 9);
        for (int i = 0; i < width; i++)
        {
            double before = state[1][i];
            double input = Gate(0, before, 0), forget = op.CoupledForget ? 1 - input : Gate(1, before, 1);
            double candidate = Apply(op.Candidate, RecurrentFunction.Tanh, Sum(2), op.Clip);
            double cell = (forget * before) + (input * candidate);
            cell = op.CellClip > 0 ? Math.Clamp(cell, -op.CellClip, op.CellClip) : cell;
            shown[i] = Gate(3, cell, 2) * Apply(op.Output, RecurrentFunction.Tanh, cell);
            state[1][i] = cell;

            double Sum(int gate) => Product(inputs, sample, step, (gate * width) + i) + Recurrent(inputs, old, (gate * width) + i);

            double Gate(int gate, double seen, int row) => Apply(op.Gate, RecurrentFunction.Sigmoid, Sum(gate) + (peephole is null ? 0 : peephole[row, i] * seen), op.Clip);
        }

        for (int i = 0; i < old.Length; i++)
        {
            double value = projection is null ? shown[i] : Optional(inputs, 10)?[i] ?? 0;
            for (int k = 0; projection is not null && k < width; k++)
            {
                value += projection[i, k] * shown[k];
            }

            state[0][i] = op.ProjectionClip > 0 ? Math.Clamp(value, -op.ProjectionClip, op.ProjectionClip) : value;
        }
    });
}

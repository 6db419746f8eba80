using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class SvdfTests : OperatorTests<Svdf>
{
    protected override IEnumerable<OperatorCase<Svdf>> Cases =>
    [
        new(new(1), Inputs(2, 3, 4, 5, 4)),
        new(new(2), Inputs(3, 4, 6, 3)),
        new(new(3, Activation.Relu), Inputs(1, 2, 3, 1, 1)),
        new(new(1, Activation.Relu6), Inputs(2, 3, 2, 4, 2)),
    ];

    protected override IEnumerable<OperatorCase<Svdf>> BadCases =>
    [
        new(new(0), Inputs(2, 3, 4, 5)),
        new(new(3), Inputs(2, 3, 4, 5)),
        new(new(1, (Activation)77), Inputs(2, 3, 4, 5)),
        new(new(1), Float(2, 3, 1), Float(4, 3), Float(4, 5), Float(2, 20)),
        new(new(1), Float(2, 3), Float(4, 2), Float(4, 5), Float(2, 20)),
        new(new(1), Float(2, 3), Float(4, 3), Float(5, 4), Float(2, 20)),
        new(new(1), Float(2, 3), Float(4, 3), Float(4, 5), Float(1, 20)),
        new(new(1), Float(2, 3), Float(4, 3), Float(4, 5), Float(2, 20), Float(5)),
        new(new(1), Float(2, 3), Float(4, 3), Float(4, 5), Typed(DataType.Int32, 2, 20)),
        new(new(1), Typed(DataType.Int16, 2, 3), Float(4, 3), Float(4, 5), Float(2, 20)),
    ];

    protected override IEnumerable<OperatorCase<Svdf>> LargeCases => [new(new(2), Inputs(8, 100, 256, 10, 128))];

    protected override OperatorCase<Svdf>? OfLength(int length) => new(new(1), Inputs(1, 2, 2, length, 2));

    protected override TestTensor Fill(OperatorCase<Svdf> testCase, int input, CounterRandom random) => Uniform(testCase.Inputs[input], random, -0.5f, 0.5f);

    protected override DoubleTensor[] Reference(Svdf op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!, features = inputs[1]!, time = inputs[2]!, before = inputs[3]!;
        int batch = x.Shape[0], filters = time.Shape[0], memory = time.Shape[1];
        DoubleTensor y = new(new Shape(batch, filters / op.Rank)), after = new(before.Shape);
        for (int b = 0; b < batch; b++)
        {
            for (int u = 0; u < filters / op.Rank; u++)
            {
                double sum = inputs.Length > 4 ? inputs[4]![u] : 0;
                for (int f = u * op.Rank; f < (u + 1) * op.Rank; f++)
                {
                    for (int k = 0; k < memory; k++)
                    {
                        double value = 0;
                        for (int i = 0; k == memory - 1 && i < x.Shape[1]; i++)
                        {
                            value += x[b, i] * features[f, i];
                        }

                        value = k < memory - 1 ? before[b, (f * memory) + k + 1] : value;
                        after[b, (f * memory) + k] = value;
                        sum += value * time[f, k];
                    }
                }

                y[b, u] = Clamp.Of(op.Activation, sum);
            }
        }

        return [y, after];
    }

    protected override IEnumerable<Int8Case<Svdf>> Int8Cases(Random random) => Int8SvdfCases(random).Select(static item => item.Case);

    [Fact]
    public void Int8_memories_have_the_bits_of_the_reference_too()
    {
        foreach ((Int8Case<Svdf> testCase, byte[] state) in Int8SvdfCases(new Random(4)))
        {
            using OperatorRunner runner = new(Svdf.Info, testCase.Operator, testCase.Inputs, new RunnerOptions { Declared = [testCase.Output, default], Frozen = 0x16, Prepare = true });
            runner.Forward();
            Assert.Equal(state, runner.Output<byte>(1).ToArray());
        }
    }

    [Fact]
    public void Gradients_of_the_memories_flow_back_too()
    {
        OperatorCase<Svdf> testCase = new(new(2), Inputs(2, 3, 4, 3, 2));
        TestTensor?[] inputs = Inputs(testCase);
        using OperatorRunner runner = new(Svdf.Info, testCase.Operator, inputs, new RunnerOptions { Training = true, Wanted = 31 });
        runner.Forward();
        float[] weights = Compiler.GraphRunner.Values(24, 1);
        weights.CopyTo(runner.OutputGradient(1));
        runner.Backward(new float[4]);
        DoubleTensor?[] values = Array.ConvertAll(inputs, static input => input?.ToDouble());
        for (int input = 0; input < inputs.Length; input++)
        {
            for (int i = 0; i < values[input]!.Length; i++)
            {
                double original = values[input]![i];
                values[input]![i] = original + 1e-5;
                double up = Loss();
                values[input]![i] = original - 1e-5;
                double expected = (up - Loss()) / 2e-5;
                values[input]![i] = original;
                Assert.Equal(expected, runner.InputGradient(input)[i], 1e-5);
            }
        }

        double Loss() => Reference(testCase.Operator, values, default)[1].Values.Select((value, i) => value * weights[i]).Sum();
    }

    /// <summary>Random int8 layers, with what the memories become.</summary>
    private static IEnumerable<(Int8Case<Svdf> Case, byte[] State)> Int8SvdfCases(Random random)
    {
        for (int i = 0; i < 60; i++)
        {
            bool wide = random.Next(2) == 0;
            int rank = random.Next(1, 4), batch = random.Next(1, 4), inputs = random.Next(1, 40), filters = rank * random.Next(1, 6), memory = random.Next(1, 9);
            Quantization x = new(0.01f + (random.NextSingle() * 0.05f), Int8Testing.ZeroPoint(random));
            Quantization s = wide ? new(0.0005f + (random.NextSingle() * 0.001f), 0) : new(0.02f + (random.NextSingle() * 0.05f), Int8Testing.ZeroPoint(random));
            Quantization y = new(0.05f + random.NextSingle(), Int8Testing.ZeroPoint(random));
            float featureScale = 0.005f + (random.NextSingle() * 0.01f), timeScale = wide ? 0.0001f + (random.NextSingle() * 0.0002f) : 0.005f + (random.NextSingle() * 0.01f);
            sbyte[] input = Int8Testing.Values(random, batch * inputs), features = Int8Testing.Values(random, filters * inputs);
            int[] time = Integers(filters * memory), state = Integers(batch * filters * memory);
            int[]? bias = random.Next(3) == 0 ? null : [.. Enumerable.Range(0, filters / rank).Select(_ => random.Next(-20000, 20000))];
            DataType type = wide ? DataType.Int16 : DataType.Int8;
            Shape stateShape = new(batch, filters * memory);
            TestTensor?[] tensors =
            [
                TestTensor.Of(DataType.Int8, new Shape(batch, inputs), input, x),
                TestTensor.Of(DataType.Int8, new Shape(filters, inputs), features, new Quantization(featureScale, 0)),
                Of(new Shape(filters, memory), time, new Quantization(timeScale, 0)),
                Of(stateShape, state, s),
            ];
            if (bias is not null)
            {
                tensors = [.. tensors, TestTensor.Of(DataType.Int32, new Shape(bias.Length), bias, new Quantization(s.Scale * timeScale, 0))];
            }

            sbyte[] expected = TfliteReference.Svdf(
                rank, batch, inputs, filters, memory, input, x, features, featureScale, time, timeScale, bias, state, s, wide ? short.MinValue : sbyte.MinValue, wide ? short.MaxValue : sbyte.MaxValue, y);
            yield return (new(new(rank), tensors, new TensorSpec(DataType.Int8, new Shape(batch, filters / rank), y), expected), Of(stateShape, state, s).Bytes);

            int[] Integers(int count) => [.. Enumerable.Range(0, count).Select(_ => wide ? random.Next(short.MinValue, short.MaxValue + 1) : random.Next(-128, 128))];

            TestTensor Of(Shape shape, int[] values, Quantization quantization) => wide
                ? TestTensor.Of(type, shape, Array.ConvertAll(values, static value => (short)value), quantization)
                : TestTensor.Of(type, shape, Array.ConvertAll(values, static value => (sbyte)value), quantization);
        }
    }

    private static TensorSpec[] Inputs(int batch, int inputs, int filters, int memory, int units = 0)
    {
        TensorSpec[] specs = [Float(batch, inputs), Float(filters, inputs), Float(filters, memory), Float(batch, filters * memory)];
        return units > 0 ? [.. specs, Float(units)] : specs;
    }
}

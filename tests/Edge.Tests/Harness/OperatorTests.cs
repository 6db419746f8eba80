using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Memory;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Harness;

/// <summary>The tests every operator passes; a derived class declares the operator's cases and its oracle.</summary>
/// <typeparam name="T">The operator.</typeparam>
/// <remarks>All tensors lie in guarded memory, and everything the contract leaves undefined holds NaN (see <see cref="OperatorRunner"/>).</remarks>
public abstract class OperatorTests<T> where T : struct, IOperator<T>
{
    // In double: truncation error about h², rounding error about 1e-16 / h.
    private const double Difference = 1e-5;
    private const int MaxDifferences = 160;

    /// <summary>Small cases: attributes and shapes that differ in kind. Every operator value among them also makes the round trip through attribute bytes.</summary>
    protected abstract IEnumerable<OperatorCase<T>> Cases { get; }

    /// <summary>Inputs that the shape rule must refuse.</summary>
    protected abstract IEnumerable<OperatorCase<T>> BadCases { get; }

    /// <summary>The outputs, by naive loops in double.</summary>
    /// <param name="op">The operator.</param>
    /// <param name="inputs">The inputs as stored, widened; null where left out.</param>
    /// <param name="run">What else of the run matters.</param>
    protected abstract DoubleTensor[] Reference(T op, DoubleTensor?[] inputs, OracleRun run);

    /// <summary>The same where the outputs also depend on the case's types and quantization.</summary>
    /// <param name="testCase">The case.</param>
    /// <param name="inputs">The inputs as stored, widened; null where left out.</param>
    /// <param name="run">What else of the run matters.</param>
    protected virtual DoubleTensor[] Reference(OperatorCase<T> testCase, DoubleTensor?[] inputs, OracleRun run) => Reference(testCase.Operator, inputs, run);

    /// <summary>Cases large enough to be divided over threads; compared with the oracle and between numbers of threads.</summary>
    protected virtual IEnumerable<OperatorCase<T>> LargeCases => [];

    /// <summary>Cases for lengths 1 … 256 of what the innermost loop runs over; null when no such length exists.</summary>
    protected virtual OperatorCase<T>? OfLength(int length) => null;

    /// <summary>
    /// Cases in int8 with the bits that the TFLite reference gives; random ones where shapes and parameters are many. Empty where the operator has no
    /// int8 form, and then its shape rule must refuse int8.
    /// </summary>
    /// <param name="random">Numbers for them.</param>
    protected virtual IEnumerable<Int8Case<T>> Int8Cases(Random random) => [];

    /// <summary>Values of an input: by default floats in −2 … 2 that keep away from <see cref="Kinks"/>, integers over their whole 8-bit range.</summary>
    /// <param name="testCase">The case.</param>
    /// <param name="input">Position of the input.</param>
    /// <param name="random">Numbers for it.</param>
    protected virtual TestTensor Fill(OperatorCase<T> testCase, int input, CounterRandom random) => Uniform(testCase.Inputs[input], random);

    /// <summary>Inputs where the derivative jumps: no finite differences close to them.</summary>
    protected virtual double[] Kinks => [];

    /// <summary>Allowed error of an output: absolute plus relative part.</summary>
    protected virtual (double Absolute, double Relative) Tolerance => (1e-6, 1e-5);

    /// <summary>Allowed error of a gradient: absolute plus relative part.</summary>
    protected virtual (double Absolute, double Relative) GradientTolerance => (1e-5, 1e-4);

    /// <summary>Whether Backward makes a gradient for an input; by default for all float32 inputs but states, and for a loss the prediction alone.</summary>
    /// <param name="testCase">The case.</param>
    /// <param name="input">Position of the input.</param>
    protected virtual bool HasGradient(OperatorCase<T> testCase, int input) =>
        testCase.Inputs[input].Type == DataType.Float32 && T.Info.Role(input) != InputRole.State && (!T.Info.IsLoss || input == 0);

    /// <summary>A float32 input.</summary>
    protected static TensorSpec Float(params ReadOnlySpan<int> sizes) => new(DataType.Float32, new Shape(sizes));

    /// <summary>An input of any type.</summary>
    protected static TensorSpec Typed(DataType type, params ReadOnlySpan<int> sizes) => new(type, new Shape(sizes));

    /// <summary>An optional input left out.</summary>
    protected static TensorSpec None => default;

    /// <summary>Floats in <paramref name="low"/> … <paramref name="high"/> that keep away from <see cref="Kinks"/>; integers over their 8-bit range.</summary>
    protected TestTensor Uniform(TensorSpec spec, CounterRandom random, float low = -2, float high = 2)
    {
        int count = spec.Shape.ElementCount;
        switch (spec.Type)
        {
            case DataType.Float32:
                float[] floats = new float[count];
                for (int i = 0; i < count; i++)
                {
                    floats[i] = AwayFromKinks(random.Uniform((ulong)i, low, high));
                }

                return TestTensor.Of(spec.Type, spec.Shape, floats);
            case DataType.Int8:
                return TestTensor.Of(spec.Type, spec.Shape, Integers(count, i => (sbyte)(random.Int32(i, 256) - 128)), spec.Quantization);
            case DataType.UInt8:
                return TestTensor.Of(spec.Type, spec.Shape, Integers(count, i => (byte)random.Int32(i, 256)), spec.Quantization);
            case DataType.Bool:
                return TestTensor.Of(spec.Type, spec.Shape, Integers(count, i => (byte)random.Int32(i, 2)), spec.Quantization);
            case DataType.Int16:
                return TestTensor.Of(spec.Type, spec.Shape, Integers(count, i => (short)(random.Int32(i, 256) - 128)), spec.Quantization);
            case DataType.Int32:
                return TestTensor.Of(spec.Type, spec.Shape, Integers(count, i => random.Int32(i, 256) - 128), spec.Quantization);
            case DataType.Int64:
                return TestTensor.Of(spec.Type, spec.Shape, Integers(count, i => (long)random.Int32(i, 256) - 128), spec.Quantization);
            default:
                throw new ArgumentException($"Type {spec.Type} has no elements.");
        }
    }

    /// <summary>Class labels 0 … <paramref name="classes"/> − 1 as int32.</summary>
    protected static TestTensor Labels(TensorSpec spec, CounterRandom random, int classes) =>
        TestTensor.Of(DataType.Int32, spec.Shape, Integers(spec.Shape.ElementCount, i => random.Int32(i, classes)));

    [Fact]
    public void Agrees_with_the_oracle()
    {
        foreach (OperatorCase<T> testCase in Cases.Concat(LargeCases))
        {
            foreach (bool training in (bool[])[false, true])
            {
                CheckForward(testCase, Inputs(testCase), training);
            }
        }
    }

    [Fact]
    public void Agrees_with_the_oracle_at_every_length()
    {
        // A child with fewer instruction sets has vectors of 8 lanes at most, and runs slowly.
        int longest = InstructionSetTests.IsChild ? 72 : 256;
        for (int length = 1; length <= longest && OfLength(length) is { } testCase; length++)
        {
            TestTensor?[] inputs = Inputs(testCase);
            CheckForward(testCase, inputs, training: true);
            if (default(T) is IDifferentiable)
            {
                CheckGradients(testCase, inputs, AllWanted(testCase), maxDifferences: 24);
            }
        }
    }

    [Fact]
    public void Gradients_agree_with_finite_differences_for_every_choice_of_wanted_inputs()
    {
        if (default(T) is not IDifferentiable)
        {
            return;
        }

        foreach (OperatorCase<T> testCase in Cases)
        {
            TestTensor?[] inputs = Inputs(testCase);
            uint all = AllWanted(testCase);
            double[]?[]? expected = null;
            for (uint wanted = all; wanted != 0; wanted = (wanted - 1) & all)
            {
                expected = CheckGradients(testCase, inputs, wanted, MaxDifferences, expected);
            }
        }
    }

    [Fact]
    public void Backward_adds_to_a_gradient_that_holds_a_contribution()
    {
        if (default(T) is not IDifferentiable)
        {
            return;
        }

        foreach (OperatorCase<T> testCase in Cases)
        {
            TestTensor?[] inputs = Inputs(testCase);
            uint all = AllWanted(testCase);
            if (all == 0)
            {
                continue;
            }

            float[]?[] alone = RunBackward(testCase, inputs, all, 0, null);
            float[]?[] zeros = Array.ConvertAll(alone, static gradient => gradient is null ? null : new float[gradient.Length]);
            float[]?[] onZeros = RunBackward(testCase, inputs, all, all, zeros);
            float[]?[] ones = Array.ConvertAll(alone, static gradient => gradient is null ? null : Enumerable.Range(0, gradient.Length).Select(i => 1f + (i % 3)).ToArray());
            float[]?[] onOnes = RunBackward(testCase, inputs, all, all, ones);
            for (int input = 0; input < inputs.Length; input++)
            {
                if (alone[input] is not { } expected)
                {
                    continue;
                }

                for (int i = 0; i < expected.Length; i++)
                {
                    Assert.True(Near(onZeros[input]![i], expected[i], 1e-7, 1e-6), $"{testCase}: gradient {input}[{i}] added to 0 is {onZeros[input]![i]:R}, alone {expected[i]:R}.");
                    Assert.True(
                        Near(onOnes[input]![i], expected[i] + (double)ones[input]![i], 2e-6, 1e-6),
                        $"{testCase}: gradient {input}[{i}] added to {ones[input]![i]} is {onOnes[input]![i]:R}, alone {expected[i]:R}.");
                }
            }
        }
    }

    [Fact]
    public void In_place_gives_the_same_bits()
    {
        foreach (OperatorCase<T> testCase in Cases.Concat(LargeCases))
        {
            TestTensor?[] inputs = Inputs(testCase);
            using OperatorRunner apart = new(T.Info, testCase.Operator, inputs, Options(testCase));
            apart.Forward();
            for (int input = 0; input < inputs.Length; input++)
            {
                if ((apart.Plan.InPlaceInputs & (1u << input)) == 0 || inputs[input] is not { } tensor || tensor.Bytes.Length != apart.Plan.Outputs[0].Bytes)
                {
                    continue;
                }

                using OperatorRunner inPlace = new(T.Info, testCase.Operator, inputs, Options(testCase) with { InPlaceInput = input });
                inPlace.Forward();
                Assert.True(apart.Output<byte>().SequenceEqual(inPlace.Output<byte>()), $"{testCase}: the output in the place of input {input} has other bits.");
            }

            if (apart.Plan.GradientInPlace && HasGradient(testCase, 0))
            {
                Assert.True(apart.Plan.OverwritesGradients, "A gradient in place of another cannot be cleared first, so the operator must overwrite.");
                for (uint wanted = AllWanted(testCase); wanted > 0; wanted--)
                {
                    if ((wanted & 1) == 0 || (wanted & ~AllWanted(testCase)) != 0)
                    {
                        continue;
                    }

                    float[]?[] expected = RunBackward(testCase, inputs, wanted, 0, null);
                    float[]?[] actual = RunBackward(testCase, inputs, wanted, 0, null, gradientInPlace: true);
                    for (int input = 0; input < inputs.Length; input++)
                    {
                        Assert.True(SameBits(expected[input], actual[input]), $"{testCase}: with the gradient in place, gradient {input} has other bits.");
                    }
                }
            }
        }
    }

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads()
    {
        using WorkerTeam two = new(2);
        using WorkerTeam three = new(3);
        foreach (OperatorCase<T> testCase in Cases.Concat(LargeCases))
        {
            TestTensor?[] inputs = Inputs(testCase);
            uint wanted = AllWanted(testCase);
            (byte[][] Outputs, float[]?[] Gradients) expected = RunStep(testCase, inputs, wanted, WorkerTeam.Single);
            foreach (WorkerTeam team in (WorkerTeam[])[two, three])
            {
                (byte[][] Outputs, float[]?[] Gradients) actual = RunStep(testCase, inputs, wanted, team);
                for (int i = 0; i < expected.Outputs.Length; i++)
                {
                    Assert.True(expected.Outputs[i].AsSpan().SequenceEqual(actual.Outputs[i]), $"{testCase}: output {i} has other bits on {team.Threads} threads.");
                }

                for (int i = 0; i < expected.Gradients.Length; i++)
                {
                    Assert.True(SameBits(expected.Gradients[i], actual.Gradients[i]), $"{testCase}: gradient {i} has other bits on {team.Threads} threads.");
                }
            }
        }
    }

    [Fact]
    public void A_prepared_kernel_agrees_with_the_oracle()
    {
        foreach (OperatorCase<T> testCase in Cases)
        {
            TestTensor?[] inputs = Inputs(testCase);
            RunnerOptions options = Options(testCase) with { Frozen = testCase.Frozen | Parameters(inputs), Prepare = true };
            foreach (long budget in (long[])[0, 1 << 28])
            {
                using OperatorRunner runner = new(T.Info, testCase.Operator, inputs, options with { PackBudget = budget });
                runner.Forward();
                CheckOutputs(testCase, runner, inputs, training: false);
            }
        }
    }

    [Fact]
    public void Nothing_is_allocated_in_a_run()
    {
        using WorkerTeam team = new(2);
        foreach (OperatorCase<T> testCase in Cases.Concat(LargeCases))
        {
            TestTensor?[] inputs = Inputs(testCase);
            uint wanted = AllWanted(testCase);
            foreach (bool training in (bool[])[false, true])
            {
                bool backward = training && default(T) is IDifferentiable && wanted != 0;
                using OperatorRunner runner = new(T.Info, testCase.Operator, inputs, Options(testCase) with { Team = team, Training = training, Wanted = backward ? wanted : 0 });
                runner.Forward();
                long bytes = AllocationMeter.Measure(() =>
                {
                    runner.ExecuteForward();
                    if (backward)
                    {
                        runner.ExecuteBackward();
                    }
                });
                Assert.True(bytes == 0, $"{testCase}: {bytes} bytes were allocated in 10 runs{(training ? " of a training step" : "")}.");
            }
        }
    }

    [Fact]
    public void Int8_gives_the_bits_of_the_reference()
    {
        using WorkerTeam two = new(2);
        using WorkerTeam three = new(3);
        int count = 0;
        foreach (Int8Case<T> testCase in Int8Cases(new Random(8)))
        {
            count++;
            RunnerOptions options = new() { Declared = [testCase.Output], Frozen = Parameters(testCase.Inputs), Prepare = true };
            foreach ((WorkerTeam team, long budget) in ((WorkerTeam, long)[])[(WorkerTeam.Single, 1 << 28), (two, 0), (three, 1 << 28)])
            {
                CheckInt8(testCase, options with { Team = team, PackBudget = budget });
            }

            for (int i = 0; i < testCase.Inputs.Length; i++)
            {
                if ((CheckInt8(testCase, options with { Alignment = 64 }) & (1u << i)) != 0 && testCase.Inputs[i]!.Bytes.Length == testCase.Expected.Length)
                {
                    CheckInt8(testCase, options with { InPlaceInput = i });
                }
            }
        }

        OperatorCase<T> first = Cases.First();
        if (count == 0 && first.Inputs[0].Type == DataType.Float32)
        {
            TensorSpec[] inputs = Array.ConvertAll(first.Inputs, static input => input.Type == DataType.Float32 ? input with { Type = DataType.Int8, Quantization = new(0.5f, 3) } : input);
            TensorSpec declared = new(DataType.Int8, new Shape(1), new(0.5f, 3));
            Assert.Throws<ShapeException>(() => OperatorRunner.Infer(T.Info, first.Operator, inputs, declared: [.. Enumerable.Repeat(declared, T.Info.Outputs)]));
        }
    }

    [Fact]
    public void Int8_allocates_nothing_in_a_run()
    {
        using WorkerTeam team = new(2);
        foreach (Int8Case<T> testCase in Int8Cases(new Random(9)).Take(20))
        {
            using OperatorRunner runner = new(T.Info, testCase.Operator, testCase.Inputs, new RunnerOptions { Declared = [testCase.Output], Frozen = Parameters(testCase.Inputs), Prepare = true, Team = team });
            runner.Forward();
            Assert.Equal(0, AllocationMeter.Measure(runner.ExecuteForward));
        }
    }

    [Fact]
    public void Attributes_survive_the_round_trip_and_damage_is_noticed()
    {
        OperatorSet set = new OperatorSet().Add<T>();
        foreach (T op in Cases.Select(static testCase => testCase.Operator).Distinct())
        {
            AttributeWriter writer = new();
            op.Write(writer);
            byte[] bytes = writer.ToArray();
            Assert.Equal(op, (T)set.Read(T.Info.Code, bytes));
            for (int length = 0; length < bytes.Length; length++)
            {
                Assert.Throws<ModelFormatException>(() => set.Read(T.Info.Code, bytes.AsSpan(0, length)));
            }

            Assert.Throws<ModelFormatException>(() => set.Read(T.Info.Code, [.. bytes, 0]));
        }
    }

    [Fact]
    public void Inputs_that_do_not_fit_are_refused_with_the_operators_name()
    {
        int count = 0;
        foreach (OperatorCase<T> testCase in BadCases)
        {
            count++;
            ShapeException exception = Assert.Throws<ShapeException>(() => OperatorRunner.Infer(T.Info, testCase.Operator, testCase.Inputs, declared: testCase.Declared));
            Assert.StartsWith($"Operator 0 ({T.Info.Name})", exception.Message, StringComparison.Ordinal);
        }

        Assert.NotEqual(0, count);
    }

    /// <summary>The case's inputs: the same at every call.</summary>
    private protected TestTensor?[] Inputs(OperatorCase<T> testCase)
    {
        TestTensor?[] inputs = new TestTensor?[testCase.Inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = testCase.Inputs[i].Type == DataType.None ? null : Fill(testCase, i, new CounterRandom(2024, (ulong)i));
        }

        return inputs;
    }

    private protected static RunnerOptions Options(OperatorCase<T> testCase) => new() { Declared = testCase.Declared, Frozen = testCase.Frozen };

    /// <summary>Cases in int8 of an operator that only moves elements: those of float32 (and perhaps indices), moved by the oracle.</summary>
    private protected IEnumerable<Int8Case<T>> MovedInt8(Random random)
    {
        foreach (OperatorCase<T> testCase in Cases.Where(static testCase => testCase.Inputs.Any(static input => input.Type == DataType.Float32)))
        {
            Quantization quantization = Int8Testing.Quantization(random);
            TestTensor?[] inputs = Inputs(testCase);
            for (int i = 0; i < inputs.Length; i++)
            {
                inputs[i] = testCase.Inputs[i].Type == DataType.Float32 ? Int8Testing.Tensor(random, testCase.Inputs[i].Shape, quantization) : inputs[i];
            }

            DoubleTensor moved = Reference(testCase.Operator, Widen(inputs), Run(training: false))[0];
            yield return new(testCase.Operator, inputs, new(DataType.Int8, moved.Shape, quantization), Array.ConvertAll(moved.Values, static value => (sbyte)value));
        }
    }

    private static uint CheckInt8(Int8Case<T> testCase, RunnerOptions options)
    {
        using OperatorRunner runner = new(T.Info, testCase.Operator, testCase.Inputs, options);
        TensorSpec output = runner.Plan.Outputs[0];
        Assert.True(
            output with { Quantization = null } == testCase.Output with { Quantization = null } && Quantization.Same(output.Quantization, testCase.Output.Quantization),
            $"{testCase}: the output is {output}; {testCase.Output} is expected.");
        runner.Forward();
        ReadOnlySpan<sbyte> actual = runner.Output<sbyte>();
        int same = actual.CommonPrefixLength(testCase.Expected);
        Assert.True(same == actual.Length, $"{testCase}, {options.Team.Threads} threads: {actual[Math.Min(same, actual.Length - 1)]} at {same}; the reference gives {testCase.Expected[Math.Min(same, actual.Length - 1)]}.");
        return runner.Plan.InPlaceInputs;
    }

    private protected void CheckForward(OperatorCase<T> testCase, TestTensor?[] inputs, bool training)
    {
        using OperatorRunner runner = new(T.Info, testCase.Operator, inputs, Options(testCase) with { Training = training });
        runner.Forward();
        CheckOutputs(testCase, runner, inputs, training);
    }

    private void CheckOutputs(OperatorCase<T> testCase, OperatorRunner runner, TestTensor?[] inputs, bool training)
    {
        DoubleTensor[] expected = Reference(testCase, Widen(inputs), Run(training));
        for (int output = 0; output < expected.Length; output++)
        {
            Assert.Equal(expected[output].Shape, runner.Plan.Outputs[output].Shape);
            double[] actual = runner.OutputValues(output);
            for (int i = 0; i < actual.Length; i++)
            {
                Assert.True(
                    Near(actual[i], expected[output][i], Tolerance.Absolute, Tolerance.Relative),
                    $"{testCase}{(training ? " in training" : "")}: output {output}[{i}] is {actual[i]:R}; the oracle says {expected[output][i]:R}.");
            }
        }
    }

    /// <summary>Compares Backward with central differences of Σ w·y on the oracle; returns them (NaN where not computed) to be used again.</summary>
    private protected double[]?[] CheckGradients(OperatorCase<T> testCase, TestTensor?[] inputs, uint wanted, int maxDifferences, double[]?[]? expected = null)
    {
        float[]?[] actual = RunBackward(testCase, inputs, wanted, 0, null);
        expected ??= new double[inputs.Length][];
        for (int input = 0; input < inputs.Length; input++)
        {
            if ((wanted & (1u << input)) == 0)
            {
                continue;
            }

            expected[input] ??= Differences(testCase, inputs, input, maxDifferences);
            for (int i = 0; i < actual[input]!.Length; i++)
            {
                double value = actual[input]![i];
                double difference = expected[input]![i];
                bool computed = !double.IsNaN(difference);
                Assert.True(
                    computed ? Near(value, difference, GradientTolerance.Absolute, GradientTolerance.Relative) : !double.IsNaN(value),
                    $"{testCase}, wanted {wanted:b}: gradient {input}[{i}] is {value:R}; finite differences say {difference:R}.");
            }
        }

        return expected;
    }

    private double[] Differences(OperatorCase<T> testCase, TestTensor?[] inputs, int input, int maxDifferences)
    {
        DoubleTensor?[] values = Widen(inputs);
        double[] x = values[input]!.Values;
        float[] weights = OutputWeights(testCase, inputs);
        double[] differences = new double[x.Length];
        Array.Fill(differences, double.NaN);
        CounterRandom random = new(77);
        int count = Math.Min(x.Length, maxDifferences);
        for (int k = 0; k < count; k++)
        {
            int i = count == x.Length ? k : random.Int32((ulong)k, x.Length);
            double original = x[i];
            double step = Difference * Math.Max(1, Math.Abs(original));
            x[i] = original + step;
            double up = Loss(testCase.Operator, values, weights);
            x[i] = original - step;
            double down = Loss(testCase.Operator, values, weights);
            x[i] = original;
            differences[i] = (up - down) / (2 * step);
        }

        return differences;
    }

    private double Loss(T op, DoubleTensor?[] inputs, float[] weights)
    {
        DoubleTensor y = Reference(op, inputs, Run(training: true))[0];
        double loss = 0;
        for (int i = 0; i < y.Length; i++)
        {
            loss += weights[i] * y[i];
        }

        return loss;
    }

    private static float[] OutputWeights(OperatorCase<T> testCase, TestTensor?[] inputs)
    {
        using OperatorRunner runner = new(T.Info, testCase.Operator, inputs, Options(testCase));
        CounterRandom random = new(99);
        float[] weights = new float[runner.Plan.Outputs[0].Shape.ElementCount];
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = T.Info.IsLoss ? 1 : random.Uniform((ulong)i, -1, 1);
        }

        return weights;
    }

    private static float[]?[] RunBackward(OperatorCase<T> testCase, TestTensor?[] inputs, uint wanted, uint accumulate, float[]?[]? contributions, bool gradientInPlace = false)
    {
        using OperatorRunner runner = new(T.Info, testCase.Operator, inputs, Options(testCase) with
        {
            Training = true,
            Wanted = wanted,
            Accumulate = accumulate,
            GradientInPlace = gradientInPlace,
        });
        runner.Forward();
        runner.Backward(OutputWeights(testCase, inputs), contributions);
        return TakeGradients(runner, inputs.Length, wanted);
    }

    private static (byte[][] Outputs, float[]?[] Gradients) RunStep(OperatorCase<T> testCase, TestTensor?[] inputs, uint wanted, WorkerTeam team)
    {
        bool backward = default(T) is IDifferentiable && wanted != 0;
        using OperatorRunner runner = new(T.Info, testCase.Operator, inputs, Options(testCase) with { Team = team, Training = backward, Wanted = backward ? wanted : 0 });
        runner.Forward();
        byte[][] outputs = new byte[runner.Plan.Outputs.Length][];
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i] = runner.Output<byte>(i).ToArray();
        }

        if (!backward)
        {
            return (outputs, []);
        }

        runner.Backward(OutputWeights(testCase, inputs));
        return (outputs, TakeGradients(runner, inputs.Length, wanted));
    }

    private static float[]?[] TakeGradients(OperatorRunner runner, int inputs, uint wanted)
    {
        float[]?[] gradients = new float[]?[inputs];
        for (int i = 0; i < inputs; i++)
        {
            gradients[i] = (wanted & (1u << i)) != 0 ? runner.InputGradient(i).ToArray() : null;
        }

        return gradients;
    }

    private uint AllWanted(OperatorCase<T> testCase)
    {
        uint wanted = 0;
        for (int i = 0; i < testCase.Inputs.Length; i++)
        {
            if (testCase.Inputs[i].Type != DataType.None && HasGradient(testCase, i))
            {
                wanted |= 1u << i;
            }
        }

        return wanted;
    }

    private static uint Parameters(TestTensor?[] inputs)
    {
        uint frozen = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i] is not null && T.Info.Role(i) != InputRole.Data)
            {
                frozen |= 1u << i;
            }
        }

        return frozen;
    }

    private static DoubleTensor?[] Widen(TestTensor?[] inputs) => Array.ConvertAll(inputs, static input => input?.ToDouble());

    private static OracleRun Run(bool training)
    {
        RunnerOptions options = new();
        return new OracleRun(training, OperatorRunner.RandomOf(options));
    }

    private float AwayFromKinks(float value)
    {
        const float Distance = 1e-3f;
        foreach (double kink in Kinks)
        {
            if (Math.Abs(value - kink) < Distance)
            {
                return (float)kink + (2 * Distance);
            }
        }

        return value;
    }

    private static TElement[] Integers<TElement>(int count, Func<ulong, TElement> make)
    {
        TElement[] values = new TElement[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = make((ulong)i);
        }

        return values;
    }

    private static bool SameBits(float[]? left, float[]? right) =>
        MemoryMarshal.AsBytes(left.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(right.AsSpan()));

    /// <summary>Equal, both NaN, or within the allowed error.</summary>
    private protected static bool Near(double actual, double expected, double absolute, double relative) =>
        actual == expected || (double.IsNaN(actual) && double.IsNaN(expected)) ||
        (double.IsFinite(actual) && double.IsFinite(expected) && Math.Abs(actual - expected) <= absolute + (relative * Math.Abs(expected))) ||
        (double.IsInfinity(actual) && Math.Abs(expected) > float.MaxValue && Math.Sign(actual) == Math.Sign(expected));
}

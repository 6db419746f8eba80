using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

/// <summary>What the recurrent operators have in common: inputs, lengths, gradients of the last states; and the functions, in double.</summary>
/// <typeparam name="T">The operator.</typeparam>
public abstract class RecurrentTests<T> : OperatorTests<T> where T : struct, IOperator<T>, IDifferentiable
{
    private const int Lengths = 5;

    protected static RecurrentActivation[] Functions =>
    [
        default, RecurrentActivation.Sigmoid, RecurrentActivation.Tanh, RecurrentActivation.Relu, new(RecurrentFunction.Relu6), new(RecurrentFunction.Affine, 0.7f, 0.1f),
        RecurrentActivation.HardSigmoid(), RecurrentActivation.HardSigmoid(1 / 6f), new(RecurrentFunction.LeakyRelu, 0.01f), new(RecurrentFunction.ThresholdedRelu, 0.25f),
        new(RecurrentFunction.ScaledTanh, 1.7f, 0.6f), new(RecurrentFunction.Elu, 0.8f), new(RecurrentFunction.Softsign), new(RecurrentFunction.Softplus),
    ];

    protected abstract int Gates { get; }

    protected override OperatorCase<T>? OfLength(int length) => length > 20 ? null : new(Usual, Inputs(1, 2, 2, length, recurrentBias: false));

    /// <summary>The operator with its usual functions.</summary>
    protected abstract T Usual { get; }

    protected override IEnumerable<OperatorCase<T>> LargeCases =>
    [
        new(Usual, Inputs(40, 3, 5, 64)),
        new(Usual, Inputs(3, 70, 4, 6)),
        new(Backwards, Inputs(3, 70, 4, 6, lengths: true)),
    ];

    protected abstract T Backwards { get; }

    protected override TestTensor Fill(OperatorCase<T> testCase, int input, CounterRandom random)
    {
        if (input != Lengths)
        {
            // Large recurrent weights would make the sequence chaotic: rounding would grow from step to step.
            float bound = input is 2 or 9 ? Math.Min(1, 3 / MathF.Sqrt(testCase.Inputs[input].Shape[1])) : 1;
            return Uniform(testCase.Inputs[input], random, -bound, bound);
        }

        int time = testCase.Inputs[0].Shape[1];
        int[] lengths = new int[testCase.Inputs[input].Shape[0]];
        for (int i = 0; i < lengths.Length; i++)
        {
            lengths[i] = i == 1 ? time : random.Int32((ulong)i, time + 1);
        }

        return TestTensor.Of(DataType.Int32, testCase.Inputs[input].Shape, lengths);
    }

    /// <summary>Inputs in their order: x, weights, recurrent weights, biases, lengths, first states, peepholes; those left out at the end are dropped.</summary>
    protected TensorSpec[] Inputs(
        int batch, int time, int features, int hidden, bool bias = true, bool recurrentBias = true, bool lengths = false, bool first = false, bool cell = false, bool peephole = false)
    {
        TensorSpec[] inputs =
        [
            Float(batch, time, features),
            Float(Gates * hidden, features),
            Float(Gates * hidden, hidden),
            bias ? Float(Gates * hidden) : None,
            recurrentBias ? Float(Gates * hidden) : None,
            lengths ? Typed(DataType.Int32, batch) : None,
            first ? Float(batch, hidden) : None,
            cell ? Float(batch, hidden) : None,
            peephole ? Float(3, hidden) : None,
        ];
        int count = inputs.Length;
        while (inputs[count - 1].Type == DataType.None)
        {
            count--;
        }

        return inputs[..count];
    }

    /// <summary>z = x · Wᵀ + b for a sample, a step and a row of the weights.</summary>
    protected static double Product(DoubleTensor?[] inputs, int sample, int step, int row)
    {
        DoubleTensor x = inputs[0]!, w = inputs[1]!;
        double sum = Optional(inputs, 3)?[row] ?? 0;
        for (int i = 0; i < x.Shape[2]; i++)
        {
            sum += x[sample, step, i] * w[row, i];
        }

        return sum;
    }

    /// <summary>h · Rᵀ + br for a row of the recurrent weights.</summary>
    protected static double Recurrent(DoubleTensor?[] inputs, ReadOnlySpan<double> state, int row)
    {
        double sum = Optional(inputs, 4)?[row] ?? 0;
        for (int i = 0; i < state.Length; i++)
        {
            sum += state[i] * inputs[2]![row, i];
        }

        return sum;
    }

    protected static DoubleTensor? Optional(DoubleTensor?[] inputs, int index) => index < inputs.Length ? inputs[index] : null;

    /// <summary>Runs over samples and steps.</summary>
    /// <param name="inputs">The inputs.</param>
    /// <param name="reverse">From the last step to the first.</param>
    /// <param name="states">States: 1, or 2 with a cell.</param>
    /// <param name="step">Changes the states of a sample.</param>
    protected static DoubleTensor[] Unroll(DoubleTensor?[] inputs, bool reverse, int states, Action<int, int, double[][]> step)
    {
        int batch = inputs[0]!.Shape[0], time = inputs[0]!.Shape[1], hidden = inputs[2]!.Shape[1];
        DoubleTensor y = new(new Shape(batch, time, hidden));
        int[] widths = states == 1 ? [hidden] : [hidden, inputs[1]!.Shape[0] / 4];         // the cell of an LSTM has four gates
        DoubleTensor[] last = [.. widths.Select(width => new DoubleTensor(new Shape(batch, width)))];
        for (int b = 0; b < batch; b++)
        {
            double[][] state = new double[states][];
            for (int s = 0; s < states; s++)
            {
                state[s] = Optional(inputs, 6 + s)?.Values.AsSpan(b * widths[s], widths[s]).ToArray() ?? new double[widths[s]];
            }

            int length = (int)(Optional(inputs, Lengths)?[b] ?? time);
            for (int k = 0; k < length; k++)
            {
                int t = reverse ? length - 1 - k : k;
                step(b, t, state);
                for (int i = 0; i < hidden; i++)
                {
                    y[b, t, i] = state[0][i];
                }
            }

            for (int s = 0; s < states; s++)
            {
                state[s].CopyTo(last[s].Values, b * widths[s]);
            }
        }

        return [y, .. last];
    }

    protected static double Apply(RecurrentActivation activation, RecurrentFunction usual, double x, double clip = 0)
    {
        x = clip > 0 ? Math.Clamp(x, -clip, clip) : x;
        double a = activation.Alpha, b = activation.Beta;
        return (activation.Function == RecurrentFunction.Usual ? usual : activation.Function) switch
        {
            RecurrentFunction.Sigmoid => 1 / (1 + Math.Exp(-x)),
            RecurrentFunction.Tanh => Math.Tanh(x),
            RecurrentFunction.Relu => Math.Max(x, 0),
            RecurrentFunction.Relu6 => Math.Clamp(x, 0, 6),
            RecurrentFunction.Affine => (a * x) + b,
            RecurrentFunction.HardSigmoid => Math.Clamp((a * x) + b, 0, 1),
            RecurrentFunction.LeakyRelu => x > 0 ? x : a * x,
            RecurrentFunction.ThresholdedRelu => x > a ? x : 0,
            RecurrentFunction.ScaledTanh => a * Math.Tanh(b * x),
            RecurrentFunction.Elu => x > 0 ? x : a * (Math.Exp(x) - 1),
            RecurrentFunction.Softsign => x / (1 + Math.Abs(x)),
            _ => Math.Log(1 + Math.Exp(x)),
        };
    }

    [Fact]
    public void Gradients_of_the_last_states_flow_back_too()
    {
        const double Step = 1e-5;
        foreach (OperatorCase<T> testCase in Cases)
        {
            TestTensor?[] inputs = Inputs(testCase);
            uint wanted = 0;
            for (int i = 0; i < inputs.Length; i++)
            {
                wanted |= inputs[i] is null || i == Lengths ? 0 : 1u << i;
            }

            using OperatorRunner runner = new(T.Info, testCase.Operator, inputs, new RunnerOptions { Training = true, Wanted = wanted });
            runner.Forward();
            float[][] weights = [.. runner.Plan.Outputs.Select(static (spec, i) => Compiler.GraphRunner.Values(spec.Shape.ElementCount, (ulong)i))];
            for (int output = 1; output < weights.Length; output++)
            {
                weights[output].CopyTo(runner.OutputGradient(output));
            }

            runner.Backward(weights[0]);
            DoubleTensor?[] values = Array.ConvertAll(inputs, static input => input?.ToDouble());
            for (int input = 0; input < inputs.Length; input++)
            {
                for (int i = 0; (wanted & (1u << input)) != 0 && i < values[input]!.Length; i += 3)
                {
                    double original = values[input]![i];
                    values[input]![i] = original + Step;
                    double up = Loss();
                    values[input]![i] = original - Step;
                    double expected = (up - Loss()) / (2 * Step);
                    values[input]![i] = original;
                    float actual = runner.InputGradient(input)[i];
                    Assert.True(Near(actual, expected, 2e-5, 1e-4), $"{testCase}: gradient {input}[{i}] is {actual:R}; finite differences say {expected:R}.");
                }
            }

            double Loss() => Reference(testCase.Operator, values, new OracleRun(true, default)).Select((y, output) => y.Values.Select((value, i) => value * weights[output][i]).Sum()).Sum();
        }
    }

    [Fact]
    public void Lengths_beyond_the_sequence_are_refused()
    {
        OperatorCase<T> testCase = new(Usual, Inputs(2, 3, 2, 4, lengths: true));
        foreach (int length in (int[])[-1, 4])
        {
            TestTensor?[] inputs = Inputs(testCase);
            inputs[Lengths] = TestTensor.Of(DataType.Int32, new Shape(2), [3, length]);
            using OperatorRunner runner = new(T.Info, Usual, inputs);
            Assert.Contains($"length {length}; 0 … 3 is allowed", Assert.Throws<ShapeException>(runner.Forward).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>What all of them refuse.</summary>
    protected IEnumerable<OperatorCase<T>> CommonBadCases
    {
        get
        {
            yield return new(Usual, Changed(0, Float(2, 6)));
            yield return new(Usual, Changed(0, Typed(DataType.Int32, 2, 3, 3)));
            yield return new(Usual, Changed(1, Float(Gates * 4, 2)));
            yield return new(Usual, Changed(1, Float((Gates * 4) + 1, 3)));
            yield return new(Usual, Changed(2, Float((Gates * 4) + 1, 4)));
            yield return new(Usual, Changed(2, Float(4)));
            yield return new(Usual, Changed(3, Float(1)));
            yield return new(Usual, Changed(4, Float(Gates, 4)));
            yield return new(Usual, Changed(5, Float(2)));
            yield return new(Usual, Changed(5, Typed(DataType.Int32, 3)));
            yield return new(Usual, Changed(6, Float(1, 4)));

            TensorSpec[] Changed(int input, TensorSpec spec)
            {
                TensorSpec[] inputs = Inputs(2, 3, 3, 4, lengths: true, first: true);
                inputs[input] = spec;
                return inputs;
            }
        }
    }
}

using System.Runtime.InteropServices;
using Edge.Runtime;
using Edge.Runtime.Threading;
using Edge.Runtime.Training;
using Edge.Tests.Harness;

namespace Edge.Tests.Training;

public sealed class OptimizerTests
{
    private const int Steps = 6;
    private const float Rate = 0.05f;

    // Constant gradients of 2⁻²⁴ (6e-8) and 0 stand among the others: there ε decides the step.
    private static float Gradient(int step, int index) => (index % 5) switch
    {
        0 => 1f / (1 << 24),
        1 => 0,
        _ => new CounterRandom(7, (ulong)step).Uniform((ulong)index, -2, 2),
    };

    private static float[] Values(int length)
    {
        float[] values = new float[length];
        CounterRandom random = new(1);
        for (int i = 0; i < length; i++)
        {
            values[i] = random.Uniform((ulong)i, -1, 1);
        }

        return values;
    }

    private static float[] Gradients(int step, int length)
    {
        float[] gradient = new float[length];
        for (int i = 0; i < length; i++)
        {
            gradient[i] = Gradient(step, i);
        }

        return gradient;
    }

    /// <summary>One element in double over several steps: t, w, g and two remembered values that start at 0; returns the new w.</summary>
    private delegate double Naive(int t, double rate, double w, double g, ref double a, ref double b);

    private static readonly Dictionary<string, (Optimizer Rule, Naive Naive)> Rules = new()
    {
        ["sgd"] = (new Sgd(Rate), static (int t, double rate, double w, double g, ref double a, ref double b) => w - (rate * g)),
        ["sgd with decay"] = (new Sgd(Rate, weightDecay: 0.25f), static (int t, double rate, double w, double g, ref double a, ref double b) => w - (rate * (g + (0.25 * w)))),
        ["momentum"] = (new Sgd(Rate, 0.875f), static (int t, double rate, double w, double g, ref double a, ref double b) =>
        {
            a = t == 1 ? g : (0.875 * a) + g;
            return w - (rate * a);
        }),
        ["momentum with decay"] = (new Sgd(Rate, 0.875f, weightDecay: 0.25f), static (int t, double rate, double w, double g, ref double a, ref double b) =>
        {
            g += 0.25 * w;
            a = t == 1 ? g : (0.875 * a) + g;
            return w - (rate * a);
        }),
        ["nesterov"] = (new Sgd(Rate, 0.875f, nesterov: true, weightDecay: 0.25f), static (int t, double rate, double w, double g, ref double a, ref double b) =>
        {
            g += 0.25 * w;
            a = t == 1 ? g : (0.875 * a) + g;
            return w - (rate * (g + (0.875 * a)));
        }),
        ["rmsprop"] = (new RmsProp(Rate, 0.875f, 1e-7f), static (int t, double rate, double w, double g, ref double a, ref double b) =>
        {
            a = (0.875 * a) + (0.125 * g * g);
            return w - (rate * g / (Math.Sqrt(a) + 1e-7f));
        }),
        ["adam"] = (new Adam(Rate, 0.875f, 0.99609375f, 1e-7f), static (int t, double rate, double w, double g, ref double a, ref double b) => AdamStep(t, rate, w, g, ref a, ref b)),
        ["adamw"] = (new AdamW(Rate, 0.875f, 0.99609375f, 1e-7f, 0.25f), static (int t, double rate, double w, double g, ref double a, ref double b) =>
            AdamStep(t, rate, w * (1 - (rate * 0.25)), g, ref a, ref b)),
    };

    // The textbook form: corrected averages first, then one quotient (algorithm 1 of arXiv:1412.6980).
    private static double AdamStep(int t, double rate, double w, double g, ref double m, ref double v)
    {
        m = (0.875 * m) + (0.125 * g);
        v = (0.99609375 * v) + (0.00390625 * g * g);
        return w - (rate * (m / (1 - Math.Pow(0.875, t))) / (Math.Sqrt(v / (1 - Math.Pow(0.99609375, t))) + 1e-7f));
    }

    public static TheoryData<string> Names => [.. Rules.Keys];

    private static void Train(Optimizer rule, Span<float> values, Span<float> state, WorkerTeam team, int first = 1, int last = Steps)
    {
        for (int step = first; step <= last; step++)
        {
            rule.Update(new ParameterUpdate(values, Gradients(step, values.Length), state, Rate / step, step, team));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AgreesWithANaiveLoopInDouble(string name)
    {
        (Optimizer rule, Naive naive) = Rules[name];
        const int Length = 259;
        float[] values = Values(Length);
        Train(rule, values, new float[rule.StateCount * Length], WorkerTeam.Single);
        float[] start = Values(Length);
        for (int i = 0; i < Length; i++)
        {
            double w = start[i];
            double a = 0;
            double b = 0;
            for (int t = 1; t <= Steps; t++)
            {
                w = naive(t, Rate / t, w, Gradient(t, i), ref a, ref b);
            }

            // Values stay below 2, so one rounding is at most 1.2e-7, and six steps make less than ten of them.
            Assert.True(Math.Abs(values[i] - w) < 1e-6, $"{name}, element {i}: {values[i]:R}, in double {w:R}.");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryLengthGivesTheBitsOfSingleElementsAndStaysInItsMemory(string name)
    {
        Optimizer rule = Rules[name].Rule;
        const int Most = 256;
        float[] expected = Values(Most);
        float[] state = new float[2];
        for (int i = 0; i < Most; i++)
        {
            state.AsSpan().Clear();
            for (int step = 1; step <= 2; step++)
            {
                rule.Update(new ParameterUpdate(expected.AsSpan(i, 1), [Gradient(step, i)], state.AsSpan(0, rule.StateCount), Rate / step, step, WorkerTeam.Single));
            }
        }

        for (int length = 0; length <= Most; length++)
        {
            using GuardedMemory values = new(length * sizeof(float));
            using GuardedMemory gradient = new(length * sizeof(float));
            using GuardedMemory remembered = new(rule.StateCount * length * sizeof(float));
            Values(length).CopyTo(values.Span<float>());
            for (int step = 1; step <= 2; step++)
            {
                Gradients(step, length).CopyTo(gradient.Span<float>());
                rule.Update(new ParameterUpdate(values.Span<float>(), gradient.Span<float>(), remembered.Span<float>(), Rate / step, step, WorkerTeam.Single));
            }

            Assert.Equal(Bits(expected.AsSpan(0, length)), Bits(values.Span<float>()));
            values.Check("parameter");
            gradient.Check("gradient");
            remembered.Check("state");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ResultsDoNotDependOnThreads(string name)
    {
        Optimizer rule = Rules[name].Rule;
        const int Length = (3 << 14) + 17;
        float[] one = Values(Length);
        float[] oneState = new float[rule.StateCount * Length];
        Train(rule, one, oneState, WorkerTeam.Single, last: 2);
        foreach (int threads in (int[])[2, 3, 5])
        {
            using WorkerTeam team = new(threads);
            float[] many = Values(Length);
            float[] manyState = new float[rule.StateCount * Length];
            Train(rule, many, manyState, team, last: 2);
            Assert.Equal(Bits(one), Bits(many));
            Assert.Equal(Bits(oneState), Bits(manyState));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ASavedStateContinuesToTheBit(string name)
    {
        Optimizer rule = Rules[name].Rule;
        const int Length = 67;
        float[] straight = Values(Length);
        Train(rule, straight, new float[rule.StateCount * Length], WorkerTeam.Single);
        float[] values = Values(Length);
        float[] state = new float[rule.StateCount * Length];
        Train(rule, values, state, WorkerTeam.Single, last: 3);
        Train(rule, values, (float[])state.Clone(), WorkerTeam.Single, first: 4);
        Assert.Equal(Bits(straight), Bits(values));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void UpdatesDoNotAllocate(string name)
    {
        Optimizer rule = Rules[name].Rule;
        const int Length = (1 << 15) + 5;
        float[] values = Values(Length);
        float[] gradient = Gradients(1, Length);
        float[] state = new float[rule.StateCount * Length];
        using WorkerTeam team = new(2);
        Assert.Equal(0, AllocationMeter.Measure(() => rule.Update(new ParameterUpdate(values, gradient, state, Rate, 3, team))));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AStateOfTheWrongLengthIsRefusedUntouched(string name)
    {
        Optimizer rule = Rules[name].Rule;
        float[] values = Values(9);
        float[] state = new float[(rule.StateCount * 9) + 1];
        ShapeException refused = Assert.Throws<ShapeException>(
            () => rule.Update(new ParameterUpdate(values, Gradients(1, 9), state, Rate, 1, WorkerTeam.Single)));
        Assert.Contains($"{state.Length} values", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"{rule.StateCount} × 9", refused.Message, StringComparison.Ordinal);
        Assert.Equal(Values(9), values);
    }

    [Fact]
    public void MemoryIsWhatTheRuleRemembers()
    {
        Assert.Equal(0, new Sgd(Rate).StateCount);
        Assert.Equal(1, new Sgd(Rate, 0.9f).StateCount);
        Assert.Equal(1, new RmsProp(Rate).StateCount);
        Assert.Equal(2, new Adam(Rate).StateCount);
        Assert.Equal(2, new AdamW(Rate).StateCount);
        Assert.Equal(["sgd", "rmsprop", "adam", "adamw"], new Optimizer[] { new Sgd(Rate), new RmsProp(Rate), new Adam(Rate), new AdamW(Rate) }.Select(static rule => rule.Name));
    }

    [Fact]
    public void WorkedExamples()
    {
        // Adam's first step is η · sign(g), whatever the gradient's size: both corrected averages are the gradient itself.
        Assert.Equal([0.75f, -0.75f], Once(new Adam(0.25f, epsilon: 1e-30f), [1f, -1f], [1e-3f, -8f], 0.25f), static (a, b) => Math.Abs(a - b) < 1e-6);

        // No gradient: AdamW shrinks by η · λ, plain Adam does nothing.
        Assert.Equal([1.75f], Once(new AdamW(0.25f, weightDecay: 0.5f), [2f], [0f], 0.25f));
        Assert.Equal([2f], Once(new Adam(0.25f), [2f], [0f], 0.25f));

        // Nesterov: d = 1 + ½·2 = 2, b = 2, step = 2 + ½·2 = 3.
        Assert.Equal([2f - 0.75f], Once(new Sgd(0.25f, 0.5f, nesterov: true, weightDecay: 0.5f), [2f], [1f], 0.25f));

        // A rate of 0 from a schedule leaves the parameter alone.
        Assert.Equal([2f], Once(new RmsProp(0.25f), [2f], [1f], 0));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void ARateMustBeFiniteAndAboveZero(float rate)
    {
        Refused("learningRate", "above 0", () => new Sgd(rate));
        Refused("learningRate", "above 0", () => new RmsProp(rate));
        Refused("learningRate", "above 0", () => new Adam(rate));
        Refused("learningRate", "above 0", () => new AdamW(rate));
        Adam adam = new(Rate);
        Refused("LearningRate", "above 0", () => adam.LearningRate = rate);
        Assert.Equal(Rate, adam.LearningRate);
        Refused("epsilon", "above 0", () => new RmsProp(Rate, epsilon: rate));
        Refused("epsilon", "above 0", () => new Adam(Rate, epsilon: rate));
    }

    [Theory]
    [InlineData(1f)]
    [InlineData(-0.1f)]
    [InlineData(float.NaN)]
    public void AnAverageMustKeepLessThanAllOfItsPast(float decay)
    {
        Refused("momentum", "below 1", () => new Sgd(Rate, decay));
        Refused("rho", "below 1", () => new RmsProp(Rate, decay));
        Refused("beta1", "below 1", () => new Adam(Rate, decay));
        Refused("beta2", "below 1", () => new Adam(Rate, 0.9f, decay));
        Refused("beta2", "below 1", () => new AdamW(Rate, 0.9f, decay));
    }

    [Fact]
    public void OtherBadArgumentsAreNamed()
    {
        Refused("weightDecay", "0 or", () => new Sgd(Rate, weightDecay: -1));
        Refused("weightDecay", "0 or", () => new AdamW(Rate, weightDecay: float.NaN));
        Assert.Contains("momentum", Assert.Throws<ArgumentException>(() => new Sgd(Rate, nesterov: true)).Message, StringComparison.Ordinal);
        Refused("learningRate", "0 or", () => _ = new ParameterUpdate([], [], [], float.NaN, 1, WorkerTeam.Single));
        Refused("step", "1 or more", () => _ = new ParameterUpdate([], [], [], Rate, 0, WorkerTeam.Single));
        Assert.Throws<ArgumentNullException>("team", () => _ = new ParameterUpdate([], [], [], Rate, 1, null!));
        string message = Assert.Throws<ShapeException>(() => _ = new ParameterUpdate(new float[3], new float[2], [], Rate, 1, WorkerTeam.Single)).Message;
        Assert.Contains("2 values", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.999, 1)]
    [InlineData(0.999, 1_000)]
    [InlineData(0.9, 1_000_000_000)]
    [InlineData(0, 3)]
    [InlineData(0.5, 0)]
    public void PowersAgreeWithTheLibrary(double value, long exponent)
        => Assert.Equal(Math.Pow(value, exponent), IntegerPower.Of(value, exponent), 1e-13);

    internal static void Refused(string parameter, string allowed, Action action)
    {
        ArgumentOutOfRangeException refused = Assert.Throws<ArgumentOutOfRangeException>(parameter, action);
        Assert.Contains(allowed, refused.Message, StringComparison.Ordinal);
        Assert.NotNull(refused.ActualValue);
    }

    private static float[] Once(Optimizer rule, float[] values, float[] gradient, float rate)
    {
        rule.Update(new ParameterUpdate(values, gradient, new float[rule.StateCount * values.Length], rate, 1, WorkerTeam.Single));
        return values;
    }

    private static int[] Bits(Span<float> values) => MemoryMarshal.Cast<float, int>(values).ToArray();
}

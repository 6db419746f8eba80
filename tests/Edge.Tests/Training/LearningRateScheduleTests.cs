using Edge.Runtime.Training;

namespace Edge.Tests.Training;

public sealed class LearningRateScheduleTests
{
    private static float[] First(LearningRateSchedule schedule, float rate, int steps)
        => [.. Enumerable.Range(1, steps).Select(step => schedule.Rate(step, rate))];

    [Fact]
    public void ConstantIsTheBaseRate() => Assert.Equal([0.3f, 0.3f, 0.3f], First(new ConstantRate(), 0.3f, 3));

    [Fact]
    public void StepsDropAfterEveryFullStair()
    {
        Assert.Equal([8f, 8f, 8f, 4f, 4f, 4f, 2f], First(new StepDecay(3, 0.5f), 8, 7));
        Assert.Equal(0f, new StepDecay(1, 0.5f).Rate(long.MaxValue, 8));
    }

    [Fact]
    public void ExponentialPassesThroughItsPowers()
    {
        ExponentialDecay decay = new(4, 0.25f);
        Assert.Equal([16f, (float)(16 * Math.Sqrt(0.5)), 8f, (float)(8 * Math.Sqrt(0.5)), 4f], First(decay, 16, 5), static (a, b) => Math.Abs(a - b) <= 1e-6f);
        Assert.Equal(1f, decay.Rate(9, 16));
    }

    [Fact]
    public void CosineFallsToItsFractionAndStays()
    {
        CosineDecay decay = new(4, 0.5f);
        double quarter = Math.Sqrt(0.5);
        Assert.Equal(
            [2f, (float)(1 + ((1 + quarter) / 2)), 1.5f, (float)(1 + ((1 - quarter) / 2)), 1f, 1f, 1f],
            First(decay, 2, 7),
            static (a, b) => Math.Abs(a - b) <= 1e-6f);
        Assert.Equal(0f, new CosineDecay(10).Rate(11, 2));
        Assert.Equal(2f, new CosineDecay(10).Rate(1, 2));
    }

    [Fact]
    public void WarmupClimbsToTheBaseRateThenHandsOver()
    {
        Assert.Equal([2f, 4f, 6f, 8f, 8f, 8f], First(new LinearWarmup(4), 8, 6));
        Assert.Equal([4f, 8f, 8f, 4f, 2f], First(new LinearWarmup(2, new StepDecay(1, 0.5f)), 8, 5));
    }

    [Fact]
    public void BadArgumentsAreNamed()
    {
        OptimizerTests.Refused("every", "1 or more", () => new StepDecay(0, 0.5f));
        OptimizerTests.Refused("factor", "above 0", () => new StepDecay(1, 0));
        OptimizerTests.Refused("factor", "at most 1", () => new StepDecay(1, 1.5f));
        OptimizerTests.Refused("decaySteps", "1 or more", () => new ExponentialDecay(0, 0.5f));
        OptimizerTests.Refused("rate", "above 0", () => new ExponentialDecay(1, float.NaN));
        OptimizerTests.Refused("totalSteps", "1 or more", () => new CosineDecay(-1));
        OptimizerTests.Refused("minimumFraction", "between 0 and 1", () => new CosineDecay(1, 2));
        OptimizerTests.Refused("warmupSteps", "1 or more", () => new LinearWarmup(0));
        foreach (LearningRateSchedule schedule in (LearningRateSchedule[])[new ConstantRate(), new StepDecay(1, 1), new ExponentialDecay(1, 1), new CosineDecay(1), new LinearWarmup(1)])
        {
            OptimizerTests.Refused("step", "1 or more", () => schedule.Rate(0, 1));
        }
    }
}

using Edge.Compiler;
using Edge.Runtime;

namespace Edge.Tests.Compiler;

/// <summary>Runs graphs as a user would: written as a file, loaded, run by a session.</summary>
internal static class GraphRunner
{
    /// <summary>Reproducible values in [low, high).</summary>
    public static float[] Values(int count, ulong stream, float low = -1, float high = 1)
    {
        CounterRandom random = new(11, stream);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = random.Uniform((ulong)i, low, high);
        }

        return values;
    }

    /// <summary>All float32 outputs for one batch of float32 inputs.</summary>
    public static float[][] Run(Graph graph, params ReadOnlySpan<float[]> inputs)
    {
        using Model model = Model.Load(ModelEmitter.ToBytes(graph));
        using Session session = new(model);
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i].CopyTo(session.Input<float>(i));
        }

        session.Run();
        float[][] outputs = new float[session.OutputCount][];
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i] = session.Output<float>(i).ToArray();
        }

        return outputs;
    }

    /// <summary>Fails unless all outputs agree within <paramref name="tolerance"/>, relative to values above 1.</summary>
    public static void AssertNear(float[][] expected, float[][] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int o = 0; o < expected.Length; o++)
        {
            Assert.Equal(expected[o].Length, actual[o].Length);
            for (int i = 0; i < expected[o].Length; i++)
            {
                double error = Math.Abs((double)expected[o][i] - actual[o][i]) / Math.Max(1, Math.Abs(expected[o][i]));
                Assert.True(error <= tolerance, $"Output {o}, element {i}: {expected[o][i]} became {actual[o][i]}.");
            }
        }
    }

    /// <summary>Signal-to-noise ratio in decibels.</summary>
    public static double Snr(ReadOnlySpan<float> reference, ReadOnlySpan<float> actual)
    {
        double signal = 0;
        double noise = 0;
        for (int i = 0; i < reference.Length; i++)
        {
            signal += (double)reference[i] * reference[i];
            noise += Math.Pow((double)reference[i] - actual[i], 2);
        }

        return 10 * Math.Log10(signal / noise);
    }
}

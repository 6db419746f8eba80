using Edge.Runtime;

namespace Edge.Tests;

public sealed class CounterRandomTests
{
    [Fact]
    public void A_stream_is_the_SplitMix64_sequence_of_its_key()
    {
        // Oracle: Java 8 SplittableRandom's state walk, written as the stateful generator.
        ulong seed = 7, stream = 3, gamma = 0x9E3779B97F4A7C15;
        ulong state = CounterRandom.Mix(CounterRandom.Mix(seed + gamma) + (stream * gamma));
        var random = new CounterRandom(seed, stream);
        for (ulong i = 0; i < 100; i++)
        {
            state += gamma;
            Assert.Equal(CounterRandom.Mix(state), random.UInt64(i));
        }
    }

    [Fact]
    public void Finalizer_matches_the_published_SplitMix64_values()
    {
        // The first outputs of splitmix64.c (Vigna) for seed 1234567.
        ulong[] expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821];
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], CounterRandom.Mix(1234567 + ((ulong)(i + 1) * 0x9E3779B97F4A7C15)));
        }
    }

    [Fact]
    public void Uniform_and_gaussian_have_their_moments()
    {
        const int Count = 200_000;
        var random = new CounterRandom(42, 1);
        double sum = 0, squares = 0, fourths = 0, uniform = 0;
        int below = 0, farTail = 0;
        for (ulong i = 0; i < Count; i++)
        {
            double u = random.Single(i + Count);
            Assert.InRange(u, 0, 1 - (1.0 / (1 << 24)));
            uniform += u;
            double g = random.Gaussian(i);
            sum += g;
            squares += g * g;
            fourths += g * g * g * g;
            below += g < -1 ? 1 : 0;
            farTail += Math.Abs(g) > 3 ? 1 : 0;
        }

        // Five standard errors each; P(g < −1) = 0.158655, P(|g| > 3) = 0.0026998, the fourth moment is 3 with variance 96.
        Assert.Equal(0.5, uniform / Count, 5 * Math.Sqrt(1.0 / 12 / Count));
        Assert.Equal(0, sum / Count, 5 / Math.Sqrt(Count));
        Assert.Equal(1, squares / Count, 5 * Math.Sqrt(2.0 / Count));
        Assert.Equal(3, fourths / Count, 5 * Math.Sqrt(96.0 / Count));
        Assert.Equal(0.158655, below / (double)Count, 5 * Math.Sqrt(0.1335 / Count));
        Assert.Equal(0.0026998, farTail / (double)Count, 5 * Math.Sqrt(0.0026925 / Count));
    }

    [Fact]
    public void Integers_stay_in_range_and_are_even()
    {
        var random = new CounterRandom(9);
        int[] counts = new int[7];
        for (ulong i = 0; i < 70_000; i++)
        {
            counts[random.Int32(i, 7)]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 9_500, 10_500));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.Int32(0, 0));
    }

    [Fact]
    public void Streams_and_seeds_do_not_correlate()
    {
        double[] sums = new double[3];
        for (ulong i = 0; i < 100_000; i++)
        {
            double g = new CounterRandom(1, 0).Gaussian(i);
            sums[0] += g * new CounterRandom(1, 1).Gaussian(i);
            sums[1] += g * new CounterRandom(2, 0).Gaussian(i);
            sums[2] += g * new CounterRandom(1, 0).Gaussian(i + 1);
        }

        Assert.All(sums, sum => Assert.InRange(sum / 100_000, -0.016, 0.016));
    }
}

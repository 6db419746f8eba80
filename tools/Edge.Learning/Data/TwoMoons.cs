using System.Globalization;
using Edge.Runtime;

namespace Edge.Learning.Data;

/// <summary>Two interleaved half circles: the smallest problem a linear model cannot solve.</summary>
/// <remarks>Geometry of scikit-learn's <c>make_moons</c>: for t evenly spaced in [0, π], the outer moon is (cos t, sin t), the inner
/// (1 − cos t, ½ − sin t).</remarks>
public static class TwoMoons
{
    private const ulong NoiseStream = 0x4D4F4F4E00000000;
    private const ulong OrderStream = NoiseStream + 1;

    /// <summary>Generates samples [2] with class 0 (outer, half of them, rounded down) and 1 (inner), in random order.</summary>
    /// <param name="samples">At least 2.</param>
    /// <param name="noise">Standard deviation of the gaussian noise on each coordinate; not negative.</param>
    /// <param name="seed">The same seed gives the same samples.</param>
    public static Dataset Generate(int samples, float noise, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(samples, 1 << 28);
        if (!(noise >= 0) || !float.IsFinite(noise))
        {
            throw new ArgumentOutOfRangeException(nameof(noise), noise, "The noise is a standard deviation: finite and not negative.");
        }

        int outer = samples / 2;
        int[] order = new int[samples];
        EpochOrder.Permute(order, new CounterRandom(seed, OrderStream));
        var random = new CounterRandom(seed, NoiseStream);
        float[] features = new float[2 * samples];
        int[] labels = new int[samples];
        for (int i = 0; i < samples; i++)
        {
            bool inner = i >= outer;
            int steps = (inner ? samples - outer : outer) - 1;
            (double sin, double cos) = Math.SinCos(Math.PI * (inner ? i - outer : i) / Math.Max(1, steps));
            int at = order[i];
            labels[at] = inner ? 1 : 0;
            features[2 * at] = (float)(inner ? 1 - cos : cos) + (noise * random.Gaussian((ulong)(2 * i)));
            features[(2 * at) + 1] = (float)(inner ? 0.5 - sin : sin) + (noise * random.Gaussian((ulong)(2 * i) + 1));
        }

        return new Dataset("moons", string.Create(CultureInfo.InvariantCulture, $"two moons, {samples} samples, noise {noise}, seed {seed}"), [2], features, labels, ["outer", "inner"]);
    }
}

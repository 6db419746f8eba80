using System.Numerics;
using System.Runtime.InteropServices;
using Edge.Runtime.Kernels.Update;

namespace Edge.Runtime.Training;

/// <summary>Limits on gradients: element by element, or of the norm of all gradients together.</summary>
/// <remarks>The global norm is taken in three steps, because the gradients are several tensors: add up <see cref="SumOfSquares"/> over all of
/// them in a fixed order, make one factor of the sum by <see cref="NormFactor"/>, and <see cref="Scale"/> each by it.
/// Nothing here allocates, and no result depends on threads or on the width of the machine's vectors.</remarks>
public static class GradientClip
{
    /// <summary>Brings every element into [−limit, limit]; NaN stays NaN.</summary>
    /// <param name="gradient">Changed in place.</param>
    /// <param name="limit">Finite and above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is not in that range; nothing was changed.</exception>
    public static void ClipValue(Span<float> gradient, float limit)
    {
        Hyperparameter.Positive(limit, nameof(limit));
        Span<Vector<float>> lanes = MemoryMarshal.Cast<float, Vector<float>>(gradient);
        Vector<float> high = new(limit);
        Vector<float> low = -high;
        for (int i = 0; i < lanes.Length; i++)
        {
            // Selected by comparison, not by Min and Max: NaN compares false and so stays in both forms.
            Vector<float> value = lanes[i];
            value = Vector.ConditionalSelect(Vector.GreaterThan(value, high), high, value);
            lanes[i] = Vector.ConditionalSelect(Vector.LessThan(value, low), low, value);
        }

        for (int i = lanes.Length * Vector<float>.Count; i < gradient.Length; i++)
        {
            float value = gradient[i];
            gradient[i] = value > limit ? limit : value < -limit ? -limit : value;
        }
    }

    /// <summary>Σ g², exact to about n · 2⁻⁵³: squares of floats are exact in double and cannot overflow it.</summary>
    /// <param name="gradient">Any length; 0 gives 0.</param>
    /// <returns>The sum; infinite or NaN when an element is.</returns>
    public static double SumOfSquares(ReadOnlySpan<float> gradient) => SumOfSquaresKernel.Run(gradient);

    /// <summary>What to multiply every gradient by so that their common norm is at most <paramref name="limit"/>: limit / max(norm, limit).</summary>
    /// <param name="sumOfSquares">Σ g² over all gradients.</param>
    /// <param name="limit">Finite and above 0.</param>
    /// <returns>1 when the norm is within the limit, else below 1; 0 for an infinite norm and NaN for NaN, so a diverged step stays visible.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is not in that range.</exception>
    /// <remarks>Sources: Pascanu et al. 2013, arXiv:1211.5063; TensorFlow tf.clip_by_global_norm. PyTorch divides by norm + 1e-6 instead.</remarks>
    public static float NormFactor(double sumOfSquares, float limit)
    {
        Hyperparameter.Positive(limit, nameof(limit));
        double norm = Math.Sqrt(sumOfSquares);
        return norm <= limit ? 1 : (float)(limit / norm);
    }

    /// <summary>Multiplies every element by <paramref name="factor"/>.</summary>
    /// <param name="gradient">Changed in place; left untouched by a factor of 1.</param>
    /// <param name="factor">What <see cref="NormFactor"/> gave.</param>
    public static void Scale(Span<float> gradient, float factor)
    {
        if (factor == 1)
        {
            return;
        }

        Span<Vector<float>> lanes = MemoryMarshal.Cast<float, Vector<float>>(gradient);
        for (int i = 0; i < lanes.Length; i++)
        {
            lanes[i] *= factor;
        }

        for (int i = lanes.Length * Vector<float>.Count; i < gradient.Length; i++)
        {
            gradient[i] *= factor;
        }
    }
}

using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;

namespace Edge.Tests.Kernels;

public sealed class ActivationKernelsTests
{
    [Fact]
    public void The_gradient_is_masked_where_the_clamp_was_active()
    {
        for (int length = 0; length <= 256; length++)
        {
            Check(length);
        }

        Check(200_001);
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        float[] y = new float[100_000], dy = new float[100_000];
        KernelCheck.NoAllocation(team => ActivationKernels.MaskGradient(Activation.Relu6, y, dy, team));
    }

    private static void Check(int length)
    {
        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            (float low, float high) = ActivationKernels.Bounds(activation);
            float[] values = KernelCheck.Values(length, 5);
            for (int i = 0; i < length; i++)
            {
                values[i] = activation == Activation.None ? values[i] : Math.Clamp(values[i] * 9, low, high);
            }

            using GuardedFloats y = new(values), dy = new(KernelCheck.Values(length, 6));
            float[] expected = dy.Span.ToArray();
            for (int i = 0; i < length; i++)
            {
                bool active = activation switch
                {
                    Activation.Relu => values[i] <= 0,
                    Activation.Relu6 => values[i] <= 0 || values[i] >= 6,
                    Activation.ReluN1To1 => values[i] <= -1 || values[i] >= 1,
                    _ => false,
                };
                expected[i] = active ? 0 : expected[i];
            }

            KernelCheck.EveryTeam(dy.Span, $"{activation} {length}", team => ActivationKernels.MaskGradient(activation, y.Span, dy.Span, team));
            KernelCheck.SameBits(expected, dy.Span, $"{activation} {length}");
        }
    }
}

using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Edge.Runtime.Kernels;

namespace Edge.Tests.Kernels;

/// <summary>Each member of each width against its meaning, lane by lane, on ordinary and special values.</summary>
public sealed unsafe class VectorTests
{
    private static readonly float[] s_values =
        [0, -0f, 1, -1, 0.5f, -2.75f, 6, 7, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 1e-40f, 3.4e38f, -1e30f];

    [Fact]
    public void One_lane_means_what_it_says() => Check<Lanes1>();

    [Fact]
    public void Four_lanes_agree_with_one() => Check<Lanes4>();

    [Fact]
    public void Eight_lanes_agree_with_one()
    {
        Assert.SkipUnless(Vector256.IsHardwareAccelerated && Avx.IsSupported, "This machine has no AVX, or it is switched off.");
        Check<Lanes8>();
    }

    [Fact]
    public void Sixteen_lanes_agree_with_one()
    {
        Assert.SkipUnless(Avx512F.IsSupported, "This machine has no AVX-512, or it is switched off.");
        Check<Lanes16>();
    }

    private static void Check<TVector>() where TVector : unmanaged, IVector<TVector>
    {
        foreach (float x in s_values)
        {
            foreach (float y in s_values)
            {
                Same<TVector>(x + y, TVector.Add(Of<TVector>(x), Of<TVector>(y)));
                Same<TVector>(x - y, TVector.Subtract(Of<TVector>(x), Of<TVector>(y)));
                Same<TVector>(x * y, TVector.Multiply(Of<TVector>(x), Of<TVector>(y)));
                Same<TVector>(float.IsNaN(x) || float.IsNaN(y) ? float.NaN : Math.Max(x, y), TVector.Max(Of<TVector>(x), Of<TVector>(y)));
                bool equal = x == y || (float.IsNaN(x) && float.IsNaN(y));
                Same<TVector>(equal ? 3 : 5, TVector.SelectEqual(Of<TVector>(x), Of<TVector>(y), Of<TVector>(3), Of<TVector>(5)));
                foreach (float z in s_values)
                {
                    TVector sum = TVector.MultiplyAdd(Of<TVector>(x), Of<TVector>(y), Of<TVector>(z));
                    float fused = MathF.FusedMultiplyAdd(x, y, z), separate = (x * y) + z;
                    Same<TVector>(Equal(separate, First(sum)) ? separate : fused, sum);
                }
            }

            Same<TVector>(float.IsNaN(x) ? x : Math.Min(Math.Max(x, -1), 1), TVector.Clamp(Of<TVector>(x), Of<TVector>(-1), Of<TVector>(1)));
            Same<TVector>(
                x, TVector.Clamp(Of<TVector>(x), Of<TVector>(float.NegativeInfinity), Of<TVector>(float.PositiveInfinity)));
            Same<TVector>(x > 0 && x < 6 ? 9 : 0, TVector.SelectInside(Of<TVector>(x), Of<TVector>(0), Of<TVector>(6), Of<TVector>(9)));
        }

        float* lanes = stackalloc float[TVector.Count];
        float total = 0;
        for (int i = 0; i < TVector.Count; i++)
        {
            lanes[i] = i + 1;
            total += lanes[i];
        }

        Assert.Equal(total, TVector.Sum(TVector.Load(lanes)));
        Same<TVector>(0, TVector.Zero);
    }

    private static TVector Of<TVector>(float value) where TVector : unmanaged, IVector<TVector> => TVector.Broadcast(value);

    private static float First<TVector>(TVector value) where TVector : unmanaged, IVector<TVector>
    {
        float* lanes = stackalloc float[TVector.Count];
        TVector.Store(value, lanes);
        return lanes[0];
    }

    private static void Same<TVector>(float expected, TVector value) where TVector : unmanaged, IVector<TVector>
    {
        float* lanes = stackalloc float[TVector.Count];
        TVector.Store(value, lanes);
        for (int i = 0; i < TVector.Count; i++)
        {
            Assert.True(Equal(expected, lanes[i]), $"lane {i} is {lanes[i]:R}, expected {expected:R}");
        }
    }

    private static bool Equal(float x, float y) => x == y || (float.IsNaN(x) && float.IsNaN(y));
}

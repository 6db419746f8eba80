using System.Numerics;
using System.Runtime.CompilerServices;

namespace Edge.Runtime.Kernels;

/// <summary>A function of one float32, for <see cref="Lanewise{TFunction}"/>.</summary>
internal interface IFunction
{
    static abstract float Value(float x);
}

/// <summary>A function of two float32, for <see cref="LanewisePair{TFunction}"/>.</summary>
internal interface IPairFunction
{
    static abstract float Value(float left, float right);
}

/// <summary>A function of the base library's, lane by lane: functions too rare to have vector code of their own.</summary>
internal readonly struct Lanewise<TFunction> : IUnaryKernel where TFunction : unmanaged, IFunction
{
    public static int Cost => 16;

    public Vector<float> Value(Vector<float> x)
    {
        ref float first = ref Unsafe.As<Vector<float>, float>(ref x);
        for (int i = 0; i < Vector<float>.Count; i++)
        {
            ref float lane = ref Unsafe.Add(ref first, i);
            lane = TFunction.Value(lane);
        }

        return x;
    }
}

/// <summary>The same of two values.</summary>
internal readonly struct LanewisePair<TFunction> : IBinaryKernel where TFunction : unmanaged, IPairFunction
{
    public static int Cost => 16;

    public Vector<float> Value(Vector<float> left, Vector<float> right)
    {
        ref float first = ref Unsafe.As<Vector<float>, float>(ref left);
        ref float second = ref Unsafe.As<Vector<float>, float>(ref right);
        for (int i = 0; i < Vector<float>.Count; i++)
        {
            ref float lane = ref Unsafe.Add(ref first, i);
            lane = TFunction.Value(lane, Unsafe.Add(ref second, i));
        }

        return left;
    }
}

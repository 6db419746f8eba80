using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>A function of one element, one at a time, its scales folded; see <see cref="Scalars"/>.</summary>
/// <typeparam name="TKernel">The function.</typeparam>
/// <typeparam name="TIn">What it reads.</typeparam>
/// <typeparam name="TOut">What it gives.</typeparam>
internal sealed class ScalarMapKernel<TKernel, TIn, TOut>(TKernel kernel) : IKernel
    where TKernel : unmanaged, IScalarUnary<TIn, TOut> where TIn : unmanaged where TOut : unmanaged
{
    private readonly TKernel _kernel = kernel;

    public void Forward(in Buffers io) => Scalars.Map(io.Team, _kernel, io.Input<TIn>(0), io.Output<TOut>(0));
}

/// <summary>Prepares functions of one int16 element with a scale.</summary>
internal static class Int16Unary
{
    /// <summary>Makes the function.</summary>
    /// <param name="inputScale">Scale of the input.</param>
    /// <param name="outputScale">Scale of the output.</param>
    internal delegate TKernel Make<TKernel>(float inputScale, float outputScale);

    /// <summary>The kernel of int16 data with a scale; null for other data.</summary>
    internal static IKernel? Prepare<TKernel>(in Preparation preparation, Make<TKernel> make) where TKernel : unmanaged, IScalarUnary<short, short> =>
        preparation.Input(0) is { Type: DataType.Int16, Quantization: { } from }
            ? new ScalarMapKernel<TKernel, short, short>(make(from.Scale, preparation.Output(0).Quantization!.Scale))
            : null;

    /// <summary>The kernel of a clamp; null for other data than int16 with a scale.</summary>
    internal static IKernel? Clamp(in Preparation preparation, float low, float high) =>
        Prepare(preparation, (from, to) => new Int16Clamp(low, high, from, to));
}

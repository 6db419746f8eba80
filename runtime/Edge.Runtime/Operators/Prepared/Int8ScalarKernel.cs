using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>A function of two int8 tensors with broadcasting, one pair at a time, its scales folded; see <see cref="Scalars"/>.</summary>
/// <typeparam name="TKernel">The function.</typeparam>
/// <typeparam name="TOut">What it gives.</typeparam>
internal sealed class Int8ScalarKernel<TKernel, TOut>(TKernel kernel) : IKernel where TKernel : unmanaged, IScalarBinary<sbyte, TOut> where TOut : unmanaged
{
    private readonly TKernel _kernel = kernel;

    public void Forward(in Buffers io)
    {
        BroadcastShape shape = new(io.InputShape(0).Axes, io.InputShape(1).Axes);
        Scalars.Zip(io.Team, _kernel, shape, io.Input<sbyte>(0), io.Input<sbyte>(1), io.Output<TOut>(0));
    }
}

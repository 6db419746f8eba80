using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>A function of two int16 tensors with broadcasting, its scales folded.</summary>
/// <typeparam name="TKernel">The function.</typeparam>
internal sealed class Int16BinaryKernel<TKernel>(TKernel kernel) : IKernel where TKernel : unmanaged, IScalarBinary<short, short>
{
    private readonly TKernel _kernel = kernel;

    public void Forward(in Buffers io)
    {
        BroadcastShape shape = new(io.InputShape(0).Axes, io.InputShape(1).Axes);
        Scalars.Zip(io.Team, _kernel, shape, io.Input<short>(0), io.Input<short>(1), io.Output<short>(0));
    }
}

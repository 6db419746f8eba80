using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>A function of two int8 tensors with broadcasting, its scales folded; see <see cref="Int8Elementwise"/>.</summary>
/// <typeparam name="TKernel">The function.</typeparam>
internal sealed class Int8BinaryKernel<TKernel>(TKernel kernel) : IKernel where TKernel : struct, IInt8Binary
{
    private readonly TKernel _kernel = kernel;

    public void Forward(in Buffers io)
    {
        BroadcastShape shape = new(io.InputShape(0).Axes, io.InputShape(1).Axes);
        Int8Elementwise.Run(_kernel, shape, io.Input<sbyte>(0), io.Input<sbyte>(1), io.Output<sbyte>(0));
    }
}

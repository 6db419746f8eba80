using System.Runtime.InteropServices;
using Edge.Runtime.Kernels;
using Edge.Runtime.Memory;

namespace Edge.Runtime.Operators;

/// <summary>Int8 softmax over the last axis with its table of exponentials; see <see cref="Int8Softmax"/>.</summary>
internal sealed class Int8SoftmaxKernel : IKernel
{
    private readonly AlignedMemory _table;

    /// <summary>Prepares.</summary>
    /// <param name="preparation">The operator's tensors, as the shape rule accepted them.</param>
    /// <param name="beta">The factor of the input.</param>
    internal Int8SoftmaxKernel(in Preparation preparation, float beta)
    {
        _table = preparation.Allocate(Int8Softmax.TableLength * sizeof(int));
        Int8Softmax.Prepare(beta, preparation.Input(0).Quantization!.Scale, MemoryMarshal.Cast<byte, int>(_table.Span));
    }

    public void Forward(in Buffers io) =>
        Int8Softmax.Run(MemoryMarshal.Cast<byte, int>(_table.Span), io.InputShape(0)[-1], io.Input<sbyte>(0), io.Output<sbyte>(0));
}

using System.Runtime.InteropServices;
using Edge.Runtime.Kernels;
using Edge.Runtime.Memory;

namespace Edge.Runtime.Operators;

/// <summary>Int16 softmax over the last axis with its tables; see <see cref="Int16Softmax"/>.</summary>
internal sealed class Int16SoftmaxKernel : IKernel
{
    private readonly AlignedMemory _tables;
    private readonly int _multiplier;
    private readonly int _shift;

    /// <summary>Prepares.</summary>
    /// <param name="preparation">The operator's tensors, as the shape rule accepted them.</param>
    /// <param name="beta">The factor of the input.</param>
    internal Int16SoftmaxKernel(in Preparation preparation, float beta)
    {
        _tables = preparation.Allocate(2 * Int16Softmax.TableLength * sizeof(short));
        Int16Softmax.Prepare(Exp, Reciprocal);
        (_multiplier, _shift) = Int16Softmax.Scaling(beta, preparation.Input(0).Quantization!.Scale);
    }

    private Span<short> Exp => MemoryMarshal.Cast<byte, short>(_tables.Span)[..Int16Softmax.TableLength];

    private Span<short> Reciprocal => MemoryMarshal.Cast<byte, short>(_tables.Span).Slice(Int16Softmax.TableLength, Int16Softmax.TableLength);

    public void Forward(in Buffers io) =>
        Int16Softmax.Run(Exp, Reciprocal, _multiplier, _shift, io.InputShape(0)[-1], io.Input<short>(0), io.Output<short>(0));
}

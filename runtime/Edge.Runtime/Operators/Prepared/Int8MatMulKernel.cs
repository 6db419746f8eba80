using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>A product of int8 matrices with its multiplier; see <see cref="Int8MatMul"/>.</summary>
/// <param name="op">The operator.</param>
/// <param name="kernel">Multiplier and zero points.</param>
internal sealed class Int8MatMulKernel(MatMul op, Int8MatMul kernel) : IKernel
{
    public void Forward(in Buffers io) => op.Forward(io, kernel);
}

using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>An int8 or int16 sum or mean over axes with its multiplier; see <see cref="Int8Reduction"/>.</summary>
/// <param name="axes">The axes; empty: all.</param>
/// <param name="mean">Whether it is the mean.</param>
/// <param name="input">Parameters of the input.</param>
/// <param name="output">Parameters of the output.</param>
internal sealed class Int8ReductionKernel(IntList axes, bool mean, Quantization input, Quantization output) : IKernel
{
    public void Forward(in Buffers io)
    {
        // The batch may be an axis of the mean, so its size is not known before.
        Shape shape = io.InputShape(0);
        int count = mean ? shape.ElementCount / io.OutputShape(0).ElementCount : 0;
        Int8Reduction reduction = new(input.Scale, input.ZeroPoint, output.Scale, output.ZeroPoint, count);
        uint reduced = Reductions.Axes(shape.Rank, axes);
        if (io.InputSpec(0).Type == DataType.Int16)
        {
            reduction.Run(shape, reduced, io.Input<short>(0), io.Scratch<int>(), io.Output<short>(0));
        }
        else
        {
            reduction.Run(shape, reduced, io.Input<sbyte>(0), io.Scratch<int>(), io.Output<sbyte>(0));
        }
    }
}

using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>Int16 pooling; see <see cref="Int16Pool"/>.</summary>
/// <param name="geometry">Its sizes; the batch may differ from run to run.</param>
/// <param name="average">Whether it is the average of each window, else the largest value.</param>
/// <param name="range">Clamp of the output.</param>
internal sealed class Int16PoolKernel(ConvGeometry geometry, bool average, Int16Range range) : IKernel
{
    public void Forward(in Buffers io)
    {
        Span<short> output = io.Output<short>(0);
        Int16Pool.Run(geometry.WithOutput(output.Length), average, range, io.Input<short>(0), output, io.Team);
    }
}

using Edge.Runtime.Kernels;
using Edge.Runtime.Memory;

namespace Edge.Runtime.Operators;

/// <summary>A function of one 8-bit value, bound to the quantization of its input and output: a table of 256 results.</summary>
internal sealed class Int8TableKernel : IKernel
{
    private readonly AlignedMemory _table;

    private Int8TableKernel(AlignedMemory table) => _table = table;

    /// <summary>Fills a table.</summary>
    /// <param name="from">Parameters of the input.</param>
    /// <param name="to">Parameters of the output.</param>
    /// <param name="table">Receives <see cref="Int8Table.Bytes"/> results, indexed by the input's byte.</param>
    internal delegate void Fill(Quantization from, Quantization to, Span<byte> table);

    /// <summary>Prepares the int8 form of an operator; null where its input has no scale and zero point (float32, plain integers).</summary>
    /// <param name="preparation">The operator's tensors.</param>
    /// <param name="fill">The function.</param>
    internal static Int8TableKernel? Prepare(in Preparation preparation, Fill fill)
    {
        if (preparation.Input(0).Quantization is null)
        {
            return null;
        }

        AlignedMemory table = preparation.Allocate(Int8Table.Bytes);
        fill(preparation.Input(0).Quantization!, preparation.Output(0).Quantization!, table.Span);
        return new Int8TableKernel(table);
    }

    public void Forward(in Buffers io) => Int8Table.Apply(_table.Span, io.Input<byte>(0), io.Output<byte>(0));
}

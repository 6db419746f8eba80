using Edge.Runtime.Kernels;
using Edge.Runtime.Memory;

namespace Edge.Runtime.Operators;

/// <summary>Concatenation of int8 tensors of different scales: each input that is not on the output's scale passes through a table of its own.</summary>
/// <remarks>Source: TensorFlow Lite rescales with its Requantize; see <see cref="Int8Table.FillRequantize"/>.</remarks>
internal sealed class Int8ConcatKernel : IKernel
{
    private readonly AlignedMemory?[] _tables;
    private readonly int _axis;

    private Int8ConcatKernel(AlignedMemory?[] tables, int axis)
    {
        _tables = tables;
        _axis = axis;
    }

    /// <summary>Prepares; null where every input has the parameters of the output and is only copied.</summary>
    /// <param name="preparation">The operator's tensors, as the shape rule accepted them.</param>
    /// <param name="axis">The axis, counted from the front.</param>
    internal static Int8ConcatKernel? Prepare(in Preparation preparation, int axis)
    {
        Quantization? to = preparation.Output(0).Quantization;
        AlignedMemory?[] tables = new AlignedMemory?[preparation.InputCount];
        bool rescales = false;
        for (int i = 0; i < tables.Length; i++)
        {
            if (!Quantization.Same(preparation.Input(i).Quantization, to))
            {
                Quantization from = preparation.Input(i).Quantization!;
                tables[i] = preparation.Allocate(Int8Table.Bytes);
                Int8Table.FillRequantize(from.Scale, from.ZeroPoint, inputSigned: true, to!.Scale, to.ZeroPoint, outputSigned: true, tables[i]!.Span);
                rescales = true;
            }
        }

        return rescales ? new Int8ConcatKernel(tables, axis) : null;
    }

    public void Forward(in Buffers io)
    {
        Span<byte> output = io.Output<byte>(0);
        int outputRow = io.OutputShape(0).Product(_axis, io.OutputShape(0).Rank), at = 0;
        for (int i = 0; i < _tables.Length; i++)
        {
            ReadOnlySpan<byte> input = io.Input<byte>(i);
            int row = io.InputShape(i).Product(_axis, io.InputShape(i).Rank);
            for (int from = 0, to = at; from < input.Length; from += row, to += outputRow)
            {
                if (_tables[i] is { } table)
                {
                    Int8Table.Apply(table.Span, input.Slice(from, row), output.Slice(to, row));
                }
                else
                {
                    input.Slice(from, row).CopyTo(output[to..]);
                }
            }

            at += row;
        }
    }
}

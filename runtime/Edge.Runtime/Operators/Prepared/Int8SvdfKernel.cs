using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Kernels;
using Edge.Runtime.Memory;

namespace Edge.Runtime.Operators;

/// <summary>An int8 SVDF layer with folded zero point and multipliers.</summary>
internal sealed class Int8SvdfKernel : IKernel
{
    private readonly AlignedMemory _folded;
    private readonly Int8SvdfNumbers _numbers;

    internal Int8SvdfKernel(in Preparation preparation, int rank)
    {
        Quantization input = preparation.Input(0).Quantization!, state = preparation.Input(Svdf.State).Quantization!, output = preparation.Output(0).Quantization!;
        ReadOnlySpan<sbyte> features = preparation.Constant<sbyte>(Svdf.Features);
        (_, int inputs, int filters, _) = Svdf.Sizes(preparation.Input(0).Shape, preparation.Input(Svdf.Time).Shape);
        _folded = preparation.Allocate((long)filters * sizeof(int));
        Span<int> folded = MemoryMarshal.Cast<byte, int>(_folded.Span);
        for (int filter = 0; filter < filters; filter++)
        {
            int sum = 0;
            foreach (sbyte weight in features.Slice(filter * inputs, inputs))
            {
                sum += weight;
            }

            folded[filter] = unchecked(-input.ZeroPoint * sum);
        }

        // The reference computes both multipliers in float32.
        float value = input.Scale * preparation.Input(Svdf.Features).Quantization!.Scale / state.Scale;
        float result = state.Scale * preparation.Input(Svdf.Time).Quantization!.Scale / output.Scale;
        _numbers = new Int8SvdfNumbers(
            rank, FixedPoint.QuantizeMultiplier(value), state.ZeroPoint, FixedPoint.QuantizeMultiplier(result), new Int8Range(output.ZeroPoint, sbyte.MinValue, sbyte.MaxValue));
    }

    public void Forward(in Buffers io)
    {
        if (io.InputSpec(Svdf.State).Type == DataType.Int8)
        {
            Run<sbyte>(io);
        }
        else
        {
            Run<short>(io);
        }
    }

    private void Run<T>(in Buffers io) where T : unmanaged, System.Numerics.IBinaryInteger<T>, System.Numerics.IMinMaxValue<T>
    {
        (_, int inputs, _, int memory) = Svdf.Sizes(io.InputShape(0), io.InputShape(Svdf.Time));
        Int8Svdf.Run(
            _numbers, inputs, memory, io.Input<sbyte>(0), io.Input<sbyte>(Svdf.Features), MemoryMarshal.Cast<byte, int>(_folded.Span), io.Input<T>(Svdf.Time), io.Input<int>(Svdf.Bias),
            io.Input<T>(Svdf.State), io.Output<T>(1), io.Output<sbyte>(0));
    }
}

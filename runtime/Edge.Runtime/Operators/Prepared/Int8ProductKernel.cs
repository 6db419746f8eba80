using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>The product of int8 values over some axes: rescaled after each factor, so that it stays within int32.</summary>
/// <remarks>
/// Source: QuantizedReduceProd, TensorFlow Lite kernels/internal/reference/reduce.h, and GetQuantProdScaling, kernels/reduce.cc: with n factors each step is scaled by
/// input scale / ⁿ√(output scale), and n depends on the batch only where axis 0 is reduced.
/// </remarks>
internal sealed class Int8ProductKernel : IKernel
{
    private readonly IntList _axes;
    private readonly int _inputZeroPoint;
    private readonly int _outputZeroPoint;
    private readonly float _inputScale;
    private readonly float _outputScale;

    internal Int8ProductKernel(in Preparation preparation, IntList axes)
    {
        Quantization input = preparation.Input(0).Quantization!, output = preparation.Output(0).Quantization!;
        _axes = axes;
        (_inputScale, _inputZeroPoint) = (input.Scale, input.ZeroPoint);
        (_outputScale, _outputZeroPoint) = (output.Scale, output.ZeroPoint);
    }

    public void Forward(in Buffers io)
    {
        BroadcastShape shape = Reductions.Pairs(io.InputShape(0), _axes);
        int factors = shape.Length / shape.Length0;
        (int multiplier, int shift) = FixedPoint.QuantizeMultiplier(_inputScale / Math.Pow(_outputScale, 1.0 / factors));
        Folds.Run<Fold, sbyte, int, sbyte>(
            io.Team, new Fold(_inputZeroPoint, _outputZeroPoint, multiplier, shift), shape, io.Input<sbyte>(0), io.Output<sbyte>(0));
    }

    private readonly struct Fold(int inputZeroPoint, int outputZeroPoint, int multiplier, int shift) : IFold<sbyte, int, sbyte>
    {
        public int First(sbyte x) => x - inputZeroPoint;

        public int Next(int sum, sbyte x) => FixedPoint.MultiplyLong((long)sum * (x - inputZeroPoint), multiplier, shift);

        public sbyte Finish(int sum) =>
            (sbyte)Math.Clamp(unchecked(FixedPoint.MultiplyLong((long)sum, multiplier, shift) + outputZeroPoint), sbyte.MinValue, sbyte.MaxValue);
    }
}

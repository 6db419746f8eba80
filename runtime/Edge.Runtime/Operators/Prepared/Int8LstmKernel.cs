using Edge.Runtime.Kernels;
using Edge.Runtime.Memory;

namespace Edge.Runtime.Operators;

/// <summary>An int8 LSTM with folded zero points and multipliers.</summary>
internal sealed class Int8LstmKernel : IKernel
{
    private readonly bool _packed;
    private readonly AlignedMemory _prepared;
    private readonly Int8LstmNumbers _numbers;

    internal Int8LstmKernel(in Preparation preparation, in Lstm op)
    {
        RecurrentShape shape = RecurrentShape.Of(preparation.Input(RecurrentRule.Input).Shape, preparation.Input(RecurrentRule.Recurrent).Shape, gates: 4);
        Quantization input = preparation.Input(RecurrentRule.Input).Quantization!, hidden = preparation.Input(RecurrentRule.Hidden).Quantization!;
        float cellScale = preparation.Input(RecurrentRule.Cell).Quantization!.Scale;
        long packedBytes = Int8Lstm.PreparedBytes(shape, packed: true);
        _packed = packedBytes <= int.MaxValue && preparation.MayPack(packedBytes);
        _prepared = preparation.Allocate(Int8Lstm.PreparedBytes(shape, _packed));
        Int8Lstm.Prepare(
            shape,
            _packed,
            new(
                preparation.Constant<sbyte>(RecurrentRule.Weights), preparation.Input(RecurrentRule.Weights).Quantization!.Scales,
                preparation.Has(RecurrentRule.Bias) ? preparation.Constant<int>(RecurrentRule.Bias) : [], input.Scale, input.ZeroPoint),
            new(preparation.Constant<sbyte>(RecurrentRule.Recurrent), preparation.Input(RecurrentRule.Recurrent).Quantization!.Scales, [], hidden.Scale, hidden.ZeroPoint),
            _prepared.Span);
        double result = MathF.ScaleB(1, Int16Functions.ResultPower);
        _numbers = new Int8LstmNumbers
        {
            CellPower = Math.ILogB(cellScale),
            CellClip = op.CellClip > 0 ? (short)Math.Min((double)op.CellClip / cellScale, short.MaxValue) : (short)-1,
            Forget = FixedPoint.QuantizeMultiplier(result * cellScale / cellScale),
            Input = FixedPoint.QuantizeMultiplier(result * result / cellScale),
            Hidden = FixedPoint.QuantizeMultiplier(result * result / hidden.Scale),
            HiddenRange = new Int8Range(hidden.ZeroPoint, sbyte.MinValue, sbyte.MaxValue),
            SigmoidCandidate = op.Candidate.Function == RecurrentFunction.Sigmoid,
            Reverse = op.Reverse,
        };
    }

    public void Forward(in Buffers io)
    {
        RecurrentShape shape = RecurrentShape.Of(io.InputShape(RecurrentRule.Input), io.InputShape(RecurrentRule.Recurrent), gates: 4);
        Span<sbyte> hidden = io.Output<sbyte>(1);
        Span<short> cell = io.Output<short>(2);
        io.Input<sbyte>(RecurrentRule.Hidden).CopyTo(hidden);
        io.Input<short>(RecurrentRule.Cell).CopyTo(cell);
        Int8Lstm.Run(
            shape, _numbers, _packed, io.Input<sbyte>(RecurrentRule.Input), io.Input<sbyte>(RecurrentRule.Weights), io.Input<sbyte>(RecurrentRule.Recurrent), _prepared.Span,
            io.Output<sbyte>(0), hidden, cell, io.Scratch<byte>(), io.Team);
    }
}

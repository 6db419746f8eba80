using System.Numerics;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>Reduces some axes by <paramref name="Kind"/>, whose documentation names its types: float32, plain integers, bool; int8 with scale and zero point for Maximum and Minimum, whose output keeps them, and Product.</summary>
/// <param name="Kind">The reduction.</param>
/// <param name="Axes">The axes, each once; negative ones count from the end. Empty: all axes.</param>
/// <param name="KeepDims">Whether the axes stay, with size 1.</param>
/// <remarks>
/// Sums and means are <see cref="ReduceSum"/> and <see cref="ReduceMean"/>. Equal largest (or smallest) elements share the gradient. Sources: ONNX ReduceMax-20, ReduceMin-20,
/// ReduceProd-18, ReduceSumSquare-18, ReduceL1-18, ReduceL2-18, ReduceLogSum-18, ReduceLogSumExp-18; TensorFlow Lite kernels/reduce.cc.
/// </remarks>
public readonly record struct Reduce(Reduction Kind, IntList Axes, bool KeepDims) : IOperator<Reduce>, IDifferentiable, IPreparable, IIntegerForward
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Reduce", 41);

    /// <inheritdoc/>
    public static Reduce Read(ref AttributeReader attributes)
    {
        Reduction kind = (Reduction)attributes.Byte("kind", (byte)Reduction.All);
        IntList axes = IntList.Own(attributes.Int32s("axes", Shape.MaxRank, -Shape.MaxRank, Shape.MaxRank - 1));
        return new Reduce(kind, axes, attributes.Bool("keepDims"));
    }

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Byte((byte)Kind);
        attributes.Int32s(Axes.Values);
        attributes.Bool(KeepDims);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.Require(Kind <= Reduction.All, $"the reduction is {(byte)Kind}; 0 … {(byte)Reduction.All} is allowed.");
        TensorSpec input = shapes.Input(0);
        Shape output = Reductions.OutputShape(shapes, Axes, KeepDims);
        if (input.Type == DataType.Float32 && Kind < Reduction.Any)
        {
            // Both phases may need a copy of the input and one of the output at once.
            long both = input.Bytes + ((long)output.ElementCount * sizeof(float));
            shapes.Require(both <= int.MaxValue - 64, $"the input is {input}, the output {output}; {int.MaxValue - 64} bytes together are allowed.");
            return new OperatorPlan(new TensorSpec(DataType.Float32, output))
            {
                ScratchBytes = Kind == Reduction.LogSumExp ? (int)both : 0,
                BackwardScratchBytes = Kind == Reduction.Product ? 0 : (int)both,
                OverwritesGradients = true,
            };
        }

        bool ordered = Kind is Reduction.Maximum or Reduction.Minimum;
        if (input.Quantization is not null && (ordered || Kind == Reduction.Product))
        {
            ShapeRules.RequireInt8(shapes, 0);
            return OperatorPlan.Single(DataType.Int8, output, ordered ? input.Quantization : ShapeRules.DeclaredInt8(shapes));
        }

        bool allowed = Kind >= Reduction.Any ? input.Type == DataType.Bool : Kind <= Reduction.L1 && ShapeRules.IsPlainInteger(input);
        shapes.Require(allowed, $"the input is {input}, which {Kind} does not take; see Reduction.{Kind} for its types.");
        return OperatorPlan.Single(input.Type, output);
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        BroadcastShape shape = Reductions.Pairs(io.InputShape(0), Axes);
        switch (io.InputSpec(0).Type)
        {
            case DataType.Float32:
                ReduceKernels.Floats(Kind, io, shape);
                break;
            case DataType.Bool:
                // Truth values are bytes 0 and 1: any is the largest, all the smallest.
                ReduceKernels.Integers<byte>(Kind == Reduction.Any ? Reduction.Maximum : Reduction.Minimum, io, shape);
                break;
            default:
                IntegerTypes.Forward(this, io);
                break;
        }
    }

    /// <inheritdoc/>
    void IIntegerForward.Integers<T>(in Buffers io) => ReduceKernels.Integers<T>(Kind, io, Reductions.Pairs(io.InputShape(0), Axes));

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Kind switch
    {
        Reduction.Product or Reduction.SumOfSquares or Reduction.L1 => Keep.Input0,
        Reduction.LogSum => Keep.Output0,
        _ => Keep.Input0 | Keep.Output0,
    };

    /// <inheritdoc/>
    public void Backward(in Gradients io) => ReduceKernels.Backward(Kind, io, Reductions.Pairs(io.InputShape(0), Axes));

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) => preparation.Input(0).Quantization is null || Kind != Reduction.Product
        ? null
        : new Int8ProductKernel(preparation, Axes);
}

using System.Numerics;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>What the reducing operators share.</summary>
internal static class Reductions
{
    /// <summary>The plan of a sum or mean: float32, plain integers, or int8 or int16 with the parameters that the model declares.</summary>
    internal static OperatorPlan Infer(in Shapes shapes, IntList axes, bool keepDims)
    {
        Quantization? quantization = null;
        if (shapes.Type(0) != DataType.Float32 && !ShapeRules.IsPlainInteger(shapes.Input(0)))
        {
            ShapeRules.RequireQuantized(shapes, 0);
            quantization = ShapeRules.DeclaredQuantized(shapes);
        }

        TensorSpec output = new(shapes.Type(0), OutputShape(shapes, axes, keepDims), quantization);
        int scratch = quantization is null ? 0 : checked(output.Shape.ElementCount * sizeof(int));
        return new OperatorPlan(output) { OverwritesGradients = true, ScratchBytes = scratch };
    }

    /// <summary>The shape that is left of input 0.</summary>
    internal static Shape OutputShape(in Shapes shapes, IntList axes, bool keepDims)
    {
        Shape input = shapes.Shape(0);
        Span<int> sizes = stackalloc int[Shape.MaxRank];
        uint reduced = 0;
        foreach (int value in axes)
        {
            int axis = ShapeRules.Axis(shapes, value, input.Rank);
            shapes.Require((reduced & (1u << axis)) == 0, $"axis {axis} is named twice in {axes}; each axis once is allowed.");
            reduced |= 1u << axis;
        }

        int rank = 0;
        for (int axis = 0; axis < input.Rank; axis++)
        {
            bool isReduced = axes.Count == 0 || (reduced & (1u << axis)) != 0;
            if (!isReduced || keepDims)
            {
                sizes[rank++] = isReduced ? 1 : input[axis];
            }
        }

        return new Shape(sizes[..rank]);
    }

    /// <summary>The kernel of int8 with scale and zero point; null for float32 and plain integers.</summary>
    internal static IKernel? Prepare(in Preparation preparation, IntList axes, bool mean) => preparation.Input(0).Quantization is null
        ? null
        : new Int8ReductionKernel(axes, mean, preparation.Input(0).Quantization!, preparation.Output(0).Quantization!);

    /// <summary>Bit a: axis a is reduced.</summary>
    internal static uint Axes(int rank, IntList axes)
    {
        uint reduced = axes.Count == 0 ? uint.MaxValue : 0;
        foreach (int axis in axes)
        {
            reduced |= 1u << (axis < 0 ? axis + rank : axis);
        }

        return reduced;
    }

    internal static void Forward(in Buffers io, IntList axes, bool mean)
    {
        BroadcastShape shape = Pairs(io.InputShape(0), axes);
        if (io.InputSpec(0).Type == DataType.Float32)
        {
            SumTo.Run(io.Team, shape, io.Input(0), default, Scale(shape, mean), io.Output(0), accumulate: false);
        }
        else
        {
            IntegerTypes.Forward(new IntegerBody(axes, mean), io);
        }
    }

    private readonly struct IntegerBody(IntList axes, bool mean) : IIntegerForward
    {
        public void Integers<T>(in Buffers io) where T : unmanaged, IBinaryInteger<T>
        {
            BroadcastShape shape = Pairs(io.InputShape(0), axes);
            long count = mean ? shape.Length / shape.Length0 : 1;
            Folds.Run<IntegerMean<T>, T, long, T>(io.Team, new(count), shape, io.Input<T>(0), io.Output<T>(0));
        }
    }

    internal static void Backward(in Gradients io, IntList axes, bool mean)
    {
        BroadcastShape shape = Pairs(io.InputShape(0), axes);
        Span<float> dx = io.InputGradient(0);
        if (io.Accumulate(0))
        {
            Broadcast.Zip(io.Team, new AddScaledLeft(Scale(shape, mean)), shape, io.OutputGradient(0), dx, dx);
        }
        else
        {
            Broadcast.Zip(io.Team, new ScaledLeft(Scale(shape, mean)), shape, io.OutputGradient(0), dx, dx);
        }
    }

    /// <summary>The output with its reduced axes kept at size 1, and the input.</summary>
    internal static BroadcastShape Pairs(Shape input, IntList axes)
    {
        Span<int> kept = stackalloc int[Shape.MaxRank];
        input.Axes.CopyTo(kept);
        if (axes.Count == 0)
        {
            kept.Fill(1);
        }

        foreach (int axis in axes)
        {
            kept[axis < 0 ? axis + input.Rank : axis] = 1;
        }

        return new BroadcastShape(kept[..input.Rank], input.Axes);
    }

    private static float Scale(in BroadcastShape shape, bool mean) => mean ? (float)shape.Length0 / shape.Length : 1;

    // Σ x / count in int64, truncated toward zero; a sum beyond the type wraps.
    private readonly struct IntegerMean<T>(long count) : IFold<T, long, T> where T : unmanaged, IBinaryInteger<T>
    {
        public long First(T x) => long.CreateTruncating(x);

        public long Next(long sum, T x) => unchecked(sum + long.CreateTruncating(x));

        public T Finish(long sum) => T.CreateTruncating(sum / count);
    }

    private readonly struct AddScaledLeft(float scale) : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> dy, Vector<float> dx) => dx + (dy * new Vector<float>(scale));
    }

    private readonly struct ScaledLeft(float scale) : IBinaryKernel
    {
        public Vector<float> Value(Vector<float> dy, Vector<float> dx) => dy * new Vector<float>(scale);
    }
}

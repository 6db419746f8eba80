using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// Axes stretched or shrunk to a size. Mode nearest: any data type. Linear and cubic: float32; linear also int8 pictures [N, H, W, C] with one of TensorFlow's
/// transforms, in TFLite's fixed point.
/// </summary>
/// <param name="Sizes">Size of each output axis; −1 leaves it alone, whatever the batch.</param>
/// <param name="Mode">How values between elements are made.</param>
/// <param name="Transform">Which place of the input an output element reads.</param>
/// <param name="Rounding">Which element is nearest; for mode nearest.</param>
/// <param name="Scales">Output over input of each axis as the model gives it, which may differ from the ratio of the sizes; 0 or empty: that ratio.</param>
/// <param name="CubicCoefficient">The a of Keys' cubic: −0.75 in ONNX and PyTorch, −0.5 in TensorFlow with half_pixel_centers.</param>
/// <param name="ExcludeOutside">Whether elements outside the input weigh nothing, instead of being the edge again.</param>
/// <param name="Antialias">Whether a shrinking axis averages all that an output element covers; for linear and cubic.</param>
/// <param name="Region">For <see cref="ResizeTransform.CropAndResize"/>: starts of all axes, then ends, in 0 … 1 of the input; empty: all of it.</param>
/// <param name="ExtrapolationValue">For <see cref="ResizeTransform.CropAndResize"/>: what lies outside the input.</param>
/// <remarks>The last axis is resampled first. Sources: ONNX Resize-19; TFLite RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR.</remarks>
public readonly record struct Resize(
    IntList Sizes,
    ResizeMode Mode = ResizeMode.Linear,
    ResizeTransform Transform = ResizeTransform.HalfPixel,
    NearestRounding Rounding = NearestRounding.RoundPreferFloor,
    FloatList Scales = default,
    float CubicCoefficient = -0.75f,
    bool ExcludeOutside = false,
    bool Antialias = false,
    FloatList Region = default,
    float ExtrapolationValue = 0) : IOperator<Resize>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Resize", 58);

    private bool Crops => Transform == ResizeTransform.CropAndResize;

    /// <inheritdoc/>
    public static Resize Read(ref AttributeReader attributes) => new(
        IntList.Own(attributes.Int32s("sizes", lowest: -1)),
        (ResizeMode)attributes.Byte("mode", (byte)ResizeMode.Cubic),
        (ResizeTransform)attributes.Byte("transform", (byte)ResizeTransform.TensorFlowAlignCorners),
        (NearestRounding)attributes.Byte("rounding", (byte)NearestRounding.Ceiling),
        FloatList.Own(attributes.Singles("scales", lowest: 0)),
        attributes.Single("cubic coefficient"),
        attributes.Bool("exclude outside"),
        attributes.Bool("antialias"),
        FloatList.Own(attributes.Singles("region", 2 * Shape.MaxRank)),
        attributes.Single("extrapolation value", float.NegativeInfinity, float.PositiveInfinity));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32s(Sizes.Values);
        attributes.Byte((byte)Mode);
        attributes.Byte((byte)Transform);
        attributes.Byte((byte)Rounding);
        attributes.Singles(Scales.Values);
        attributes.Single(CubicCoefficient);
        attributes.Bool(ExcludeOutside);
        attributes.Bool(Antialias);
        attributes.Singles(Region.Values);
        attributes.Single(ExtrapolationValue);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec input = ShapeRules.Moved(shapes, 0);
        int rank = input.Shape.Rank;
        shapes.Require(
            Mode <= ResizeMode.Cubic && Transform <= ResizeTransform.TensorFlowAlignCorners && Rounding <= NearestRounding.Ceiling,
            $"mode {(byte)Mode}, transform {(byte)Transform} and rounding {(byte)Rounding}; at most {(byte)ResizeMode.Cubic}, {(byte)ResizeTransform.TensorFlowAlignCorners} and {(byte)NearestRounding.Ceiling} are allowed.");
        shapes.Require(Sizes.Count == rank, $"sizes {Sizes} has {Sizes.Count} axes, but the input {input} has {rank}; one entry for each axis is needed.");
        shapes.Require(Scales.Count == 0 || Scales.Count == rank, $"scales {Scales} has {Scales.Count} axes, but the input {input} has {rank}; one entry for each axis, or none, is needed.");
        shapes.Require(
            Region.Count == 0 || Region.Count == 2 * rank, $"the region {Region} has {Region.Count} entries, but the input {input} has {rank} axes; {2 * rank} entries, or none, are needed.");
        foreach (float value in Scales)
        {
            shapes.Require(value >= 0 && float.IsFinite(value), $"a scale is {value}; a positive number, or 0 for the ratio of the sizes, is allowed.");
        }

        foreach (float value in Region)
        {
            shapes.Require(float.IsFinite(value), $"the region has a bound {value}; a number is allowed.");
        }

        shapes.Require(
            float.IsFinite(CubicCoefficient) && !float.IsNaN(ExtrapolationValue),
            $"the cubic coefficient is {CubicCoefficient} and the extrapolation value {ExtrapolationValue}; numbers are allowed.");
        Span<long> sizes = stackalloc long[Shape.MaxRank];
        for (int axis = 0; axis < rank; axis++)
        {
            shapes.Require(Sizes[axis] is -1 or >= 1, $"the size is {Sizes[axis]} on axis {axis}; at least 1, or −1 for the input's, is allowed.");
            sizes[axis] = Sizes[axis] == -1 ? input.Shape[axis] : Sizes[axis];
        }

        TensorSpec output = ShapeRules.Output(shapes, input.Type, sizes[..rank], input.Quantization);
        if (Mode != ResizeMode.Nearest && input.Type == DataType.Int8)
        {
            ShapeRules.RequireInt8(shapes, 0);
            shapes.Require(
                Mode == ResizeMode.Linear && Transform >= ResizeTransform.TensorFlow && !Antialias && rank == 4 && !IsActive(input.Shape, output.Shape, 0) && !IsActive(input.Shape, output.Shape, 3),
                $"the input is {input}; in int8 [N, H, W, C] with one of TensorFlow's transforms is allowed: sizes [−1, H', W', −1]. Dequantize it first.");
            return new OperatorPlan(output);
        }

        shapes.Require(
            input.Type == DataType.Float32 || (Mode == ResizeMode.Nearest && !Crops),
            $"the input is {input}; float32 is allowed, and other types for mode nearest without a region. Cast or dequantize it first.");
        return Plan(shapes, input, output);
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Shape input = io.InputShape(0), output = io.OutputShape(0);
        if (Mode == ResizeMode.Nearest && !Crops)
        {
            Nearest(io);
        }
        else if (io.InputSpec(0).Type == DataType.Int8)
        {
            Int8Resize.Bilinear(
                Transform, (input[0], input[1], input[2], output[1], output[2], input[3]), io.Input<sbyte>(0), io.Output<sbyte>(0), io.Team);
        }
        else
        {
            Interpolate(io);
        }
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (!io.Wants(0))
        {
            return;
        }

        // Back the way the values came: the first axis first.
        Shape input = io.InputShape(0), output = io.OutputShape(0);
        Span<float> dy = io.OutputGradient(0), scratch = io.Scratch<float>();
        Extrapolate(input, output, dy, 0);
        int last = LastActive(input, output);
        if (last < 0)
        {
            Elementwise.Copy(io.Team, dy, io.InputGradient(0), io.Accumulate(0));
            return;
        }

        ReadOnlySpan<float> from = dy;
        Span<float> buffers = scratch[(int)Tables(input, output)..];
        Buffers(input, output, out int buffer);
        int pass = 0;
        for (int axis = 0; axis <= last; axis++)
        {
            if (!IsActive(input, output, axis))
            {
                continue;
            }

            ResizePass sizes = Table(input, output, axis, scratch, out Span<int> elements, out Span<float> weights);
            bool ends = axis == last;
            Span<float> to = ends ? io.InputGradient(0) : buffers.Slice(pass++ % 2 * buffer, sizes.Outer * sizes.Input * sizes.Inner);
            FloatResize.Backward(sizes, elements, weights, from, to, ends && io.Accumulate(0), io.Team);
            from = to;
        }
    }

    /// <summary>Each axis in turn, the last one first.</summary>
    private void Interpolate(in Buffers io)
    {
        Shape input = io.InputShape(0), output = io.OutputShape(0);
        Span<float> y = io.Output(0), scratch = io.Scratch<float>(), buffers = scratch[(int)Tables(input, output)..];
        Buffers(input, output, out int buffer);
        int first = 0, pass = 0;
        for (; first < input.Rank && !IsActive(input, output, first); first++)
        {
        }

        if (first == input.Rank)
        {
            io.Input(0).CopyTo(y);
        }

        ReadOnlySpan<float> from = io.Input(0);
        for (int axis = input.Rank - 1; axis >= first; axis--)
        {
            if (!IsActive(input, output, axis))
            {
                continue;
            }

            ResizePass sizes = Table(input, output, axis, scratch, out Span<int> elements, out Span<float> weights);
            Span<float> to = axis == first ? y : buffers.Slice(pass++ % 2 * buffer, sizes.Outer * sizes.Output * sizes.Inner);
            FloatResize.Forward(sizes, elements, weights, from, to, io.Team);
            from = to;
        }

        Extrapolate(input, output, y, ExtrapolationValue);
    }

    /// <summary>Moves elements of any type: one table of source offsets for each axis, runs of whatever follows the last resized axis.</summary>
    private void Nearest(in Buffers io)
    {
        Shape input = io.InputShape(0), output = io.OutputShape(0);
        int last = LastActive(input, output), bytes = io.InputSpec(0).Type.Size();
        ReadOnlySpan<byte> x = io.Input<byte>(0);
        Span<byte> y = io.Output<byte>(0);
        if (last < 0)
        {
            x.CopyTo(y);
            return;
        }

        Span<int> table = io.Scratch<int>(), start = stackalloc int[Shape.MaxRank], at = stackalloc int[Shape.MaxRank];
        int stride = input.Product(last + 1, input.Rank) * bytes, run = stride, used = 0;
        for (int axis = last; axis >= 0; axis--)
        {
            ResizeAxis places = new(this, axis, input.Rank, input[axis], output[axis]);
            bool active = IsActive(input, output, axis);
            start[axis] = used;
            for (int i = 0; i < output[axis]; i++)
            {
                table[used++] = (active ? places.Nearest(i) : i) * stride;
            }

            stride *= input[axis];
        }

        at.Clear();
        Span<int> line = table.Slice(start[last], output[last]);
        for (int to = 0; to < y.Length;)
        {
            int from = 0;
            for (int axis = 0; axis < last; axis++)
            {
                from += table[start[axis] + at[axis]];
            }

            foreach (int offset in line)
            {
                x.Slice(from + offset, run).CopyTo(y[to..]);
                to += run;
            }

            for (int axis = last - 1; axis >= 0; axis--)
            {
                if (++at[axis] < output[axis])
                {
                    break;
                }

                at[axis] = 0;
            }
        }
    }

    private OperatorPlan Plan(in Shapes shapes, in TensorSpec input, in TensorSpec output)
    {
        long offsets = 0;
        for (int axis = 0; axis < input.Shape.Rank; axis++)
        {
            offsets += output.Shape[axis];
            int taps = new ResizeAxis(this, axis, input.Shape.Rank, input.Shape[axis], output.Shape[axis]).Taps;
            shapes.Require(
                taps <= ResizeAxis.MostTaps || !IsActive(input.Shape, output.Shape, axis),
                $"an output element of axis {axis} would be made of {taps} input elements; {ResizeAxis.MostTaps} are allowed.");
        }

        bool trains = input.Type == DataType.Float32, moves = Mode == ResizeMode.Nearest && !Crops;
        long scratch = (Tables(input.Shape, output.Shape) + Buffers(input.Shape, output.Shape, out _)) * sizeof(float);
        shapes.Require(
            Math.Max(trains ? scratch : 0, offsets * sizeof(int)) <= int.MaxValue,
            $"resampling {input} to {output} needs {scratch} bytes of scratch; at most {int.MaxValue} are allowed.");
        return new OperatorPlan(output)
        {
            ScratchBytes = (int)(moves ? offsets * sizeof(int) : scratch),
            BackwardScratchBytes = trains ? (int)scratch : 0,
            OverwritesGradients = true,
        };
    }

    /// <summary>Whether an axis is resampled.</summary>
    private bool IsActive(in Shape input, in Shape output, int axis) =>
        Sizes[axis] != -1 && (Crops || input[axis] != output[axis] || (Scales.Count > 0 && Scales[axis] != 0 && Scales[axis] != 1));

    private int LastActive(in Shape input, in Shape output)
    {
        int axis = input.Rank - 1;
        for (; axis >= 0 && !IsActive(input, output, axis); axis--)
        {
        }

        return axis;
    }

    /// <summary>Elements of the largest table of elements and weights.</summary>
    private long Tables(in Shape input, in Shape output)
    {
        long largest = 0;
        for (int axis = 0; axis < input.Rank; axis++)
        {
            if (IsActive(input, output, axis))
            {
                largest = Math.Max(largest, 2L * output[axis] * new ResizeAxis(this, axis, input.Rank, input[axis], output[axis]).Taps);
            }
        }

        return largest;
    }

    /// <summary>Elements of the buffers between passes: none for one axis, one buffer for two, two for more, written in turn.</summary>
    private long Buffers(in Shape input, in Shape output, out int size)
    {
        long largest = 0;
        int passes = 0;
        for (int axis = LastActive(input, output); axis >= 0; axis--)
        {
            if (IsActive(input, output, axis))
            {
                passes++;
                bool final = true;
                for (int before = 0; before < axis; before++)
                {
                    final &= !IsActive(input, output, before);
                }

                largest = final ? largest : Math.Max(largest, Elements(input, 0, axis) * Elements(output, axis, output.Rank));
            }
        }

        size = (int)Math.Min(largest, int.MaxValue);
        return largest * Math.Clamp(passes - 1, 0, 2);
    }

    private static long Elements(in Shape shape, int from, int to)
    {
        long count = 1;
        for (int axis = from; axis < to; axis++)
        {
            count = Math.Min(count * shape[axis], int.MaxValue);
        }

        return count;
    }

    /// <summary>The tables of an axis, at the start of the scratch.</summary>
    private ResizePass Table(in Shape input, in Shape output, int axis, Span<float> scratch, out Span<int> elements, out Span<float> weights)
    {
        ResizeAxis places = new(this, axis, input.Rank, input[axis], output[axis]);
        int taps = places.Taps, count = taps * output[axis];
        elements = MemoryMarshal.Cast<float, int>(scratch[..count]);
        weights = scratch.Slice(count, count);
        for (int at = 0; at < output[axis]; at++)
        {
            places.Fill(at, elements.Slice(at * taps, taps), weights.Slice(at * taps, taps));
        }

        // Earlier axes have still the input's size, later ones already the output's.
        return new ResizePass(input.Product(0, axis), input[axis], output[axis], output.Product(axis + 1, output.Rank), taps);
    }

    /// <summary>Fills what lies outside the input.</summary>
    private void Extrapolate(in Shape input, in Shape output, Span<float> y, float value)
    {
        for (int axis = 0; Crops && axis < input.Rank; axis++)
        {
            ResizeAxis places = new(this, axis, input.Rank, input[axis], output[axis]);
            int inner = output.Product(axis + 1, output.Rank), lines = output.Product(0, axis + 1);
            for (int line = 0; line < lines && IsActive(input, output, axis); line++)
            {
                if (places.IsOutside(line % output[axis]))
                {
                    y.Slice(line * inner, inner).Fill(value);
                }
            }
        }
    }
}

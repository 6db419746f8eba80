using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// The largest value of each window, and where it lies: [N, H, W, C] → values and indices (int64), both [N, H', W', C]; float32. An index counts the elements of the
/// tensor as ONNX stores it, [N, C, H, W]. Padding never takes part.
/// </summary>
/// <param name="KernelHeight">Rows of the window, 1 … 65,535.</param>
/// <param name="KernelWidth">Columns of the window, 1 … 65,535.</param>
/// <param name="StrideHeight">Rows between neighbouring windows, 1 … 65,535.</param>
/// <param name="StrideWidth">Columns between neighbouring windows, 1 … 65,535.</param>
/// <param name="Padding">Rows and columns around the input, each smaller than the window's extent.</param>
/// <param name="DilationHeight">Rows between neighbouring elements of a window, 1 … 65,535.</param>
/// <param name="DilationWidth">Columns between neighbouring elements of a window, 1 … 65,535.</param>
/// <param name="ColumnMajor">Whether an index counts down the columns first: storage_order 1 of ONNX.</param>
/// <remarks>Of equal values the first in row-major order is named; a NaN counts as the largest. Source: ONNX MaxPool-12 (in NHWC).</remarks>
public readonly record struct MaxPoolWithIndices(
    int KernelHeight,
    int KernelWidth,
    int StrideHeight = 1,
    int StrideWidth = 1,
    Padding2D Padding = default,
    int DilationHeight = 1,
    int DilationWidth = 1,
    bool ColumnMajor = false) : IOperator<MaxPoolWithIndices>
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("MaxPoolWithIndices", 75, inputs: 1, outputs: 2);

    /// <inheritdoc/>
    public static MaxPoolWithIndices Read(ref AttributeReader attributes) => new(
        attributes.Int32("kernel height", 1, Window.Most),
        attributes.Int32("kernel width", 1, Window.Most),
        attributes.Int32("stride height", 1, Window.Most),
        attributes.Int32("stride width", 1, Window.Most),
        Padding2D.Read(ref attributes),
        attributes.Int32("dilation height", 1, Window.Most),
        attributes.Int32("dilation width", 1, Window.Most),
        attributes.Bool("column major"));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32(KernelHeight);
        attributes.Int32(KernelWidth);
        attributes.Int32(StrideHeight);
        attributes.Int32(StrideWidth);
        Padding.Write(attributes);
        attributes.Int32(DilationHeight);
        attributes.Int32(DilationWidth);
        attributes.Bool(ColumnMajor);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.RequireType(0, DataType.Float32);
        TensorSpec values = Window.Pool(shapes, KernelHeight, KernelWidth, StrideHeight, StrideWidth, Padding, DilationHeight, DilationWidth);
        return new OperatorPlan(values, ShapeRules.Output(shapes, DataType.Int64, values.Shape));
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Shape input = io.InputShape(0), output = io.OutputShape(0);
        int height = input[1], width = input[2], channels = input[3];
        ReadOnlySpan<float> x = io.Input(0);
        Span<float> values = io.Output(0);
        Span<long> indices = io.Output<long>(1);
        for (int i = 0; i < values.Length; i++)
        {
            (int rest, int channel) = Math.DivRem(i, channels);
            (rest, int column) = Math.DivRem(rest, output[2]);
            (int image, int row) = Math.DivRem(rest, output[1]);
            int top = (row * StrideHeight) - Padding.Top, left = (column * StrideWidth) - Padding.Left;
            (int firstRow, int endRow) = WindowRange.Of(top, DilationHeight, KernelHeight, height);
            (int firstColumn, int endColumn) = WindowRange.Of(left, DilationWidth, KernelWidth, width);
            float best = float.NegativeInfinity;
            long index = -1;
            for (int p = firstRow; p < endRow && !float.IsNaN(best); p++)
            {
                for (int q = firstColumn; q < endColumn && !float.IsNaN(best); q++)
                {
                    int h = top + (p * DilationHeight), w = left + (q * DilationWidth);
                    float value = x[((((image * height) + h) * width) + w) * channels + channel];
                    if (index < 0 || value > best || float.IsNaN(value))
                    {
                        best = value;
                        index = ((((long)image * channels) + channel) * height * width) + (ColumnMajor ? (w * height) + h : (h * width) + w);
                    }
                }
            }

            values[i] = best;
            indices[i] = Math.Max(index, 0);
        }
    }
}

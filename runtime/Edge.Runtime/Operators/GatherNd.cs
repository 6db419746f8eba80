using System.Numerics.Tensors;
using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// Rows picked by index vectors. Inputs: data [B…, D…, S…] of any data type, indices [B…, K…, depth] (int32 or int64), where depth axes D… are indexed →
/// [B…, K…, S…]. Negative indices count from the end; any other index beyond its axis is refused when the model runs, with <see cref="ArgumentOutOfRangeException"/>.
/// </summary>
/// <param name="BatchDims">Leading axes B… that data and indices share.</param>
/// <remarks>The gradient of an element is the sum over the places that picked it. Sources: ONNX GatherND-13; TFLite GATHER_ND.</remarks>
public readonly record struct GatherNd(int BatchDims = 0) : IOperator<GatherNd>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("GatherNd", 52, inputs: 2);

    /// <inheritdoc/>
    public static GatherNd Read(ref AttributeReader attributes) => new(attributes.Int32("batch dims", 0, Shape.MaxRank - 1));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Int32(BatchDims);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec data = ShapeRules.Moved(shapes, 0);
        Shape indices = shapes.Shape(1);
        Indices.Require(shapes, 1);
        NdRows.Require(shapes, data.Shape, indices, BatchDims);
        Span<long> sizes = stackalloc long[2 * Shape.MaxRank];
        int rank = 0;
        foreach (int size in indices.Axes[..^1])
        {
            sizes[rank++] = size;
        }

        foreach (int size in data.Shape.Axes[(BatchDims + indices[-1])..])
        {
            sizes[rank++] = size;
        }

        return new OperatorPlan(ShapeRules.Output(shapes, data.Type, sizes[..rank], data.Quantization)) { OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Shape shape = io.InputShape(1);
        NdRows rows = new(io.InputShape(0), BatchDims, shape[-1], Info.Name);
        Indices indices = new(io, 1);
        int count = shape.Product(0, shape.Rank - 1), perBatch = shape.Product(BatchDims, shape.Rank - 1), size = io.InputSpec(0).Type.Size();
        int bytes = rows.Inner * size, batch = rows.BatchElements;
        ReadOnlySpan<byte> data = io.Input<byte>(0);
        Span<byte> y = io.Output<byte>(0);
        for (int row = 0; row < count; row++)
        {
            int from = (row / perBatch * batch) + rows.Offset(indices, row);
            data.Slice(from * size, bytes).CopyTo(y[(row * bytes)..]);
        }
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Input1;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (!io.Wants(0))
        {
            return;
        }

        Shape shape = io.InputShape(1);
        NdRows rows = new(io.InputShape(0), BatchDims, shape[-1], Info.Name);
        Indices indices = new(io, 1);
        int count = shape.Product(0, shape.Rank - 1), perBatch = shape.Product(BatchDims, shape.Rank - 1), inner = rows.Inner, batch = rows.BatchElements;
        Span<float> gradient = io.InputGradient(0);
        if (!io.Accumulate(0))
        {
            gradient.Clear();
        }

        for (int row = 0; row < count; row++)
        {
            Span<float> target = gradient.Slice((row / perBatch * batch) + rows.Offset(indices, row), inner);
            TensorPrimitives.Add(target, io.OutputGradient(0).Slice(row * inner, inner), target);
        }
    }
}

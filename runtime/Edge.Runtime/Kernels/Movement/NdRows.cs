using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>Where index vectors point: what GatherNd and ScatterNd share.</summary>
/// <param name="Data">Shape of what is indexed.</param>
/// <param name="BatchDims">Leading axes that data and indices share.</param>
/// <param name="Depth">Length of an index vector.</param>
/// <param name="Name">The operator, for messages.</param>
internal readonly record struct NdRows(Shape Data, int BatchDims, int Depth, string Name)
{
    /// <summary>Elements of a row: the axes that no index names.</summary>
    internal int Inner => Data.Product(BatchDims + Depth, Data.Rank);

    /// <summary>Elements of one batch of the data.</summary>
    internal int BatchElements => Data.Product(BatchDims, Data.Rank);

    /// <summary>The first element of a row within its batch.</summary>
    /// <param name="indices">Index vectors, one after the other; negative entries count from the end.</param>
    /// <param name="row">Which vector.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    internal int Offset(in Indices indices, int row)
    {
        int offset = 0;
        for (int i = 0; i < Depth; i++)
        {
            int size = Data[BatchDims + i];
            offset = (offset * size) + indices.On((row * Depth) + i, size, allowNegative: true, Name);
        }

        return offset * Inner;
    }

    /// <summary>Throws unless the last axis of the indices is a vector that fits.</summary>
    /// <param name="shapes">Where to complain.</param>
    /// <param name="data">What is indexed.</param>
    /// <param name="indices">The indices.</param>
    /// <param name="batchDims">Leading axes that they share.</param>
    internal static void Require(in Shapes shapes, in Shape data, in Shape indices, int batchDims)
    {
        shapes.Require(
            indices.Rank >= 1 && batchDims >= 0 && batchDims < indices.Rank && batchDims <= data.Rank && indices[-1] <= data.Rank - batchDims,
            $"the data has shape {data}, the indices {indices} and {batchDims} batch axes; indices [batch…, …, depth] with a depth of at most the data's other axes are allowed.");
        for (int i = 0; i < batchDims; i++)
        {
            shapes.Require(data[i] == indices[i], $"the data {data} and the indices {indices} share {batchDims} batch axes; their sizes must agree.");
        }
    }
}

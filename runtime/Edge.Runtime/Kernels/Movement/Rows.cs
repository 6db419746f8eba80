using System.Numerics.Tensors;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>Rows picked by index: what Gather and Embedding do, forwards and backwards.</summary>
/// <param name="Batches">Parts of data and indices that belong together.</param>
/// <param name="Outer">Repetitions within a batch: the axes before the indexed one.</param>
/// <param name="Size">Size of the indexed axis.</param>
/// <param name="Inner">Elements of a row: the axes after the indexed one.</param>
/// <param name="Count">Indices of a batch.</param>
/// <param name="AllowNegative">Whether negative indices count from the end.</param>
/// <param name="Name">The operator, for messages.</param>
internal readonly record struct Rows(int Batches, int Outer, int Size, int Inner, int Count, bool AllowNegative, string Name)
{
    /// <summary>output[batch, outer, k] = data[batch, outer, index[batch, k]].</summary>
    internal void Gather(in Indices indices, int elementBytes, ReadOnlySpan<byte> data, Span<byte> output)
    {
        int bytes = Inner * elementBytes, to = 0;
        for (int part = 0; part < Batches * Outer; part++)
        {
            ReadOnlySpan<byte> source = data.Slice(part * Size * bytes, Size * bytes);
            int first = part / Outer * Count;
            for (int k = 0; k < Count; k++, to += bytes)
            {
                source.Slice(indices.On(first + k, Size, AllowNegative, Name) * bytes, bytes).CopyTo(output[to..]);
            }
        }
    }

    /// <summary>gradient[batch, outer, index[batch, k]] += dy[batch, outer, k]; indices that meet add up in their order.</summary>
    internal void Scatter(in Indices indices, ReadOnlySpan<float> dy, Span<float> gradient, bool accumulate)
    {
        if (!accumulate)
        {
            gradient.Clear();
        }

        int from = 0;
        for (int part = 0; part < Batches * Outer; part++)
        {
            Span<float> target = gradient.Slice(part * Size * Inner, Size * Inner);
            int first = part / Outer * Count;
            for (int k = 0; k < Count; k++, from += Inner)
            {
                Span<float> row = target.Slice(indices.On(first + k, Size, AllowNegative, Name) * Inner, Inner);
                TensorPrimitives.Add(row, dy.Slice(from, Inner), row);
            }
        }
    }
}

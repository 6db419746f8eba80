using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Edge.Format;

namespace Edge.Runtime.Kernels;

/// <summary>The box in which <see cref="StridedCopy"/> exchanges blocks of pixels and channels: images, block rows, rows of a block, block columns, columns of a block, channels.</summary>
internal struct BlockMove
{
    private Axes _sizes;
    private Axes _space;
    private Axes _depth;

    /// <summary>Sizes of the box.</summary>
    [UnscopedRef]
    internal readonly ReadOnlySpan<int> Sizes => _sizes;

    /// <summary>Its strides in the picture [N, H · B, W · B, C].</summary>
    [UnscopedRef]
    internal readonly ReadOnlySpan<int> Space => _space;

    /// <summary>Its strides in the blocks [N, H, W, B · B · C].</summary>
    [UnscopedRef]
    internal readonly ReadOnlySpan<int> Depth => _depth;

    /// <summary>Makes the box.</summary>
    /// <param name="deep">Shape of the blocks, [N, H, W, B · B · C].</param>
    /// <param name="block">B.</param>
    /// <param name="columnRowDepth">Whether the channel counts slowest among the three.</param>
    internal static BlockMove Of(in Shape deep, int block, bool columnRowDepth)
    {
        int height = deep[1], width = deep[2], blocked = deep[3], channels = blocked / block / block, row = width * block * channels;
        BlockMove move = default;
        ReadOnlySpan<int> sizes = [deep[0], height, block, width, block, channels];
        ReadOnlySpan<int> space = [height * block * row, block * row, row, block * channels, channels, 1];
        ReadOnlySpan<int> depth = columnRowDepth
            ? [height * width * blocked, width * blocked, block, blocked, 1, block * block]
            : [height * width * blocked, width * blocked, block * channels, blocked, channels, 1];
        sizes.CopyTo(move._sizes);
        space.CopyTo(move._space);
        depth.CopyTo(move._depth);
        return move;
    }

    [InlineArray(6)]
    private struct Axes
    {
        private int _first;
    }
}

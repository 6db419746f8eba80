using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Block sizes of the matrix product.</summary>
/// <remarks>
/// A block of the right matrix (BlockK × BlockColumns) and a sliver of the left one live on the stack of the thread that uses them:
/// 96 KB + 12 KB + a tile + slack for alignment, inside <see cref="WorkerTeam.KernelStackBytes"/>. They sit in the second-level cache, and a
/// sliver in the first.
/// The sizes do not depend on the instruction set, so packed weights have one layout.
/// </remarks>
internal static class GemmBlocking
{
    internal const int MaxTileRows = 12;
    internal const int BlockK = 256;
    internal const int PanelColumns = 32;
    internal const int BlockColumns = 96;

    /// <summary>Rows of a block: the left rows that share one packing of the right block.</summary>
    internal const int MaxBlockRows = 384;

    internal const int LeftFloats = MaxTileRows * BlockK;

    internal const int TileFloats = MaxTileRows * PanelColumns;

    /// <summary>Floats that bring an address to a 64-byte boundary.</summary>
    internal const int Slack = 16;

    /// <summary>Width of the panel that holds the next of <paramref name="columns"/> remaining columns: 32, or 16 if no more are needed.</summary>
    internal static int LastPanelWidth(int columns) => columns > 16 ? PanelColumns : 16;

    /// <summary>Length of the blocks into which k is cut: nearly equal, a multiple of 8, at most <see cref="BlockK"/>; 1 for an empty sum.</summary>
    internal static int DepthBlock(int k)
    {
        int blocks = Math.Max(1, (k + BlockK - 1) / BlockK);
        return Math.Max(1, (((k + blocks - 1) / blocks) + 7) & ~7);
    }

    /// <summary>The address rounded up to a cache line.</summary>
    internal static unsafe float* Align(float* address) => (float*)(((nuint)address + 63) & ~(nuint)63);
}

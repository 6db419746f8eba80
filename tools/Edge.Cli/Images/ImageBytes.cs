using System.Buffers.Binary;

namespace Edge.Cli.Images;

/// <summary>Bounds-checked reading of an image file.</summary>
/// <param name="file">All its bytes.</param>
internal readonly ref struct ImageBytes(ReadOnlySpan<byte> file)
{
    private readonly ReadOnlySpan<byte> _file = file;

    /// <summary>Length of the file.</summary>
    public int Length => _file.Length;

    /// <summary>A part of the file.</summary>
    /// <param name="offset">Where it starts.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="what">What it holds, for the message.</param>
    /// <exception cref="ImageException">The file ends before.</exception>
    public ReadOnlySpan<byte> Slice(long offset, long length, string what) => offset >= 0 && length >= 0 && offset <= _file.Length && length <= _file.Length - offset
        ? _file.Slice((int)offset, (int)length)
        : throw new ImageException($"{what} would take {length} bytes from byte {offset} on, but the file ends at byte {_file.Length}: it is truncated or damaged.");

    /// <summary>A little-endian u16.</summary>
    public int U16(long offset, string what) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(offset, sizeof(ushort), what));

    /// <summary>A little-endian u32.</summary>
    public uint U32(long offset, string what) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(offset, sizeof(uint), what));

    /// <summary>A little-endian i32.</summary>
    public int I32(long offset, string what) => (int)U32(offset, what);

    /// <summary>A big-endian u32, as PNG has it.</summary>
    public uint BigU32(long offset, string what) => BinaryPrimitives.ReadUInt32BigEndian(Slice(offset, sizeof(uint), what));
}

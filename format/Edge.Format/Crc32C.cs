using System.Buffers.Binary;
using System.Numerics;

namespace Edge.Format;

/// <summary>CRC-32C (Castagnoli), the checksum of .edge sections and of saved state.</summary>
/// <remarks>
/// Source: RFC 3720, appendix B.4: polynomial 0x1EDC6F41 reflected (0x82F63B78), initial value and final xor 0xFFFFFFFF.
/// It detects damage, not malice: an attacker can make any checksum fit.
/// </remarks>
public static class Crc32C
{
    /// <summary>The CRC-32C of <paramref name="data"/>.</summary>
    /// <param name="data">The bytes; any length, zero included.</param>
    /// <param name="seed">
    /// The CRC-32C of the bytes before <paramref name="data"/>; 0 when there are none. So <c>Compute(b, Compute(a))</c> is the
    /// checksum of a followed by b.
    /// </param>
    /// <returns>The checksum; 0xE3069283 for the ASCII bytes "123456789", 0 for no bytes.</returns>
    public static uint Compute(ReadOnlySpan<byte> data, uint seed = 0)
    {
        // BitOperations.Crc32C neither inverts its input nor its output, and takes a word's low byte first.
        uint crc = ~seed;
        while (data.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[sizeof(ulong)..];
        }
        foreach (byte value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }
        return ~crc;
    }
}

using System.Buffers.Binary;

namespace Edge.Learning.Data;

/// <summary>An array of an IDX file.</summary>
/// <param name="Shape">1 to 4 dimensions, all positive.</param>
/// <param name="Values">Row-major.</param>
public sealed record IdxArray(IReadOnlyList<int> Shape, byte[] Values);

/// <summary>Reads IDX files of unsigned bytes, plain or gzip'ed.</summary>
/// <remarks>Layout, big-endian: 0, 0, element type, number of dimensions, an int32 per dimension, the values row by row.
/// Source: LeCun, Cortes, Burges, "The MNIST database", section "File formats".</remarks>
public static class Idx
{
    /// <summary>Most values a file may declare: 1 GiB.</summary>
    public const long MostValues = 1L << 30;

    private const byte UnsignedByte = 0x08;

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="DatasetException">Not an IDX file of unsigned bytes, truncated, or with bytes after its end.</exception>
    public static IdxArray Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using Stream stream = DataFile.Open(path, out long mostBytes);
        return Read(stream, path, mostBytes);
    }

    internal static IdxArray Read(Stream stream, string name, long mostBytes)
    {
        Span<byte> header = stackalloc byte[4 + (4 * 4)];
        if (DataFile.Read(stream, name, header[..4]) < 4)
        {
            throw new DatasetException($"'{name}' ends within the 4 bytes of the IDX magic; it is empty or truncated.");
        }

        if (header[0] != 0 || header[1] != 0)
        {
            throw new DatasetException($"'{name}' starts with {Convert.ToHexString(header[..4])}; an IDX file starts with 0000, so this is another kind of file.");
        }

        if (header[2] != UnsignedByte)
        {
            throw new DatasetException($"'{name}' has IDX element type 0x{header[2]:X2}; only 0x08 (unsigned byte) is read.");
        }

        int rank = header[3];
        if (rank is < 1 or > 4)
        {
            throw new DatasetException($"'{name}' has {rank} dimensions; 1 to 4 are allowed.");
        }

        if (DataFile.Read(stream, name, header.Slice(4, 4 * rank)) < 4 * rank)
        {
            throw new DatasetException($"'{name}' ends within its {rank} dimensions; it is truncated.");
        }

        int[] shape = new int[rank];
        long count = 1;
        for (int d = 0; d < rank; d++)
        {
            shape[d] = BinaryPrimitives.ReadInt32BigEndian(header[(4 + (4 * d))..]);
            if (shape[d] <= 0)
            {
                throw new DatasetException($"'{name}': dimension {d} is {shape[d]}; it must be positive.");
            }

            // Each factor is below 2^31 and the product so far at most 2^30, so this does not overflow.
            count *= shape[d];
            if (count > MostValues)
            {
                throw new DatasetException($"'{name}' declares [{string.Join(", ", shape[..(d + 1)])}{(d + 1 < rank ? ", …" : "")}] values; at most {MostValues} are allowed.");
            }
        }

        // Before allocating: a file of 20 bytes must not cost a gigabyte.
        long available = mostBytes - 4 - (4 * rank);
        if (count > available)
        {
            throw new DatasetException($"'{name}' declares {count} values, but its length leaves room for at most {available}; it is truncated or the header is wrong.");
        }

        byte[] values = new byte[count];
        int read = DataFile.Read(stream, name, values);
        if (read < count)
        {
            throw new DatasetException($"'{name}' declares {count} values and holds {read}; it is truncated.");
        }

        if (DataFile.Read(stream, name, header[..1]) != 0)
        {
            throw new DatasetException($"'{name}' has bytes after its {count} values; the header does not fit the file.");
        }

        return new IdxArray(shape, values);
    }
}

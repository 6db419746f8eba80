using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Edge.Tests.Cli.Images;

/// <summary>Writes small image files in every variant that the decoders read.</summary>
internal static class ImageFiles
{
    /// <summary>A PNG of samples: one number a channel and pixel, of the bit depth.</summary>
    public static byte[] Png(int width, int height, int type, int depth, Func<int, int, int, int> sample, bool interlaced = false, byte[]? palette = null, Func<int, int>? filter = null)
    {
        int samples = type switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };
        using MemoryStream raw = new();
        (int X, int Y, int StepX, int StepY)[] passes = interlaced
            ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] : [(0, 0, 1, 1)];
        foreach ((int startX, int startY, int stepX, int stepY) in passes)
        {
            int columns = (width - startX + stepX - 1) / stepX;
            if (startX >= width)
            {
                continue;
            }

            int stride = ((columns * samples * depth) + 7) / 8, distance = Math.Max(1, samples * depth / 8);
            byte[] before = new byte[stride];
            int line = 0;
            for (int y = startY; y < height; y += stepY, line++)
            {
                byte[] row = new byte[stride];
                for (int i = 0; i < columns * samples; i++)
                {
                    int value = sample(startX + (i / samples * stepX), y, i % samples);
                    if (depth == 16)
                    {
                        (row[2 * i], row[(2 * i) + 1]) = ((byte)(value >> 8), (byte)value);
                    }
                    else
                    {
                        row[i * depth / 8] |= (byte)(value << (8 - depth - (i * depth % 8)));
                    }
                }

                int kind = filter?.Invoke(line) ?? line % 5;
                raw.WriteByte((byte)kind);
                for (int i = 0; i < stride; i++)
                {
                    int left = i >= distance ? row[i - distance] : 0, up = before[i], corner = i >= distance ? before[i - distance] : 0;
                    raw.WriteByte((byte)(row[i] - kind switch { 1 => left, 2 => up, 3 => (left + up) / 2, 4 => Paeth(left, up, corner), _ => 0 }));
                }

                before = row;
            }
        }

        using MemoryStream packed = new();
        using (ZLibStream zip = new(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zip.Write(raw.ToArray());
        }

        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = ((byte)depth, (byte)type, (byte)(interlaced ? 1 : 0));
        byte[] data = packed.ToArray();
        int half = data.Length / 2;                          // two IDAT chunks
        return
        [
            0x89, .. "PNG\r\n\x1a\n"u8, .. Chunk("IHDR", header), .. palette is null ? [] : Chunk("PLTE", palette), .. Chunk("tEXt", "a\0b"u8.ToArray()),
            .. Chunk("IDAT", data[..half]), .. Chunk("IDAT", data[half..]), .. Chunk("IEND", []),
        ];
    }

    /// <summary>One chunk of a PNG.</summary>
    public static byte[] Chunk(string type, byte[] content)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. content];
        uint crc = uint.MaxValue;
        foreach (byte value in body)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
            }
        }

        byte[] chunk = new byte[body.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        body.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(body.Length + 4), ~crc);
        return chunk;
    }

    /// <summary>A BMP: a header of a given size, masks or a palette behind it, rows of pixels as bytes.</summary>
    public static byte[] Bmp(int headerSize, int width, int height, int bits, int compression, byte[] behind, params byte[][] rows)
    {
        bool core = headerSize == 12;
        byte[] header = new byte[headerSize];
        BinaryPrimitives.WriteInt32LittleEndian(header, headerSize);
        if (core)
        {
            BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(4), (short)width);
            BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(6), (short)height);
            BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(8), 1);
            BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(10), (short)bits);
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), width);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), height);
            BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(12), 1);
            BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(14), (short)bits);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(16), compression);
            if (headerSize >= 52)
            {
                behind.CopyTo(header, 40);
                behind = [];
            }
        }

        int offset = 14 + headerSize + behind.Length;
        byte[] start = new byte[14];
        (start[0], start[1]) = ((byte)'B', (byte)'M');
        BinaryPrimitives.WriteInt32LittleEndian(start.AsSpan(10), offset);
        return [.. start, .. header, .. behind, .. rows.SelectMany(static row => row.Concat(new byte[(4 - (row.Length % 4)) % 4]))];
    }

    private static int Paeth(int left, int up, int corner)
    {
        int estimate = left + up - corner;
        int a = Math.Abs(estimate - left), b = Math.Abs(estimate - up), c = Math.Abs(estimate - corner);
        return a <= b && a <= c ? left : b <= c ? up : corner;
    }
}

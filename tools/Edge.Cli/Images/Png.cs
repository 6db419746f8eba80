using System.IO.Compression;

namespace Edge.Cli.Images;

/// <summary>PNG: all color types and bit depths, interlaced or not. Alpha is ignored; 16 bits become 8.</summary>
/// <remarks>Source: W3C, "Portable Network Graphics (PNG) Specification", third edition.</remarks>
internal static class Png
{
    private const int Grey = 0;
    private const int Colour = 2;
    private const int Indexed = 3;
    private const int GreyAlpha = 4;
    private const int ColourAlpha = 6;

    // First column, first row, column step, row step of the seven passes of Adam7.
    private static readonly (int X, int Y, int StepX, int StepY)[] s_passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    private static readonly uint[] s_crc = [.. Enumerable.Range(0, 256).Select(static i =>
    {
        uint value = (uint)i;
        for (int bit = 0; bit < 8; bit++)
        {
            value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
        }

        return value;
    })];

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Whether a file starts like a PNG.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> file) => file.StartsWith(Signature);

    /// <summary>Decodes a picture.</summary>
    public static Image Decode(ReadOnlySpan<byte> bytes)
    {
        ImageBytes file = new(bytes);
        Header header = default;
        byte[] palette = [];
        using MemoryStream data = new();
        for (long position = Signature.Length; ;)
        {
            uint length = file.BigU32(position, "a chunk's length");
            ReadOnlySpan<byte> chunk = file.Slice(position + 4, length + 4L, "a chunk");
            ReadOnlySpan<byte> type = chunk[..4], content = chunk[4..];
            if (file.BigU32(position + 8 + length, "a chunk's checksum") != Crc(chunk))
            {
                throw new ImageException($"The checksum of the chunk at byte {position} does not fit: the file is damaged.");
            }

            position += 12L + length;
            if (type.SequenceEqual("IHDR"u8))
            {
                header = Header.Read(content);
            }
            else if (header.Width == 0)
            {
                throw new ImageException("The PNG does not begin with an IHDR chunk.");
            }
            else if (type.SequenceEqual("PLTE"u8))
            {
                palette = content.Length % 3 == 0 && content.Length <= 768 ? content.ToArray() : throw new ImageException($"The palette has {content.Length} bytes; three a colour, at most 768, are allowed.");
            }
            else if (type.SequenceEqual("IDAT"u8))
            {
                data.Write(content);
            }
            else if (type.SequenceEqual("IEND"u8))
            {
                break;
            }
            else if ((type[0] & 0x20) == 0)
            {
                throw new ImageException($"The chunk '{System.Text.Encoding.Latin1.GetString(type)}' is needed to read the picture but not known.");
            }
        }

        data.Position = 0;
        return Read(header, palette, data);
    }

    private static Image Read(in Header header, byte[] palette, Stream compressed)
    {
        Image image = new(header.Width, header.Height, header.Type is Grey or GreyAlpha ? 1 : 3);
        using ZLibStream data = new(compressed, CompressionMode.Decompress);
        int most = ((image.Width * header.BitsPerPixel) + 7) / 8;
        byte[] row = new byte[most], before = new byte[most];
        foreach ((int x, int y, int stepX, int stepY) in header.Interlaced ? s_passes : [(0, 0, 1, 1)])
        {
            int width = (image.Width - x + stepX - 1) / stepX;
            if (x >= image.Width)
            {
                continue;
            }

            int stride = (int)((((long)width * header.BitsPerPixel) + 7) / 8);
            before.AsSpan().Clear();
            for (int line = y; line < image.Height; line += stepY)
            {
                Span<byte> current = row.AsSpan(0, stride);
                int filter = Fill(data, current);
                Unfilter(filter, current, before, Math.Max(1, header.BitsPerPixel / 8));
                Place(header, palette, current, image.Row(line), image.Channels, x, stepX, width);
                (row, before) = (before, row);
            }
        }

        return image;
    }

    /// <summary>Reads the filter byte and the bytes of a row.</summary>
    private static int Fill(ZLibStream data, Span<byte> row)
    {
        try
        {
            int filter = data.ReadByte();
            data.ReadExactly(row);
            return filter is >= 0 and <= 4 ? filter : throw new ImageException($"A row has filter {filter}; 0 … 4 are allowed.");
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new ImageException($"The compressed pixels are truncated or damaged: {error.Message}", error);
        }
    }

    private static void Unfilter(int filter, Span<byte> row, ReadOnlySpan<byte> before, int distance)
    {
        for (int i = 0; i < row.Length; i++)
        {
            int left = i >= distance ? row[i - distance] : 0;
            int up = before[i];
            int corner = i >= distance ? before[i - distance] : 0;
            row[i] += filter switch { 1 => (byte)left, 2 => (byte)up, 3 => (byte)((left + up) / 2), 4 => (byte)Paeth(left, up, corner), _ => 0 };
        }
    }

    private static int Paeth(int left, int up, int corner)
    {
        int estimate = left + up - corner;
        int toLeft = Math.Abs(estimate - left), toUp = Math.Abs(estimate - up), toCorner = Math.Abs(estimate - corner);
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }

    private static void Place(in Header header, byte[] palette, ReadOnlySpan<byte> row, Span<byte> target, int channels, int start, int step, int width)
    {
        int samples = header.Samples;
        for (int i = 0; i < width; i++)
        {
            Span<byte> pixel = target.Slice((start + (i * step)) * channels, channels);
            if (header.Type == Indexed)
            {
                int index = Sample(row, i, header.Depth) * 3;
                if (index + 2 >= palette.Length)
                {
                    throw new ImageException($"A pixel has colour {index / 3}; the palette has {palette.Length / 3}.");
                }

                palette.AsSpan(index, 3).CopyTo(pixel);
                continue;
            }

            for (int c = 0; c < channels; c++)
            {
                int value = Sample(row, (i * samples) + c, header.Depth);
                pixel[c] = header.Depth == 16 ? (byte)(((value * 255L) + 32_895) >> 16) : (byte)(value * 255 / ((1 << header.Depth) - 1));
            }
        }
    }

    private static int Sample(ReadOnlySpan<byte> row, int index, int depth) => depth switch
    {
        8 => row[index],
        16 => (row[2 * index] << 8) | row[(2 * index) + 1],
        _ => (row[index * depth / 8] >> (8 - depth - (index * depth % 8))) & ((1 << depth) - 1),
    };

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc = s_crc[(crc ^ value) & 0xFF] ^ (crc >> 8);
        }

        return ~crc;
    }

    private readonly record struct Header(int Width, int Height, int Depth, int Type, bool Interlaced)
    {
        public int Samples => Type switch { Colour => 3, GreyAlpha => 2, ColourAlpha => 4, _ => 1 };

        public int BitsPerPixel => Samples * Depth;

        public static Header Read(ReadOnlySpan<byte> chunk)
        {
            if (chunk.Length != 13)
            {
                throw new ImageException($"The IHDR chunk has {chunk.Length} bytes; 13 are needed.");
            }

            ImageBytes bytes = new(chunk);
            uint width = bytes.BigU32(0, "the width"), height = bytes.BigU32(4, "the height");
            (int depth, int type) = (chunk[8], chunk[9]);
            bool known = type switch
            {
                Grey => depth is 1 or 2 or 4 or 8 or 16,
                Indexed => depth is 1 or 2 or 4 or 8,
                Colour or GreyAlpha or ColourAlpha => depth is 8 or 16,
                _ => false,
            };
            if (!known || chunk[10] != 0 || chunk[11] != 0 || chunk[12] > 1)
            {
                throw new ImageException($"The PNG has color type {type}, bit depth {depth}, compression {chunk[10]}, filter method {chunk[11]} and interlace method {chunk[12]}, which the standard does not define.");
            }

            if (width is 0 or > (uint)Image.MostPixels || height is 0 or > (uint)Image.MostPixels)
            {
                throw new ImageException($"The picture has {width} × {height} pixels; at least one and at most {Image.MostPixels:N0} are allowed.");
            }

            return new Header((int)width, (int)height, depth, type, chunk[12] == 1);
        }
    }
}

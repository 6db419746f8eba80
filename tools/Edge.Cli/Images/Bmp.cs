using System.Numerics;

namespace Edge.Cli.Images;

/// <summary>Windows bitmaps without compression: 1, 4 and 8 bits with a palette, 16, 24 and 32 bits, bit fields, rows in both directions. Alpha is ignored.</summary>
/// <remarks>Source: Microsoft, "Bitmap Storage", BITMAPFILEHEADER, BITMAPCOREHEADER, BITMAPINFOHEADER, BITMAPV4HEADER, BITMAPV5HEADER.</remarks>
internal static class Bmp
{
    private const int FileHeader = 14;
    private const int CoreHeader = 12;
    private const int InfoHeader = 40;
    private const int MasksInHeader = 52;

    /// <summary>Decodes a bitmap.</summary>
    public static Image Decode(ReadOnlySpan<byte> bytes)
    {
        ImageBytes file = new(bytes);
        uint pixels = file.U32(10, "the offset of the pixels");
        uint header = file.U32(FileHeader, "the header's size");
        bool core = header == CoreHeader;
        if (!core && header < InfoHeader)
        {
            throw new ImageException($"The BMP header has {header} bytes; {CoreHeader}, or {InfoHeader} and more are allowed.");
        }

        long width = core ? file.U16(18, "the width") : file.I32(18, "the width");
        long rows = core ? file.U16(20, "the height") : file.I32(22, "the height");
        int bits = file.U16(core ? 24 : 28, "bits per pixel");
        uint compression = core ? 0 : file.U32(30, "the compression");
        bool fields = compression is 3 or 6;
        if (bits is not (1 or 4 or 8 or 16 or 24 or 32) || (compression != 0 && !(fields && bits is 16 or 32)))
        {
            throw new ImageException($"The BMP has {bits} bits a pixel and compression {compression}; 1, 4, 8, 16, 24 and 32 bits without compression, and bit fields of 16 and 32 bits, are allowed.");
        }

        Image image = new(width, Math.Abs(rows), 3);
        long stride = ((width * bits) + 31) / 32 * 4;
        ReadOnlySpan<byte> data = file.Slice(pixels, stride * image.Height, "the pixels");
        ReadOnlySpan<byte> palette = bits > 8 ? default : Palette(file, header, core, bits);
        uint[] masks = bits == 16 ? [0x7C00, 0x3E0, 0x1F] : [0xFF0000, 0xFF00, 0xFF];
        if (fields)
        {
            // Behind the plain header, or within the longer ones: the same place.
            long at = FileHeader + (header >= MasksInHeader ? InfoHeader : header);
            masks = [file.U32(at, "the red mask"), file.U32(at + 4, "the green mask"), file.U32(at + 8, "the blue mask")];
        }

        for (int y = 0; y < image.Height; y++)
        {
            ReadOnlySpan<byte> source = data.Slice((int)((rows < 0 ? y : image.Height - 1 - y) * stride), (int)stride);
            Span<byte> target = image.Row(y);
            switch (bits)
            {
                case 24:
                    for (int i = 0; i < target.Length; i += 3)
                    {
                        (target[i], target[i + 1], target[i + 2]) = (source[i + 2], source[i + 1], source[i]);
                    }

                    break;
                case 16 or 32:
                    Masked(source, bits / 8, masks, target);
                    break;
                default:
                    Indexed(source, bits, palette, core ? 3 : 4, target);
                    break;
            }
        }

        return image;
    }

    private static ReadOnlySpan<byte> Palette(ImageBytes file, uint header, bool core, int bits)
    {
        uint stated = core ? 0 : file.U32(46, "the number of colours");
        if (stated > 1u << bits)
        {
            throw new ImageException($"The BMP states {stated} colours for {bits} bits a pixel; at most {1 << bits} are allowed.");
        }

        uint colours = stated == 0 ? 1u << bits : stated;
        return file.Slice(FileHeader + header, colours * (core ? 3 : 4), "the palette");
    }

    private static void Indexed(ReadOnlySpan<byte> source, int bits, ReadOnlySpan<byte> palette, int entry, Span<byte> target)
    {
        int mask = (1 << bits) - 1;
        for (int x = 0; x < target.Length / 3; x++)
        {
            int bit = x * bits;
            int index = ((source[bit / 8] >> (8 - bits - (bit % 8))) & mask) * entry;
            if (index + 2 >= palette.Length)
            {
                throw new ImageException($"A pixel has colour {index / entry}; the palette ends at {(palette.Length / entry) - 1}.");
            }

            (target[x * 3], target[(x * 3) + 1], target[(x * 3) + 2]) = (palette[index + 2], palette[index + 1], palette[index]);
        }
    }

    private static void Masked(ReadOnlySpan<byte> source, int size, uint[] masks, Span<byte> target)
    {
        for (int i = 0; i < target.Length; i++)
        {
            int at = i / 3 * size;
            uint value = 0;
            for (int k = 0; k < size; k++)
            {
                value |= (uint)source[at + k] << (8 * k);
            }

            uint mask = masks[i % 3];
            ulong field = mask == 0 ? 0 : (value & mask) >> BitOperations.TrailingZeroCount(mask);
            ulong most = mask == 0 ? 1 : mask >> BitOperations.TrailingZeroCount(mask);
            target[i] = (byte)(((field * 255) + (most / 2)) / most);
        }
    }
}

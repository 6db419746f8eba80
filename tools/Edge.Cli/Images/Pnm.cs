namespace Edge.Cli.Images;

/// <summary>Portable grey and pixel maps: P2 and P3 as text, P5 and P6 binary, up to 16 bits a value.</summary>
/// <remarks>Source: Netpbm, "PGM format specification" and "PPM format specification".</remarks>
internal static class Pnm
{
    /// <summary>Decodes a map.</summary>
    public static Image Decode(ReadOnlySpan<byte> file)
    {
        int kind = file[1] - '0';
        if (kind is not (2 or 3 or 5 or 6))
        {
            throw new ImageException($"The file is a P{kind} map; P2, P3, P5 and P6 are allowed.");
        }

        int position = 2;
        int width = Number(file, ref position, "the width");
        int height = Number(file, ref position, "the height");
        int most = Number(file, ref position, "the largest value");
        if (most is < 1 or > 65_535)
        {
            throw new ImageException($"The largest value is {most}; 1 … 65535 is allowed.");
        }

        // Text takes two bytes a value at least and binary one: the file bounds the picture.
        int channels = kind is 3 or 6 ? 3 : 1;
        if ((long)width * height * channels > file.Length)
        {
            throw new ImageException($"The picture has {width} × {height} pixels, but the file has {file.Length} bytes: it is truncated or damaged.");
        }

        Image image = new(width, height, channels);
        if (kind is 2 or 3)
        {
            for (int i = 0; i < image.Pixels.Length; i++)
            {
                image.Pixels[i] = Scaled(Number(file, ref position, "a value"), most);
            }

            return image;
        }

        int size = most > byte.MaxValue ? 2 : 1;
        ReadOnlySpan<byte> data = new ImageBytes(file).Slice(position + 1L, (long)image.Pixels.Length * size, "the pixels");
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            image.Pixels[i] = Scaled(size == 1 ? data[i] : (data[2 * i] << 8) | data[(2 * i) + 1], most);
        }

        return image;
    }

    private static byte Scaled(int value, int most) => value <= most ? (byte)(((value * 255L) + (most / 2)) / most)
        : throw new ImageException($"A value is {value}; the file states {most} as the largest.");

    /// <summary>The next number, after white space and comments.</summary>
    private static int Number(ReadOnlySpan<byte> file, ref int position, string what)
    {
        while (position < file.Length && (file[position] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'#'))
        {
            if (file[position] == '#')
            {
                while (position < file.Length && file[position] is not ((byte)'\n' or (byte)'\r'))
                {
                    position++;
                }
            }
            else
            {
                position++;
            }
        }

        int start = position;
        int value = 0;
        while (position < file.Length && file[position] is >= (byte)'0' and <= (byte)'9' && position - start < 9)
        {
            value = (value * 10) + (file[position++] - '0');
        }

        return position > start ? value : throw new ImageException($"At byte {start} a number is missing ({what}).");
    }
}

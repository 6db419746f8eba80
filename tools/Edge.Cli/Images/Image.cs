namespace Edge.Cli.Images;

/// <summary>A picture: rows from top to bottom, pixels from left to right, one byte each for grey, or red, green and blue.</summary>
internal sealed class Image
{
    /// <summary>Most pixels of a picture.</summary>
    public const long MostPixels = 1 << 26;

    /// <summary>Longest file in bytes.</summary>
    public const long MostBytes = 1 << 28;

    /// <summary>Makes a black picture.</summary>
    /// <param name="width">Pixels a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="channels">1 for grey, 3 for red, green and blue.</param>
    /// <exception cref="ImageException">It has no pixel, or too many.</exception>
    public Image(long width, long height, int channels)
    {
        if (width < 1 || height < 1 || width > MostPixels || height > MostPixels || width * height > MostPixels)
        {
            throw new ImageException($"The picture has {width} × {height} pixels; at least one and at most {MostPixels:N0} are allowed.");
        }

        Width = (int)width;
        Height = (int)height;
        Channels = channels;
        Pixels = new byte[Width * Height * channels];
    }

    /// <summary>Pixels a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>1 for grey, 3 for red, green and blue.</summary>
    public int Channels { get; }

    /// <summary>All pixels, row by row.</summary>
    public byte[] Pixels { get; }

    /// <summary>One row.</summary>
    public Span<byte> Row(int y) => Pixels.AsSpan(y * Width * Channels, Width * Channels);

    /// <summary>Reads a picture: BMP, PNG, PPM or PGM. The content decides, not the name.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ImageException">It is malformed, of another kind or too large.</exception>
    public static Image Load(string path)
    {
        FileInfo file = new(path);
        if (!file.Exists)
        {
            throw new FileNotFoundException($"There is no image '{path}'.");
        }

        if (file.Length > MostBytes)
        {
            throw new ImageException($"'{path}' has {file.Length:N0} bytes; at most {MostBytes:N0} are allowed.");
        }

        try
        {
            return Decode(File.ReadAllBytes(path));
        }
        catch (ImageException error)
        {
            throw new ImageException($"'{path}': {error.Message}", error);
        }
    }

    /// <summary>Decodes a picture.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <exception cref="ImageException">It is malformed, of another kind or too large.</exception>
    public static Image Decode(ReadOnlySpan<byte> file)
    {
        if (Png.Recognizes(file))
        {
            return Png.Decode(file);
        }

        if (file.StartsWith("BM"u8))
        {
            return Bmp.Decode(file);
        }

        if (file.Length > 2 && file[0] == 'P' && file[1] is >= (byte)'1' and <= (byte)'7')
        {
            return Pnm.Decode(file);
        }

        string hint = file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8]) ? "It is a JPEG file; convert it first, for example with 'magick picture.jpg picture.png'."
            : "It is none of these by its first bytes.";
        throw new ImageException($"BMP, PNG, PPM and PGM files are allowed. {hint}");
    }
}

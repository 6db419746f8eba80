using Edge.Cli.Images;
using Edge.Format;
using Edge.Learning.Data;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Tests.Cli.Images;

/// <summary>Pictures: every variant of the formats, damaged files, and how a picture becomes the input of a model.</summary>
public sealed class ImageTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 2)]
    [InlineData(0, 4)]
    [InlineData(0, 8)]
    [InlineData(0, 16)]
    [InlineData(2, 8)]
    [InlineData(2, 16)]
    [InlineData(4, 8)]
    [InlineData(4, 16)]
    [InlineData(6, 8)]
    [InlineData(6, 16)]
    public void Png_of_every_type_and_depth(int type, int depth)
    {
        int most = (1 << depth) - 1;
        foreach ((int width, int height) in ((int, int)[])[(1, 1), (9, 7), (3, 11), (16, 5)])
        {
            foreach (bool interlaced in (bool[])[false, true])
            {
                Image image = Image.Decode(ImageFiles.Png(width, height, type, depth, Sample, interlaced));
                Assert.Equal((width, height, type is 0 or 4 ? 1 : 3), (image.Width, image.Height, image.Channels));
                for (int i = 0; i < image.Pixels.Length; i++)
                {
                    int value = Sample(i / image.Channels % width, i / image.Channels / width, i % image.Channels);
                    Assert.InRange(image.Pixels[i] - (value * 255.0 / most), -0.51, 0.51);
                }
            }
        }

        int Sample(int x, int y, int c) => ((x * 7) + (y * 13) + (c * 5) + (x * y * 31)) * (depth == 16 ? 257 : 1) & most;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Png_and_bmp_with_a_palette(int depth)
    {
        byte[] palette = [.. Enumerable.Range(0, 3 << depth).Select(static i => (byte)(i * 37))];
        int mask = (1 << depth) - 1;
        Image image = Image.Decode(ImageFiles.Png(10, 4, 3, depth, (x, y, _) => (x + (y * 3)) & mask, palette: palette));
        for (int i = 0; i < 40; i++)
        {
            int index = ((i % 10) + (i / 10 * 3)) & mask;
            Assert.Equal(palette[(index * 3)..((index * 3) + 3)], image.Pixels[(i * 3)..((i * 3) + 3)]);
        }

        if (depth != 2)
        {
            byte[] row = new byte[((10 * depth) + 7) / 8];
            for (int x = 0; x < 10; x++)
            {
                row[x * depth / 8] |= (byte)((x & mask) << (8 - depth - (x * depth % 8)));
            }

            byte[] colours = [.. Enumerable.Range(0, 1 << depth).SelectMany(i => (byte[])[palette[(i * 3) + 2], palette[(i * 3) + 1], palette[i * 3], 0])];
            Image map = Image.Decode(ImageFiles.Bmp(40, 10, 1, depth, 0, colours, row));
            Assert.Equal(Enumerable.Range(0, 10).SelectMany(x => palette[((x & mask) * 3)..(((x & mask) * 3) + 3)]), map.Pixels);
        }
    }

    [Fact]
    public void Bmp_of_every_kind()
    {
        byte[] lower = [1, 2, 3, 4, 5, 6], upper = [11, 12, 13, 14, 15, 16];
        byte[] expected = [13, 12, 11, 16, 15, 14, 3, 2, 1, 6, 5, 4];
        Assert.Equal(expected, Image.Decode(ImageFiles.Bmp(40, 2, 2, 24, 0, [], lower, upper)).Pixels);
        Assert.Equal(expected, Image.Decode(ImageFiles.Bmp(40, 2, -2, 24, 0, [], upper, lower)).Pixels);
        Assert.Equal(expected, Image.Decode(ImageFiles.Bmp(12, 2, 2, 24, 0, [], lower, upper)).Pixels);
        Assert.Equal([3, 2, 1], Image.Decode(ImageFiles.Bmp(40, 1, 1, 32, 0, [], [1, 2, 3, 99])).Pixels);
        byte[] reversed = [0xFF, 0, 0, 0, 0, 0xFF, 0, 0, 0, 0, 0xFF, 0];
        Assert.Equal([1, 2, 3], Image.Decode(ImageFiles.Bmp(40, 1, 1, 32, 3, reversed, [1, 2, 3, 99])).Pixels);
        Assert.Equal([1, 2, 3], Image.Decode(ImageFiles.Bmp(124, 1, 1, 32, 3, reversed, [1, 2, 3, 99])).Pixels);
        byte[] green6 = [0, 0xF8, 0, 0, 0xE0, 0x07, 0, 0, 0x1F, 0, 0, 0];
        Assert.Equal([255, 130, 0], Image.Decode(ImageFiles.Bmp(40, 1, 1, 16, 3, green6, [0x00, 0xFC])).Pixels);
        Assert.Equal([255, 0, 132], Image.Decode(ImageFiles.Bmp(40, 1, 1, 16, 0, [], [0x10, 0x7C])).Pixels);
        Assert.Contains("compression 1", Refused(ImageFiles.Bmp(40, 1, 1, 8, 1, new byte[1024], [0])), StringComparison.Ordinal);
    }

    [Fact]
    public void Pnm_as_text_and_binary()
    {
        Assert.Equal([0, 128, 255], Image.Decode("P2 # a comment\n3 1\n2\n0 1 2"u8).Pixels);
        Assert.Equal([255, 0, 0, 0, 0, 255], Image.Decode("P3\n2 1 255\n255 0 0  0 0 255\n"u8).Pixels);
        Assert.Equal([7, 8], Image.Decode([.. "P5 2 1 255\n"u8, 7, 8]).Pixels);
        Assert.Equal([1, 2, 3], Image.Decode([.. "P6 1 1 255\n"u8, 1, 2, 3]).Pixels);
        Assert.Equal([128], Image.Decode([.. "P5 1 1 65535\n"u8, 128, 128]).Pixels);
        Assert.Contains("largest", Refused("P2 1 1 5 9"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("P4", Refused("P4 1 1 0"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("truncated", Refused("P6 60000 60000 255\n"u8.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_files_are_refused_with_a_hint()
    {
        Assert.Contains("JPEG", Refused([0xFF, 0xD8, 0xFF, 0xE0]), StringComparison.Ordinal);
        Assert.Contains("BMP, PNG, PPM and PGM", Refused("GIF89a"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("BMP, PNG, PPM and PGM", Refused([]), StringComparison.Ordinal);
        byte[] wide = ImageFiles.Png(1, 1, 0, 8, static (_, _, _) => 0);
        wide[16] = 0x7F;
        Assert.Contains("checksum", Refused(wide), StringComparison.Ordinal);
        Assert.Contains("2130706433 × 1", Refused([.. wide[..8], .. ImageFiles.Chunk("IHDR", [0x7F, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])]), StringComparison.Ordinal);
        Assert.Contains("does not define", Refused([.. wide[..8], .. ImageFiles.Chunk("IHDR", [0, 0, 0, 1, 0, 0, 0, 1, 3, 0, 0, 0, 0])]), StringComparison.Ordinal);
        Assert.Contains("needed", Refused([.. wide[..8], .. ImageFiles.Chunk("IHDR", [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]), .. ImageFiles.Chunk("ABCD", [])]), StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_files_end_in_an_image_exception()
    {
        byte[][] seeds =
        [
            ImageFiles.Png(9, 7, 6, 8, static (x, y, c) => x + y + c), ImageFiles.Png(9, 7, 3, 4, static (x, _, _) => x, true, new byte[48]),
            ImageFiles.Bmp(40, 2, 2, 24, 0, [], [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]), ImageFiles.Bmp(40, 4, 1, 8, 0, new byte[1024], [0, 1, 2, 3]),
            [.. "P6 2 2 255\n"u8, .. new byte[12]], "P3 2 1 255 1 2 3 4 5 6"u8.ToArray(),
        ];
        Random random = new(5);
        for (int i = 0; i < 3000; i++)
        {
            byte[] file = [.. seeds[i % seeds.Length]];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                file[random.Next(file.Length)] = (byte)random.Next(256);
            }

            if (random.Next(3) == 0)
            {
                file = file[..random.Next(file.Length)];
            }

            // Checksums of a PNG are mended, or nothing behind them would be reached.
            file = i % seeds.Length < 2 && file.Length > 33 && random.Next(2) == 0 ? Mended(file) : file;
            try
            {
                Image image = Image.Decode(file);
                Assert.Equal(image.Width * image.Height * image.Channels, image.Pixels.Length);
            }
            catch (ImageException error)
            {
                Assert.NotEmpty(error.Message);
            }
        }
    }

    [Fact]
    public void Resizing_takes_half_pixel_centres()
    {
        Image image = new(4, 1, 1);
        ((byte[])[0, 40, 80, 120]).CopyTo(image.Pixels, 0);
        Assert.Equal([20, 100], ImageInput.Resize(image, 1, 2));
        Assert.Equal([0, 10, 30, 50, 70, 90, 110, 120], ImageInput.Resize(image, 1, 8));
        Assert.Equal([0, 40, 80, 120, 0, 40, 80, 120], ImageInput.Resize(image, 2, 4));
    }

    [Fact]
    public void Pixels_become_what_the_input_takes()
    {
        Image image = new(1, 2, 3);
        ((byte[])[10, 20, 30, 110, 120, 130]).CopyTo(image.Pixels, 0);
        Assert.Equal([10, 20, 30, 110, 120, 130], Values(new(DataType.UInt8, new Shape(1, 2, 1, 3), new Quantization(1, 0)), null));
        Assert.Equal([-118, -108, -98, -18, -8, 2], Values(new(DataType.Int8, new Shape(1, 2, 1, 3)), null));

        // The stored byte is the pixel whatever the scale: (10 − 127) · 0.5.
        Assert.Equal(-58.5f, Values(new(DataType.UInt8, new Shape(1, 2, 1, 3), new Quantization(0.5f, 127)), null)[0]);
        Assert.Equal([10, 10, 110, 110, 20, 20, 120, 120, 30, 30, 130, 130], Values(new(DataType.Float32, new Shape(1, 3, 2, 2)), Normalization.Identity));
        Assert.Equal([9, 38, 87, 109, 238, 387], Values(new(DataType.Float32, new Shape(1, 2, 1, 3)), new Normalization([1, 2, 3], [-1, -2, -3])));
        Assert.Equal([30, 20, 10, 130, 120, 110], Values(new(DataType.Float32, new Shape(1, 2, 1, 3)), Normalization.Identity, bgr: true));
        Assert.Equal(18.15f, Values(new(DataType.Float32, new Shape(1, 2, 1, 1)), Normalization.Identity)[0], 1e-3f);
        Assert.Contains("--image-scale", Assert.Throws<ShapeException>(() => Values(new(DataType.Float32, new Shape(1, 2, 1, 3)), null)).Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => Values(new(DataType.Float32, new Shape(1, 784)), Normalization.Identity));
        Assert.Throws<ShapeException>(() => Values(new(DataType.Int32, new Shape(1, 2, 1, 3)), Normalization.Identity));

        float[] Values(TensorSpec spec, Normalization? normalization, bool bgr = false) => new ImageInput(spec, normalization, bgr).Values(image);
    }

    [Fact]
    public void Normalization_is_read_from_either_pair_of_options()
    {
        Normalization stated = ImageInput.Stated(null, null, "10,20,30", "2")!;
        Assert.Equal([0.5f, 0.5f, 0.5f], stated.Scale.ToArray());
        Assert.Equal([-5f, -10f, -15f], stated.Offset.ToArray());
        Assert.Equal(-1f, ImageInput.Stated("0.5", "-1", null, null)!.Offset[0]);
        Assert.Null(ImageInput.Stated(null, null, null, null));
        Assert.Throws<ArgumentException>(() => ImageInput.Stated("1", null, "2", null));
        Assert.Throws<ArgumentException>(() => ImageInput.Stated("x", null, null, null));
    }

    private static string Refused(byte[] file) => Assert.Throws<ImageException>(() => Image.Decode(file)).Message;

    private static byte[] Mended(byte[] file)
    {
        List<byte> mended = [.. file[..8]];
        for (int position = 8; position + 12 <= file.Length;)
        {
            int length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(position));
            if (length < 0 || length > file.Length - position - 12)
            {
                break;
            }

            mended.AddRange(ImageFiles.Chunk(System.Text.Encoding.Latin1.GetString(file, position + 4, 4).Replace('\u0080', 'A'), file[(position + 8)..(position + 8 + length)]));
            position += 12 + length;
        }

        return [.. mended];
    }
}

namespace Edge.Learning.Data;

/// <summary>Turns a set of images into one that looks different in the same way everywhere: what a model meets on another device or
/// with another user, and fine-tuning has to make up for.</summary>
public static class DistributionShift
{
    /// <summary>Turns each image by a fixed angle about its centre, and optionally makes it thicker or thinner, slanted, inverted.</summary>
    /// <param name="dataset">Images of bytes [height, width, channels], bright on dark.</param>
    /// <param name="degrees">Clockwise as seen, any angle.</param>
    /// <param name="invert">Replace each byte v by 255 − v, last of all.</param>
    /// <param name="slant">Shear before the rotation: a point one pixel above the centre moves this many to the right, as in italics.</param>
    /// <param name="thickness">Pixels by which bright strokes grow on each side (negative: shrink), before all else; −4 .. 4, fractions blend.</param>
    /// <returns>A new set of the same size, order, labels and normalization.</returns>
    /// <remarks>Bilinear interpolation; what lies outside of the image is 0.</remarks>
    /// <exception cref="DatasetException">The samples are not images of bytes.</exception>
    public static Dataset RotateAndInvert(Dataset dataset, double degrees, bool invert = false, double slant = 0, double thickness = 0)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        if (!dataset.HasBytes || dataset.SampleShape.Length != 3)
        {
            throw new DatasetException($"Data set '{dataset.Name}' has samples [{string.Join(", ", dataset.SampleShape.ToArray())}] of {(dataset.HasBytes ? "bytes" : "floats")}; " +
                "only images of bytes [height, width, channels] can be turned.");
        }

        if (!double.IsFinite(degrees) || !double.IsFinite(slant) || !(Math.Abs(thickness) <= 4))
        {
            throw new ArgumentException($"Angle {degrees}, slant {slant} and thickness {thickness} must be finite, and the thickness within −4 .. 4.", nameof(degrees));
        }

        int height = dataset.SampleShape[0], width = dataset.SampleShape[1], channels = dataset.SampleShape[2];
        byte[] shifted = new byte[(long)dataset.Count * dataset.SampleLength];
        (double sin, double cos) = Math.SinCos(degrees * Math.PI / 180);
        byte[] source = new byte[dataset.SampleLength];
        byte[] scratch = new byte[dataset.SampleLength];
        for (int i = 0; i < dataset.Count; i++)
        {
            dataset.RawBytes(i).CopyTo(source);
            Thicken(source, scratch, height, width, channels, thickness);
            Span<byte> image = shifted.AsSpan(i * dataset.SampleLength, dataset.SampleLength);
            for (int y = 0, at = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    // Where this pixel comes from: the inverse rotation, then the inverse shear x' = x − slant · y (y points down).
                    double dx = x - ((width - 1) * 0.5), dy = y - ((height - 1) * 0.5);
                    double fromY = (-sin * dx) + (cos * dy);
                    double fromX = (cos * dx) + (sin * dy) + (slant * fromY);
                    fromX += (width - 1) * 0.5;
                    fromY += (height - 1) * 0.5;
                    for (int c = 0; c < channels; c++)
                    {
                        byte value = Sample(source, fromX, fromY, height, width, channels, c);
                        image[at++] = invert ? (byte)(255 - value) : value;
                    }
                }
            }
        }

        string what = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"turned by {degrees}°, slant {slant}, thickness {thickness}{(invert ? ", inverted" : "")}");
        return WithBytes(dataset, shifted, $"{dataset.Source}; {what}");
    }

    private static Dataset WithBytes(Dataset dataset, byte[] bytes, string source)
    {
        if (dataset.HasClasses)
        {
            int[] labels = new int[dataset.Count];
            for (int i = 0; i < labels.Length; i++)
            {
                labels[i] = dataset.Label(i);
            }

            return new Dataset(dataset.Name, source, dataset.SampleShape, bytes, labels, dataset.ClassNames, dataset.Normalization);
        }

        float[] targets = new float[dataset.Count * dataset.TargetLength];
        for (int i = 0; i < dataset.Count; i++)
        {
            dataset.Target(i).CopyTo(targets.AsSpan(i * dataset.TargetLength));
        }

        return new Dataset(dataset.Name, source, dataset.SampleShape, bytes, targets, dataset.TargetLength, dataset.Normalization);
    }

    private static byte Sample(byte[] image, double x, double y, int height, int width, int channels, int channel)
    {
        double floorX = Math.Floor(x), floorY = Math.Floor(y);
        if (floorX < -1 || floorX >= width || floorY < -1 || floorY >= height)
        {
            return 0;
        }

        int left = (int)floorX, top = (int)floorY;
        double u = x - floorX, v = y - floorY;
        double upper = ((1 - u) * Pixel(left, top)) + (u * Pixel(left + 1, top));
        double lower = ((1 - u) * Pixel(left, top + 1)) + (u * Pixel(left + 1, top + 1));
        return (byte)(((1 - v) * upper) + (v * lower) + 0.5);

        int Pixel(int px, int py) => (uint)px < (uint)width && (uint)py < (uint)height ? image[(((py * width) + px) * channels) + channel] : 0;
    }

    // Grey dilation (largest of the four neighbours and the pixel itself) or erosion (smallest), once per whole step; a fraction blends
    // the last step in.
    private static void Thicken(byte[] image, byte[] scratch, int height, int width, int channels, double steps)
    {
        bool grow = steps > 0;
        for (double left = Math.Abs(steps); left > 0; left -= 1)
        {
            double share = Math.Min(1, left);
            for (int y = 0, at = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    for (int c = 0; c < channels; c++, at++)
                    {
                        int extreme = image[at];
                        Take(y > 0, at - (width * channels), ref extreme);
                        Take(y < height - 1, at + (width * channels), ref extreme);
                        Take(x > 0, at - channels, ref extreme);
                        Take(x < width - 1, at + channels, ref extreme);
                        scratch[at] = (byte)(image[at] + (share * (extreme - image[at])) + 0.5);
                    }
                }
            }

            scratch.CopyTo(image, 0);
        }

        void Take(bool inside, int at, ref int extreme)
        {
            if (inside)
            {
                extreme = grow ? Math.Max(extreme, image[at]) : Math.Min(extreme, image[at]);
            }
        }
    }
}

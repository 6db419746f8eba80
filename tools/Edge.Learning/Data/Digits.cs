using System.Globalization;
using Edge.Runtime;

namespace Edge.Learning.Data;

/// <summary>Generated digits: 28×28 grey, white on black like MNIST, without a file.</summary>
/// <remarks>A digit is a few pen strokes; its control points are jittered, then rotated, slanted, scaled and moved at random, drawn with a
/// random pen and covered with noise. Sample i depends on seed, options and i alone: a larger set starts with the smaller one. Only
/// IEEE-exact operations are used, so a seed gives the same bytes on every platform.</remarks>
public static class Digits
{
    /// <summary>Height and width of an image.</summary>
    public const int Side = 28;

    /// <summary>"0" .. "9".</summary>
    public static IReadOnlyList<string> ClassNames { get; } = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

    // MNIST's digits fit a box of 20 × 20 pixels in the middle of the image.
    private const float Box = 20;

    private const ulong SampleStream = 0x4449474954000000;
    private const ulong NoiseIndex = 1024;
    private const int PiecesPerCurve = 8;

    /// <summary>Generates samples [28, 28, 1] with classes 0 .. 9, in random order and about equal in number.</summary>
    /// <param name="count">Number of samples, positive.</param>
    /// <param name="seed">The same seed gives the same samples; take another for a test set.</param>
    /// <param name="options">Default: as hard as handwriting is for a linear model.</param>
    public static Dataset Generate(int count, ulong seed, DigitsOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, int.MaxValue / (Side * Side));
        options ??= new DigitsOptions();
        options.Validate();
        byte[] pixels = new byte[count * Side * Side];
        int[] labels = new int[count];
        Parallel.For(0, count, i =>
        {
            var random = new CounterRandom(seed, SampleStream + (ulong)i);
            labels[i] = random.Int32(0, 10);
            Draw(labels[i], random, options, pixels.AsSpan(i * Side * Side, Side * Side));
        });
        return new Dataset("digits", string.Create(CultureInfo.InvariantCulture, $"generated digits, {count} samples, seed {seed}"), [Side, Side, 1], pixels, labels, ClassNames);
    }

    private static void Draw(int digit, CounterRandom random, DigitsOptions options, Span<byte> image)
    {
        DigitShape[] styles = DigitShapes.All[digit];
        DigitShape shape = styles[random.Int32(1, styles.Length)];
        float amount = options.Distortion;

        // With t = tan(angle / 2): cos = (1 − t²) / (1 + t²), sin = 2t / (1 + t²); no library sine, whose last bit differs by platform.
        // Deviation 0.09 is 10.3°, the bound 0.23 is 25.9°.
        float t = Math.Clamp(0.09f * random.Gaussian(2), -0.23f, 0.23f) * amount;
        float cos = (1 - (t * t)) / (1 + (t * t)), sin = 2 * t / (1 + (t * t));
        float slant = Math.Clamp(0.22f * random.Gaussian(3), -0.5f, 0.5f) * amount;
        float width = Box * (1 + (random.Uniform(4, -0.3f, 0.1f) * amount));
        float height = Box * (1 + (random.Uniform(5, -0.25f, 0.1f) * amount));
        float moveX = (Side * 0.5f) + (random.Uniform(6, -2.25f, 2.25f) * amount);
        float moveY = (Side * 0.5f) + (random.Uniform(7, -2.25f, 2.25f) * amount);
        float radius = random.Uniform(8, options.ThinnestStroke, options.ThickestStroke);
        float brightness = random.Uniform(9, 190, 255);

        Span<(float X, float Y)> points = stackalloc (float X, float Y)[shape.Points.Length];
        for (int p = 0; p < points.Length; p++)
        {
            float x = shape.Points[p].X - 0.5f + (Math.Clamp(0.04f * random.Gaussian((ulong)(16 + (2 * p))), -0.1f, 0.1f) * amount);
            float y = shape.Points[p].Y - 0.5f + (Math.Clamp(0.04f * random.Gaussian((ulong)(17 + (2 * p))), -0.1f, 0.1f) * amount);
            x = (x - (slant * y)) * width;
            y *= height;
            points[p] = ((cos * x) - (sin * y) + moveX, (sin * x) + (cos * y) + moveY);
        }

        Span<float> coverage = stackalloc float[Side * Side];
        coverage.Clear();
        foreach ((int from, int control, int to) in shape.Segments)
        {
            (float X, float Y) start = points[from], end = points[to];
            if (control < 0)
            {
                Line(coverage, start, end, radius);
                continue;
            }

            (float X, float Y) previous = start, bend = points[control];
            for (int piece = 1; piece <= PiecesPerCurve; piece++)
            {
                float u = piece / (float)PiecesPerCurve, v = 1 - u;
                (float X, float Y) next = ((v * v * start.X) + (2 * u * v * bend.X) + (u * u * end.X), (v * v * start.Y) + (2 * u * v * bend.Y) + (u * u * end.Y));
                Line(coverage, previous, next, radius);
                previous = next;
            }
        }

        for (int i = 0; i < image.Length; i++)
        {
            float noise = options.Noise == 0 ? 0 : options.Noise * random.Gaussian(NoiseIndex + (ulong)i);
            image[i] = (byte)Math.Clamp((coverage[i] * brightness) + noise + 0.5f, 0, 255);
        }
    }

    // Coverage of a pixel by a round pen, approximated by its distance to the segment: 1 inside, falling to 0 over one pixel at the edge.
    private static void Line(Span<float> coverage, (float X, float Y) a, (float X, float Y) b, float radius)
    {
        float reach = radius + 0.5f;
        int left = Math.Max(0, (int)(Math.Min(a.X, b.X) - reach)), right = Math.Min(Side - 1, (int)(Math.Max(a.X, b.X) + reach));
        int top = Math.Max(0, (int)(Math.Min(a.Y, b.Y) - reach)), bottom = Math.Min(Side - 1, (int)(Math.Max(a.Y, b.Y) + reach));
        float dx = b.X - a.X, dy = b.Y - a.Y;
        float square = (dx * dx) + (dy * dy);
        float inverse = square > 0 ? 1 / square : 0;
        for (int y = top; y <= bottom; y++)
        {
            for (int x = left; x <= right; x++)
            {
                float px = x + 0.5f - a.X, py = y + 0.5f - a.Y;
                float along = Math.Clamp(((px * dx) + (py * dy)) * inverse, 0, 1);
                float ex = px - (along * dx), ey = py - (along * dy);
                float distance = MathF.Sqrt((ex * ex) + (ey * ey));
                float covered = Math.Clamp(reach - distance, 0, 1);
                ref float pixel = ref coverage[(y * Side) + x];
                pixel = Math.Max(pixel, covered);
            }
        }
    }
}

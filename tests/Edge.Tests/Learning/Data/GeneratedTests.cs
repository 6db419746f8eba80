using System.Security.Cryptography;
using Edge.Learning.Data;

namespace Edge.Tests.Learning.Data;

public sealed class GeneratedTests
{
    [Fact]
    public void Moons_lie_on_their_half_circles()
    {
        Dataset moons = TwoMoons.Generate(101, 0, 3);
        Assert.Equal([50, 51], moons.CountByClass());
        float[] point = new float[2];
        for (int i = 0; i < moons.Count; i++)
        {
            moons.CopyFeatures(i, point);
            bool inner = moons.Label(i) == 1;
            double x = inner ? 1 - point[0] : point[0], y = inner ? 0.5 - point[1] : point[1];
            Assert.Equal(1, Math.Sqrt((x * x) + (y * y)), 1e-6);
            Assert.True(y >= -1e-6);
        }
    }

    [Fact]
    public void Moons_have_the_noise_asked_for()
    {
        Dataset clean = TwoMoons.Generate(4000, 0, 3), noisy = TwoMoons.Generate(4000, 0.2f, 3);
        float[] a = new float[2], b = new float[2];
        double squares = 0;
        for (int i = 0; i < clean.Count; i++)
        {
            clean.CopyFeatures(i, a);
            noisy.CopyFeatures(i, b);
            squares += ((a[0] - b[0]) * (a[0] - b[0])) + ((a[1] - b[1]) * (a[1] - b[1]));
        }

        // 8,000 draws: the standard error of the deviation is 0.2 / √16,000.
        Assert.Equal(0.2, Math.Sqrt(squares / 8000), 0.008);
        Assert.Throws<ArgumentOutOfRangeException>(() => TwoMoons.Generate(1, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => TwoMoons.Generate(10, float.NaN, 0));
    }

    [Fact]
    public void Digits_have_ink_and_every_class()
    {
        Dataset digits = Digits.Generate(3000, 1);
        Assert.Equal([28, 28, 1], digits.SampleShape.ToArray());
        Assert.All(digits.CountByClass(), static count => Assert.InRange(count, 230, 370));
        for (int i = 0; i < digits.Count; i++)
        {
            double ink = 0, border = 0;
            ReadOnlySpan<byte> image = digits.RawBytes(i);
            for (int p = 0; p < image.Length; p++)
            {
                ink += image[p];
                border += p < 28 || p >= 27 * 28 || p % 28 is 0 or 27 ? image[p] : 0;
            }

            // MNIST's mean is 33. A digit must be neither empty nor a blot, and not run out of the image (of 20,000, measured:
            // 8.2 .. 70.7; on the border 1.5 % on average, 18 % at most).
            Assert.InRange(ink / image.Length, 5, 90);
            Assert.True(border < 0.2 * ink, $"sample {i}");
        }
    }

    [Fact]
    public void Digits_are_distinct_but_not_trivially_so()
    {
        Dataset train = Digits.Generate(5000, 1), test = Digits.Generate(1000, 2);
        double[,] means = new double[10, train.SampleLength];
        int[] counts = train.CountByClass();
        for (int i = 0; i < train.Count; i++)
        {
            ReadOnlySpan<byte> image = train.RawBytes(i);
            for (int p = 0; p < image.Length; p++)
            {
                means[train.Label(i), p] += image[p] / (double)counts[train.Label(i)];
            }
        }

        int correct = 0;
        for (int i = 0; i < test.Count; i++)
        {
            ReadOnlySpan<byte> image = test.RawBytes(i);
            int nearest = 0;
            double least = double.MaxValue;
            for (int c = 0; c < 10; c++)
            {
                double distance = 0;
                for (int p = 0; p < image.Length; p++)
                {
                    distance += (image[p] - means[c, p]) * (image[p] - means[c, p]);
                }

                (least, nearest) = distance < least ? (distance, c) : (least, nearest);
            }

            correct += nearest == test.Label(i) ? 1 : 0;
        }

        // MNIST: 82 %.
        Assert.InRange(correct / (double)test.Count, 0.60, 0.95);
    }

    [Fact]
    public void Digits_are_the_same_bytes_everywhere()
    {
        Dataset digits = Digits.Generate(100, 1);
        using var bytes = new MemoryStream();
        for (int i = 0; i < digits.Count; i++)
        {
            bytes.WriteByte((byte)digits.Label(i));
            bytes.Write(digits.RawBytes(i));
        }

        Assert.Equal("8788a9698d3d036fe540ebc1c340358fce92603bcfedd1fbbcd3cc0b574a7fdc", Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray())));
    }

    [Fact]
    public void A_larger_set_starts_with_the_smaller_and_seeds_differ()
    {
        Dataset small = Digits.Generate(5, 1), large = Digits.Generate(50, 1), other = Digits.Generate(5, 2);
        for (int i = 0; i < small.Count; i++)
        {
            Assert.Equal(small.RawBytes(i), large.RawBytes(i));
            Assert.Equal(small.Label(i), large.Label(i));
            Assert.False(small.RawBytes(i).SequenceEqual(other.RawBytes(i)));
        }
    }

    [Fact]
    public void Without_distortion_and_noise_only_style_pen_and_brightness_vary()
    {
        var plain = new DigitsOptions { Distortion = 0, Noise = 0, ThinnestStroke = 1, ThickestStroke = 1 };
        Dataset digits = Digits.Generate(200, 1, plain);
        int[] distinct = new int[10];
        var seen = new HashSet<string>();
        for (int i = 0; i < digits.Count; i++)
        {
            string inked = string.Concat(digits.RawBytes(i).ToArray().Select(static b => b > 60 ? '#' : '.'));
            distinct[digits.Label(i)] += seen.Add(digits.Label(i) + inked) ? 1 : 0;
        }

        Assert.All(distinct, static styles => Assert.InRange(styles, 2, 40));
        Assert.Throws<ArgumentException>(() => Digits.Generate(1, 1, new DigitsOptions { Noise = float.NaN }));
        Assert.Throws<ArgumentException>(() => Digits.Generate(1, 1, new DigitsOptions { ThinnestStroke = 3 }));
    }
}

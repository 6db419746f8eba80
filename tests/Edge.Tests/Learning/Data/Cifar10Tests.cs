using Edge.Learning.Data;
using Edge.Tests.Harness;

namespace Edge.Tests.Learning.Data;

public sealed class Cifar10Tests
{
    private static byte[] Record(byte label)
    {
        byte[] record = new byte[3073];
        record[0] = label;
        for (int i = 0; i < 1024; i++)
        {
            record[1 + i] = (byte)i;
            record[1025 + i] = (byte)(i + 1);
            record[2049 + i] = (byte)(i + 2);
        }

        return record;
    }

    [Theory]
    [InlineData("")]
    [InlineData("cifar10/")]
    [InlineData("cifar-10-batches-bin/")]
    public void Planes_become_pixels(string prefix)
    {
        using var folder = new TempFolder();
        folder.Write(prefix + "data_batch_2.bin.gz", [.. Record(3), .. Record(9)], gzip: true);
        folder.Write(prefix + "data_batch_1.bin", Record(1));
        folder.Write(prefix + "test_batch.bin", Record(0));
        (Dataset train, Dataset test) = Cifar10.Load(folder.Path);
        Assert.Equal([1, 3, 9], Enumerable.Range(0, train.Count).Select(train.Label));
        Assert.Equal([32, 32, 3], test.SampleShape.ToArray());
        Assert.Equal([0, 1, 2, 1, 2, 3], train.RawBytes(2)[..6].ToArray());
        Assert.Equal([255, 0, 1], train.RawBytes(2)[^3..].ToArray());
        Assert.Equal("truck", train.ClassNames[9]);
    }

    [Fact]
    public void Malformed_batches_are_refused()
    {
        using var folder = new TempFolder();
        folder.Write("test_batch.bin", Record(0));
        Refused([.. Record(0), .. Record(1)[..3072]], "3072 bytes into image 1");
        Refused([.. Record(0), 1], "1 bytes into image 1");
        Refused([], "is empty");
        Refused([.. Record(0), .. Record(10)], "image 1 has label 10");
        folder.Write("data_batch_1.bin", Record(0));
        folder.Write("batches.meta.txt", "one\ntwo\n"u8.ToArray());
        Assert.Contains("ten classes", Assert.Throws<DatasetException>(() => Cifar10.Load(folder.Path)).Message, StringComparison.Ordinal);

        void Refused(byte[] content, string message)
        {
            foreach (bool gzip in new[] { false, true })
            {
                folder.Write("data_batch_1.bin", content, gzip);
                Assert.Contains(message, Assert.Throws<DatasetException>(() => Cifar10.Load(folder.Path)).Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void The_real_set_has_its_classes()
    {
        (Dataset train, Dataset test) = Cifar10.Load(SharedData.Require("cifar10"));
        Assert.Equal((20_000, 10_000), (train.Count, test.Count));
        Assert.All(test.CountByClass(), static count => Assert.Equal(1000, count));
        Assert.All(train.CountByClass(), static count => Assert.InRange(count, 1800, 2200));
        Assert.Equal(["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"], test.ClassNames);

        // Neighbouring pixels of one channel are alike, and channels of one pixel are not equal: planes were not mixed up.
        double neighbours = 0, channels = 0;
        for (int i = 0; i < 1000; i++)
        {
            ReadOnlySpan<byte> image = test.RawBytes(i);
            for (int p = 0; p < 3069; p += 3)
            {
                neighbours += Math.Abs(image[p] - image[p + 3]);
                channels += Math.Abs(image[p] - image[p + 2]);
            }
        }

        Assert.True(neighbours < channels, $"{neighbours} {channels}");
    }
}

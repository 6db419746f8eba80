using System.Security.Cryptography;
using Edge.Learning.Data;
using Edge.Tests.Harness;

namespace Edge.Tests.Learning.Data;

public sealed class IdxTests
{
    private static readonly byte[] TwoByThree = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Plain_and_packed_files_are_told_by_content(bool gzip)
    {
        using var folder = new TempFolder();
        IdxArray array = Idx.Read(folder.Write("no-extension", TwoByThree, gzip));
        Assert.Equal([2, 3], array.Shape);
        Assert.Equal([1, 2, 3, 4, 5, 6], array.Values);
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        using var folder = new TempFolder();
        for (int length = 0; length < TwoByThree.Length; length++)
        {
            foreach (bool gzip in new[] { false, true })
            {
                string path = folder.Write("cut", TwoByThree[..length], gzip);
                Assert.Throws<DatasetException>(() => Idx.Read(path));
            }
        }
    }

    [Fact]
    public void A_damaged_gzip_is_refused_or_gives_the_right_values()
    {
        using var folder = new TempFolder();
        byte[] packed = File.ReadAllBytes(folder.Write("whole", TwoByThree, gzip: true));
        int refused = 0;
        for (int length = 1; length < packed.Length; length++)
        {
            // Cut within the last bytes, the end mark and checksum, all values are still there.
            refused += Refused(packed[..length]);
        }

        Assert.InRange(refused, packed.Length - 10, packed.Length - 1);

        byte[] wrong = [.. packed];
        wrong[^8] ^= 1;
        Assert.Equal(1, Refused(wrong));

        int Refused(byte[] content)
        {
            string path = folder.Write("damaged", content);
            try
            {
                Assert.Equal(TwoByThree[12..], Idx.Read(path).Values);
                return 0;
            }
            catch (DatasetException)
            {
                return 1;
            }
        }
    }

    [Theory]
    [InlineData("000008027FFFFFFF7FFFFFFF00", "at most")]
    [InlineData("00000803000100000001000000010000", "at most")]
    [InlineData("0000080140000000", "truncated or the header is wrong")]
    [InlineData("00000801FFFFFFFF00", "must be positive")]
    [InlineData("0000080100000000", "must be positive")]
    [InlineData("000008000000000100", "dimensions")]
    [InlineData("00000805000000010000000100000001000000010000000100", "dimensions")]
    [InlineData("00000D010000000100", "element type 0x0D")]
    [InlineData("89504E470D0A1A0A", "another kind of file")]
    [InlineData("00000801000000010000", "bytes after")]
    public void Wrong_headers_are_refused(string hex, string message)
    {
        using var folder = new TempFolder();
        foreach (bool gzip in new[] { false, true })
        {
            string path = folder.Write("wrong", Convert.FromHexString(hex), gzip);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Contains(message, Assert.Throws<DatasetException>(() => Idx.Read(path)).Message, StringComparison.Ordinal);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }
    }

    [Fact]
    public void Mnist_is_found_under_the_usual_names()
    {
        foreach ((string prefix, string infix, bool gzip) in new[] { ("", "-idx", false), ("mnist/", ".idx", true) })
        {
            using var folder = new TempFolder();
            string end = gzip ? ".gz" : "";
            foreach (string part in new[] { "train", "t10k" })
            {
                folder.Write($"{prefix}{part}-images{infix}3-ubyte{end}", [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40], gzip);
                folder.Write($"{prefix}{part}-labels{infix}1-ubyte{end}", [0, 0, 8, 1, 0, 0, 0, 2, 9, 0], gzip);
            }

            (Dataset train, Dataset test) = Mnist.Load(folder.Path);
            Assert.Equal([1, 2, 1], train.SampleShape.ToArray());
            Assert.Equal([30, 40], train.RawBytes(1).ToArray());
            Assert.Equal((9, 0), (test.Label(0), test.Label(1)));
        }
    }

    [Fact]
    public void Images_and_labels_must_belong_together()
    {
        using var folder = new TempFolder();
        folder.Write("train-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 10, 20]);
        folder.Write("train-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 1, 9]);
        Assert.Contains("one label per image", Assert.Throws<DatasetException>(() => Mnist.Load(folder.Path)).Message, StringComparison.Ordinal);
        folder.Write("train-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 2, 9, 10]);
        Assert.Contains("sample 1 has class 10", Assert.Throws<DatasetException>(() => Mnist.Load(folder.Path)).Message, StringComparison.Ordinal);
        folder.Write("train-images-idx3-ubyte", TwoByThree);
        Assert.Contains("[count, height, width]", Assert.Throws<DatasetException>(() => Mnist.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_real_mnist_is_read_to_the_byte()
    {
        (Dataset train, Dataset test) = Mnist.Load(Path.GetDirectoryName(SharedData.Require("mnist"))!);
        Assert.Equal((60_000, 10_000), (train.Count, test.Count));
        Assert.Equal([5, 0, 4, 1, 9], Enumerable.Range(0, 5).Select(train.Label));
        Assert.Equal([7, 2, 1, 0, 4], Enumerable.Range(0, 5).Select(test.Label));

        // Sums of the original distribution's unpacked files.
        Assert.Equal("6bbc9ace898e44ae57da46a324031adb", Md5(train, images: true));
        Assert.Equal("a25bea736e30d166cdddb491f175f624", Md5(train, images: false));
        Assert.Equal("2646ac647ad5339dbf082846283269ea", Md5(test, images: true));
        Assert.Equal("27ae3e4e09519cfbb04c329615203637", Md5(test, images: false));
    }

    private static string Md5(Dataset dataset, bool images)
    {
        using var file = new MemoryStream();
        file.Write([0, 0, 8, (byte)(images ? 3 : 1), 0, (byte)(dataset.Count >> 16), (byte)(dataset.Count >> 8), (byte)dataset.Count]);
        if (images)
        {
            file.Write([0, 0, 0, 28, 0, 0, 0, 28]);
        }

        for (int i = 0; i < dataset.Count; i++)
        {
            file.Write(images ? dataset.RawBytes(i) : [(byte)dataset.Label(i)]);
        }

        file.Position = 0;
#pragma warning disable CA5351 // The published sums are MD5; nothing is protected by them.
        return Convert.ToHexStringLower(MD5.HashData(file));
#pragma warning restore CA5351
    }
}

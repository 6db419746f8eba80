using Edge.Learning.Data;

namespace Edge.Tests.Learning.Data;

public sealed class DatasetTests
{
    // Sample i of class i % 3 has the bytes i, i + 1.
    private static Dataset Sample(int count = 30)
    {
        byte[] features = new byte[2 * count];
        int[] labels = new int[count];
        for (int i = 0; i < count; i++)
        {
            features[2 * i] = (byte)i;
            features[(2 * i) + 1] = (byte)(i + 1);
            labels[i] = i % 3;
        }

        return new Dataset("sample", "test", [2], features, labels, ["a", "b", "c"], new Normalization(2, 1));
    }

    [Fact]
    public void Batch_is_gathered_in_order_and_normalized()
    {
        float[] features = new float[6];
        int[] labels = new int[3];
        Sample().CopyBatch([4, 0, 4], features, labels);
        Assert.Equal([9, 11, 1, 3, 9, 11], features);
        Assert.Equal([1, 0, 1], labels);
        float[] targets = new float[3];
        Sample().CopyBatch([4, 0, 5], features, targets);
        Assert.Equal([1f, 0f, 2f], targets);
    }

    [Fact]
    public void Batch_and_epoch_order_do_not_allocate()
    {
        Dataset dataset = Sample().Slice(3, 20);
        int[] order = new int[20];
        float[] features = new float[40];
        int[] labels = new int[20];
        float[] targets = new float[20];
        Gather();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Gather();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Gather()
        {
            EpochOrder.Fill(order, 1, 2);
            dataset.CopyBatch(order, features, labels);
            dataset.CopyBatch(order, features, targets);
        }
    }

    [Fact]
    public void Normalization_goes_by_channel()
    {
        var dataset = new Dataset("n", "test", [2, 2], [1f, 2f, 3f, 4f], [0.5f], 1, new Normalization([10, 100], [1, 2]));
        float[] features = new float[4];
        dataset.CopyFeatures(0, features);
        Assert.Equal([11f, 202f, 31f, 402f], features);
        dataset.CopyRaw(0, features);
        Assert.Equal([1f, 2f, 3f, 4f], features);
        Assert.Equal(0.5f, dataset.Target(0)[0]);
        Assert.Throws<DatasetException>(() => dataset.WithNormalization(new Normalization([1, 1, 1], [0, 0, 0])));
        Assert.Throws<DatasetException>(() => dataset.Label(0));
    }

    [Fact]
    public void Standardize_gives_mean_0_and_deviation_1_of_the_training_part()
    {
        float[] features = [1e6f + 1, 5, 1e6f + 3, 5, 1e6f + 5, 5];
        var raw = new Dataset("s", "test", [2], features, [0, 0, 0], ["a"]);
        Dataset dataset = raw.WithNormalization(Normalization.Standardize(raw));
        float[] batch = new float[6];
        dataset.CopyBatch([0, 1, 2], batch);

        // Deviation of 1, 3, 5 is √(8/3). Scale and offset in float32 leave 1e6 · 2^-24 of error at this mean.
        double step = 2 / Math.Sqrt(8.0 / 3);
        Assert.Equal(-step, batch[0], 0.1);
        Assert.Equal(0, batch[2], 0.1);
        Assert.Equal(step, batch[4], 0.1);
        Assert.Equal([0, 0, 0], [batch[1], batch[3], batch[5]]);
    }

    [Fact]
    public void Hold_out_covers_every_sample_once_and_is_reproducible()
    {
        Dataset dataset = Sample();
        (Dataset train, Dataset held) = dataset.SplitHoldOut(0.3, 5);
        Assert.Equal((21, 9), (train.Count, held.Count));
        byte[] seen = [.. First(train), .. First(held)];
        Assert.Equal(Enumerable.Range(0, 30).Select(static i => (byte)i), seen.Order());
        Assert.Equal(First(held), First(dataset.SplitHoldOut(0.3, 5).Test));
        Assert.NotEqual(First(held), First(dataset.SplitHoldOut(0.3, 6).Test));

        // Parts of parts address the storage, not the part.
        Assert.Equal(First(held)[2..5], First(held.Slice(2, 3)));
        Assert.Equal([First(held)[8], First(held)[0]], First(held.Select([8, 0])));
    }

    [Theory]
    [InlineData(0, new[] { 0, 0, 0 })]
    [InlineData(10, new[] { 4, 3, 3 })]
    [InlineData(11, new[] { 4, 4, 3 })]
    [InlineData(15, new[] { 5, 5, 5 })]
    [InlineData(30, new[] { 10, 10, 10 })]
    public void Stratified_take_keeps_proportions(int count, int[] expected) =>
        Assert.Equal(expected, Sample().Take(count, 3, stratified: true).CountByClass());

    [Fact]
    public void Stratified_take_keeps_uneven_proportions_and_does_not_repeat()
    {
        int[] labels = [.. Enumerable.Repeat(0, 70), .. Enumerable.Repeat(1, 20), .. Enumerable.Repeat(2, 10)];
        var dataset = new Dataset("u", "test", [1], Enumerable.Range(0, 100).Select(static i => (byte)i).ToArray(), labels, ["a", "b", "c"]);
        (Dataset train, Dataset test) = dataset.SplitHoldOut(0.3, 1, stratified: true);
        Assert.Equal([21, 6, 3], test.CountByClass());
        Assert.Equal([49, 14, 7], train.CountByClass());
        Assert.Equal(30, First(test).Distinct().Count());
    }

    [Fact]
    public void Wrong_lengths_and_labels_are_refused()
    {
        Assert.Contains("need 6 values", Assert.Throws<DatasetException>(() => new Dataset("x", "t", [3], new byte[5], [0, 0], ["a"])).Message, StringComparison.Ordinal);
        Assert.Contains("sample 1 has class 1", Assert.Throws<DatasetException>(() => new Dataset("x", "t", [1], new byte[2], [0, 1], ["a"])).Message, StringComparison.Ordinal);
        Assert.Throws<DatasetException>(() => new Dataset("x", "t", [1], new byte[1], [-1], ["a"]));
        Assert.Throws<DatasetException>(() => new Dataset("x", "t", [], Array.Empty<byte>(), Array.Empty<int>(), ["a"]));
        Assert.Throws<DatasetException>(() => new Dataset("x", "t", [1 << 20, 1 << 20], new byte[1], [0], ["a"]));
        Assert.Throws<DatasetException>(() => new Dataset("x", "t", [1], new float[3], new float[3], 2));
        Dataset dataset = Sample();
        Assert.Throws<ArgumentException>(() => dataset.CopyBatch([0], new float[3], new int[1]));
        Assert.Throws<ArgumentException>(() => dataset.CopyBatch([0], new float[2], new int[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => dataset.CopyBatch([30], new float[2], new int[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => dataset.Slice(29, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => dataset.Take(31, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => dataset.SplitHoldOut(double.NaN, 0));
    }

    [Fact]
    public void Epoch_order_is_a_permutation_that_depends_on_seed_and_epoch()
    {
        int[] first = Order(7, 0), second = Order(7, 1);
        Assert.Equal(Enumerable.Range(0, 1000), first.Order());
        Assert.Equal(first, Order(7, 0));
        Assert.NotEqual(first, second);
        Assert.NotEqual(first, Order(8, 0));

        // A random permutation has one fixed point on average; 12 or more have probability below 1e-8.
        Assert.InRange(first.Where(static (value, index) => value == index).Count(), 0, 11);

        static int[] Order(ulong seed, int epoch)
        {
            int[] order = new int[1000];
            EpochOrder.Fill(order, seed, epoch);
            return order;
        }
    }

    private static byte[] First(Dataset dataset)
    {
        byte[] first = new byte[dataset.Count];
        for (int i = 0; i < first.Length; i++)
        {
            first[i] = dataset.RawBytes(i)[0];
        }

        return first;
    }
}

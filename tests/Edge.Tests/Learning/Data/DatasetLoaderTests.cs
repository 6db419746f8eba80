using Edge.Learning.Data;

namespace Edge.Tests.Learning.Data;

public sealed class DatasetLoaderTests
{
    [Fact]
    public void Generated_sets_need_no_files()
    {
        (Dataset train, Dataset test) = DatasetLoader.Load("digits");
        Assert.Equal((10_000, 2_000), (train.Count, test.Count));
        Assert.False(train.RawBytes(0).SequenceEqual(test.RawBytes(0)));
        (train, test) = DatasetLoader.Load("Moons");
        Assert.Equal((700, 300), (train.Count, test.Count));
        Assert.Equal([350, 350], train.CountByClass());
    }

    [Fact]
    public void A_table_is_split_and_standardized_by_its_training_part()
    {
        using var folder = new TempFolder();
        string rows = string.Concat(Enumerable.Range(0, 100).Select(static i => $"{1000 + i},{(i % 4 == 0 ? "a" : "b")}\n"));
        string path = folder.Write("t.csv", System.Text.Encoding.UTF8.GetBytes(rows));
        foreach ((Dataset train, Dataset test) in new[] { DatasetLoader.Load(path), DatasetLoader.Load("t.csv", folder.Path) })
        {
            Assert.Equal((70, 30), (train.Count, test.Count));
            Assert.Same(train.Normalization, test.Normalization);
            float[] features = new float[70];
            train.CopyBatch([.. Enumerable.Range(0, 70)], features);
            Assert.Equal(0, features.Average(), 1e-4);
        }
    }

    [Theory]
    [InlineData("mnist", "train-images-idx3-ubyte", "mnist")]
    [InlineData("cifar10", "test_batch.bin", "cifar-10-batches-bin")]
    public void Missing_files_are_named_with_the_folders_looked_at(string name, string file, string inner)
    {
        using var folder = new TempFolder();
        string message = Assert.Throws<DatasetException>(() => DatasetLoader.Load(name, folder.Path)).Message;
        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.Contains($"'{folder.Path}'", message, StringComparison.Ordinal);
        Assert.Contains($"'{Path.Combine(folder.Path, inner)}'", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("given", "variable", "given")]
    [InlineData(null, "variable", "variable")]
    [InlineData("", "", "data")]
    [InlineData(null, null, "data")]
    public void A_folder_given_goes_before_the_variable(string? given, string? variable, string expected) =>
        Assert.Equal(expected, DatasetLoader.Folder(given, variable));

    [Fact]
    public void Unknown_names_and_tables_are_refused()
    {
        Assert.Contains("digits, moons, mnist, cifar10", Assert.Throws<DatasetException>(() => DatasetLoader.Load("imagenet")).Message, StringComparison.Ordinal);
        Assert.Contains("was not found", Assert.Throws<DatasetException>(() => DatasetLoader.Load("none.csv")).Message, StringComparison.Ordinal);
    }
}

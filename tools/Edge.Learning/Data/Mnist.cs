namespace Edge.Learning.Data;

/// <summary>MNIST: handwritten digits, 28×28 grey, white on black; or another set in the same four files.</summary>
/// <remarks>Source: LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition".</remarks>
public static class Mnist
{
    private const int LargestSide = 1024;

    /// <summary>Loads the four files, plain or gzip'ed, from <paramref name="directory"/> or its folder <c>mnist</c>.</summary>
    /// <exception cref="DatasetException">A file is missing or malformed, or images and labels do not belong together.</exception>
    public static TrainTest Load(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string[] folders = [directory, Path.Combine(directory, "mnist")];
        TrainTest pair = new(Part(folders, "train"), Part(folders, "t10k"));
        return pair.Train.SampleShape.SequenceEqual(pair.Test.SampleShape)
            ? pair
            : throw new DatasetException($"Training images are {string.Join("×", pair.Train.SampleShape.ToArray())} and test images {string.Join("×", pair.Test.SampleShape.ToArray())}; " +
                "the files are of two different data sets.");
    }

    private static Dataset Part(string[] folders, string prefix)
    {
        string imagePath = Locate(folders, prefix, "images-idx3-ubyte");
        string labelPath = Locate(folders, prefix, "labels-idx1-ubyte");
        IdxArray images = Idx.Read(imagePath);
        IdxArray labels = Idx.Read(labelPath);
        if (images.Shape.Count != 3 || images.Shape[1] > LargestSide || images.Shape[2] > LargestSide)
        {
            throw new DatasetException($"'{imagePath}' holds [{string.Join(", ", images.Shape)}]; images are [count, height, width] with sides up to {LargestSide}.");
        }

        if (labels.Shape.Count != 1 || labels.Shape[0] != images.Shape[0])
        {
            throw new DatasetException($"'{labelPath}' holds [{string.Join(", ", labels.Shape)}] labels for {images.Shape[0]} images of '{imagePath}'; one label per image is needed.");
        }

        int[] ids = Array.ConvertAll(labels.Values, static label => (int)label);
        return new Dataset("mnist", $"MNIST ({Path.GetFileName(imagePath)})", [images.Shape[1], images.Shape[2], 1], images.Values, ids, Digits.ClassNames);
    }

    private static string Locate(string[] folders, string prefix, string suffix)
    {
        string[] names = [$"{prefix}-{suffix}", $"{prefix}-{suffix.Replace("-idx", ".idx", StringComparison.Ordinal)}"];
        return DataFile.Find(folders, names.SelectMany(static n => new[] { n, n + ".gz" }))
            ?? throw DataFile.Missing("mnist", folders, names, "Put the four MNIST files there, or use the generated data set 'digits', which needs no files.");
    }
}

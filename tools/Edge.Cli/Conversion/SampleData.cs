using System.Globalization;
using Edge.Cli.Images;
using Edge.Compiler;
using Edge.Learning.Data;
using Edge.Runtime;

namespace Edge.Cli.Conversion;

/// <summary>Samples that a model is calibrated or compared with: raw files, pictures or a data set.</summary>
internal static class SampleData
{
    /// <summary>What an option that takes samples says of itself.</summary>
    public const string Help = "Samples: a folder of raw files in_0.bin, in_1.bin, … (all inputs of a run in one file), of images (BMP, PNG, PPM, PGM), or with the files of MNIST or CIFAR-10; or one such file.";

    private const ulong Seed = 0xCA11B;
    private static readonly string[] s_images = [".bmp", ".png", ".ppm", ".pgm", ".pnm"];

    /// <summary>Reads samples.</summary>
    /// <param name="path">A folder or a file.</param>
    /// <param name="graph">The model they are for.</param>
    /// <param name="normalization">What turns pixels into real values; null where nothing says so.</param>
    /// <param name="most">Most samples to read.</param>
    /// <exception cref="DatasetException">There is nothing to read.</exception>
    public static ModelInputs[] Load(string path, Graph graph, Normalization? normalization, int most)
    {
        if (File.Exists(path))
        {
            return IsImage(path) ? Pictures([path], graph, normalization) : [ModelInputs.FromBytes(graph, File.ReadAllBytes(path))];
        }

        if (!Directory.Exists(path))
        {
            throw new DatasetException($"There is no folder or file '{path}'.");
        }

        string[] raw = [.. Directory.GetFiles(path, "in_*.bin").Select(static file => (File: file, Index: Index(file))).Where(static pair => pair.Index >= 0).OrderBy(static pair => pair.Index).Select(static pair => pair.File)];
        if (raw.Length > 0)
        {
            return [.. raw.Take(most).Select(file => ModelInputs.FromBytes(graph, File.ReadAllBytes(file)))];
        }

        string[] images = [.. Directory.GetFiles(path, "*", SearchOption.AllDirectories).Where(IsImage).Order(StringComparer.Ordinal)];
        return images.Length > 0 ? Pictures(Spread(images, most), graph, normalization) : Samples(path, graph, normalization, most);
    }

    /// <summary>Files that look like images.</summary>
    public static bool IsImage(string path) => s_images.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    private static int Index(string file) =>
        int.TryParse(Path.GetFileNameWithoutExtension(file)["in_".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? index : -1;

    // Folders of images are often sorted by class: every n-th is taken.
    private static string[] Spread(string[] files, int most) => files.Length <= most ? files : [.. Enumerable.Range(0, most).Select(i => files[(int)((long)i * files.Length / most)])];

    private static ModelInputs[] Pictures(string[] files, Graph graph, Normalization? normalization)
    {
        ImageInput input = Input(graph, normalization);
        return [.. files.Select(file => ModelInputs.FromValues(graph, input.Values(Image.Load(file))))];
    }

    private static ModelInputs[] Samples(string folder, Graph graph, Normalization? normalization, int most)
    {
        string name = graph.Metadata.GetValueOrDefault("dataset") ?? (graph.Inputs[0].Shape.ElementCount % 784 == 0 && graph.Inputs[0].Shape.ElementCount < 1000 ? "mnist" : "cifar10");
        Dataset train = DatasetLoader.Load(name, folder).Train;
        Dataset chosen = train.Take(Math.Min(most, train.Count), Seed, stratified: train.HasClasses);
        if (graph.Inputs[0].Shape.Rank == 4 && chosen.SampleShape.Length == 3)
        {
            ImageInput input = Input(graph, normalization);
            return [.. Enumerable.Range(0, chosen.Count).Select(i => ModelInputs.FromValues(graph, input.Values(Picture(chosen, i))))];
        }

        Dataset features = chosen.WithNormalization(normalization ?? chosen.Normalization);
        float[] values = new float[chosen.SampleLength];
        ModelInputs[] samples = new ModelInputs[chosen.Count];
        for (int i = 0; i < samples.Length; i++)
        {
            features.CopyFeatures(i, values);
            samples[i] = ModelInputs.FromValues(graph, values);
        }

        return samples;
    }

    private static ImageInput Input(Graph graph, Normalization? normalization) => graph.Inputs.Count == 1
        ? new ImageInput(graph.Inputs[0].Spec, normalization)
        : throw new ShapeException($"The model has {graph.Inputs.Count} inputs; pictures are samples of one. Give raw files.");

    private static Image Picture(Dataset dataset, int index)
    {
        Image image = new(dataset.SampleShape[1], dataset.SampleShape[0], dataset.SampleShape[2]);
        dataset.RawBytes(index).CopyTo(image.Pixels);
        return image;
    }
}

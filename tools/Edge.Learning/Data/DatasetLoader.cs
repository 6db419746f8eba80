namespace Edge.Learning.Data;

/// <summary>Loads a data set by name.</summary>
public static class DatasetLoader
{
    /// <summary>Environment variable that names the folder of data files when none is given.</summary>
    public const string DirectoryVariable = "EDGE_DATA";

    private const double HeldOut = 0.3;

    /// <summary>The names <see cref="Load"/> knows, besides the path of a table.</summary>
    public static IReadOnlyList<string> Names { get; } = ["digits", "moons", "mnist", "cifar10"];

    /// <summary>Loads a data set in two parts.</summary>
    /// <param name="name">"digits" (generated, 10,000 and 2,000 samples), "moons" (generated with noise 0.1, 700 and 300), "mnist", "cifar10", or the path
    /// of a table (.csv or .tsv, also with .gz), of which 30 % are held out and which is standardized by its training part.</param>
    /// <param name="directory">Folder that holds the files of the data set, or folders <c>mnist</c> and <c>cifar10</c> with them. Default:
    /// what the environment variable EDGE_DATA names, else <c>data</c> in the current folder.</param>
    /// <param name="seed">Seed of what is generated or split; 0 by default.</param>
    /// <exception cref="DatasetException">The name is not known, or files are missing or malformed; the message says where was looked for what.</exception>
    public static TrainTest Load(string name, string? directory = null, ulong seed = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        switch (name.ToUpperInvariant())
        {
            case "DIGITS":
                return new TrainTest(Digits.Generate(10_000, seed), Digits.Generate(2_000, ~seed));
            case "MOONS":
                return TwoMoons.Generate(1_000, 0.1f, seed).SplitHoldOut(HeldOut, seed, stratified: true);
            case "MNIST":
                return Mnist.Load(Folder(directory));
            case "CIFAR10":
                return Cifar10.Load(Folder(directory));
        }

        if (!IsTable(name))
        {
            throw new DatasetException($"'{name}' is not a data set; known are {string.Join(", ", Names)} and paths of tables that end in .csv or .tsv.");
        }

        string path = !File.Exists(name) && !Path.IsPathRooted(name) ? Path.Combine(Folder(directory), name) : name;
        if (!File.Exists(path))
        {
            throw new DatasetException($"The table '{name}' was not found. Looked for '{Path.GetFullPath(name)}'" +
                (path == name ? "." : $" and '{Path.GetFullPath(path)}'.") + $" Give its path, or set {DirectoryVariable} to its folder.");
        }

        Dataset table = Csv.Load(path);
        TrainTest parts = table.SplitHoldOut(HeldOut, seed, stratified: table.HasClasses);
        Normalization normalization = Normalization.Standardize(parts.Train);
        return new TrainTest(parts.Train.WithNormalization(normalization), parts.Test.WithNormalization(normalization));
    }

    private static bool IsTable(string name)
    {
        string plain = name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? name[..^3] : name;
        return plain.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) || plain.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase);
    }

    private static string Folder(string? directory) => Folder(directory, Environment.GetEnvironmentVariable(DirectoryVariable));

    internal static string Folder(string? directory, string? variable) =>
        !string.IsNullOrEmpty(directory) ? directory : !string.IsNullOrEmpty(variable) ? variable : "data";
}

using Edge.Learning.Data;
using Edge.Runtime;

namespace Edge.Cli;

/// <summary>Finding the data set a verb works on.</summary>
internal static class Datasets
{
    /// <summary>What <c>--data</c> is.</summary>
    public const string DataHelp = "Folder with the files of MNIST or CIFAR-10, or with folders mnist/ and cifar10/ in it; or a .csv file. Default: the environment variable EDGE_DATA, else ./data.";

    /// <summary>What <c>--dataset</c> is.</summary>
    public const string NameHelp = "mnist, cifar10, digits (generated), moons (generated) or a .csv file. Default: what the model says it was trained on.";

    /// <summary>The data set named on the command line, else the one the model was trained on; a table may be named as the data itself.</summary>
    public static TrainTest Load(Model model, string? name, string? data)
    {
        if (name is null && File.Exists(data))
        {
            name = data;
        }

        name ??= model.Metadata.GetValueOrDefault("dataset");
        if (name is null)
        {
            throw new DatasetException($"The model does not say which data set it was trained on. Name one with --dataset: {string.Join(", ", DatasetLoader.Names)} or a .csv file.");
        }

        if (data is not null && !File.Exists(data) && !Directory.Exists(data))
        {
            throw new DatasetException($"There is no folder or file '{data}' (--data).");
        }

        return DatasetLoader.Load(name, data);
    }
}

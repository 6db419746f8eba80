using Edge.Learning.Data;
using Edge.Runtime;

namespace Edge.Cli;

/// <summary>Finding the data set a verb works on.</summary>
internal static class Datasets
{
    /// <summary>The data set named on the command line, else the one the model was trained on; a CSV file may be named as the data itself.</summary>
    public static TrainTest Load(Model model, string? name, string? directory)
    {
        if (name is null && directory is not null && File.Exists(directory))
        {
            name = directory;
        }

        name ??= model.Metadata.GetValueOrDefault("dataset") ?? throw new DatasetException("The model does not say which data set it was trained on. Name one with --dataset (mnist, cifar10, digits, moons or a CSV file).");
        return DatasetLoader.Load(name, directory);
    }
}

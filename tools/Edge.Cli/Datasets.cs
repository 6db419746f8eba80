using Edge.Format;
using Edge.Learning.Data;
using Edge.Learning.FineTuning;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Cli;

/// <summary>Finding the data set a verb works on.</summary>
internal static class Datasets
{
    /// <summary>What <c>--data</c> is.</summary>
    public const string DataHelp = "Folder with the files of MNIST or CIFAR-10, or with folders mnist/ and cifar10/ in it; or a .csv file. Default: the environment variable EDGE_DATA, else ./data.";

    /// <summary>What <c>--dataset</c> is.</summary>
    public const string NameHelp = "mnist, cifar10, digits (generated), moons (generated) or a .csv file. Default: what the model says it was trained on.";

    private static readonly string[] s_pictures = ["mnist", "cifar10"];

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

        return s_pictures.Contains(name) && !model.Metadata.ContainsKey("dataset") && ModelNormalization.Of(model) is null
            ? AsForeign(DatasetLoader.Load(name, data), model.Inputs[0].Spec)
            : DatasetLoader.Load(name, data);
    }

    /// <summary>
    /// A model from elsewhere does not take pixels as our own data sets give them: integers hold the pixels themselves, as TFLite's image models do, and of float32 nobody can know.
    /// </summary>
    private static TrainTest AsForeign(TrainTest data, TensorSpec input)
    {
        if (input is not { Quantization: { } steps, Type: DataType.Int8 or DataType.UInt8 })
        {
            throw new DatasetException(
                "The model does not say how pixels become its float32 input. Store it in the file: 'edge convert MODEL -o MODEL.edge --image-mean 0 --image-scale 1' for pixels as they are (0 … 255), " +
                "--image-scale 0.00392157 for 0 … 1, --image-mean 127.5 --image-scale 0.00784314 for −1 … 1.");
        }

        int darkest = input.Type == DataType.Int8 ? sbyte.MinValue : byte.MinValue;
        Normalization pixels = new(steps.Scale, (darkest - steps.ZeroPoint) * steps.Scale);
        return new TrainTest(data.Train.WithNormalization(pixels), data.Test.WithNormalization(pixels));
    }
}

using Edge.Runtime.Training;

namespace Edge.Cli;

/// <summary>Optimizers by name.</summary>
internal static class Optimizers
{
    /// <summary>An optimizer with the usual settings.</summary>
    public static Optimizer Create(string name, float learningRate) => name switch
    {
        "adam" => new Adam(learningRate),
        "adamw" => new AdamW(learningRate),
        "rmsprop" => new RmsProp(learningRate),
        "sgd" => new Sgd(learningRate, momentum: 0.9f),
        _ => throw new ArgumentException($"--optimizer is '{name}'; adam, adamw, rmsprop and sgd are known."),
    };
}

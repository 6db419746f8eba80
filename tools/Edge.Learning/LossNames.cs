using Edge.Runtime.Training;

namespace Edge.Learning;

/// <summary>Losses by the names that models and recipes use.</summary>
public static class LossNames
{
    private static readonly (string Name, Loss Loss)[] s_all =
    [
        ("softmax_cross_entropy", Loss.SoftmaxCrossEntropy),
        ("binary_cross_entropy", Loss.BinaryCrossEntropy),
        ("mean_squared_error", Loss.MeanSquaredError),
    ];

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> All { get; } = [.. s_all.Select(static entry => entry.Name)];

    /// <summary>The name of a loss, as in the metadata key <c>training.loss</c>.</summary>
    /// <param name="loss">The loss.</param>
    /// <exception cref="ArgumentException">It is <see cref="Loss.Auto"/> or unknown.</exception>
    public static string Name(Loss loss) => s_all.FirstOrDefault(entry => entry.Loss == loss).Name
        ?? throw new ArgumentException($"The loss is {loss}; a network is compiled with one of {string.Join(", ", s_all.Select(static entry => entry.Loss))}.", nameof(loss));

    /// <summary>The loss of a name.</summary>
    /// <param name="name">One of <see cref="All"/>.</param>
    /// <exception cref="ArgumentException">It is none of them.</exception>
    public static Loss Parse(string name)
    {
        foreach ((string known, Loss loss) in s_all)
        {
            if (known == name)
            {
                return loss;
            }
        }

        throw new ArgumentException($"Loss '{name}' is unknown; known are {string.Join(", ", All)}.", nameof(name));
    }
}

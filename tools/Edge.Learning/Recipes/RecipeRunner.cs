using System.Diagnostics;
using Edge.Learning.Callbacks;
using Edge.Learning.Data;
using Edge.Learning.Training;

namespace Edge.Learning.Recipes;

/// <summary>What a user sets differently from a recipe.</summary>
public sealed record RecipeOverrides
{
    /// <summary>Epochs; the recipe's own when null.</summary>
    public int? Epochs { get; init; }

    /// <summary>Samples per step; the recipe's own when null.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Seed; the recipe's own when null.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Learning rate; the recipe's own when null.</summary>
    public float? LearningRate { get; init; }

    /// <summary>Threads. Results do not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>What happens along the way, besides progress.</summary>
    public IReadOnlyList<Callback> Callbacks { get; init; } = [];

    /// <summary>Where to go on, or null.</summary>
    public TrainingCheckpoint? Resume { get; init; }

    /// <summary>Ends training between two steps.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>What training a recipe gave.</summary>
/// <param name="Network">The trained network.</param>
/// <param name="History">Loss and metrics by epoch.</param>
/// <param name="Test">Loss and metrics on samples that training did not see.</param>
/// <param name="Data">The samples, normalized as the network takes them.</param>
/// <param name="Elapsed">Time of training, without loading and without the test.</param>
public sealed record RecipeResult(Network Network, History History, Evaluation Test, TrainTest Data, TimeSpan Elapsed);

/// <summary>Trains recipes.</summary>
public static class RecipeRunner
{
    // Keeps the split apart from the order of the samples.
    private const ulong ValidationSeed = 0x56414C4944000000;

    /// <summary>Loads the data, trains, and measures on the test part.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="dataDirectory">Folder of data files; see <see cref="DatasetLoader.Load"/>.</param>
    /// <param name="overrides">What differs from the recipe; nothing when null.</param>
    /// <param name="progress">Is told of each step and epoch; may be null.</param>
    /// <exception cref="DatasetException">Data is missing, malformed or does not fit the network.</exception>
    public static RecipeResult Train(Recipe recipe, string? dataDirectory = null, RecipeOverrides? overrides = null, IProgress<TrainingProgress>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        overrides ??= new RecipeOverrides();
        ulong seed = overrides.Seed ?? recipe.Seed;
        TrainTest data = recipe.Dataset.Load(dataDirectory);
        Dataset? validation = null;
        Dataset train = data.Train;
        if (recipe.ValidationSplit > 0)
        {
            (train, validation) = train.SplitHoldOut(recipe.ValidationSplit, seed ^ ValidationSeed, train.HasClasses);
        }

        if (recipe.Normalization == "standardize")
        {
            Normalization normalization = Normalization.Standardize(train);
            train = train.WithNormalization(normalization);
            validation = validation?.WithNormalization(normalization);
            data = new TrainTest(train, data.Test.WithNormalization(normalization));
        }

        Network network = recipe.Build(seed, overrides.LearningRate);
        int epochs = overrides.Epochs ?? recipe.Epochs;
        int batchSize = overrides.BatchSize ?? recipe.BatchSize;
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1, nameof(overrides));
        int totalSteps = Math.Max(1, epochs * ((train.Count + batchSize - 1) / batchSize));
        long start = Stopwatch.GetTimestamp();
        History history = network.Fit(train, new FitOptions
        {
            Epochs = epochs,
            BatchSize = batchSize,
            Seed = seed,
            Threads = overrides.Threads,
            Validation = validation,
            Callbacks = progress is null ? overrides.Callbacks : [.. overrides.Callbacks, new ProgressCallback(progress)],
            ClipNorm = recipe.ClipNorm,
            Schedule = recipe.Schedule(totalSteps),
            Resume = overrides.Resume,
            Cancellation = overrides.Cancellation,
        });
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        return new RecipeResult(network, history, network.Evaluate(data.Test, threads: overrides.Threads), data, elapsed);
    }
}

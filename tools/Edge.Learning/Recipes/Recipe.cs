using System.Reflection;
using System.Text.Json;
using Edge.Learning.Data;
using Edge.Learning.Layers;
using Edge.Learning.Metrics;
using Edge.Runtime;
using Edge.Runtime.Training;

namespace Edge.Learning.Recipes;

/// <summary>A training that can be repeated: data, layers, optimizer, epochs, seed, in one JSON file.</summary>
public sealed class Recipe
{
    private const string ResourcePrefix = "Edge.Learning.Recipes.";

    private readonly JsonElement _layers;
    private readonly JsonElement _optimizer;
    private readonly JsonElement? _schedule;

    private Recipe(RecipeObject fields)
    {
        Name = fields.Text("name");
        Description = fields.Text("description", "");
        Dataset = RecipeDataset.Read(fields.Required("dataset"));
        InputShape = fields.Int32s("input", 1);
        Epochs = fields.Int32("epochs", 1);
        BatchSize = fields.Int32("batch", 1);
        Seed = fields.UInt64("seed", 0);
        ValidationSplit = fields.Fraction("validation", 0);
        ClipNorm = fields.Single("clip_norm", 0f);
        Loss = LossNames.Parse(fields.Choice("loss", LossNames.All));
        MetricNames = fields.Texts("metrics", ["accuracy"]);
        Normalization = fields.Choice("normalization", ["dataset", "standardize"], "dataset");
        _layers = fields.Required("layers");
        _optimizer = fields.Required("optimizer");
        _schedule = fields.Has("schedule") ? fields.Required("schedule") : null;
        fields.Close();

        // Everything is built once, so that a recipe that was read can be trained.
        _ = Metrics();
        _ = Optimizer();
        _ = Schedule(1);
        _ = RecipeLayers.Apply(_layers, new Input(InputShape));
    }

    /// <summary>Names of the recipes that need no file.</summary>
    public static IReadOnlyList<string> BuiltIn { get; } =
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(static name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal) && name.EndsWith(".json", StringComparison.Ordinal))
            .Select(static name => name[ResourcePrefix.Length..^".json".Length]).Order(StringComparer.Ordinal),
    ];

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>What it is, in words.</summary>
    public string Description { get; }

    /// <summary>What it learns from.</summary>
    public RecipeDataset Dataset { get; }

    /// <summary>Shape of a sample as the network takes it.</summary>
    public IReadOnlyList<int> Input => InputShape;

    /// <summary>Epochs.</summary>
    public int Epochs { get; }

    /// <summary>Samples per step.</summary>
    public int BatchSize { get; }

    /// <summary>Seed of initial values, order of samples and dropout.</summary>
    public ulong Seed { get; }

    /// <summary>Part of the training samples that is held back and measured after each epoch; 0 for none.</summary>
    public double ValidationSplit { get; }

    /// <summary>Largest norm of all gradients together; 0 for no limit.</summary>
    public float ClipNorm { get; }

    /// <summary>What is minimized.</summary>
    public Loss Loss { get; }

    /// <summary>"dataset": as the data set states; "standardize": mean 0 and deviation 1 of the training samples.</summary>
    public string Normalization { get; }

    /// <summary>What is measured.</summary>
    public IReadOnlyList<string> MetricNames { get; }

    private int[] InputShape { get; }

    /// <summary>Reads a built-in recipe by its name, or a file.</summary>
    /// <param name="nameOrPath">One of <see cref="BuiltIn"/>, or the path of a file that ends in .json.</param>
    /// <exception cref="RecipeException">There is none, or it is malformed.</exception>
    public static Recipe Load(string nameOrPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(nameOrPath);
        if (BuiltIn.Contains(nameOrPath))
        {
            using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{ResourcePrefix}{nameOrPath}.json")!;
            using StreamReader reader = new(stream);
            return Parse(reader.ReadToEnd());
        }

        return nameOrPath.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && File.Exists(nameOrPath)
            ? Parse(File.ReadAllText(nameOrPath))
            : throw new RecipeException($"'{nameOrPath}' is neither a file that ends in .json nor a recipe of Edge; those are {string.Join(", ", BuiltIn)}.");
    }

    /// <summary>Reads a recipe.</summary>
    /// <param name="json">The JSON text; comments and trailing commas are allowed.</param>
    /// <exception cref="RecipeException">It is malformed; the message names the field and what is allowed.</exception>
    public static Recipe Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false });
            return new Recipe(new RecipeObject(document.RootElement.Clone(), "Recipe"));
        }
        catch (JsonException error)
        {
            throw new RecipeException($"The recipe is not valid JSON: {error.Message}", error);
        }
        catch (Exception error) when (error is ShapeException or ArgumentException)
        {
            throw new RecipeException($"Recipe: {error.Message}", error);
        }
    }

    /// <summary>The network, initialized and compiled.</summary>
    /// <param name="seed">Seed of the initial values; the recipe's own when null.</param>
    /// <param name="learningRate">Learning rate; the recipe's own when null.</param>
    public Network Build(ulong? seed = null, float? learningRate = null)
    {
        Input input = new(InputShape);
        Network network = new(input, RecipeLayers.Apply(_layers, input), seed ?? Seed);
        Optimizer optimizer = Optimizer();
        optimizer.LearningRate = learningRate ?? optimizer.LearningRate;
        network.Compile(optimizer, Loss, Metrics());
        return network;
    }

    /// <summary>How the learning rate changes, or null for constant.</summary>
    /// <param name="totalSteps">Steps of the whole training, over which a cosine without "steps" stretches.</param>
    public LearningRateSchedule? Schedule(int totalSteps)
    {
        if (_schedule is null)
        {
            return null;
        }

        RecipeObject fields = new(_schedule.Value, "'schedule'");
        LearningRateSchedule schedule = fields.Choice("type", ["step", "exponential", "cosine"]) switch
        {
            "step" => new StepDecay(fields.Int32("every", 1), fields.Single("factor")),
            "exponential" => new ExponentialDecay(fields.Int32("steps", 1), fields.Single("rate")),
            _ => new CosineDecay(fields.Int32("steps", 1, totalSteps), fields.Single("minimum", 0f)),
        };
        fields.Close();
        return schedule;
    }

    private Metric[] Metrics() => [.. MetricNames.Select(name => Metric.Parse(name, Loss))];

    private Optimizer Optimizer()
    {
        RecipeObject fields = new(_optimizer, "'optimizer'");
        string type = fields.Choice("type", ["sgd", "rmsprop", "adam", "adamw"]);
        float rate = fields.Single("learning_rate");
        Optimizer optimizer = type switch
        {
            "sgd" => new Sgd(rate, fields.Single("momentum", 0f), fields.Boolean("nesterov", false), fields.Single("weight_decay", 0f)),
            "rmsprop" => new RmsProp(rate, fields.Single("rho", 0.9f), fields.Single("epsilon", 1e-7f)),
            "adam" => new Adam(rate, fields.Single("beta1", 0.9f), fields.Single("beta2", 0.999f), fields.Single("epsilon", 1e-8f)),
            _ => new AdamW(rate, fields.Single("beta1", 0.9f), fields.Single("beta2", 0.999f), fields.Single("epsilon", 1e-8f), fields.Single("weight_decay", 0.01f)),
        };
        fields.Close();
        return optimizer;
    }
}

using System.Text.Json;
using Edge.Learning.Data;

namespace Edge.Learning.Recipes;

/// <summary>Which samples a recipe learns from.</summary>
/// <param name="Name">As <see cref="DatasetLoader.Load"/> knows it.</param>
/// <param name="Samples">Generated samples to learn from (of moons: in all); 0 for the loader's own number.</param>
/// <param name="TestSamples">Generated samples for the test (digits only); 0 for the loader's own number.</param>
/// <param name="Noise">Noise of moons.</param>
/// <param name="TestSplit">Part of moons that is held back as test.</param>
/// <param name="Seed">Seed of what is generated or split.</param>
public sealed record RecipeDataset(string Name, int Samples = 0, int TestSamples = 0, float Noise = 0.1f, double TestSplit = 0.3, ulong Seed = 0)
{
    /// <summary>Loads or generates the samples.</summary>
    /// <param name="directory">Folder of data files; see <see cref="DatasetLoader.Load"/>.</param>
    public TrainTest Load(string? directory) => Name switch
    {
        "moons" when Samples > 0 => TwoMoons.Generate(Samples, Noise, Seed).SplitHoldOut(TestSplit, Seed, stratified: true),
        "digits" when Samples > 0 => new TrainTest(Digits.Generate(Samples, Seed), Digits.Generate(TestSamples > 0 ? TestSamples : Samples, ~Seed)),
        _ => DatasetLoader.Load(Name, directory, Seed),
    };

    /// <summary>Reads a name, or an object with the name and how samples are generated.</summary>
    internal static RecipeDataset Read(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String)
        {
            return new RecipeDataset(element.GetString()!);
        }

        RecipeObject fields = new(element, "'dataset'");
        string name = fields.Text("name");
        RecipeDataset dataset = new(name) { Seed = fields.UInt64("seed", 0) };
        switch (name)
        {
            case "moons":
                dataset = dataset with { Samples = fields.Int32("samples", 2, 2000), Noise = fields.Single("noise", 0.1f), TestSplit = fields.Fraction("test_split", 0.3) };
                break;
            case "digits":
                dataset = dataset with { Samples = fields.Int32("samples", 1, 10_000), TestSamples = fields.Int32("test_samples", 1, 2_000) };
                break;
        }

        fields.Close();
        return dataset;
    }
}

using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Edge.Learning.Metrics;
using Edge.Learning.Recipes;

namespace Edge.Tests.Docs;

/// <summary>The tables of recipe fields in docs/training.md are what the parser accepts: each comes from its own error messages.</summary>
public sealed partial class RecipeFieldsTests
{
    private const string Document = "docs/training.md";

    [Fact]
    public void The_tables_name_every_layer_optimizer_schedule_and_field()
    {
        StringBuilder layers = new("| Layer | Fields |\n|---|---|\n");
        foreach (string type in Choices(static recipe => recipe["layers"]![0]!["type"] = "?"))
        {
            layers.Append(Row(type, Fields(recipe => recipe["layers"]![0] = new JsonObject { ["type"] = type }, static recipe => recipe["layers"]![0]!.AsObject()), "type", "name", "inputs"));
        }

        StringBuilder rest = new("| Part | Fields |\n|---|---|\n");
        rest.Append(Row("the recipe", Fields(static _ => { }, static recipe => recipe)));
        foreach (string type in Choices(static recipe => recipe["optimizer"]!["type"] = "?"))
        {
            rest.Append(Row($"optimizer {type}", Fields(recipe => recipe["optimizer"] = new JsonObject { ["type"] = type }, static recipe => recipe["optimizer"]!.AsObject()), "type"));
        }

        foreach (string type in Choices(static recipe => recipe["schedule"] = new JsonObject { ["type"] = "?" }))
        {
            rest.Append(Row($"schedule {type}", Fields(recipe => recipe["schedule"] = new JsonObject { ["type"] = type }, static recipe => recipe["schedule"]!.AsObject()), "type"));
        }

        foreach (string name in new[] { "digits", "moons" })
        {
            rest.Append(Row($"dataset {name}", Fields(recipe => recipe["dataset"] = new JsonObject { ["name"] = name }, static recipe => recipe["dataset"]!.AsObject()), "name"));
        }

        StringBuilder values = new("| Field | Values |\n|---|---|\n");
        values.Append(Row("`activation`", Choices(static recipe => recipe["layers"]![0] = new JsonObject { ["type"] = "add", ["activation"] = "?" })));
        values.Append(Row("`initializer`", Choices(static recipe => recipe["layers"]![0] = new JsonObject { ["type"] = "dense", ["units"] = 1, ["initializer"] = "?" })));
        values.Append(Row("`padding`", Choices(static recipe => recipe["layers"]![0] = new JsonObject { ["type"] = "max_pooling2d", ["padding"] = "?" })));
        values.Append(Row("`loss`", Choices(static recipe => recipe["loss"] = "?")));
        values.Append(Row("`metrics`", [.. Metric.Names]));
        values.Append(Row("`normalization`", Choices(static recipe => recipe["normalization"] = "?")));

        string text = Table("values").Replace(Documents.Read(Document), $"<!-- values -->\n{values}<!-- end -->");
        text = Table("parts").Replace(text, $"<!-- parts -->\n{rest}<!-- end -->");
        Documents.Expect(Document, Table("layers").Replace(text, $"<!-- layers -->\n{layers}<!-- end -->"));
    }

    [Fact]
    public void The_example_is_a_recipe()
    {
        Match example = Json().Match(Documents.Read(Document));
        Assert.True(example.Success);
        Assert.True(Recipe.Parse(example.Groups[1].Value).Epochs > 0);
    }

    private static string Row(string name, string[] fields, params string[] left) => $"| {name} | {string.Join(", ", fields.Except(left).Select(static field => $"`{field}`"))} |\n";

    private static string[] Choices(Action<JsonObject> change)
    {
        JsonObject recipe = Small();
        change(recipe);
        Match allowed = Allowed().Match(Refusal(recipe));
        Assert.True(allowed.Success);
        return allowed.Groups[1].Value.Split(", ");
    }

    /// <summary>The fields an object may have: an unknown one is added, and what is missing, until the parser lists what it knows.</summary>
    private static string[] Fields(Action<JsonObject> change, Func<JsonObject, JsonObject> part)
    {
        JsonObject recipe = Small();
        change(recipe);
        part(recipe)["unheard_of"] = 1;
        for (int attempt = 0; attempt < 20; attempt++)
        {
            string message = Refusal(recipe);
            if (Known().Match(message) is { Success: true } known)
            {
                return known.Groups[1].Value.Split(", ");
            }

            Match wrong = Wrong().Match(message);
            Assert.True(wrong.Success, message);
            part(recipe)[wrong.Groups[1].Value] = wrong.Groups[2].Value switch
            {
                "missing" => 2,
                _ when message.Contains("a list of", StringComparison.Ordinal) => new JsonArray(1),
                _ when message.Contains("are allowed", StringComparison.Ordinal) || message.Contains("a text", StringComparison.Ordinal) => "relu",
                _ => 0.5,                                  // a number, but within bounds that 2 is beyond
            };
        }

        Assert.Fail(Refusal(recipe));
        return [];
    }

    private static string Refusal(JsonObject recipe) => Assert.Throws<RecipeException>(() => Recipe.Parse(recipe.ToJsonString())).Message;

    private static JsonObject Small() => JsonNode.Parse("""
        {
          "name": "small", "dataset": "digits", "input": [28, 28, 1], "layers": [ { "type": "flatten" } ],
          "loss": "softmax_cross_entropy", "optimizer": { "type": "adam", "learning_rate": 0.01 }, "epochs": 1, "batch": 1
        }
        """)!.AsObject();

    private static Regex Table(string name) => new($"<!-- {name} -->\n.*?<!-- end -->", RegexOptions.Singleline);

    [GeneratedRegex(@"'\w+' is '\?'; (.*) are allowed\.")]
    private static partial Regex Allowed();

    [GeneratedRegex(@"'unheard_of' is unknown; allowed are (.*?)\.")]
    private static partial Regex Known();

    [GeneratedRegex(@"'(\w+)' is (missing|[^;]*;)")]
    private static partial Regex Wrong();

    [GeneratedRegex(@"```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Json();
}

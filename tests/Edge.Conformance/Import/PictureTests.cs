using System.Text.Json.Nodes;
using Edge.Tests.Cli;
using Edge.Tests.Harness;

namespace Edge.Conformance.Import;

/// <summary>A converted classifier names what pictures show, through the command alone.</summary>
public sealed class PictureTests
{
    private const string Model = "tf2_mobilenet_v2_1.0_224_ptq";

    [Theory]
    [InlineData("cat.bmp", "tabby", "Egyptian cat", "tiger cat")]
    [InlineData("bird.bmp", "chickadee")]
    [InlineData("sunflower.bmp", "daisy", "sunflower")]
    [InlineData("grace_hopper.bmp", "military uniform")]
    public void The_first_five_classes_hold_the_right_one(string picture, params string[] names)
    {
        using TempModel model = new();
        JsonObject report = Run("run", model.Path, "--image", SharedData.Require($"images/{picture}"), "--top", "5", "--json");
        string[] found = [.. report["results"]![0]!["top"]!.AsArray().Select(static entry => (string)entry!["name"]!)];
        Assert.Equal(5, found.Length);
        Assert.True(found.Any(name => names.Any(name.Contains)), string.Join("; ", found));
    }

    [Fact]
    public void The_parrot_is_a_macaw_in_the_raw_bytes_too()
    {
        using TempModel model = new();
        string golden = SharedData.Require($"golden/{Model}");
        string outputs = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            JsonNode manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(golden, "manifest.json")))!;
            Run("run", model.Path, "--inputs", golden, "--outputs", outputs, "--json");
            string[] labels = [.. File.ReadAllLines(SharedData.Require("labels/imagenet_labels.txt")).Select(static line => line.Trim())];
            int parrot = Enumerable.Range(0, 8).First(i => Describes(manifest, i, "parrot"));
            byte[] scores = File.ReadAllBytes(Path.Combine(outputs, $"out_{parrot}.bin"));
            string[] best = [.. scores.Select(static (score, index) => (score, index)).OrderByDescending(static pair => pair.score).Take(5).Select(pair => labels[pair.index])];
            Assert.Contains(best, static name => name.Contains("macaw", StringComparison.Ordinal));
            for (int i = 0; i < 8; i++)
            {
                Assert.Equal(File.ReadAllBytes(Path.Combine(golden, $"out_{i}.bin")), File.ReadAllBytes(Path.Combine(outputs, $"out_{i}.bin")));
            }
        }
        finally
        {
            Directory.Delete(outputs, recursive: true);
        }
    }

    private static bool Describes(JsonNode manifest, int vector, string word) =>
        manifest["samples"]!.AsArray()[vector]!.ToJsonString().Contains(word, StringComparison.OrdinalIgnoreCase);

    private static JsonObject Run(params string[] line)
    {
        EdgeCommand.Result result = EdgeCommand.Start(line);
        Assert.True(result.Code == 0, result.Error);
        return JsonNode.Parse(result.Output)!.AsObject();
    }

    private sealed class TempModel : IDisposable
    {
        public TempModel()
        {
            Run("convert", SharedData.Require($"models/tflite/{Model}.tflite"), "-o", Path, "--labels", SharedData.Require("labels/imagenet_labels.txt"), "--no-verify", "--json");
        }

        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName() + ".edge");

        public void Dispose() => File.Delete(Path);
    }
}

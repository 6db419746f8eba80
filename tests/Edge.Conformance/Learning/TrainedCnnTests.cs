using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Edge.Learning;
using Edge.Learning.Data;
using Edge.Learning.FineTuning;
using Edge.Runtime;
using Edge.Runtime.Training;
using Edge.Tests.Learning.Data;

namespace Edge.Conformance.Learning;

/// <summary>The life of one network on real images: trained, quantized, run anywhere with the same bits, tuned to a user, and loaded again.</summary>
public sealed class TrainedCnnTests(TrainedCnn cnn, ITestOutputHelper output) : IClassFixture<TrainedCnn>
{
    private const int Runs = 50;

    [Fact]
    public void It_is_learned() => RecipeAccuracyTests.Reaches("mnist-cnn", cnn.Result, 0.990, output);

    [Fact]
    public void Int8_costs_a_tenth_of_a_point_and_a_quarter_of_the_bytes()
    {
        using Model full = Model.Load(cnn.Float32);
        using Model small = Model.Load(cnn.Int8);
        ModelEvaluation before = ModelEvaluator.Measure(full, cnn.Data.Test, Environment.ProcessorCount);
        ModelEvaluation after = ModelEvaluator.Measure(small, cnn.Data.Test, Environment.ProcessorCount);
        output.WriteLine($"float32 {before}, {full.WeightBytes} weight bytes, {full.FileBytes} in the file; int8 {after}, {small.WeightBytes} and {small.FileBytes}");
        Assert.Equal(10_000, after.Samples);
        Assert.True(after.Accuracy >= before.Accuracy - 0.001, $"float32 {before.Accuracy}, int8 {after.Accuracy}");
        Assert.True(small.WeightBytes <= 0.26 * full.WeightBytes, $"float32 {full.WeightBytes}, int8 {small.WeightBytes} bytes of weights");
        Assert.True(small.FileBytes <= 0.27 * full.FileBytes, $"float32 {full.FileBytes}, int8 {small.FileBytes} bytes of file");
        Assert.Empty(cnn.Quantized.Report.Float);
    }

    [Fact]
    public async Task Int8_gives_the_same_bits_on_every_instruction_set_and_thread_count()
    {
        using TempFolder folder = new();
        string path = folder.Write("cnn.edge", cnn.Int8);
        using Model model = Model.Load(path);
        using Session session = new(model);
        float[] image = new float[cnn.Data.Test.SampleLength];
        byte[][] expected = new byte[Runs][];
        for (int i = 0; i < Runs; i++)
        {
            cnn.Data.Test.CopyFeatures(i, image);
            folder.Write(string.Create(CultureInfo.InvariantCulture, $"inputs/in_{i}.bin"), MemoryMarshal.AsBytes(image.AsSpan()).ToArray());
            image.CopyTo(session.Input<float>());
            session.Run();
            expected[i] = session.Output<byte>().ToArray();
        }

        // .NET 10 knows the first name of the AVX-512 switch, .NET 8 and 9 the second.
        (int Threads, string[] Disabled)[] children =
        [
            (1, []),
            (2, []),
            (3, []),
            (1, ["DOTNET_EnableAVX512", "DOTNET_EnableAVX512F"]),
            (2, ["DOTNET_EnableAVX2"]),
            (2, ["DOTNET_EnableHWIntrinsic"]),
        ];
        for (int child = 0; child < children.Length; child++)
        {
            (int threads, string[] disabled) = children[child];
            string outputs = Path.Combine(folder.Path, string.Create(CultureInfo.InvariantCulture, $"outputs-{child}"));
            await Edge(disabled, "run", path, "--inputs", Path.Combine(folder.Path, "inputs"), "--outputs", outputs, "--threads", threads.ToString(CultureInfo.InvariantCulture));
            for (int i = 0; i < Runs; i++)
            {
                byte[] actual = await File.ReadAllBytesAsync(Path.Combine(outputs, string.Create(CultureInfo.InvariantCulture, $"out_{i}.bin")), TestContext.Current.CancellationToken);
                Assert.True(expected[i].AsSpan().SequenceEqual(actual), $"Run {i} with {threads} threads and {string.Join(", ", disabled)} = 0 gives other bits.");
            }
        }
    }

    [Fact]
    public void A_user_who_writes_differently_is_learned_from_100_samples_and_remembered()
    {
        using TempFolder folder = new();
        using Model model = Model.Load(cnn.Int8);
        (Dataset user, Dataset test) = Shifted(10_000);
        FineTuneOptions options = new() { Scheme = UpdateScheme.LastLayers(2), Threads = 1, SavePath = Path.Combine(folder.Path, "user.edgedelta") };
        FineTuneResult result = FineTuner.Tune(model, user, options, test);
        Report("last:2", result);
        Assert.True(result.After["accuracy"] >= result.Before["accuracy"] + 0.25, $"before {result.Before}, after {result.After}");
        Assert.True(result.Elapsed.TotalSeconds < 10, $"{result.Elapsed.TotalSeconds} s of training");

        // The device is switched off here: file and saved state are all that is left.
        Assert.True(FineTuner.TryLoad(options.SavePath, out byte[]? saved));
        using Model again = Model.Load(cnn.Int8);
        using Model personal = again.Personalize(saved);
        Assert.Equal(result.Before["accuracy"], ModelEvaluator.Measure(again, test).Accuracy, 2e-3);   // the trainer's tail is float32 already
        Assert.Equal(result.After["accuracy"], ModelEvaluator.Measure(personal, test).Accuracy, 2e-4);
    }

    [Theory]
    [InlineData("last:1", 0.001f, 0.10)]
    [InlineData("bias", 0.01f, 0.10)]
    [InlineData("full", 0.001f, 0.25)]
    public void Every_scheme_learns_over_int8(string scheme, float rate, double gain)
    {
        using Model model = Model.Load(cnn.Int8);
        (Dataset user, Dataset test) = Shifted(2_000);
        FineTuneResult result = FineTuner.Tune(model, user, new FineTuneOptions { Scheme = UpdateScheme.Parse(scheme), Optimizer = new Adam(rate), Threads = 1 }, test);
        Report(scheme, result);
        Assert.True(result.After["accuracy"] >= result.Before["accuracy"] + gain, $"before {result.Before}, after {result.After}");
        using Model personal = model.Personalize(result.Personalization);
        Assert.Equal(result.After["accuracy"], ModelEvaluator.Measure(personal, test).Accuracy, 1e-3);
    }

    /// <summary>100 labelled samples and a test set of digits that lean and are dark on white.</summary>
    private (Dataset User, Dataset Test) Shifted(int tests) => (
        DistributionShift.RotateAndInvert(cnn.Data.Train.Take(100, seed: 5, stratified: true), 30, invert: true),
        DistributionShift.RotateAndInvert(cnn.Data.Test.Slice(0, tests), 30, invert: true));

    private void Report(string scheme, FineTuneResult result) => output.WriteLine(
        $"{scheme}: {result.Before} before, {result.After} after {result.Steps} steps in {result.Elapsed.TotalSeconds:0.00} s, {result.TrainingBytes} bytes to train, {result.Personalization.Length} to keep");

    /// <summary>Runs the command in another process, without some instruction sets.</summary>
    private static async Task Edge(string[] disabled, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "edge.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string variable in disabled)
        {
            start.Environment[variable] = "0";
        }

        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync();
        string text = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        Assert.True(child.ExitCode == 0, $"edge {string.Join(' ', arguments)} ended with {child.ExitCode}:\n{text}\n{await errors}");
    }
}

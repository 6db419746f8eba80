using System.Runtime.InteropServices;
using Edge.Compiler;
using Edge.Format;
using Edge.Import;
using Edge.Learning.Data;
using Edge.Runtime;
using Edge.Tests.Harness;

namespace Edge.Conformance.Import;

/// <summary>Float networks of other frameworks become int8: no operator stays float32, and little is lost.</summary>
public sealed class QuantizedImportTests(ITestOutputHelper output)
{
    private const int CalibrationImages = 500;
    private const int Images = 10_000;
    private const int Pixels = 32 * 32 * 3;
    private const int GoldenSamples = 8;

    [Fact]
    public void ResNet_loses_at_most_half_a_point()
    {
        TrainTest data = Cifar10.Load(SharedData.Require("cifar10"));
        Graph graph = ModelImporter.Import(SourceModels.TflitePath("pretrainedResnet"));
        float[] images = new float[CalibrationImages * Pixels];
        for (int i = 0; i < CalibrationImages; i++)
        {
            Copy(data.Train.RawBytes(i), images.AsSpan(i * Pixels, Pixels));
        }

        QuantizationResult result = null!;
        TimeSpan time = SourceModels.Time(() => result = Quantizer.Quantize(graph, new CalibrationData(images)));
        Assert.Empty(result.Report.Float);
        Assert.Empty(FloatIslands.Find(result.Graph));
        int before = Right(graph, data.Test), after = Right(result.Graph, data.Test);
        output.WriteLine($"{before:N0} right in float32, {after:N0} in int8; quantized in {time.TotalSeconds:F1} s");
        Assert.InRange(before, 7_543, 7_553);
        Assert.True(after >= before - 50, $"{before:N0} right in float32, {after:N0} in int8.");
        Assert.True(time < TimeSpan.FromSeconds(20), $"It took {time.TotalSeconds:F1} s.");
    }

    /// <summary>The file, the golden inputs that fit it, and the decibels of the output that must be left.</summary>
    public static TheoryData<string, string, double> Networks => new()
    {
        { "tflite/pretrainedResnet.tflite", "pretrainedResnet", 20 },
        { "tflite/vww_96_float.tflite", "vww_96_float", 20 },
        { "tflite/ad01_fp32.tflite", "ad01_fp32", 20 },
        { "tflite/kws_ref_model_float32.tflite", "kws_ref_model_float32", 20 },
        { "onnx-peers/resnet8_fp32.onnx", "pretrainedResnet", 20 },
        { "onnx-peers/vww_fp32.onnx", "vww_96_float", 20 },
        { "onnx-peers/ad_fp32.onnx", "ad01_fp32", 20 },
        { "onnx-peers/kws_fp32.onnx", "kws_ref_model_float32", 20 },
        { "keras/pretrainedResnet.h5", "pretrainedResnet", 20 },
        { "keras/vww_96.h5", "vww_96_float", 20 },
        { "keras/ad01.h5", "ad01_fp32", 20 },
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void Nothing_stays_float_and_little_is_lost(string file, string golden, double decibels)
    {
        Graph graph = ModelImporter.Import(SharedData.Require("models/" + file), new ImportOptions { InputLayout = InputLayout.Nhwc });
        int elements = graph.Inputs[0].Shape.ElementCount;
        float[][] inputs = [.. Enumerable.Range(0, GoldenSamples).Select(i => Read($"golden/{golden}/in_{i}.bin"))];
        Assert.All(inputs, input => Assert.Equal(elements, input.Length));
        QuantizationResult result = Quantizer.Quantize(graph, new CalibrationData((float[])[.. inputs.SelectMany(static input => input)]));
        double snr = Snr(graph, result.Graph, inputs);
        output.WriteLine($"{file}: {snr:F1} dB, {result.Report.FileBytesBefore:N0} -> {result.Report.FileBytesAfter:N0} bytes, {result.Report.Float.Count} islands");
        Assert.Empty(result.Report.Float);
        Assert.Empty(FloatIslands.Find(result.Graph));
        Assert.True(snr > decibels, $"{snr:F1} dB; more than {decibels} is expected.");
    }

    /// <summary>Without golden inputs of their own: they take what the quantized networks of the same architecture take.</summary>
    [Theory]
    [InlineData("mobilenet_v1_025_128_fp32", "mobilenet_v1_0.25_128_quant", 20)]
    [InlineData("mobilenet_v2_fp32", "tf2_mobilenet_v2_1.0_224_ptq", 20)]
    public void MobileNet_stays_close(string onnx, string golden, double decibels)
    {
        (Graph graph, _) = OnnxPeerTests.Import(onnx, InputLayout.Nhwc);
        float[][] inputs = [.. Enumerable.Range(0, GoldenSamples).Select(i => File.ReadAllBytes(SharedData.Require($"golden/{golden}/in_{i}.bin")).Select(static pixel => (pixel / 127.5f) - 1).ToArray())];
        QuantizationResult result = Quantizer.Quantize(graph, new CalibrationData((float[])[.. inputs.SelectMany(static input => input)]));
        double snr = Snr(graph, result.Graph, inputs);
        output.WriteLine($"{onnx}: {snr:F1} dB, {result.Report.Float.Count} islands");
        Assert.Empty(result.Report.Float);
        Assert.True(snr > decibels, $"{snr:F1} dB; more than {decibels} is expected.");
    }

    private static double Snr(Graph expected, Graph actual, float[][] inputs)
    {
        using Model one = Model.Load(Compile.ToBytes(expected)), other = Model.Load(ModelEmitter.ToBytes(actual));
        using Session right = new(one), found = new(other);
        double signal = 0, noise = 0;
        foreach (float[] input in inputs)
        {
            input.CopyTo(right.Input<float>());
            input.CopyTo(found.Input<float>());
            right.Run();
            found.Run();
            for (int i = 0; i < right.Output<float>().Length; i++)
            {
                signal += Math.Pow(right.Output<float>()[i], 2);
                noise += Math.Pow(right.Output<float>()[i] - found.Output<float>()[i], 2);
            }
        }

        return 10 * Math.Log10(signal / noise);
    }

    private static int Right(Graph graph, Dataset test)
    {
        using Model model = Model.Load(Compile.ToBytes(graph));
        using Session session = new(model, new SessionOptions { Threads = Environment.ProcessorCount });
        int right = 0;
        for (int i = 0; i < Images; i++)
        {
            Copy(test.RawBytes(i), session.Input<float>());
            session.Run();
            ReadOnlySpan<float> scores = session.Output<float>();
            int largest = 0;                                             // ties go to the lower class
            for (int c = 1; c < scores.Length; c++)
            {
                largest = scores[c] > scores[largest] ? c : largest;
            }

            right += largest == test.Label(i) ? 1 : 0;
        }

        return right;
    }

    private static void Copy(ReadOnlySpan<byte> image, Span<float> pixels)
    {
        for (int i = 0; i < image.Length; i++)
        {
            pixels[i] = image[i];
        }
    }

    private static float[] Read(string path) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(SharedData.Require(path))).ToArray();
}

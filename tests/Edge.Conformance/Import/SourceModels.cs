using System.Diagnostics;
using Edge.Compiler;
using Edge.Import;
using Edge.Runtime;
using Edge.Tests.Harness;

namespace Edge.Conformance.Import;

/// <summary>The models of the data folder, imported.</summary>
internal static class SourceModels
{
    /// <summary>Names of the .tflite models.</summary>
    public static string[] TfliteNames { get; } =
    [
        "ad01_fp32", "ad01_int8", "hello_world_float", "hello_world_int8", "kws_ref_model", "kws_ref_model_float32", "mobilenet_v1_0.25_128_quant",
        "mobilenet_v2_1.0_224_quant", "pretrainedResnet", "pretrainedResnet_quant", "tf2_mobilenet_v2_1.0_224_ptq", "vww_96_float", "vww_96_int8",
    ];

    /// <summary>The path of a .tflite model.</summary>
    public static string TflitePath(string name) => SharedData.Require($"models/tflite/{name}.tflite");

    /// <summary>An imported model as a file without names.</summary>
    /// <param name="path">The source.</param>
    public static byte[] Convert(string path) => Compile.ToBytes(ModelImporter.Import(path), new EmitOptions { StripNames = true });

    /// <summary>An imported model, loaded.</summary>
    /// <param name="path">The source.</param>
    public static Model Load(string path) => Model.Load(Convert(path));

    /// <summary>How long something takes.</summary>
    public static TimeSpan Time(Action run)
    {
        long start = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(start);
    }
}

using Edge.Compiler;
using Edge.Format;
using Edge.Import;
using Edge.Runtime;

namespace Edge.Conformance.Import;

/// <summary>What imported models take: memory, bytes, time.</summary>
public sealed class TfliteFigureTests(ITestOutputHelper output)
{
    private static readonly TimeSpan s_most = TimeSpan.FromSeconds(5);

    /// <summary>Bytes of the arena at batch 1: the most that is needed at once, in places of whole cache lines.</summary>
    public static TheoryData<string, long> Arenas { get; } = new()
    {
        { "ad01_int8", 768 },
        { "ad01_fp32", 3_072 },
        { "kws_ref_model", 16_000 },
        { "kws_ref_model_float32", 64_000 },
        { "pretrainedResnet", 196_608 },
        { "pretrainedResnet_quant", 49_152 },
        { "vww_96_float", 294_912 },
        { "vww_96_int8", 73_728 },
        { "tf2_mobilenet_v2_1.0_224_ptq", 1_505_280 },
        { "mobilenet_v2_1.0_224_quant", 1_505_280 },
        { "mobilenet_v1_0.25_128_quant", 98_304 },
        { "hello_world_float", 128 },
        { "hello_world_int8", 128 },
    };

    public static TheoryData<string> Names { get; } = [.. SourceModels.TfliteNames];

    [Theory]
    [MemberData(nameof(Arenas))]
    public void The_arena_is_small(string name, long most)
    {
        using Model model = SourceModels.Load(SourceModels.TflitePath(name));
        output.WriteLine($"{name}: arena {model.InferenceBytes:N0} bytes, lower bound {model.InferenceLowerBoundBytes:N0}");
        Assert.True(model.InferenceBytes <= most, $"{name}: {model.InferenceBytes:N0} bytes; {most:N0} are allowed.");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_file_is_smaller_than_its_source(string name)
    {
        string path = SourceModels.TflitePath(name);
        long source = new FileInfo(path).Length, file = SourceModels.Convert(path).Length;
        output.WriteLine($"{name}: {file:N0} bytes, source {source:N0}");
        Assert.True(file < source, $"{name}: {file:N0} bytes; the .tflite file has {source:N0}.");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Conversion_is_quick_and_every_operator_is_converted(string name)
    {
        string path = SourceModels.TflitePath(name);
        SourceModel source = ModelImporter.Open(path);
        Assert.Equal("TFLite", source.Format);
        Assert.DoesNotContain(source.Operators, static op => op.Support == OperatorSupport.Missing);
        TimeSpan time = SourceModels.Time(() => SourceModels.Convert(path));
        output.WriteLine($"{name}: {time.TotalMilliseconds:N0} ms");
        Assert.True(time < s_most, $"{name}: {time.TotalSeconds:N1} s; {s_most.TotalSeconds} s are allowed.");
    }

    [Theory]
    [InlineData("pretrainedResnet", DataType.Float32, "float32 [1, 32, 32, 3]")]
    [InlineData("pretrainedResnet_quant", DataType.Int8, "int8 [1, 32, 32, 3]")]
    [InlineData("mobilenet_v1_0.25_128_quant", DataType.UInt8, "uint8 [1, 128, 128, 3]")]
    public void Inputs_and_outputs_keep_type_shape_and_name(string name, DataType type, string input)
    {
        string path = SourceModels.TflitePath(name);
        SourceModel source = ModelImporter.Open(path);
        Graph graph = source.Build();
        Assert.Equal(input, graph.Inputs.Single().Spec.ToString());
        Assert.Equal(type, graph.Outputs.Single().Type);
        Assert.Equal(source.Inputs.Single().Name, graph.Inputs.Single().Name);
        Assert.Equal(source.Outputs.Single().Name, graph.Outputs.Single().Name);
    }
}

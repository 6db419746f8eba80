using System.IO.Compression;
using Edge.Compiler;
using Edge.Format;
using Edge.Import;
using Edge.Import.Hdf5;
using Edge.Import.Keras;
using Edge.Runtime;

namespace Edge.Tests.Import.Keras;

/// <summary>Every layer in the files that assets/make.py writes, as Keras 2 and Keras 3 do, against the outputs that it computes in float64.</summary>
public sealed class KerasLayerTests
{
    private const double Tolerance = 2e-5;
    private static readonly Dictionary<string, byte[]> Files = ReadFiles();

    /// <summary>Names of the files.</summary>
    public static TheoryData<string> Names => [.. AllNames];

    /// <summary>Names of the files, without those made to do harm.</summary>
    public static IEnumerable<string> AllNames => Files.Keys.Where(static name => !name.StartsWith("hostile/", StringComparison.Ordinal));

    /// <summary>The bytes of a file.</summary>
    public static byte[] File(string name) => Files[name];

    /// <summary>The bytes of a file made to do harm.</summary>
    public static byte[] Hostile(string name) => Files["hostile/" + name];

    [Theory]
    [MemberData(nameof(Names))]
    public void Computes_what_Keras_computes(string name)
    {
        byte[] file = Files[name];
        KerasModel model = Open(name, file, new ImportOptions());
        Graph graph = model.Build();
        graph.Validate();
        Hdf5Object tests = TestsOf(name);
        Assert.Equal(model.Inputs.Select(static input => input.Name), graph.Inputs.Select(static input => input.Name));
        Assert.Equal("mean_squared_error", graph.Metadata["training.loss"]);
        using Model loaded = Model.Load(ModelEmitter.ToBytes(graph));
        using Session session = new(loaded);
        Fill(session, graph, tests);
        session.Run();
        Assert.Equal(tests.Links.Keys.Count(static key => key.StartsWith("output", StringComparison.Ordinal)), graph.Outputs.Count);
        for (int o = 0; o < graph.Outputs.Count; o++)
        {
            Hdf5Dataset expected = tests.Find($"output_{o}")!.Dataset();
            Assert.Equal(expected.Sizes, graph.Outputs[o].Shape.Axes.ToArray());
            float[] values = expected.Singles();
            ReadOnlySpan<float> actual = session.Output<float>(o);
            for (int i = 0; i < values.Length; i++)
            {
                double error = Math.Abs((double)values[i] - actual[i]) / Math.Max(1, Math.Abs(values[i]));
                Assert.True(error <= Tolerance, $"Output {o}, element {i}: {values[i]} became {actual[i]}.");
            }
        }
    }

    /// <summary>A batch of two, which the files do not state, gives the same for both.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Batch_stays_open(string name)
    {
        Graph graph = Open(name, Files[name], new ImportOptions()).Build();
        using Model loaded = Model.Load(ModelEmitter.ToBytes(graph));
        using Session one = new(loaded), two = new(loaded, new SessionOptions { BatchSize = 2 });
        Fill(one, graph, TestsOf(name));
        for (int i = 0; i < graph.Inputs.Count; i++)
        {
            Span<byte> single = one.Input<byte>(i), pair = two.Input<byte>(i);
            Assert.Equal(2 * single.Length, pair.Length);
            single.CopyTo(pair);
            single.CopyTo(pair[single.Length..]);
        }

        one.Run();
        two.Run();
        for (int o = 0; o < graph.Outputs.Count; o++)
        {
            ReadOnlySpan<float> expected = one.Output<float>(o), actual = two.Output<float>(o);
            Assert.Equal(2 * expected.Length, actual.Length);
            for (int i = 0; i < actual.Length; i++)
            {
                Assert.Equal(expected[i % expected.Length], actual[i], 1e-5);
            }
        }
    }

    private static Hdf5Object TestsOf(string name) =>
        Hdf5File.Open(name.EndsWith(".keras", StringComparison.Ordinal) ? new KerasArchive(Files[name], ImportLimits.Default).Bytes("model.weights.h5") : Files[name], ImportLimits.Default).Root.Find("test")!;

    private static void Fill(Session session, Graph graph, Hdf5Object tests)
    {
        for (int i = 0; i < graph.Inputs.Count; i++)
        {
            float[] input = tests.Find($"input_{i}")!.Dataset().Singles();
            if (graph.Inputs[i].Type == DataType.Int32)
            {
                Array.ConvertAll(input, static value => (int)value).CopyTo(session.Input<int>(i));
            }
            else
            {
                input.CopyTo(session.Input<float>(i));
            }
        }
    }

    internal static KerasModel Open(string name, byte[] file, ImportOptions options) =>
        name.EndsWith(".keras", StringComparison.Ordinal) ? KerasFormat.OpenArchive(file, options) : KerasFormat.OpenLegacy(file, options);

    private static Dictionary<string, byte[]> ReadFiles()
    {
        using FileStream packed = System.IO.File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Import", "Keras", "assets", "layers.zip.gz"));
        using GZipStream stream = new(packed, CompressionMode.Decompress);
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        using ZipArchive archive = new(bytes, ZipArchiveMode.Read);
        Dictionary<string, byte[]> files = new(StringComparer.Ordinal);
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            using Stream content = entry.Open();
            using MemoryStream copy = new();
            content.CopyTo(copy);
            files.Add(entry.FullName, copy.ToArray());
        }

        return files;
    }
}

using System.Buffers.Binary;
using System.IO.Compression;
using Edge.Compiler;
using Edge.Import;
using Edge.Import.Keras;
using Edge.Runtime;

namespace Edge.Tests.Import.Keras;

/// <summary>Files made to do harm, and models that cannot be converted: refused by name, nothing run, nothing opened.</summary>
public sealed class KerasHostileTests
{
    private const string Seed = "dense.keras";

    /// <summary>CVE-2026-1669: a weight whose data, or whose group, lies in another file of the machine.</summary>
    [Theory]
    [InlineData("external-storage.h5", "external storage")]
    [InlineData("external-storage.keras", "external storage")]
    [InlineData("external-link.h5", "link out of the file")]
    [InlineData("external-link.keras", "link out of the file")]
    [InlineData("virtual.h5", "virtual")]
    public void Refuses_weights_of_other_files(string name, string reason) => AssertRefused(name, KerasLayerTests.Hostile(name), reason);

    [Theory]
    [InlineData("deflate-bomb.h5", "unpacks to more than")]
    [InlineData("huge-chunked.h5", "are allowed")]
    [InlineData("huge-elements.h5", "elements are allowed")]
    [InlineData("soft-circle.h5", "circle")]
    public void Refuses_weights_that_cost_too_much(string name, string reason) => AssertRefused(name, KerasLayerTests.Hostile(name), reason);

    [Fact]
    public void Refuses_a_zip_bomb_by_what_it_states()
    {
        byte[] file = KerasFuzzTests.WithConfig(KerasLayerTests.File(Seed), static config => config + new string(' ', 100 << 20));
        Assert.True(file.Length < 1 << 20);
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertRefused(Seed, file, "are allowed");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    [Fact]
    public void Refuses_a_zip_bomb_that_lies()
    {
        byte[] file = KerasFuzzTests.WithConfig(KerasLayerTests.File(Seed), static config => config + new string(' ', 100 << 20));

        // The sizes in the directory at the end, and before the entry.
        for (int i = 0; i + 30 < file.Length; i++)
        {
            int size = file.AsSpan(i).StartsWith("PK\u0001\u0002"u8) ? i + 24 : file.AsSpan(i).StartsWith("PK\u0003\u0004"u8) ? i + 22 : -1;
            if (size > 0 && BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(size)) > 50 << 20)
            {
                BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(size), 100);
            }
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertRefused(Seed, file, "config.json");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    [Theory]
    [InlineData("../../evil.txt")]
    [InlineData("/etc/evil")]
    [InlineData("C:\\evil")]
    [InlineData("assets/../../evil")]
    public void Refuses_entries_whose_paths_lead_out(string entry)
    {
        using MemoryStream bytes = new();
        bytes.Write(KerasLayerTests.File(Seed));
        using (ZipArchive archive = new(bytes, ZipArchiveMode.Update, leaveOpen: true))
        {
            archive.CreateEntry(entry).Open().Dispose();
        }

        AssertRefused(Seed, bytes.ToArray(), "leads out of it");
    }

    [Theory]
    [InlineData("Lambda", "Python code")]
    [InlineData("TFSMLayer", "outside of this file")]
    [InlineData("TensorFlowOpLayer", "TensorFlow function")]
    [InlineData("QuantizeWrapper", "TFLite")]
    [InlineData("QuantizeWrapperV2", "TFLite")]
    [InlineData("PruneLowMagnitude", "strip_pruning")]
    [InlineData("Masking", "masks")]
    [InlineData("TextVectorization", "your side")]
    [InlineData("Attention2", "not known")]
    public void Names_the_layer_it_refuses_and_a_way_out(string kind, string hint)
    {
        byte[] file = KerasFuzzTests.WithConfig(KerasLayerTests.File(Seed), config => config.Replace("\"Dense\"", $"\"{kind}\"", StringComparison.Ordinal));
        KerasModel model = KerasFormat.OpenArchive(file, new ImportOptions());
        SourceOperator op = Assert.Single(model.Operators);
        Assert.Equal((kind, "layer", OperatorSupport.Missing), (op.Kind, op.Name, op.Support));
        Assert.Contains(hint, op.Note, StringComparison.Ordinal);
        AssertRefused(Seed, file, kind);
    }

    [Theory]
    [InlineData("{\"start\": null, \"stop\": null, \"step\": null}}, 0]", "{\"start\": 1, \"stop\": null, \"step\": null}}, 0]", "part of the batch")]
    [InlineData("\"step\": null}}, 0]", "\"step\": null}}, 9]", "element 9 of an axis of 4")]
    [InlineData("\"step\": null}}, 0]", "\"step\": null}}, \"a\"]", "whole numbers, slices")]
    [InlineData("\"stop\": 5, \"step\": 2", "\"stop\": 5, \"step\": 0", "step 0")]
    [InlineData("\"stop\": 5, \"step\": 2", "\"stop\": 1, \"step\": 2", "takes nothing")]
    public void Refuses_slices_that_cannot_be_taken(string found, string replacement, string hint)
    {
        const string Slices = "slices.keras";
        byte[] file = KerasFuzzTests.WithConfig(KerasLayerTests.File(Slices), config => config.Replace(found, replacement, StringComparison.Ordinal));
        AssertRefused(Slices, file, hint);
    }

    [Fact]
    public void Names_custom_classes()
    {
        byte[] file = KerasFuzzTests.WithConfig(KerasLayerTests.File(Seed), static config =>
            config.Replace("\"module\": \"keras.layers\", \"class_name\": \"Dense\"", "\"module\": \"mine\", \"class_name\": \"Dense\"", StringComparison.Ordinal));
        AssertRefused(Seed, file, "mine.Dense");
        file = KerasFuzzTests.WithConfig(KerasLayerTests.File(Seed), static config =>
            config.Replace("{\"module\": \"keras\", \"class_name\": \"Functional\"", "{\"module\": \"mine\", \"class_name\": \"Functional\"", StringComparison.Ordinal));
        AssertRefused(Seed, file, "mine.Functional");
    }

    [Theory]
    [InlineData("\"kwargs\": {}", "\"kwargs\": {\"training\": true}", "batchnorm.keras", "training=True")]
    [InlineData("{\"name\": \"float32\"}", "{\"name\": \"int8_from_float32\"}", "dense.keras", "quantized by Keras")]
    [InlineData("\"activation\": \"tanh\"", "\"activation\": \"my_function\"", "dense.keras", "my_function")]
    [InlineData("\"recurrent_activation\": \"sigmoid\"", "\"recurrent_activation\": \"mish\"", "lstm-last.keras", "recurrent_activation")]
    [InlineData("\"class_name\": \"Dense\", \"config\": {\"name\": \"inner\"", "\"class_name\": \"Lambda\", \"config\": {\"name\": \"inner\"", "timedistributed-dense.keras", "Python code")]
    public void Names_the_option_it_refuses(string from, string to, string name, string reason)
    {
        byte[] file = KerasFuzzTests.WithConfig(KerasLayerTests.File(name), config =>
        {
            Assert.Contains(from, config, StringComparison.Ordinal);
            return config.Replace(from, to, StringComparison.Ordinal);
        });
        AssertRefused(name, file, reason);
    }

    /// <summary>A mask matters where a layer heeds it, and nowhere else.</summary>
    [Fact]
    public void Refuses_masks_that_a_layer_would_heed()
    {
        byte[] alone = KerasFuzzTests.WithConfig(KerasLayerTests.File("embedding.keras"), static config => config.Replace("\"mask_zero\": false", "\"mask_zero\": true", StringComparison.Ordinal));
        Assert.NotEmpty(KerasFormat.OpenArchive(alone, new ImportOptions()).Build().Nodes);
        const string Pool = "{\"module\": \"keras.layers\", \"class_name\": \"GlobalAveragePooling1D\", \"config\": {\"name\": \"pool\"}, \"name\": \"pool\", \"inbound_nodes\": [{\"args\": [{\"class_name\": " +
            "\"__keras_tensor__\", \"config\": {\"keras_history\": [\"layer\", 0, 0]}}], \"kwargs\": {}}]}";
        byte[] heeded = KerasFuzzTests.WithConfig(alone, static config => config.Replace("], \"input_layers\"", $", {Pool}], \"input_layers\"", StringComparison.Ordinal));
        AssertRefused("embedding.keras", heeded, "mask_zero");
    }

    /// <summary>Content and name decide together which importer reads a file.</summary>
    [Theory]
    [InlineData("dense.keras", "model.keras")]
    [InlineData("dense.keras", "renamed.zip")]
    [InlineData("dense.k2.h5", "model.h5")]
    [InlineData("dense.k3.h5", "renamed.bin")]
    public void Files_are_recognized(string name, string path)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            path = Path.Combine(folder, path);
            File.WriteAllBytes(path, KerasLayerTests.File(name));
            SourceModel model = ModelImporter.Open(path);
            Assert.Equal("Keras", model.Format);
            Assert.Equal("input_1: float32 [?, 6]", Assert.Single(model.Inputs).ToString());
            Assert.Equal("layer: float32 [?, 4]", Assert.Single(model.Outputs).ToString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Refuses_3000_levels_of_JSON()
    {
        string deep = string.Concat(Enumerable.Repeat("{\"a\":[", 1500)) + string.Concat(Enumerable.Repeat("]}", 1500));
        AssertRefused(Seed, KerasFuzzTests.WithConfig(KerasLayerTests.File(Seed), _ => deep), "JSON");
    }

    [Fact]
    public void Refuses_models_nested_too_deep()
    {
        string config = "{\"class_name\": \"Dense\", \"config\": {}}";
        for (int i = 0; i < 100; i++)
        {
            config = $"{{\"class_name\": \"Sequential\", \"config\": {{\"name\": \"level_{i}\", \"layers\": [{config}]}}}}";
        }

        AssertRefused(Seed, KerasFuzzTests.WithConfig(KerasLayerTests.File(Seed), _ => config), "nested");
    }

    [Theory]
    [InlineData("[\"input_1\", 0, 0]", "[\"layer\", 0, 0]", "circle")]
    [InlineData("[\"input_1\", 0, 0]", "[\"nobody\", 0, 0]", "nobody")]
    [InlineData("[\"input_1\", 0, 0]", "[\"input_1\", 5, 0]", "call 5")]
    [InlineData("[\"layer\", 0, 0]", "[\"layer\", 0, 3]", "output 3")]
    [InlineData("[null, 6]", "[null, 2147483647]", "")]
    [InlineData("[null, 6]", "[null, 7]", "kernel")]
    [InlineData("[null, 6]", "[null, null]", "state its shape")]
    [InlineData("[null, 6]", "[null, -6]", "sizes")]
    [InlineData("[null, 6]", "[1, 1, 1, 1, 1, 1, 1, 1, 1]", "axes")]
    public void Refuses_graphs_that_cannot_be(string from, string to, string reason)
    {
        byte[] file = KerasFuzzTests.WithConfig(KerasLayerTests.File(Seed), config =>
        {
            Assert.Contains(from, config, StringComparison.Ordinal);
            string edited = config.Replace($"\"keras_history\": {from}", $"\"keras_history\": {to}", StringComparison.Ordinal);
            return edited != config ? edited : config.Replace(from, to, StringComparison.Ordinal);
        });
        AssertRefused(Seed, file, reason);
    }

    /// <summary>Every level calls the one below twice: 2^40 calls of a file of a few kilobytes.</summary>
    [Fact]
    public void Refuses_models_that_multiply()
    {
        string inner = Level(0, "{\"class_name\": \"ReLU\", \"config\": {\"name\": \"inner\"}, \"name\": \"inner\", \"inbound_nodes\": [[[\"in\", 0, 0, {}]], [[\"inner\", 0, 0, {}]]]}", 0);
        for (int i = 1; i < 40; i++)
        {
            inner = Level(i, $"{{\"class_name\": \"Functional\", \"config\": {inner}, \"name\": \"inner\", \"inbound_nodes\": [[[\"in\", 0, 0, {{}}]], [[\"inner\", 1, 0, {{}}]]]}}", 1);
        }

        AssertRefused(Seed, KerasFuzzTests.WithConfig(KerasLayerTests.File(Seed), _ => $"{{\"class_name\": \"Functional\", \"config\": {inner}}}"), "are allowed");

        static string Level(int number, string layer, int first) =>
            $"{{\"name\": \"level_{number}\", \"layers\": [{{\"class_name\": \"InputLayer\", \"config\": {{\"batch_input_shape\": [null, 4], \"name\": \"in\"}}, \"name\": \"in\", \"inbound_nodes\": []}}, {layer}], " +
            $"\"input_layers\": [[\"in\", 0, 0]], \"output_layers\": [[\"inner\", {first + 1}, 0]]}}";
    }

    [Fact]
    public void Says_what_to_do_about_weights_without_a_model()
    {
        AssertRefused("weights-only.h5", KerasLayerTests.Hostile("weights-only.h5"), "weights only");
    }

    /// <summary>What a stateful layer remembers goes on from run to run, and begins anew with a reset.</summary>
    [Theory]
    [InlineData("lstm-last.keras")]
    [InlineData("gru-last.keras")]
    [InlineData("simple_rnn-last.keras")]
    public void Stateful_layers_remember(string name)
    {
        byte[] file = KerasFuzzTests.WithConfig(KerasLayerTests.File(name), static config => config
            .Replace("\"stateful\": false", "\"stateful\": true", StringComparison.Ordinal).Replace("\"return_sequences\": false", "\"return_sequences\": true", StringComparison.Ordinal));
        byte[] whole = KerasFuzzTests.WithConfig(KerasLayerTests.File(name), static config => config
            .Replace("\"return_sequences\": false", "\"return_sequences\": true", StringComparison.Ordinal).Replace("[null, 5, 3]", "[null, 10, 3]", StringComparison.Ordinal));
        Graph graph = KerasFormat.OpenArchive(file, new ImportOptions()).Build(), longer = KerasFormat.OpenArchive(whole, new ImportOptions()).Build();
        using Model model = Model.Load(ModelEmitter.ToBytes(graph)), reference = Model.Load(ModelEmitter.ToBytes(longer));
        using Session session = new(model), once = new(reference);
        float[] input = Compiler.GraphRunner.Values(30, 1);
        input.CopyTo(once.Input<float>(0));
        once.Run();
        for (int round = 0; round < 2; round++)
        {
            for (int half = 0; half < 2; half++)
            {
                input.AsSpan(15 * half, 15).CopyTo(session.Input<float>(0));
                session.Run();
                for (int i = 0; i < 20; i++)
                {
                    Assert.Equal(once.Output<float>(0)[(20 * half) + i], session.Output<float>(0)[i], 1e-6);
                }
            }

            session.Reset();
        }
    }

    private static void AssertRefused(string name, byte[] file, string reason)
    {
        ModelImportException error = Assert.Throws<ModelImportException>(() => ModelImporter.Guard(name, () => KerasLayerTests.Open(name, file, new ImportOptions()).Build()));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.True(error.Message.Length < 2000, error.Message);
        Assert.StartsWith(name, error.Message, StringComparison.Ordinal);
    }
}

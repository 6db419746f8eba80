using System.Diagnostics;
using System.Globalization;
using Edge.Import;
using Edge.Tests.Learning.Data;
using static Edge.Tests.Import.Onnx.OnnxModelTests;
using static Edge.Tests.Import.Onnx.OnnxWriter;

namespace Edge.Tests.Import.Onnx;

/// <summary>ONNX files that want more than to be converted, each refused by name.</summary>
public sealed class OnnxHostileTests
{
    /// <summary>CVE-2022-25882 and CVE-2024-27318: external data must not lead out of the model's folder.</summary>
    [Theory]
    [InlineData("../secret.bin")]
    [InlineData("a/../../secret.bin")]
    [InlineData("./../secret.bin")]
    [InlineData("..\\secret.bin")]
    [InlineData("/etc/passwd")]
    [InlineData("C:\\secret.bin")]
    [InlineData("file:secret.bin")]
    [InlineData("sub//secret.bin")]
    [InlineData("")]
    [InlineData("a\0b")]
    public void External_data_outside_the_folder_are_refused(string location)
    {
        using TempFolder folder = new();
        folder.Write("secret.bin", new byte[64]);
        string path = folder.Write("models/model.onnx", WithData(("location", location)));
        Assert.Contains("plain name", Assert.Throws<ModelImportException>(() => ModelImporter.Import(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Links_out_of_the_folder_are_refused(bool folderLink)
    {
        using TempFolder folder = new();
        string secret = folder.Write("outside/secret.bin", new byte[64]);
        string path = folder.Write("models/model.onnx", WithData(("location", folderLink ? "link/secret.bin" : "link")));
        string link = Path.Combine(Path.GetDirectoryName(path)!, "link");
        if (folderLink)
        {
            Directory.CreateSymbolicLink(link, Path.GetDirectoryName(secret)!);
        }
        else
        {
            File.CreateSymbolicLink(link, secret);
        }

        Assert.Contains("link out of", Assert.Throws<ModelImportException>(() => ModelImporter.Import(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Links_inside_the_folder_are_followed()
    {
        using TempFolder folder = new();
        string data = folder.Write("models/data.bin", new byte[64]);
        string path = folder.Write("models/model.onnx", WithData(("location", "link")));
        File.CreateSymbolicLink(Path.Combine(Path.GetDirectoryName(path)!, "link"), data);
        Assert.Single(ModelImporter.Import(path).Nodes);
    }

    [Fact]
    public void Hard_links_are_refused()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("The link is made with ln, which is asked for on Linux only.");
        }

        using TempFolder folder = new();
        string secret = folder.Write("outside/secret.bin", new byte[64]);
        string path = folder.Write("models/model.onnx", WithData(("location", "data.bin")));
        using (Process link = Process.Start("ln", [secret, Path.Combine(Path.GetDirectoryName(path)!, "data.bin")]))
        {
            link.WaitForExit();
        }

        Assert.Contains("hard links", Assert.Throws<ModelImportException>(() => ModelImporter.Import(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("offset", "61")]
    [InlineData("offset", "-4")]
    [InlineData("offset", "9223372036854775807")]
    [InlineData("offset", "x")]
    [InlineData("length", "12")]
    [InlineData("length", "18446744073709551615")]
    public void External_data_beyond_the_file_are_refused(string key, string value)
    {
        using TempFolder folder = new();
        folder.Write("data.bin", new byte[64]);
        string path = folder.Write("model.onnx", WithData(("location", "data.bin"), (key, value)));
        Assert.Throws<ModelImportException>(() => ModelImporter.Import(path));
    }

    /// <summary>CVE-2025-53630 is of this kind: products of sizes that overflow let a small buffer pass for a large tensor.</summary>
    [Theory]
    [InlineData(new[] { 4294967297L, 1L })]
    [InlineData(new[] { 65536L, 65536L, 65536L, 65536L })]
    [InlineData(new[] { 9223372036854775807L, 2L })]
    [InlineData(new[] { -1L, -4L })]
    [InlineData(new[] { -1L })]
    [InlineData(new[] { 2147483647L, 2147483647L })]
    [InlineData(new[] { 1L, 1L, 1L, 1L, 1L, 1L, 1L, 1L, 4L })]
    public void Sizes_that_overflow_are_refused(long[] sizes) => Assert.Throws<ModelImportException>(() =>
        OnnxModelTests.Import(Model(Graph([Node("Add", ["x", "k"], ["y"])], [Value("x", 4)], [Value("y", 4)], [Tensor("k", 1, sizes, new byte[16])]))));

    [Fact]
    public void Large_sizes_without_data_cost_nothing()
    {
        Check(Graph([Node("Relu", ["x"], ["y"])], [Value("x", 1, 2147483647L, 2147483647L)], [Value("y", 1)]));
        Check(Graph([Node("Add", ["x", "k"], ["y"])], [Value("x", 4)], [Value("y", 4)], [Tensor("k", 1, [1L << 30], [])]));
        Check(Graph([Node("ConstantOfShape", ["s"], ["k"]), Node("Add", ["x", "k"], ["y"])], [Value("x", 1)], [Value("y", 1)], [Tensor("s", 30000L, 60000L)]));
        Check(Graph([Node("Range", ["a", "b", "d"], ["k"]), Node("Add", ["x", "k"], ["y"])], [Value("x", 1)], [Value("y", 1)], [Number("a", 0), Number("b", 1L << 40), Number("d", 1)]));
        Check(Graph([Node("Pad", ["x", "p"], ["y"])], [Value("x", 1)], [Value("y", 1)], [Tensor("p", 0L, 1L << 62)]));
        Check(Graph([Node("EyeLike", ["x"], ["y"], Attribute("dtype", 1L))], [Value("x", 40000, 40000)], [Value("y", 1)]));
        Check(Graph([Node("Trilu", ["x"], ["y"])], [Value("x", 40000, 40000)], [Value("y", 1)]));

        static byte[] Number(string name, long value) => Tensor(name, 7, [], BitConverter.GetBytes(value));

        static void Check(byte[] graph)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<ModelImportException>(() => OnnxModelTests.Import(Model(graph)));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256L << 20);
        }
    }

    [Fact]
    public void Cycles_are_refused()
    {
        Refused(Model(Graph([Node("Relu", ["b"], ["a"]), Node("Relu", ["a"], ["b"])], [Value("x", 1)], [Value("b", 1)])), "free of cycles");
        Refused(Model(Graph([Node("Add", ["x", "y"], ["y"])], [Value("x", 1)], [Value("y", 1)])), "free of cycles");
    }

    [Fact]
    public void Functions_that_call_themselves_are_refused()
    {
        byte[] call = Graph([Node("local", "A", ["x"], ["y"])], [Value("x", 1)], [Value("y", 1)]);
        byte[] a = Function("A", ["x"], ["y"], [Node("local", "B", ["x"], ["y"])]), b = Function("B", ["x"], ["y"], [Node("local", "A", ["x"], ["y"])]);
        Refused(Model(call, 17, a, b), "call themselves");
    }

    [Fact]
    public void Functions_that_double_at_every_level_are_refused_early()
    {
        byte[][] functions = [.. Enumerable.Range(0, 40).Select(static level => Function(
            $"F{level}",
            ["x"],
            ["y"],
            level == 0 ? [Node("Relu", ["x"], ["y"])] : [Node("local", $"F{level - 1}", ["x"], ["t"]), Node("local", $"F{level - 1}", ["t"], ["y"])]))];
        Stopwatch watch = Stopwatch.StartNew();
        Refused(Model(Graph([Node("local", "F39", ["x"], ["y"])], [Value("x", 1)], [Value("y", 1)]), 17, functions), "65,536");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), watch.Elapsed.ToString("c", CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Three_thousand_branches_inside_each_other_are_refused()
    {
        byte[] graph = Graph([Node("Relu", ["x"], ["y"])], [], [Value("y", 1)]);
        for (int i = 0; i < 3000; i++)
        {
            graph = Graph([Node("If", ["c"], ["y"], Attribute("then_branch", 6, graph))], [], [Value("y", 1)]);
        }

        Refused(Model(graph), "nested deeper");
    }

    [Fact]
    public void A_window_or_an_axis_that_does_not_exist_is_refused()
    {
        byte[] x = Value("x", 1, 1, 4, 4), y = Value("y", 1);
        Refused(Model(Graph([Node("MaxPool", ["x"], ["y"], Attribute("kernel_shape", [int.MaxValue, 1L]))], [x], [y])), "kernel_shape");
        Refused(Model(Graph([Node("MaxPool", ["x"], ["y"], Attribute("kernel_shape", [2L, 2L]), Attribute("strides", [0L, 1L]))], [x], [y])), "strides");
        Refused(Model(Graph([Node("Softmax", ["x"], ["y"], Attribute("axis", 9L))], [x], [y])), "axis is 9");
        Refused(Model(Graph([Node("Transpose", ["x"], ["y"], Attribute("perm", [0L, 0L, 1L, 2L]))], [x], [y])), "perm");
        Refused(Model(Graph([Node("Concat", ["x", "x"], ["y"], Attribute("axis", long.MinValue))], [x], [y])), "axis");
    }

    [Fact]
    public void Unknown_opsets_types_and_values_are_refused()
    {
        byte[] graph = Graph([Node("Relu", ["x"], ["y"])], [Value("x", 1)], [Value("y", 1)]);
        Refused(Model(graph, 99), "operator set 99");
        Refused(Model(Graph([Node("Relu", ["x"], ["y"])], [Typed("x", 8, 1)], [Value("y", 1)])), "STRING");
        Refused(Model(Graph([Node("Unheard", ["x"], ["y"])], [Value("x", 1)], [Value("y", 1)])), "Unheard");
        Refused(Model(Graph([Node("strange", "Relu", ["x"], ["y"])], [Value("x", 1)], [Value("y", 1)])), "'strange'");
        Refused(Model(Graph([Node("Add", ["x"], ["y"])], [Value("x", 1)], [Value("y", 1)])), "input 1 is left out");
    }

    private static byte[] WithData(params (string, string)[] entries) =>
        Model(Graph([Node("Add", ["x", "k"], ["y"])], [Value("x", 4)], [Value("y", 4)], [External("k", [4], entries)]));
}

using System.Diagnostics;
using Edge.Import;
using Edge.Import.TensorFlow.Messages;
using Edge.Tests.Learning.Data;
using Google.Protobuf;
using static Edge.Tests.Import.TensorFlow.GraphWriter;
using static Edge.Tests.Import.TensorFlow.Operand;

namespace Edge.Tests.Import.TensorFlow;

/// <summary>Files made to hurt: cycles, recursion, depth, sizes that overflow, divisors of zero, names that lead elsewhere. Numbers of known weaknesses of other programs stand beside.</summary>
public sealed class TensorFlowHostileTests
{
    private static readonly (string, byte[])[] s_valid = [("strides", Integers(1, 1, 1, 1)), ("padding", Text("VALID"))];

    [Fact]
    public void A_cycle_is_refused() => Refused(new GraphWriter().Add("a", "Relu", ["b"]).Add("b", "Relu", ["a"]).Add("y", "Relu", ["a"]).ToGraph(), "computed from itself");

    [Fact]
    public void A_call_that_feeds_itself_is_refused() => Refused(
        new GraphWriter().Add("call", "Same", ["call"]).Add("y", "Relu", ["call"]).Function("Same", ["a"], [("r", "a")], []).ToGraph(), "steps");

    [Fact]
    public void A_function_that_calls_itself_is_refused()
    {
        Refused(new GraphWriter().Input("x", TensorFlowType.Float, 1).Add("y", "F", ["x"]).Function("F", ["a"], [("r", "n:r:0")], [Node("n", "F", ["a"])]).ToGraph(), "calls itself");
        Refused(
            new GraphWriter().Input("x", TensorFlowType.Float, 1).Add("y", "PartitionedCall", ["x"], ("f", FunctionOf("F")))
                .Function("F", ["a"], [("r", "n:r:0")], [Node("n", "G", ["a"])])
                .Function("G", ["a"], [("r", "n:output:0")], [Node("n", "StatefulPartitionedCall", ["a"], ("f", FunctionOf("F")))]).ToGraph(),
            "calls itself");
    }

    [Theory]
    [InlineData(3000)]
    [InlineData(65)]
    public void Calls_nested_too_deep_are_refused(int depth)
    {
        GraphWriter writer = new GraphWriter().Input("x", TensorFlowType.Float, 1).Add("y", "F0", ["x"]);
        for (int i = 0; i < depth; i++)
        {
            writer.Function($"F{i}", ["a"], [("r", "n:r:0")], [Node("n", i == depth - 1 ? "Relu" : $"F{i + 1}", ["a"])]);
        }

        Refused(writer.ToGraph(), "calls deep");
    }

    [Fact]
    public void Functions_that_double_at_every_level_are_refused()
    {
        GraphWriter writer = new GraphWriter().Input("x", TensorFlowType.Float, 1).Add("y", "F0", ["x"]);
        for (int i = 0; i < 60; i++)
        {
            writer.Function($"F{i}", ["a"], [("r", "second:r:0")], [Node("first", $"F{i + 1}", ["a"]), Node("second", $"F{i + 1}", ["first:r:0"])]);
        }

        Refused(writer.Function("F60", ["a"], [("r", "a")], []).ToGraph(), "allowed");
    }

    [Fact]
    public void Messages_nested_3000_deep_are_refused()
    {
        byte[] attribute = Integer(1);
        for (int i = 0; i < 3000; i++)
        {
            byte[] inner = attribute;
            attribute = Message(value => Field(value, 10, Message(function => Field(function, 2, Entry("f", inner)))));
        }

        Refused(new GraphWriter().Add("y", "Const", [], ("value", attribute)).ToGraph(), "deeper");
    }

    [Fact]
    public void Groups_nested_3000_deep_are_refused() => Refused(
        [.. new GraphWriter().Input("x", TensorFlowType.Float, 1).Add("y", "Relu", ["x"]).ToGraph(), .. Enumerable.Repeat((byte)((9 << 3) | (int)WireFormat.WireType.StartGroup), 3000)], "malformed");

    [Fact]
    public void A_chain_of_thousands_of_nodes_is_no_recursion()
    {
        GraphWriter writer = new GraphWriter().Input("n0", TensorFlowType.Float, 1);
        for (int i = 1; i <= 20_000; i++)
        {
            writer.Add($"n{i}", "Identity", [$"n{i - 1}"]);
        }

        Assert.Single(ImportedGraph.Import(writer.ToGraph()).Outputs);
    }

    [Theory]
    [InlineData(-1, 4, "0 … 2147483647")]
    [InlineData(long.MinValue, 4, "0 … 2147483647")]
    [InlineData(1L << 32, 4, "0 … 2147483647")]
    [InlineData(1L << 31, 1L << 33, "0 … 2147483647")]
    [InlineData(int.MaxValue, int.MaxValue, "at most")]
    [InlineData(1 << 16, 1 << 16, "at most")]
    [InlineData(1 << 15, 1 << 15, "bytes")]
    public void Sizes_that_overflow_are_refused(long one, long other, string message) =>
        Refused(new GraphWriter().Add("c", "Const", [], ("value", Tensor(TensorFlowType.Float, [one, other], new byte[16]))).Add("y", "Relu", ["c"]).ToGraph(), message);       // CVE-2025-53630

    [Fact]
    public void One_value_for_gigabytes_is_refused() => Refused(
        new GraphWriter().Add("c", "Const", [], ("value", Message(attribute => Field(attribute, 8, Message(tensor =>
        {
            Field(tensor, 1, (long)TensorFlowType.Float);
            Field(tensor, 2, ShapeMessage(1 << 28));
            tensor.WriteTag(5, WireFormat.WireType.Fixed32);
            tensor.WriteFloat(1);
        }))))).Add("y", "Relu", ["c"]).ToGraph(),
        "allowed");

    public static TheoryData<string> HostileOperators => [.. Hostile().Select(static row => row.Note)];

    [Theory]
    [MemberData(nameof(HostileOperators))]
    public void Operators_with_hostile_values_are_refused(string note)
    {
        (_, string kind, Operand[] operands, (string, byte[])[] attributes) = Hostile().Single(row => row.Note == note);
        GraphWriter writer = new();
        for (int i = 0; i < operands.Length; i++)
        {
            _ = operands[i].IsConstant
                ? writer.Add($"in{i}", "Const", [], ("value", Tensor(operands[i].Type, operands[i].Sizes, operands[i].Bytes)))
                : writer.Input($"in{i}", operands[i].Type, operands[i].Sizes);
        }

        Refused(writer.Add("node", kind, operands.Select(static (_, i) => $"in{i}"), attributes).ToGraph(), kind);
    }

    private static IEnumerable<(string Note, string Kind, Operand[] Operands, (string, byte[])[] Attributes)> Hostile()
    {
        Operand image = In(new float[16], 1, 4, 4, 1), filter = Of([1f, 1, 1, 1], 2, 2, 1, 1), row = In([1f, 2, 3], 1, 3);
        yield return ("convolution with stride 0 (CVE-2021-29602)", "Conv2D", [image, filter], [("strides", Integers(1, 0, 0, 1)), ("padding", Text("SAME"))]);
        yield return ("depthwise convolution with stride 0", "DepthwiseConv2dNative", [image, filter], [("strides", Integers(1, 0, 0, 1)), ("padding", Text("SAME"))]);
        yield return ("convolution with dilation 0", "Conv2D", [image, filter], [.. s_valid, ("dilations", Integers(1, 0, 1, 1))]);
        yield return ("convolution with three strides", "Conv2D", [image, filter], [("strides", Integers(1, 1, 1)), ("padding", Text("SAME"))]);
        yield return ("filter that takes no channel", "Conv2D", [image, Of([1f], 1, 1, 1, 1) with { Sizes = [1, 1, 0, 1], Bytes = [] }], s_valid);
        yield return ("transposed convolution with stride 0", "Conv2DBackpropInput", [List(1, 8, 8, 1), filter, image], [("strides", Integers(1, 0, 0, 1)), ("padding", Text("SAME"))]);
        yield return ("transposed convolution to 2^31 - 1 pixels", "Conv2DBackpropInput", [List(1, int.MaxValue, 8, 1), filter, image], [("strides", Integers(1, 2, 2, 1)), ("padding", Text("SAME"))]);
        yield return ("resize to 0", "ResizeBilinear", [image, List(0, 4)], []);
        yield return ("resize to 2^62 pixels (CVE-2021-37676)", "ResizeNearestNeighbor", [image, List(int.MaxValue, int.MaxValue)], []);
        yield return ("pooling with stride 0 (CVE-2021-29601)", "MaxPool", [image], [("ksize", Integers(1, 2, 2, 1)), ("strides", Integers(1, 0, 2, 1)), ("padding", Text("VALID"))]);
        yield return ("pooling with a window of 0", "AvgPool", [image], [("ksize", Integers(1, 0, 2, 1)), ("strides", Integers(1, 1, 1, 1)), ("padding", Text("VALID"))]);
        yield return ("pooling with a window of 2^31 - 1", "AvgPool", [image], [("ksize", Integers(1, int.MaxValue, 2, 1)), ("strides", Integers(1, 1, 1, 1)), ("padding", Text("SAME"))]);
        yield return ("explicit padding below 0", "Conv2D", [image, filter], [("strides", Integers(1, 1, 1, 1)), ("padding", Text("EXPLICIT")), ("explicit_paddings", Integers(0, 0, -1, 0, 0, 0, 0, 0))]);
        yield return ("slice with step 0 (CVE-2021-37686)", "StridedSlice", [row, List(0, 0), List(1, 3), List(1, 0)], []);
        yield return ("slice with more entries than axes", "StridedSlice", [row, List(0, 0, 0), List(1, 1, 1), List(1, 1, 1)], []);
        yield return ("slice of an element behind the end", "StridedSlice", [row, List(5), List(6), List(1)], [("shrink_axis_mask", Integer(1))]);
        yield return ("slice that begins behind the end", "Slice", [row, List(0, int.MaxValue), List(1, 1)], []);
        yield return ("slice of 2^31 - 1 elements", "Slice", [row, List(0, 1), List(1, int.MaxValue)], []);
        yield return ("split into 0 parts (CVE-2021-29599)", "Split", [Scalar(1), row], [("num_split", Integer(0))]);
        yield return ("split into sizes that overflow", "SplitV", [row, List(int.MaxValue, int.MaxValue, 5), Scalar(1)], []);
        yield return ("blocks of 0 (CVE-2021-29597)", "SpaceToBatchND", [image, List(0, 0), OfInts([0, 0, 0, 0], 2, 2)], []);
        yield return ("blocks from a batch of 0", "BatchToSpaceND", [image, List(0, 2), OfInts([0, 0, 0, 0], 2, 2)], []);
        yield return ("block size 0 (CVE-2021-29595)", "DepthToSpace", [image], [("block_size", Integer(0))]);
        yield return ("block size 0 the other way", "SpaceToDepth", [image], [("block_size", Integer(0))]);
        yield return ("rows that are not there (CVE-2021-37687)", "GatherV2", [Of([1f, 2], 2, 1), List(-1, 5), Scalar(0)], []);
        yield return ("axis that is not there", "GatherV2", [row, List(0), Scalar(7)], []);
        yield return ("range with step 0", "Range", [Scalar(0), Scalar(1), Scalar(0)], []);
        yield return ("range of 2^31 numbers", "Range", [Scalar(int.MinValue), Scalar(int.MaxValue), Scalar(1)], []);
        yield return ("fill of 2^60 elements", "Fill", [List(1 << 30, 1 << 30), Scalar(1f)], []);
        yield return ("fill below 0", "Fill", [List(-5), Scalar(1f)], []);
        yield return ("reshape below 0", "Reshape", [row, List(-5, 2)], []);
        yield return ("reshape with two open sizes", "Reshape", [row, List(-1, -1)], []);
        yield return ("reshape to sizes that overflow", "Reshape", [row, List(1 << 30, 1 << 30, -1)], []);
        yield return ("new axis far away", "ExpandDims", [row, Scalar(int.MaxValue)], []);
        yield return ("axis to go that is not there (CVE-2021-29598)", "Squeeze", [row], [("squeeze_dims", Integers(int.MinValue))]);
        yield return ("join along an axis that is not there", "ConcatV2", [row, row, Scalar(int.MaxValue)], []);
        yield return ("permutation with an axis twice", "Transpose", [row, List(1, 1)], []);
        yield return ("padding below 0", "Pad", [row, OfInts([0, 0, -1, 0], 2, 2)], []);
        yield return ("padding of 2^31 - 1", "Pad", [row, OfInts([0, 0, int.MaxValue, int.MaxValue], 2, 2)], []);
        yield return ("padding that says too little", "Pad", [row, OfInts([1, 1], 1, 2)], []);
        yield return ("mirror wider than the input", "MirrorPad", [row, OfInts([0, 0, 3, 0], 2, 2)], [("mode", Text("REFLECT"))]);
        yield return ("repeats that overflow", "Tile", [row, List(int.MaxValue, int.MaxValue)], []);
        yield return ("repeats below 0", "Tile", [row, List(1, -1)], []);
        yield return ("shape that overflows", "BroadcastTo", [row, List(1 << 30, 1 << 30, 3)], []);
        yield return ("depth below 0", "OneHot", [InInts([1], 1), Scalar(-1), Scalar(1f), Scalar(0f)], []);
        yield return ("depth of 2^31 - 1", "OneHot", [InInts([1, 1], 2), Scalar(int.MaxValue), Scalar(1f), Scalar(0f)], []);
        yield return ("more largest than there are", "TopKV2", [row, Scalar(4)], []);
        yield return ("equation without an end", "Einsum", [row, row], [("equation", Text("ab,..."))]);
        yield return ("equation with letters from nowhere", "Einsum", [row, row], [("equation", Text("ab,ab->xyz"))]);
        yield return ("equation with more letters than axes", "Einsum", [row, row], [("equation", Text("abcd...,ab->a"))]);
        yield return ("text instead of numbers", "Relu", [new Operand(TensorFlowType.String, [1], [65], true)], []);
        yield return ("a permutation of what it is not", "InvertPermutation", [List(5, 5)], []);
        yield return ("quantization to 99 bits", "FakeQuantWithMinMaxArgs", [row], [("num_bits", Integer(99))]);
        yield return ("missing inputs", "Conv2D", [image], s_valid);
    }

    [Fact]
    public void Integers_divided_by_zero_cost_nothing_but_the_result()
    {
        // CVE-2021-29604: the runtime defines the result, so the conversion goes on.
        byte[] file = new GraphWriter().Input("x", TensorFlowType.Int32, 1).Constant("a", [1, 2], 2).Constant("b", [1, 0], 2).Add("mod", "FloorMod", ["a", "b"]).Add("y", "AddV2", ["x", "mod"]).ToGraph();
        Assert.Equal(2, ImportedGraph.Run(file, [new byte[4]], out _)[0].Length);
    }

    [Fact]
    public void A_text_input_is_refused() => Refused(new GraphWriter().Input("x", TensorFlowType.String, 1).Add("y", "Relu", ["x"]).ToGraph(), "String");

    [Fact]
    public void Text_in_a_saved_model_is_named_with_what_to_do() => Refused(
        new GraphWriter().Input("x", TensorFlowType.Float, 1).Add("t", "Const", [], ("value", TextTensor("a"))).Add("y", "StringJoin", ["t"]).ToGraph(), "text", "StringJoin");

    [Fact]
    public void Nodes_with_one_name_are_refused() => Refused(new GraphWriter().Input("x", TensorFlowType.Float, 1).Input("x", TensorFlowType.Float, 1).ToGraph(), "unique");

    [Fact]
    public void A_graph_of_nothing_is_refused() => Refused(new GraphWriter().Input("x", TensorFlowType.Float, 1).ToGraph(), "no output");

    [Fact]
    public void A_variable_without_a_checkpoint_is_refused() =>
        Refused(new GraphWriter().Add("v", "VarHandleOp", []).Add("y", "ReadVariableOp", ["v"]).ToGraph(), "Freeze");

    [Theory]
    [InlineData(7, 0, 16, false, "data file 7")]
    [InlineData(-1, 0, 16, false, "data file -1")]
    [InlineData(int.MaxValue, 0, 16, false, "data file")]
    [InlineData(0, -4, 16, false, "claims")]
    [InlineData(0, long.MaxValue, 16, false, "claims")]
    [InlineData(0, 0, 17, false, "takes 16")]
    [InlineData(0, 0, long.MaxValue, false, "takes 16")]
    [InlineData(0, 60, 16, false, "claims")]
    [InlineData(0, 0, 16, true, "slices")]
    public void Entries_that_lead_out_of_the_data_are_refused(int shard, long offset, long size, bool sliced, string message)
    {
        using TempFolder folder = new();
        folder.Write("saved_model.pb", SavedModels.DenseFile());
        SavedModels.DenseVariables().Entry("layer/kernel", TensorFlowType.Float, [2, 2], shard, offset, size, 0, sliced).Write(folder.Path);
        RefusedFolder(folder, message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void Impossible_numbers_of_data_files_are_refused(int shards)
    {
        using TempFolder folder = new();
        folder.Write("saved_model.pb", SavedModels.DenseFile());
        folder.Write("variables/variables.index", SavedModels.DenseVariables().ToIndex(shards));
        RefusedFolder(folder, "data files");
    }

    [Fact]
    public void A_variable_name_is_a_key_and_never_a_path()
    {
        using TempFolder folder = new();
        folder.Write("saved_model.pb", new GraphWriter()
            .Add("v", "VarHandleOp", [], ("shared_name", Text("../../../../etc/passwd"))).Add("y", "ReadVariableOp", ["v"]).ToSavedModel([], [("y", "y:0", TensorFlowType.Float, [1])]));
        SavedModels.DenseVariables().Write(folder.Path);
        RefusedFolder(folder, "has no tensor '../../../../etc/passwd'");
    }

    [Fact]
    public void Damaged_data_is_noticed()
    {
        using TempFolder folder = new();
        folder.Write("saved_model.pb", SavedModels.DenseFile());
        SavedModels.DenseVariables().Write(folder.Path);
        string path = Path.Combine(folder.Path, "variables", "variables.data-00000-of-00001");
        byte[] data = File.ReadAllBytes(path);
        data[3] ^= 1;
        File.WriteAllBytes(path, data);
        RefusedFolder(folder, "damaged");
        File.Delete(path);
        RefusedFolder(folder, "is missing");
    }

    [Fact]
    public void Damaged_and_cut_indexes_are_noticed()
    {
        using TempFolder folder = new();
        folder.Write("saved_model.pb", SavedModels.DenseFile());
        byte[] index = SavedModels.DenseVariables().ToIndex();
        folder.Write("variables/variables.index", index[..40]);
        RefusedFolder(folder, "truncated");
        folder.Write("variables/variables.index", index[..^8]);
        RefusedFolder(folder, "truncated");
        byte[] damaged = (byte[])index.Clone();
        damaged[5] ^= 4;
        folder.Write("variables/variables.index", damaged);
        RefusedFolder(folder, "checksum");
        File.Delete(Path.Combine(folder.Path, "variables", "variables.index"));
        RefusedFolder(folder, "variables.index");
    }

    [Fact]
    public void A_variable_of_text_is_refused()
    {
        using TempFolder folder = new();
        folder.Write("saved_model.pb", new GraphWriter().Add("v", "VarHandleOp", [], ("shared_name", Text("v"))).Add("y", "ReadVariableOp", ["v"]).ToSavedModel([], [("y", "y:0", TensorFlowType.Float, [1])]));
        new CheckpointWriter().AddText("v", [65]).Write(folder.Path);
        RefusedFolder(folder, "String");
    }

    [Fact]
    public void A_slice_of_a_partitioned_variable_is_refused()
    {
        using TempFolder folder = new();
        folder.Write("saved_model.pb", new GraphWriter()
            .Add("v", "VariableV2", []).Add("names", "Const", [], ("value", TextTensor("v"))).Add("slices", "Const", [], ("value", TextTensor("4 2 0,2:-"))).Add("file", "Const", [], ("value", TextTensor("")))
            .Add("restore", "RestoreV2", ["file", "names", "slices"]).Add("assign", "Assign", ["v", "restore"]).Add("y", "Identity", ["v"]).ToSavedModel([], [("y", "y:0", TensorFlowType.Float, [2, 2])]));
        SavedModels.DenseVariables().Write(folder.Path);
        RefusedFolder(folder, "partitioned");
    }

    [Fact]
    public void Text_graphs_are_refused_with_what_to_do()
    {
        using TempFolder folder = new();
        string path = folder.Write("graph.pbtxt", "node { name: \"x\" }"u8.ToArray());
        Assert.Contains("as_text=False", Assert.Throws<ModelImportException>(() => ModelImporter.Import(path)).Message, StringComparison.Ordinal);
    }

    private static void Refused(byte[] file, params string[] messages)
    {
        long started = Stopwatch.GetTimestamp();
        ModelImportException error = Assert.Throws<ModelImportException>(() => ImportedGraph.Import(file));
        Assert.All(messages, message => Assert.Contains(message, error.Message, StringComparison.Ordinal));
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(2));
    }

    private static void RefusedFolder(TempFolder folder, string message) =>
        Assert.Contains(message, Assert.Throws<ModelImportException>(() => ModelImporter.Import(folder.Path)).Message, StringComparison.Ordinal);
}

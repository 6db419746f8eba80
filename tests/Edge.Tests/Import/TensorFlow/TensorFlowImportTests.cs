using Edge.Compiler;
using Edge.Format;
using Edge.Import;
using Edge.Import.TensorFlow.Messages;
using Edge.Tests.Learning.Data;
using static Edge.Tests.Import.TensorFlow.GraphWriter;
using static Edge.Tests.Import.TensorFlow.SavedModels;

namespace Edge.Tests.Import.TensorFlow;

/// <summary>Whole models: SavedModels with their checkpoints, frozen graphs, calls, branches, recurrent layers, dilated convolutions.</summary>
public sealed class TensorFlowImportTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 0)]
    [InlineData(2, 1)]
    public void A_saved_model_reads_its_variables_from_all_shards(int shards, byte compression)
    {
        using TempFolder folder = new();
        folder.Write("saved_model.pb", DenseFile());
        CheckpointWriter variables = new(shards) { Compression = compression };
        variables.Add("layer/kernel", [2, 0, 0, 2], 2, 2).Add("layer/bias", [1, 1], 2).Add("layer/slot_variable_of_kernel", [9, 9, 9, 9], 2, 2).Add("layer/slot_variable_of_bias", [9, 9], 2).Write(folder.Path);
        Graph graph = ModelImporter.Import(folder.Path);
        Assert.Equal("x: float32 [1, 2]", graph.Inputs.Single().ToString());
        Assert.Equal("y: float32 [1, 2]", graph.Outputs.Single().ToString());
        Assert.Equal([7, 0], ImportedGraph.Run(graph, [Bytes(3, -4)], out _)[0]);
        Assert.Equal(["Dense", "Relu"], graph.Nodes.Select(static node => node.Info.Name));
    }

    [Fact]
    public void The_object_graph_names_variables_where_nothing_restores_them()
    {
        using TempFolder folder = new();
        folder.Write("saved_model.pb", DenseFile(restore: false));
        byte[] objects = Message(graph =>
        {
            foreach ((string name, string key) in new[] { ("dense/kernel", "layer/kernel"), ("dense/bias", "layer/bias") })
            {
                Field(graph, 1, Message(node => Field(node, 2, Message(tensor =>
                {
                    Field(tensor, 1, "VARIABLE_VALUE");
                    Field(tensor, 2, name);
                    Field(tensor, 3, key);
                }))));
            }
        });
        DenseVariables().AddText("_CHECKPOINTABLE_OBJECT_GRAPH", objects).Write(folder.Path);
        Assert.Equal([7, 0], ImportedGraph.Run(ModelImporter.Import(Path.Combine(folder.Path, "saved_model.pb")), [Bytes(3, -4)], out _)[0]);
    }

    [Fact]
    public void Variables_of_TensorFlow_1_have_their_own_names()
    {
        using TempFolder folder = new();
        byte[] file = new GraphWriter()
            .Input("x", TensorFlowType.Float, -1, 2).Add("w", "VariableV2", [], ("dtype", Type((TensorFlowType)101))).Add("w/read", "Identity", ["w"]).Add("y", "MatMul", ["x", "w/read"])
            .Add("u", "VarHandleOp", [], ("shared_name", Text(""))).Add("u/read", "ReadVariableOp", ["u"]).Add("z", "Mul", ["y", "u/read"])
            .ToSavedModel([("in", "x:0", TensorFlowType.Float, [-1, 2])], [("out", "z:0", TensorFlowType.Float, [-1, 1])], "predict");
        folder.Write("saved_model.pb", file);
        new CheckpointWriter().Add("w", [1, 10], 2, 1).Add("u", [3], 1).Write(folder.Path);
        Assert.Equal([69], ImportedGraph.Run(ModelImporter.Import(folder.Path), [Bytes(3, 2)], out _)[0]);
        ModelImportException error = Assert.Throws<ModelImportException>(() => ModelImporter.Import(folder.Path, new ImportOptions { Signature = "train" }));
        Assert.Contains("predict", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gathered_variable_is_an_embedding()
    {
        using TempFolder folder = new();
        folder.Write("saved_model.pb", new GraphWriter()
            .Input("x", TensorFlowType.Int32, -1, 2).Add("table", "VarHandleOp", [], ("shared_name", Text("table"))).Add("y", "ResourceGather", ["table", "x"])
            .ToSavedModel([("x", "x:0", TensorFlowType.Int32, [-1, 2])], [("y", "y:0", TensorFlowType.Float, [-1, 2, 2])]));
        new CheckpointWriter().Add("table", [1, 2, 3, 4, 5, 6], 3, 2).Write(folder.Path);
        Graph graph = ModelImporter.Import(folder.Path);
        Assert.Equal([5, 6, 1, 2], ImportedGraph.Run(graph, [[2, 0, 0, 0, 0, 0, 0, 0]], out _)[0]);
        Assert.Equal("Embedding", graph.Nodes.Single().Info.Name);
    }

    [Fact]
    public void A_frozen_network_computes_known_numbers()
    {
        Graph graph = ImportedGraph.Import(FrozenNetwork());
        Assert.Equal("image: float32 [1, 3, 3, 1]", graph.Inputs.Single().ToString());
        Assert.Equal("prob: float32 [1, 3]", graph.Outputs.Single().ToString());

        // Windows of 1 … 9: for the first channel a + 3b − d + e, for the second 2a + 4b, each plus 1, divided by 1.
        double first = new[] { (1, 2, 4, 5), (2, 3, 5, 6), (4, 5, 7, 8), (5, 6, 8, 9) }.Average(static w => w.Item1 + (3.0 * w.Item2) - w.Item3 + w.Item4 + 1);
        double second = new[] { (1, 2), (2, 3), (4, 5), (5, 6) }.Average(static w => (2.0 * w.Item1) + (4 * w.Item2) + 1);
        double[] logits = [first, second, second - first];
        double sum = logits.Sum(logit => Math.Exp(logit - second));
        double[] actual = ImportedGraph.Run(graph, [Bytes(1, 2, 3, 4, 5, 6, 7, 8, 9)], out _)[0];
        for (int i = 0; i < logits.Length; i++)
        {
            Assert.Equal(Math.Exp(logits[i] - second) / sum, actual[i], 1e-5);
        }
    }

    [Fact]
    public void A_bias_stays_apart_where_something_else_reads_the_layer()
    {
        byte[] file = new GraphWriter().Input("x", TensorFlowType.Float, 1, 1).Constant("w", [2f], 1, 1).Constant("b", [10f], 1)
            .Add("layer", "MatMul", ["x", "w"]).Add("same", "Identity", ["layer"]).Add("bias", "BiasAdd", ["same", "b"]).Add("y", "Mul", ["layer", "bias"]).ToGraph();
        Assert.Equal([96], ImportedGraph.Run(file, [Bytes(3)], out _)[0]);
    }

    [Fact]
    public void A_one_dimensional_convolution_takes_its_bias()
    {
        byte[] file = new GraphWriter().Input("x", TensorFlowType.Float, -1, 4, 1).Constant("axis", [1]).Constant("filter", [1f, 10, 100], 1, 3, 1, 1).Constant("b", [0.5f], 1)
            .Add("expanded", "ExpandDims", ["x", "axis"]).Add("conv", "Conv2D", ["expanded", "filter"], ("strides", Integers(1, 1, 1, 1)), ("padding", Text("VALID")))
            .Add("squeezed", "Squeeze", ["conv"], ("squeeze_dims", Integers(1))).Add("y", "BiasAdd", ["squeezed", "b"]).ToGraph();
        Graph graph = ImportedGraph.Import(file);
        Assert.DoesNotContain(graph.Nodes, static node => node.Info.Name == "Add");
        Assert.Equal([321.5, 432.5], ImportedGraph.Run(graph, [Bytes(1, 2, 3, 4)], out _)[0]);
    }

    [Fact]
    public void A_network_with_channels_in_front_gives_the_same_numbers()
    {
        byte[] file = new GraphWriter()
            .Input("image", TensorFlowType.Float, 1, 2, 4, 4).Constant("filter", OperatorCases.Values(2 * 2 * 2 * 3, 0.4f), 2, 2, 2, 3).Constant("b", [1f, -1, 0.5f], 3)
            .Add("conv", "Conv2D", ["image", "filter"], ("strides", Integers(1, 1, 1, 1)), ("padding", Text("SAME")), ("data_format", Text("NCHW")))
            .Add("bias", "BiasAdd", ["conv", "b"], ("data_format", Text("NCHW"))).Add("relu", "Relu", ["bias"])
            .Add("pool", "MaxPool", ["relu"], ("ksize", Integers(1, 1, 2, 2)), ("strides", Integers(1, 1, 2, 2)), ("padding", Text("VALID")), ("data_format", Text("NCHW")))
            .ToGraph();
        byte[] last = new GraphWriter()
            .Input("image", TensorFlowType.Float, 1, 2, 4, 4).Constant("to", [0, 2, 3, 1], 4).Constant("from", [0, 3, 1, 2], 4)
            .Constant("filter", OperatorCases.Values(2 * 2 * 2 * 3, 0.4f), 2, 2, 2, 3).Constant("b", [1f, -1, 0.5f], 3).Add("turned", "Transpose", ["image", "to"])
            .Add("conv", "Conv2D", ["turned", "filter"], ("strides", Integers(1, 1, 1, 1)), ("padding", Text("SAME")))
            .Add("bias", "BiasAdd", ["conv", "b"]).Add("relu", "Relu", ["bias"])
            .Add("pool", "MaxPool", ["relu"], ("ksize", Integers(1, 2, 2, 1)), ("strides", Integers(1, 2, 2, 1)), ("padding", Text("VALID")))
            .Add("back", "Transpose", ["pool", "from"]).ToGraph();
        byte[] image = Bytes(OperatorCases.Values(32, 2));
        Graph graph = ImportedGraph.Import(file);
        Assert.DoesNotContain(graph.Nodes, static node => node.Info.Name == "Add");
        Assert.Equal(ImportedGraph.Run(last, [image], out _)[0], ImportedGraph.Run(graph, [image], out Shape[] shapes)[0]);
        Assert.Equal([1, 3, 2, 2], shapes[0].Axes.ToArray());
    }

    [Fact]
    public void Functions_called_by_name_and_by_attribute_are_inlined()
    {
        byte[] file = new GraphWriter().Input("x", TensorFlowType.Float, 1, 2)
            .Add("twice", "Twice", ["x"]).Add("halves", "PartitionedCall", ["twice"], ("f", FunctionOf("Halves"))).Add("y", "Sub", ["halves:1", "halves"])
            .Function("Twice", ["a"], [("r", "sum:z:0")], [Node("sum", "AddV2", ["a", "a:0"])])
            .Function("Halves", ["a"], [("low", "parts:output:0"), ("high", "parts:output:1")],
            [
                Node("axis", "Const", [], ("value", Tensor(TensorFlowType.Int32, [], [1, 0, 0, 0]))),
                Node("parts", "Split", ["axis:output:0", "inner:r:0"], ("num_split", Integer(2))),
                Node("inner", "Twice", ["a"]),
            ]).ToGraph();
        Assert.Equal([16], ImportedGraph.Run(file, [Bytes(1, 5)], out _)[0]);
        Assert.Contains(ImportedGraph.Open(file).Operators, static op => op.Name == "halves/inner/sum");
    }

    [Fact]
    public void A_model_may_begin_and_end_inside()
    {
        Graph graph = ImportedGraph.Import(FrozenNetwork(), new ImportOptions { Inputs = ["pool"], Outputs = ["logits"], Shapes = new Dictionary<string, IReadOnlyList<int>> { ["pool"] = [1, 2] } });
        Assert.Equal("logits: float32 [1, 3]", graph.Outputs.Single().ToString());
        Assert.Equal([3, 4, 1], ImportedGraph.Run(graph, [Bytes(3, 4)], out _)[0]);
    }

    [Fact]
    public void The_batch_stays_open()
    {
        byte[] file = new GraphWriter().Input("x", TensorFlowType.Float, -1, 2, 2)
            .Add("shape", "Shape", ["x"]).Constant("zero", [0], 1).Constant("first", [1], 1).Constant("step", [1], 1).Constant("four", [4])
            .Add("batch", "StridedSlice", ["shape", "zero", "first", "step"], ("shrink_axis_mask", Integer(1))).Add("target", "Pack", ["batch", "four"])
            .Add("y", "Reshape", ["x", "target"]).ToGraph();
        using Edge.Runtime.Model model = Edge.Runtime.Model.Load(Compile.ToBytes(ImportedGraph.Import(file)));
        using Edge.Runtime.Session session = new(model, new Edge.Runtime.SessionOptions { BatchSize = 3 });
        Assert.Equal(12, session.Output<float>().Length);
    }

    [Theory]
    [InlineData(false, 3)]
    [InlineData(true, -3)]
    public void Branches_on_known_conditions_are_decided(bool condition, double expected)
    {
        byte[] file = new GraphWriter().Input("x", TensorFlowType.Float, 1, 1).Constant("training", [condition]).Add("default", "PlaceholderWithDefault", ["training"]).Add("id", "Identity", ["default"])
            .Add("switch", "Switch", ["x", "id"]).Add("random", "RandomUniform", ["switch:1"]).Add("noise", "Mul", ["random", "switch:1"]).Add("negative", "Neg", ["switch:1"])
            .Add("merge", "Merge", ["switch", condition ? "negative" : "noise"]).Add("y", "Identity", ["merge"]).ToGraph();
        Assert.Equal([expected], ImportedGraph.Run(ImportedGraph.Import(file, new ImportOptions { Outputs = ["y"] }), [Bytes(3)], out _)[0]);
    }

    [Fact]
    public void Branches_on_inputs_are_decided_by_the_values_of_the_caller()
    {
        byte[] file = new GraphWriter().Input("x", TensorFlowType.Float, 1, 1).Input("training", TensorFlowType.Bool)
            .Add("switch", "Switch", ["x", "training"]).Add("negative", "Neg", ["switch:1"]).Add("merge", "Merge", ["switch", "negative"]).Add("y", "Identity", ["merge"]).ToGraph();
        ModelImportException error = Assert.Throws<ModelImportException>(() => ImportedGraph.Import(file));
        Assert.Contains("Switch 'switch'", error.Message, StringComparison.Ordinal);
        Graph graph = ImportedGraph.Import(file, new ImportOptions { Values = new Dictionary<string, InputValue> { ["training"] = new(DataType.Bool, new Shape(), new byte[] { 1 }) } });
        Assert.Equal([-3], ImportedGraph.Run(graph, [Bytes(3)], out _)[0]);
    }

    [Fact]
    public void Dilated_convolutions_of_Keras_become_one_operator()
    {
        float[] filter = OperatorCases.Values(3 * 3 * 2 * 2, 0.2f);
        byte[] blocks = new GraphWriter().Input("x", TensorFlowType.Float, 1, 6, 5, 2).Constant("filter", filter, 3, 3, 2, 2).Constant("block", [2, 2], 2)
            .Constant("pads", [2, 2, 2, 3], 2, 2).Constant("crops", [0, 0, 0, 1], 2, 2)
            .Add("space", "SpaceToBatchND", ["x", "block", "pads"]).Add("conv", "Conv2D", ["space", "filter"], ("strides", Integers(1, 1, 1, 1)), ("padding", Text("VALID")))
            .Add("y", "BatchToSpaceND", ["conv", "block", "crops"]).ToGraph();
        byte[] dilated = new GraphWriter().Input("x", TensorFlowType.Float, 1, 6, 5, 2).Constant("filter", filter, 3, 3, 2, 2)
            .Add("y", "Conv2D", ["x", "filter"], ("strides", Integers(1, 1, 1, 1)), ("padding", Text("SAME")), ("dilations", Integers(1, 2, 2, 1))).ToGraph();
        byte[] image = Bytes(OperatorCases.Values(60, 3));
        double[] expected = ImportedGraph.Run(dilated, [image], out _)[0];
        Assert.Equal(expected, ImportedGraph.Run(blocks, [image], out _)[0]);
        Assert.Equal(["Conv2D"], Graph.FromModel(Compile.ToBytes(ImportedGraph.Import(blocks))).Nodes.Select(static node => node.Info.Name));

        // The same with a stride that cannot be fused: the blocks themselves are moved.
        byte[] moved = new GraphWriter().Input("x", TensorFlowType.Float, 1, 6, 5, 2).Constant("filter", filter, 3, 3, 2, 2).Constant("block", [2, 2], 2)
            .Constant("pads", [2, 2, 2, 3], 2, 2).Constant("crops", [0, 0, 0, 1], 2, 2)
            .Add("space", "SpaceToBatchND", ["x", "block", "pads"]).Add("conv", "Conv2D", ["space", "filter"], ("strides", Integers(1, 1, 1, 1)), ("padding", Text("VALID")))
            .Add("same", "Abs", ["conv"]).Add("y", "BatchToSpaceND", ["same", "block", "crops"]).ToGraph();
        double[] absolute = ImportedGraph.Run(moved, [image], out _)[0];
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(Math.Abs(expected[i]), absolute[i], 1e-5);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_Keras_LSTM_is_one_operator(bool backwards)
    {
        float[] kernel = OperatorCases.Values(2 * 8, 0.1f), recurrent = OperatorCases.Values(2 * 8, 0.6f), bias = OperatorCases.Values(8, 1.1f), x = OperatorCases.Values(6, 0.9f);
        byte[] file = new GraphWriter().Input("x", TensorFlowType.Float, -1, 3, 2).Constant("zeros", [0f, 0], 1, 2).Constant("kernel", kernel, 2, 8).Constant("recurrent", recurrent, 2, 8).Constant("bias", bias, 8)
            .Add("lstm", "PartitionedCall", ["x", "zeros", "zeros", "kernel", "recurrent", "bias"], ("f", FunctionOf("standard_lstm")))
            .Add("last", "Identity", ["lstm"]).Add("all", "Identity", ["lstm:1"]).Add("h", "Identity", ["lstm:2"]).Add("c", "Identity", ["lstm:3"])
            .Function("standard_lstm", ["inputs", "init_h", "init_c", "kernel", "recurrent_kernel", "bias"],
                [("identity", "While:output:0"), ("identity_1", "While:output:1"), ("identity_2", "While:output:2"), ("identity_3", "While:output:3"), ("identity_4", "While:output:4")],
                [Node("While", "While", ["inputs"])], ("api_implements", Text("lstm_6d5e")), ("go_backwards", Flag(backwards)), ("time_major", Flag(false)))
            .ToGraph();
        double[][] actual = ImportedGraph.Run(ImportedGraph.Import(file, new ImportOptions { Outputs = ["last", "all", "h", "c"] }), [Bytes(x)], out _);
        double[] h = [0, 0], c = [0, 0], all = new double[6];
        for (int step = 0; step < 3; step++)
        {
            int time = backwards ? 2 - step : step;
            double[] z = [.. Enumerable.Range(0, 8).Select(j => bias[j] + (x[2 * time] * kernel[j]) + (x[(2 * time) + 1] * kernel[8 + j]) + (h[0] * recurrent[j]) + (h[1] * recurrent[8 + j]))];
            c = [.. Enumerable.Range(0, 2).Select(j => (Sigmoid(z[2 + j]) * c[j]) + (Sigmoid(z[j]) * Math.Tanh(z[4 + j])))];
            h = [.. Enumerable.Range(0, 2).Select(j => Sigmoid(z[6 + j]) * Math.Tanh(c[j]))];
            h.CopyTo(all, 2 * step);
        }

        Close(h, actual[0]);
        Close(all, actual[1]);
        Close(h, actual[2]);
        Close(c, actual[3]);
    }

    [Fact]
    public void A_Keras_GRU_is_one_operator()
    {
        float[] kernel = OperatorCases.Values(2 * 6, 0.1f), recurrent = OperatorCases.Values(2 * 6, 0.6f), bias = OperatorCases.Values(12, 1.1f), x = OperatorCases.Values(6, 0.9f);
        byte[] file = new GraphWriter().Input("x", TensorFlowType.Float, -1, 3, 2).Constant("zeros", [0f, 0], 1, 2).Constant("kernel", kernel, 2, 6).Constant("recurrent", recurrent, 2, 6).Constant("bias", bias, 2, 6)
            .Add("gru", "StatefulPartitionedCall", ["x", "zeros", "kernel", "recurrent", "bias"], ("f", FunctionOf("standard_gru"))).Add("all", "Identity", ["gru:1"])
            .Function("standard_gru", ["inputs", "init_h", "kernel", "recurrent_kernel", "bias"], [("identity", "While:output:0"), ("identity_1", "While:output:1")],
                [Node("transpose", "Transpose", ["inputs"]), Node("While", "While", ["transpose:y:0"])], ("api_implements", Text("gru_6d5e"))).ToGraph();
        double[] h = [0, 0], all = new double[6];
        for (int step = 0; step < 3; step++)
        {
            double[] input = [.. Enumerable.Range(0, 6).Select(j => bias[j] + (x[2 * step] * kernel[j]) + (x[(2 * step) + 1] * kernel[6 + j]))];
            double[] inner = [.. Enumerable.Range(0, 6).Select(j => bias[6 + j] + (h[0] * recurrent[j]) + (h[1] * recurrent[6 + j]))];
            h = [.. Enumerable.Range(0, 2).Select(j =>
            {
                double update = Sigmoid(input[j] + inner[j]), reset = Sigmoid(input[2 + j] + inner[2 + j]);
                return (update * h[j]) + ((1 - update) * Math.Tanh(input[4 + j] + (reset * inner[4 + j])));
            })];
            h.CopyTo(all, 2 * step);
        }

        Close(all, ImportedGraph.Run(ImportedGraph.Import(file, new ImportOptions { Outputs = ["all"] }), [Bytes(x)], out _)[0]);
    }

    [Theory]
    [InlineData("ReverseV2", "Transpose")]
    [InlineData("Relu", "Relu")]
    public void A_recurrent_layer_of_unknown_direction_or_layout_is_refused(string first, string second)
    {
        byte[] file = new GraphWriter().Input("x", TensorFlowType.Float, -1, 3, 2)
            .Add("gru", "PartitionedCall", ["x", "x", "x", "x", "x"], ("f", FunctionOf("standard_gru"))).Add("y", "Identity", ["gru:1"])
            .Function("standard_gru", ["inputs", "init_h", "kernel", "recurrent_kernel", "bias"], [("identity", "While:output:0"), ("identity_1", "While:output:1")],
                [Node("a", first, ["inputs"]), Node("b", second, ["a:output:0"]), Node("While", "While", ["b:output:0"])], ("api_implements", Text("gru_6d5e"))).ToGraph();
        Assert.Contains("direction", Assert.Throws<ModelImportException>(() => ImportedGraph.Import(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Placeholders_of_early_versions_take_the_shape_of_the_caller()
    {
        byte[] file = new GraphWriter().Input("x", TensorFlowType.Float).Add("y", "Relu", ["x"]).ToGraph();
        Graph graph = ImportedGraph.Import(file, new ImportOptions { Shapes = new Dictionary<string, IReadOnlyList<int>> { ["x"] = [1, 5] } });
        Assert.Equal("x: float32 [1, 5]", graph.Inputs.Single().ToString());
    }

    [Fact]
    public void What_cannot_be_converted_is_named_with_what_to_do()
    {
        byte[] file = new GraphWriter().Input("x", TensorFlowType.Float, 1, 2).Add("loop", "While", ["x"]).Add("norm", "FusedBatchNormV3", ["loop", "loop", "loop", "loop", "loop"]).Add("y", "Mystery", ["norm"]).ToGraph();
        SourceModel model = ImportedGraph.Open(file);
        Assert.Equal(["While", "FusedBatchNormV3", "Mystery"], model.Operators.Select(static op => op.Kind));
        Assert.All(model.Operators, static op => Assert.Equal(OperatorSupport.Missing, op.Support));
        ModelImportException error = Assert.Throws<ModelImportException>(() => ImportedGraph.Import(file));
        Assert.Contains(".keras or .h5", error.Message, StringComparison.Ordinal);
        Assert.Contains("inference", error.Message, StringComparison.Ordinal);
        Assert.Contains("Mystery 'y'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_sizes_besides_the_batch_are_asked_for()
    {
        byte[] file = new GraphWriter().Input("x", TensorFlowType.Float, -1, -1, 2).Add("y", "Relu", ["x"]).ToGraph();
        Assert.Contains("State its shape", Assert.Throws<ModelImportException>(() => ImportedGraph.Import(file)).Message, StringComparison.Ordinal);
        Graph graph = ImportedGraph.Import(file, new ImportOptions { Shapes = new Dictionary<string, IReadOnlyList<int>> { ["x"] = [1, 5, 2] } });
        Assert.Equal("x: float32 [1, 5, 2]", graph.Inputs.Single().ToString());
        Assert.Throws<ModelImportException>(() => ImportedGraph.Import(file, new ImportOptions { Shapes = new Dictionary<string, IReadOnlyList<int>> { ["x"] = [1, 5, 3] } }));
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static void Close(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-5);
        }
    }
}

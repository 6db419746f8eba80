using System.Runtime.InteropServices;
using Edge.Compiler;
using Edge.Format;
using Edge.Import;
using Edge.Runtime;
using Edge.Tests.Learning.Data;
using static Edge.Tests.Import.Onnx.OnnxWriter;

namespace Edge.Tests.Import.Onnx;

/// <summary>What an ONNX file may hold besides operators: functions, branches, data beside it, open axes, parts of it.</summary>
public sealed class OnnxModelTests
{
    [Fact]
    public void Functions_are_converted_where_they_are_called_with_the_callers_attributes()
    {
        byte[] inner = Function("Leak", ["x"], ["y"], [Node("LeakyRelu", ["x"], ["y"], Reference("alpha", "slope", 1))], Attribute("slope", 0.5f));
        byte[] outer = Function("Twice", ["x"], ["y"], [Node("local", "Leak", ["x"], ["t"]), Node("local", "Leak", ["t"], ["y"], Attribute("slope", 0.25f))]);
        byte[] graph = Graph([Node("local", "Twice", ["x"], ["y"])], [Value("x", 2)], [Value("y", 2)]);
        Assert.Equal([-0.125f, 3], Run(Model(graph, 17, inner, outer), [-1, 3]));
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(0, -2)]
    public void A_branch_that_is_known_at_conversion_is_taken(byte condition, float expected)
    {
        byte[] then = Graph([Node("Add", ["x", "two"], ["a"])], [], [Value("a", 1)], [Tensor("two", [1], 2f)]);
        byte[] otherwise = Graph([Node("Neg", ["x"], ["b"])], [], [Value("b", 1)]);
        byte[] graph = Graph(
            [Node("If", ["c"], ["y"], Attribute("then_branch", 6, then), Attribute("else_branch", 6, otherwise))],
            [Value("x", 1)],
            [Value("y", 1)],
            [Tensor("c", 9, [], [condition])]);
        Assert.Equal([expected], Run(Model(graph), [2]));
    }

    [Fact]
    public void A_branch_that_is_decided_by_the_input_is_refused()
    {
        byte[] branch = Graph([Node("Neg", ["x"], ["b"])], [], [Value("b", 1)]);
        byte[] graph = Graph(
            [Node("Greater", ["x", "x"], ["c"]), Node("If", ["c"], ["y"], Attribute("then_branch", 6, branch), Attribute("else_branch", 6, branch))], [Value("x", 1)], [Value("y", 1)]);
        Refused(Model(graph), "known at conversion");
    }

    [Fact]
    public void Arithmetic_of_shapes_ends_in_a_constant_and_leaves_the_batch_open()
    {
        byte[] graph = Graph(
            [
                Node("Shape", ["x"], ["s"]), Node("Slice", ["s", "from", "to"], ["n"]), Node("Concat", ["n", "rest"], ["t"], Attribute("axis", 0L)), Node("Reshape", ["x", "t"], ["y"]),
            ],
            [Value("x", "batch", 2, 3)],
            [Value("y", "batch", 6)],
            [Tensor("from", 0L), Tensor("to", 1L), Tensor("rest", -1L)]);
        Graph imported = Import(Model(graph));
        Assert.Single(imported.Nodes);
        using Model model = Edge.Runtime.Model.Load(Compile.ToBytes(imported));
        using Session session = new(model, new SessionOptions { BatchSize = 4 });
        session.Run();
        Assert.Equal(new Shape(4, 6), session.OutputSpec(0).Shape);
    }

    [Fact]
    public void Open_axes_take_sizes_by_input_or_by_name()
    {
        byte[] model = Model(Graph([Node("Relu", ["x"], ["y"])], [Value("x", "batch", "time", 3)], [Value("y", "batch", "time", 3)]));
        Refused(model, "'time'");
        Assert.Equal(new Shape(1, 7, 3), Import(model, new ImportOptions { Shapes = new Dictionary<string, IReadOnlyList<int>> { ["time"] = [7] } }).Outputs[0].Shape);
        Assert.Equal(new Shape(2, 5, 3), Import(model, new ImportOptions { Shapes = new Dictionary<string, IReadOnlyList<int>> { ["x"] = [2, 5, 3] } }).Outputs[0].Shape);
        Refused(model, "states 3", new ImportOptions { Shapes = new Dictionary<string, IReadOnlyList<int>> { ["x"] = [2, 5, 4] } });
    }

    [Fact]
    public void An_input_that_decides_a_shape_is_bound_to_a_value()
    {
        byte[] model = Model(Graph([Node("Reshape", ["x", "t"], ["y"])], [Value("x", 6), Typed("t", 7, 2)], [Value("y", 2, 3)]));
        Refused(model, "--value NAME=");
        InputValue value = new(DataType.Int64, new Shape(2), MemoryMarshal.AsBytes<long>([2L, 3L]).ToArray());
        Assert.Equal(new Shape(2, 3), Import(model, new ImportOptions { Values = new Dictionary<string, InputValue> { ["t"] = value } }).Outputs[0].Shape);
    }

    [Fact]
    public void A_part_of_the_model_is_cut_out()
    {
        byte[] graph = Graph(
            [Node("Loop", ["x"], ["a"]), Node("Neg", ["a"], ["b"]), Node("Exp", ["b"], ["c"]), Node("Loop", ["c"], ["y"])], [Value("x", 2)], [Value("y", 2)]);
        Refused(Model(graph), "Loop");
        ImportOptions cut = new() { Inputs = ["a"], Outputs = ["c"], Shapes = new Dictionary<string, IReadOnlyList<int>> { ["a"] = [2] } };
        Graph part = Import(Model(graph), cut);
        Assert.Equal(["a"], part.Inputs.Select(static input => input.Name));
        Assert.Equal(["c"], part.Outputs.Select(static output => output.Name));
        Assert.Equal(2, part.Nodes.Count);
        Refused(Model(graph), "'nothing'", cut with { Outputs = ["nothing"] });
    }

    [Fact]
    public void Pictures_can_be_taken_channels_last()
    {
        byte[] graph = Graph([Node("GlobalAveragePool", ["x"], ["y"])], [Value("x", 1, 3, 4, 5)], [Value("y", 1, 3, 1, 1)]);
        Graph imported = Import(Model(graph), new ImportOptions { InputLayout = InputLayout.Nhwc });
        Assert.Equal(new Shape(1, 4, 5, 3), imported.Inputs[0].Shape);
        Assert.Equal(new Shape(1, 3, 1, 1), imported.Outputs[0].Shape);
    }

    [Fact]
    public void Outputs_that_are_inputs_constants_or_the_same_get_copies()
    {
        byte[] graph = Graph(
            [Node("Relu", ["x"], ["a"]), Node("Identity", ["a"], ["b"]), Node("Identity", ["x"], ["c"])],
            [Value("x", 2)],
            [Value("a", 2), Value("b", 2), Value("c", 2), Value("k", 2)],
            [Tensor("k", [2], 8f, 9f)]);
        Graph imported = Import(Model(graph));
        Assert.Equal(["a", "b", "c", "k"], imported.Outputs.Select(static output => output.Name));
        using Model model = Edge.Runtime.Model.Load(Compile.ToBytes(imported));
        using Session session = new(model);
        new float[] { -1, 2 }.CopyTo(session.Input<float>());
        session.Run();
        Assert.Equal([0, 2, 0, 2, -1, 2, 8, 9], Enumerable.Range(0, 4).SelectMany(i => session.Output<float>(i).ToArray()));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(16)]
    public void Other_floats_become_float32(int type)
    {
        byte[] raw = type switch
        {
            10 => MemoryMarshal.AsBytes<Half>([(Half)1.5f, (Half)(-2f)]).ToArray(),
            11 => MemoryMarshal.AsBytes<double>([1.5, -2]).ToArray(),
            _ => [0xc0, 0x3f, 0x00, 0xc0],
        };
        byte[] graph = Graph([Node("Add", ["x", "k"], ["y"])], [Typed("x", type, 2)], [Typed("y", type, 2)], [Tensor("k", type, [2], raw)]);
        Assert.Equal([2.5f, -1], Run(Model(graph), [1, 1]));
    }

    [Fact]
    public void Data_beside_the_model_are_read()
    {
        using TempFolder folder = new();
        folder.Write("weights/part.bin", MemoryMarshal.AsBytes<float>([9f, 1.5f, -2f]).ToArray());
        byte[] graph = Graph(
            [Node("Add", ["x", "k"], ["y"])], [Value("x", 2)], [Value("y", 2)], [External("k", [2], ("location", "weights/part.bin"), ("offset", "4"), ("length", "8"))]);
        string path = folder.Write("model.onnx", Model(graph));
        Assert.Equal([2.5f, -1], Run(ModelImporter.Import(path), [1, 1]));
    }

    internal static Graph Import(byte[] model, ImportOptions? options = null)
    {
        using TempFolder folder = new();
        return ModelImporter.Import(folder.Write("model.onnx", model), options);
    }

    internal static void Refused(byte[] model, string part, ImportOptions? options = null) =>
        Assert.Contains(part, Assert.Throws<ModelImportException>(() => Import(model, options)).Message, StringComparison.Ordinal);

    private static float[] Run(byte[] model, float[] input) => Run(Import(model), input);

    private static float[] Run(Graph graph, float[] input)
    {
        using Model model = Edge.Runtime.Model.Load(Compile.ToBytes(graph));
        using Session session = new(model);
        input.CopyTo(session.Input<float>());
        session.Run();
        return session.Output<float>().ToArray();
    }
}

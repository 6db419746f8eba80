using Edge.Compiler;
using Edge.Import;
using Edge.Import.Onnx;
using static Edge.Tests.Import.Onnx.OnnxWriter;

namespace Edge.Tests.Import.Onnx;

/// <summary>Damaged ONNX files are refused with an importer's exception, soon and in bounded memory.</summary>
public sealed class OnnxFuzzTests
{
    private const int Cases = 2000;

    [Fact]
    public void Damaged_models_are_refused()
    {
        byte[][] seeds = [Convolutional(), Shapes(), Quantized(), Recurrent(), Functions()];
        foreach (byte[] seed in seeds)
        {
            Open(seed);
        }

        int imported = SourceMutator.Run(Cases, random => SourceMutator.Damage(random, random.Pick(seeds)), Open);
        Assert.InRange(imported, 1, Cases - 1);
    }

    private static void Open(byte[] file) => ModelImporter.Guard("damaged", () =>
    {
        OnnxModel model = OnnxModel.Read(file, Path.Combine(Path.GetTempPath(), "no-such-folder"), new ImportOptions());
        Graph graph = model.Build();
        Compile.Optimize(graph);
        return graph;
    });

    private static byte[] Convolutional() => Model(Graph(
        [
            Node("Conv", ["x", "w", "b"], ["a"], Attribute("pads", [1L, 1L, 1L, 1L]), Attribute("kernel_shape", [3L, 3L]), Attribute("strides", [2L, 1L])),
            Node("BatchNormalization", ["a", "s", "s", "s", "s"], ["n"], Attribute("epsilon", 0.01f)),
            Node("Relu", ["n"], ["r"]),
            Node("MaxPool", ["r"], ["p"], Attribute("kernel_shape", [2L, 2L]), Attribute("ceil_mode", 1L)),
            Node("Flatten", ["p"], ["f"]),
            Node("Gemm", ["f", "d"], ["g"], Attribute("transB", 1L)),
            Node("Softmax", ["g"], ["y"], Attribute("axis", 1L)),
        ],
        [Value("x", "batch", 2, 6, 6)],
        [Value("y", "batch", 3)],
        [Tensor("w", [4, 2, 3, 3], new float[72]), Tensor("b", [4], 1, 2, 3, 4), Tensor("s", [4], 1, 2, 3, 4), Tensor("d", [3, 40], new float[120])]));

    private static byte[] Shapes() => Model(Graph(
        [
            Node("Shape", ["x"], ["s"]),
            Node("Slice", ["s", "from", "to"], ["n"]),
            Node("Concat", ["n", "rest"], ["t"], Attribute("axis", 0L)),
            Node("Reshape", ["x", "t"], ["r"]),
            Node("Split", ["r"], ["a", "b"], Attribute("axis", 1L)),
            Node("Where", ["c", "a", "b"], ["q"]),
            Node("Constant", [], ["p"], Attribute("value", 5, Tensor("", 0L, 1L, 0L, 2L))),
            Node("Pad", ["q", "p"], ["z"]),
            Node("ReduceMean", ["z"], ["m"], Attribute("axes", [1L])),
            Node("Clip", ["m", "low"], ["y"]),
        ],
        [Value("x", "batch", 2, 3), Typed("c", 9, 1, 3)],
        [Value("y", "batch", 1)],
        [Tensor("from", 0L), Tensor("to", 1L), Tensor("rest", -1L), Tensor("low", [], 0.5f)]));

    private static byte[] Quantized() => Model(Graph(
        [
            Node("DequantizeLinear", ["x", "s", "z"], ["a"]),
            Node("DequantizeLinear", ["w", "ws"], ["v"], Attribute("axis", 0L)),
            Node("MatMul", ["a", "k"], ["m"]),
            Node("Gemm", ["m", "v", "b"], ["g"], Attribute("transB", 1L)),
            Node("QuantizeLinear", ["g", "s", "z"], ["q"]),
            Node("QLinearMatMul", ["q", "s", "z", "u", "s", "z", "s", "z"], ["y"]),
        ],
        [Typed("x", 2, 1, 4)],
        [Typed("y", 2, 1, 3)],
        [
            Tensor("s", [], 0.1f), Tensor("z", 2, [], [128]), Tensor("w", 3, [3, 4], new byte[12]), Tensor("ws", [3], 1, 2, 3), Tensor("b", [3], 1, 2, 3),
            Tensor("k", [4, 4], new float[16]), Tensor("u", 2, [3, 3], new byte[9]),
        ]));

    private static byte[] Recurrent() => Model(Graph(
        [
            Node("LSTM", ["x", "w", "r", "b"], ["h", "", "c"], Attribute("hidden_size", 2L), Attribute("direction", "bidirectional")),
            Node("Squeeze", ["c"], ["q"]),
            Node("LayerNormalization", ["h", "g"], ["y"]),
        ],
        [Value("x", 3, 1, 4)],
        [Value("y", 3, 2, 1, 2), Value("q", 2, 2)],
        [Tensor("w", [2, 8, 4], new float[64]), Tensor("r", [2, 8, 2], new float[32]), Tensor("b", [2, 16], new float[32]), Tensor("g", [2], 1, 1)]));

    private static byte[] Functions()
    {
        byte[] inner = Function("Leak", ["x"], ["y"], [Node("LeakyRelu", ["x"], ["y"], Reference("alpha", "slope", 1))], Attribute("slope", 0.5f));
        byte[] outer = Function("Twice", ["x"], ["y"], [Node("local", "Leak", ["x"], ["t"]), Node("local", "Leak", ["t"], ["y"], Attribute("slope", 0.25f))]);
        byte[] then = Graph([Node("Add", ["t", "k"], ["a"])], [], [Value("a", 2)]), otherwise = Graph([Node("Neg", ["t"], ["b"])], [], [Value("b", 2)]);
        byte[] graph = Graph(
            [Node("local", "Twice", ["x"], ["t"]), Node("If", ["c"], ["y"], Attribute("then_branch", 6, otherwise), Attribute("else_branch", 6, then))],
            [Value("x", 2)],
            [Value("y", 2)],
            [Tensor("c", 9, [], [1]), Tensor("k", [2], 1, 2)]);
        return Model(graph, 17, inner, outer);
    }
}

using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Docs;

namespace Edge.Tests.Compiler;

/// <summary>Every operator that has an int8 form, in a small network: quantized, nothing stays float32 and little is lost.</summary>
public sealed class QuantizedOperatorTests
{
    private const int Samples = 40;
    private const int Tests = 4;

    private delegate Tensor Body(Graph graph, Tensor x);

    /// <summary>Name, decibels that the output must have at least, and the operator behind a layer: the picture x is [1, 6, 6, 4].</summary>
    private static readonly Dictionary<string, (double Least, Body Body)> Table = new()
    {
        ["Dense"] = (30, static (g, x) => Networks.Dense(g, "d", Networks.Flatten(g, x), 5)),
        ["Conv2D"] = (30, static (g, x) => Networks.Conv(g, "c", x, 5, 3)),
        ["DepthwiseConv2D"] = (30, static (g, x) => Networks.Depthwise(g, "c", x, 2)),
        ["ConvTranspose2D"] = (30, static (g, x) => g.Add("t", new ConvTranspose2D(2, 2), x, Values(g, [3, 2, 2, 4]), Values(g, [3]))),
        ["ConvTranspose2D with Relu"] = (30, static (g, x) => g.Add(default(Relu), g.Add("t", new ConvTranspose2D(2, 2), x, Values(g, [3, 2, 2, 4]), Values(g, [3])))),
        ["MaxPool2D"] = (30, static (g, x) => g.Add(new MaxPool2D(2, 2, 2, 2), x)),
        ["AveragePool2D"] = (25, static (g, x) => g.Add(new AveragePool2D(2, 2, 2, 2), x)),
        ["AveragePool2D that counts padding"] = (25, static (g, x) => g.Add(new AveragePool2D(3, 3, 1, 1, new Padding2D(1, 1, 1, 1), true), x)),
        ["GlobalAveragePool"] = (25, static (g, x) => g.Add(default(GlobalAveragePool), x)),
        ["Add"] = (30, static (g, x) => g.Add(default(Add), x, Networks.Conv(g, "b", x, 4, 3))),
        ["Add a constant"] = (30, static (g, x) => g.Add(default(Add), x, Values(g, [4]))),
        ["Subtract"] = (30, static (g, x) => g.Add(default(Subtract), Values(g, [6, 1]), x)),
        ["Multiply"] = (25, static (g, x) => g.Add(default(Multiply), x, g.Add(default(Sigmoid), Networks.Conv(g, "b", x, 4, 1)))),
        ["Multiply by a number"] = (30, static (g, x) => g.Add(default(Multiply), x, g.Constant<float>("k", new Shape(), [0.1f]))),
        ["MatMul"] = (25, static (g, x) => g.Add(new MatMul(false, true), Rows(g, x), g.Add(default(Tanh), Rows(g, x)))),
        ["MatMul by weights"] = (26, static (g, x) => g.Add(default(MatMul), Rows(g, x), Values(g, [4, 7]))),
        ["A mask that is added"] = (20, static (g, x) => Attention(g, x, static (g, scores) => g.Add(default(Add), scores, Mask(g, float.NegativeInfinity)))),
        ["A mask that chooses"] = (20, static (g, x) => Attention(g, x, static (g, scores) => g.Add(
            default(Select), g.Add(new Compare(Comparison.Less), Mask(g, -1), g.Constant<float>("0", new Shape(), [0])), g.Constant<float>("k", new Shape(), [-1e9f]), scores))),
        ["Relu"] = (30, static (g, x) => g.Add(default(Relu), g.Add(default(Add), x, x))),
        ["Relu6"] = (30, static (g, x) => g.Add(default(Relu6), g.Add(default(HardSwish), x))),
        ["LeakyRelu"] = (30, static (g, x) => g.Add(new LeakyRelu(0.1f), x)),
        ["PRelu"] = (30, static (g, x) => g.Add(default(PRelu), x, Values(g, [4]))),
        ["Sigmoid"] = (30, static (g, x) => g.Add(default(Sigmoid), x)),
        ["Tanh"] = (28, static (g, x) => g.Add(default(Tanh), x)),
        ["Gelu"] = (30, static (g, x) => g.Add(default(Gelu), x)),
        ["Gelu by tanh"] = (30, static (g, x) => g.Add(new Gelu(true), x)),
        ["HardSwish"] = (30, static (g, x) => g.Add(default(HardSwish), x)),
        ["Softmax"] = (25, static (g, x) => g.Add(new Softmax(), x)),
        ["LogSoftmax"] = (25, static (g, x) => g.Add(default(LogSoftmax), x)),
        ["L2Normalization"] = (25, static (g, x) => g.Add(new L2Normalization(1e-6f), x)),
        ["BatchNorm behind a sum"] = (30, static (g, x) => Networks.Norm(g, "n", g.Add(default(Add), x, x))),
        ["BatchNorm of a vector"] = (30, static (g, x) => Networks.Norm(g, "n", g.Add(default(Add), Networks.Flatten(g, x), Networks.Flatten(g, x)))),
        ["BatchNorm of a sequence"] = (30, static (g, x) => Networks.Norm(g, "n", g.Add(default(Tanh), Rows(g, x)))),
        ["Reshape"] = (30, static (g, x) => Rows(g, x)),
        ["Transpose"] = (30, static (g, x) => g.Add(new Transpose([0, 3, 2, 1]), x)),
        ["Concat"] = (28, static (g, x) => g.Add(new Concat(-1), x, g.Add(default(Tanh), x), Networks.Conv(g, "b", x, 2, 1))),
        ["Concat with a constant"] = (30, static (g, x) => g.Add(new Concat(-1), x, Values(g, [1, 6, 6, 2]))),
        ["Pad"] = (30, static (g, x) => g.Add(new Pad([0, 1, 1, 0], [0, 2, 0, 0], 0.5f), x)),
        ["MirrorPad"] = (30, static (g, x) => g.Add(new MirrorPad([0, 1, 1, 0], [0, 2, 0, 0], MirrorMode.Reflect), x)),
        ["ReduceMean"] = (25, static (g, x) => g.Add(new ReduceMean([1, 2], true), x)),
        ["ReduceSum"] = (25, static (g, x) => g.Add(new ReduceSum([-1], false), x)),
        ["Reduce Maximum"] = (30, static (g, x) => g.Add(new Reduce(Reduction.Maximum, [3], false), x)),
        ["Reduce Minimum"] = (30, static (g, x) => g.Add(new Reduce(Reduction.Minimum, [3], false), x)),
        ["Reduce Product"] = (15, static (g, x) => g.Add(new Reduce(Reduction.Product, [3], false), g.Add(default(Tanh), x))),
        ["Reduce L1"] = (25, static (g, x) => g.Add(new Reduce(Reduction.L1, [3], false), x)),
        ["Reduce L2"] = (25, static (g, x) => g.Add(new Reduce(Reduction.L2, [3], false), x)),
        ["Reduce SumOfSquares"] = (25, static (g, x) => g.Add(new Reduce(Reduction.SumOfSquares, [3], true), x)),
        ["Reduce LogSum"] = (20, static (g, x) => g.Add(new Reduce(Reduction.LogSum, [3], true), g.Add(default(Sigmoid), x))),
        ["CumulativeSum"] = (20, static (g, x) => g.Add(new CumulativeSum(1, false, false), x)),
        ["Slice"] = (30, static (g, x) => g.Add(new Slice([0, 1, 2, 0], [-1, 3, 4, 4]), x)),
        ["StridedSlice"] = (30, static (g, x) => g.Add(new StridedSlice([0, 0, 5, 0], [-1, 3, 6, 4], [1, 2, -1, 1]), x)),
        ["Clip"] = (30, static (g, x) => g.Add(new Clip(-0.4f, 0.7f), x)),
        ["Select"] = (28, static (g, x) => g.Add(default(Select), g.Add(new Compare(Comparison.Greater), x, g.Constant<float>("k", new Shape(), [0])), g.Add(default(Tanh), x), x)),
        ["Select a constant"] = (30, static (g, x) => g.Add(default(Select), g.Constant("mask", new TensorSpec(DataType.Bool, new Shape(4)), new byte[] { 1, 0, 1, 0 }), x, g.Constant<float>("k", new Shape(), [0.25f]))),
        ["Minimum"] = (28, static (g, x) => g.Add(new Binary(BinaryFunction.Minimum), x, g.Add(default(Tanh), x))),
        ["Maximum"] = (30, static (g, x) => g.Add(new Binary(BinaryFunction.Maximum), x, Networks.Conv(g, "b", x, 4, 1))),
        ["Maximum of a constant"] = (30, static (g, x) => g.Add(new Binary(BinaryFunction.Maximum), x, Values(g, [4]))),
        ["Maximum of a number"] = (30, static (g, x) => g.Add(new Binary(BinaryFunction.Maximum), x, g.Constant<float>("k", new Shape(), [0.1f]))),
        ["SquaredDifference"] = (25, static (g, x) => g.Add(new Binary(BinaryFunction.SquaredDifference), x, Networks.Conv(g, "b", x, 4, 1))),
        ["Divide"] = (20, static (g, x) => g.Add(new Binary(BinaryFunction.Divide), x, Positive(g, x))),
        ["Divide by a constant"] = (30, static (g, x) => g.Add(new Binary(BinaryFunction.Divide), x, g.Constant<float>("k", new Shape(4), [2, 3, 4, 5]))),
        ["Power 2"] = (28, static (g, x) => g.Add(new Binary(BinaryFunction.Power), x, g.Constant<float>("k", new Shape(), [2]))),
        ["Power 0.5"] = (25, static (g, x) => g.Add(new Binary(BinaryFunction.Power), Positive(g, x), g.Constant<float>("k", new Shape(), [0.5f]))),
        ["Resize nearest"] = (30, static (g, x) => g.Add(new Resize([-1, 12, 9, -1], ResizeMode.Nearest, ResizeTransform.Asymmetric, NearestRounding.Floor), x)),
        ["Resize linear"] = (28, static (g, x) => g.Add(new Resize([-1, 12, 9, -1], ResizeMode.Linear, ResizeTransform.HalfPixel), x)),
        ["Resize align corners"] = (28, static (g, x) => g.Add(new Resize([-1, 12, 9, -1], ResizeMode.Linear, ResizeTransform.AlignCorners), x)),
        ["Tile"] = (30, static (g, x) => g.Add(new Tile([1, 1, 2, 1]), x)),
        ["BroadcastTo"] = (30, static (g, x) => g.Add(new BroadcastTo([-1, 6, 6, 4]), g.Add(new ReduceMean([1, 2], true), x))),
        ["SpaceToDepth"] = (30, static (g, x) => g.Add(new SpaceToDepth(2), x)),
        ["DepthToSpace"] = (30, static (g, x) => g.Add(new DepthToSpace(2, false), x)),
        ["SpaceToBatch"] = (30, static (g, x) => g.Add(new BatchToSpace([2, 2], [0, 0], [0, 0]), g.Add(new SpaceToBatch([2, 2], [0, 0], [0, 0]), x))),
        ["ReverseSequence"] = (30, static (g, x) => g.Add(new ReverseSequence(0, 1), x, g.Constant<int>("lengths", new Shape(1), [4]))),
        ["Gather"] = (30, static (g, x) => g.Add(new Gather(2, 0, false), x, g.Constant<int>("i", new Shape(3), [5, 0, 2]))),
        ["GatherNd"] = (30, static (g, x) => g.Add(new GatherNd(0), x, g.Constant<int>("i", new Shape(1, 2, 3), [0, 1, 2, 0, 3, 4]))),
        ["GatherElements"] = (30, static (g, x) => g.Add(new GatherElements(3), x, g.Constant<int>("i", new Shape(1, 6, 6, 1), new int[36]))),
        ["ScatterNd"] = (28, static (g, x) => g.Add(new ScatterNd(Scattering.Replace), x, g.Constant<int>("i", new Shape(1, 3), [0, 1, 2]), Values(g, [1, 4]))),
        ["ScatterElements"] = (28, static (g, x) => g.Add(
            new ScatterElements(3, Scattering.Replace), x, g.Constant<int>("i", new Shape(1, 6, 6, 1), new int[36]), g.Add(new Slice([0, 0, 0, 0], [-1, 6, 6, 1]), g.Add(default(Tanh), x)))),
        ["TopK"] = (28, static (g, x) => g.AddNode(TopK.Info, new TopK(2, 3, true, true), "top", [x], [default, new TensorSpec(DataType.Int32, new Shape(1, 6, 6, 2))]).Output),
        ["OneHot"] = (20, static (g, x) => g.Add(default(Multiply), x, g.Add(
            new OneHot(4, -1, false), g.Add("arg", new ArgMax(3, false, false, false), new TensorSpec(DataType.Int32, new Shape(1, 6, 6)), x), g.Constant<float>("on", new Shape(1), [1]), g.Constant<float>("off", new Shape(1), [0.2f])))),
        ["Embedding"] = (28, static (g, x) => g.Add(default(Add), x, g.Add(default(Embedding), g.Constant<int>("i", new Shape(6), [0, 3, 1, 1, 2, 0]), Values(g, [5, 4])))),
        ["Unary Abs"] = (28, static (g, x) => Function(g, x, UnaryFunction.Abs)),
        ["Unary Negate"] = (30, static (g, x) => Function(g, x, UnaryFunction.Negate)),
        ["Unary Exp"] = (25, static (g, x) => Function(g, x, UnaryFunction.Exp)),
        ["Unary Log"] = (25, static (g, x) => Function(g, Positive(g, x), UnaryFunction.Log)),
        ["Unary Sqrt"] = (28, static (g, x) => Function(g, Positive(g, x), UnaryFunction.Sqrt)),
        ["Unary Rsqrt"] = (25, static (g, x) => Function(g, Positive(g, x), UnaryFunction.Rsqrt)),
        ["Unary Square"] = (25, static (g, x) => Function(g, x, UnaryFunction.Square)),
        ["Unary Reciprocal"] = (25, static (g, x) => Function(g, Positive(g, x), UnaryFunction.Reciprocal)),
        ["Unary Sin"] = (28, static (g, x) => Function(g, x, UnaryFunction.Sin)),
        ["Unary Cos"] = (28, static (g, x) => Function(g, x, UnaryFunction.Cos)),
        ["Unary Tan"] = (20, static (g, x) => Function(g, g.Add(default(Tanh), x), UnaryFunction.Tan)),
        ["Unary Asin"] = (18, static (g, x) => Function(g, g.Add(default(Tanh), x), UnaryFunction.Asin)),
        ["Unary Acos"] = (25, static (g, x) => Function(g, g.Add(default(Tanh), x), UnaryFunction.Acos)),
        ["Unary Atan"] = (28, static (g, x) => Function(g, x, UnaryFunction.Atan)),
        ["Unary Sinh"] = (25, static (g, x) => Function(g, x, UnaryFunction.Sinh)),
        ["Unary Cosh"] = (25, static (g, x) => Function(g, x, UnaryFunction.Cosh)),
        ["Unary Asinh"] = (28, static (g, x) => Function(g, x, UnaryFunction.Asinh)),
        ["Unary Acosh"] = (15, static (g, x) => Function(g, g.Add(default(Add), Positive(g, x), g.Constant<float>("one", new Shape(), [1])), UnaryFunction.Acosh)),
        ["Unary Atanh"] = (20, static (g, x) => Function(g, g.Add(default(Multiply), g.Add(default(Tanh), x), g.Constant<float>("k", new Shape(), [0.8f])), UnaryFunction.Atanh)),
        ["Unary Erf"] = (28, static (g, x) => Function(g, x, UnaryFunction.Erf)),
        ["Unary Softplus"] = (28, static (g, x) => Function(g, x, UnaryFunction.Softplus)),
        ["Unary Softsign"] = (28, static (g, x) => Function(g, x, UnaryFunction.Softsign)),
        ["Elu"] = (28, static (g, x) => g.Add(new ParametricUnary(ParametricFunction.Elu, 1, 0), x)),
        ["Selu"] = (28, static (g, x) => g.Add(new ParametricUnary(ParametricFunction.Selu, 1.67f, 1.05f), x)),
        ["Celu"] = (28, static (g, x) => g.Add(new ParametricUnary(ParametricFunction.Celu, 0.5f, 0), x)),
        ["HardSigmoid"] = (28, static (g, x) => g.Add(new ParametricUnary(ParametricFunction.HardSigmoid, 0.2f, 0.5f), x)),
        ["ThresholdedRelu"] = (15, static (g, x) => g.Add(new ParametricUnary(ParametricFunction.ThresholdedRelu, 0.3f, 0), x)),
        ["Shrink"] = (25, static (g, x) => g.Add(new ParametricUnary(ParametricFunction.Shrink, 0.3f, 0.3f), x)),
        ["Mish"] = (28, static (g, x) => g.Add(new ParametricUnary(ParametricFunction.Mish, 0, 0), x)),
        ["Swish"] = (28, static (g, x) => g.Add(new ParametricUnary(ParametricFunction.Swish, 1, 0), x)),
        ["Affine"] = (28, static (g, x) => g.Add(new ParametricUnary(ParametricFunction.Affine, 0.5f, 0.3f), x)),
    };

    /// <summary>Names of the cases.</summary>
    public static TheoryData<string> Names => [.. Table.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Becomes_int8_and_stays_close(string name)
    {
        (double least, Body body) = Table[name];
        Graph graph = new();
        Tensor x = Networks.Conv(graph, "stem", graph.AddInput("x", new Shape(1, 6, 6, 3)), 4, 3);
        graph.AddOutput(body(graph, x));
        QuantizationResult result = Quantizer.Quantize(graph, new CalibrationData((float[])[.. GraphRunner.Values(Samples * 108, 50), .. Enumerable.Range(0, Tests).SelectMany(static sample => Input(sample, 108))]));
        Assert.Empty(result.Report.Float);
        Assert.Empty(FloatIslands.Find(result.Graph));
        double snr = Snr(graph, result.Graph);
        Assert.True(snr > least, $"{name}: {snr:F1} dB; more than {least} is expected.");
    }

    [Fact]
    public void Every_operator_with_an_int8_form_is_tried()
    {
        // Layers of a state are tried below; a comparison and a position in Select and OneHot.
        HashSet<string> tried = [.. Table.Values.SelectMany(static row =>
        {
            Graph graph = new();
            graph.AddOutput(row.Body(graph, Networks.Conv(graph, "stem", graph.AddInput("x", new Shape(1, 6, 6, 3)), 4, 3)));
            return graph.Nodes.Select(static node => node.Info.Name);
        })];
        string[] elsewhere = ["Quantize", "Dequantize", "Requantize", "Logical", "Cast", "ReadState", "WriteState", "Svdf", "Lstm"];
        string[] rows = [.. Documents.Read("docs/operators.md").Split('\n').Where(static line => line.StartsWith("| ", StringComparison.Ordinal) && line.Contains("| yes |", StringComparison.Ordinal))];
        Assert.True(rows.Length > 60);
        Assert.Empty(rows.Select(static line => line.Split('|')[2].Trim()).Except(tried).Except(elsewhere));
    }

    [Fact]
    public void Weights_that_two_layers_share_are_stored_once()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 8));
        Tensor weights = Values(graph, [8, 8]);
        Tensor first = graph.Add("first", default(Dense), x, weights);
        graph.AddOutput(graph.Add(default(Add), graph.Add("second", default(Dense), graph.Add(default(Tanh), first), weights), weights));
        QuantizationResult result = Quantizer.Quantize(graph, new CalibrationData(GraphRunner.Values(Samples * 8, 51)));
        Node[] layers = [.. result.Graph.Nodes.Where(static node => node.Operator is Dense)];
        Assert.Same(layers[0].Inputs[1], layers[1].Inputs[1]);
        Assert.Empty(result.Report.Float);
        Assert.True(Snr(graph, result.Graph) > 28);
    }

    [Fact]
    public void Integers_and_conditions_stay_what_they_are()
    {
        // Several inputs and outputs: a picture of bytes, indices, and a branch that computes an index in float32.
        Graph graph = new();
        Tensor image = graph.AddInput("image", new Shape(1, 6, 6, 3), DataType.UInt8);
        Tensor index = graph.AddInput("index", new Shape(1, 2), DataType.Int32);
        Tensor pixels = graph.Add("pixels", default(Cast), new TensorSpec(DataType.Float32, new Shape(1, 6, 6, 3)), image);
        Tensor x = Networks.Conv(graph, "conv", graph.Add(default(Multiply), pixels, graph.Constant<float>("k", new Shape(), [1f / 255])), 4, 3);
        Tensor half = graph.Add("half", new Unary(UnaryFunction.Floor), graph.Add("halved", default(Multiply), graph.Add("real", default(Cast), new TensorSpec(DataType.Float32, new Shape(1, 2)), index), graph.Constant<float>("h", new Shape(), [0.5f])));
        Tensor where = graph.Add("where", default(Cast), new TensorSpec(DataType.Int32, new Shape(1, 2)), half);
        graph.AddOutput(graph.Add("picked", new Gather(1, 1, false), x, where));
        graph.AddOutput(graph.Add("best", new ArgMax(3, false, false, false), new TensorSpec(DataType.Int32, new Shape(1, 6, 6)), x));
        float[] images = [.. GraphRunner.Values(Samples * 108, 52, 0, 256).Select(MathF.Floor)];
        float[] indices = [.. Enumerable.Range(0, Samples * 2).Select(static i => (float)(i * 7 % 12))];
        QuantizationResult result = Quantizer.Quantize(graph, new CalibrationData(images, indices));
        Assert.Equal(["halved", "half"], result.Report.Float.Select(static node => node.Name));
        Assert.All(result.Report.Float, static node => Assert.Contains("becomes integers", node.Reason, StringComparison.Ordinal));
        Assert.Equal([DataType.UInt8, DataType.Int32], result.Graph.Inputs.Select(static input => input.Type));
        Assert.Equal([DataType.Float32, DataType.Int32], result.Graph.Outputs.Select(static output => output.Type));
        Assert.Equal(DataType.Int8, result.Graph.Nodes.Single(static node => node.Operator is Gather).Output.Type);
        Assert.Equal(DataType.Int8, result.Graph.Nodes.Single(static node => node.Operator is ArgMax).Inputs[0]!.Type);

        (float[] picked, int[] best) expected = Run(graph), found = Run(result.Graph);
        Assert.True(GraphRunner.Snr(expected.picked, found.picked) > 28);
        Assert.True(expected.best.Zip(found.best, static (a, b) => a == b ? 1 : 0).Sum() > 32);

        (float[] Picked, int[] Best) Run(Graph network)
        {
            using Model model = Model.Load(ModelEmitter.ToBytes(network));
            using Session session = new(model);
            for (int i = 0; i < 108; i++)
            {
                session.Input<byte>(0)[i] = (byte)images[i];
            }

            (session.Input<int>(1)[0], session.Input<int>(1)[1]) = (3, 11);
            session.Run();
            return (session.Output<float>(0).ToArray(), session.Output<int>(1).ToArray());
        }
    }

    [Fact]
    public void A_state_is_int8_where_its_neighbours_are()
    {
        Graph graph = new();
        Tensor x = Networks.Dense(graph, "in", graph.AddInput("x", new Shape(1, 8)), 4);
        Tensor before = graph.Add("before", new ReadState(1), Zeros(graph, 4));
        Tensor window = graph.Add("window", new Concat(1), before, x);
        graph.Add("after", new WriteState(1), x);
        graph.AddOutput(Networks.Dense(graph, "out", window, 3));
        QuantizationResult result = Quantizer.Quantize(graph, new CalibrationData(GraphRunner.Values(Samples * 8, 53)));
        Assert.Empty(result.Report.Float);
        Node read = result.Graph.Nodes.Single(static node => node.Operator is ReadState), write = result.Graph.Nodes.Single(static node => node.Operator is WriteState);
        Assert.Equal(DataType.Int8, read.Output.Type);
        Assert.True(Quantization.Same(read.Output.Quantization, write.Output.Quantization));
        float[] frames = GraphRunner.Values(5 * 8, 54);
        Assert.True(GraphRunner.Snr(Stream(graph), Stream(result.Graph)) > 28);

        float[] Stream(Graph network)
        {
            using Model model = Model.Load(ModelEmitter.ToBytes(network));
            using Session session = new(model);
            List<float> all = [];
            for (int frame = 0; frame < 5; frame++)
            {
                frames.AsSpan(frame * 8, 8).CopyTo(session.Input<float>());
                session.Run();
                all.AddRange(session.Output<float>());
            }

            return [.. all];
        }
    }

    [Fact]
    public void A_state_beside_what_has_no_int8_form_stays_float()
    {
        Graph graph = new();
        Tensor x = Networks.Dense(graph, "in", graph.AddInput("x", new Shape(1, 1, 8)), 4);
        Node layer = graph.AddNode(
            Gru.Info, new Gru(), "gru", [x, Values(graph, [12, 4]), Values(graph, [12, 4]), null, null, null, graph.Add("before", new ReadState(1), Zeros(graph, 4))]);
        graph.Add("after", new WriteState(1), layer.Outputs[1]);
        graph.AddOutput(Networks.Dense(graph, "out", layer.Output, 3));
        QuantizationResult result = Quantizer.Quantize(graph, new CalibrationData(GraphRunner.Values(Samples * 8, 55)));
        Assert.Equal(["after", "before", "gru"], result.Report.Float.Select(static node => node.Name).Order());
        Assert.Equal(["in", "out"], result.Report.Quantized.Select(static node => node.Name));
    }

    private static double Snr(Graph expected, Graph actual)
    {
        List<float> right = [], found = [];
        for (int sample = 0; sample < Tests; sample++)
        {
            float[] input = Input(sample, expected.Inputs[0].Shape.ElementCount);
            right.AddRange(GraphRunner.Run(expected, input)[0]);
            found.AddRange(GraphRunner.Run(actual, input)[0]);
        }

        return GraphRunner.Snr([.. right], [.. found]);
    }

    private static float[] Input(int sample, int count) => GraphRunner.Values(count, 80 + (ulong)sample);

    private static Tensor Attention(Graph graph, Tensor x, Body mask)
    {
        Tensor rows = Rows(graph, x);
        return graph.Add(default(MatMul), graph.Add(new Softmax(), mask(graph, graph.Add(new MatMul(false, true), rows, rows))), rows);
    }

    /// <summary>What each of 36 positions must not see: those behind it.</summary>
    private static Tensor Mask(Graph graph, float hidden) =>
        graph.Constant<float>("mask", new Shape(36, 36), [.. Enumerable.Range(0, 36 * 36).Select(i => i % 36 > i / 36 ? hidden : 0)]);

    private static Tensor Function(Graph graph, Tensor x, UnaryFunction function) => graph.Add(new Unary(function), x);

    /// <summary>Values from 0.5 to 1.5.</summary>
    private static Tensor Positive(Graph graph, Tensor x) => graph.Add(default(Add), graph.Add(default(Sigmoid), x), graph.Constant<float>("half", new Shape(), [0.5f]));

    private static Tensor Rows(Graph graph, Tensor x) => graph.Add(new Reshape([0, 36, 4]), x);

    private static Tensor Values(Graph graph, int[] shape)
    {
        Shape sizes = new(shape);
        return graph.Constant<float>("values", sizes, GraphRunner.Values(sizes.ElementCount, (ulong)sizes.ElementCount));
    }

    private static Tensor Zeros(Graph graph, int count) => graph.Constant<float>("zeros", new Shape(1, count), new float[count]);
}

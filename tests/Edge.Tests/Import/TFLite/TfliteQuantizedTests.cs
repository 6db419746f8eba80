using Edge.Compiler;
using Edge.Format;
using Edge.Import;
using Edge.Import.TFLite;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Tests.Import.TFLite;

/// <summary>Quantized models: types at the interface, scales of weights, and the ways around what the runtime has in float32 only.</summary>
public sealed class TfliteQuantizedTests
{
    [Fact]
    public void UInt8_is_int8_inside_and_uint8_outside()
    {
        TfliteWriter model = new();
        int x = model.Input(TensorKind.UInt8, [1, 3], 0.5f, 100), y = model.Tensor(TensorKind.UInt8, [1, 3], 0.5f, 100);
        model.Add(19, [x], [y]);
        using Session session = TfliteRun.Load(model.Output(y));
        Assert.Equal((DataType.UInt8, 100), (session.InputSpec(0).Type, session.InputSpec(0).Quantization!.ZeroPoint));
        Assert.Equal((DataType.UInt8, 100), (session.OutputSpec(0).Type, session.OutputSpec(0).Quantization!.ZeroPoint));
        ((byte[])[0, 101, 255]).CopyTo(session.Input<byte>());
        session.Run();
        Assert.Equal([100, 101, 255], session.Output<byte>().ToArray());
    }

    [Theory]
    [InlineData(new byte[] { 0, 255 }, 100, -28)]                        // −100 … 155 does not fit int8
    [InlineData(new byte[] { 90, 227 }, 100, 0)]                         // −10 … 127 does
    public void UInt8_weights_keep_a_zero_point_where_they_must(byte[] weights, int zeroPoint, int expected)
    {
        TfliteWriter model = new();
        int x = model.Input(TensorKind.UInt8, [1, 2], 1, 128), y = model.Tensor(TensorKind.UInt8, [1, 1], 8, 0);
        model.Add(9, [x, model.Constant(TensorKind.UInt8, [1, 2], weights, 1, zeroPoint), -1], [y], OptionsKind.FullyConnected);
        Graph graph = model.Output(y).Open().Build();
        Tensor stored = graph.Nodes.Single(static node => node.Operator is Dense).Inputs[1]!;
        Assert.Equal(new Quantization(1, expected).ZeroPoint, stored.Quantization!.ZeroPoint);
        Assert.Equal(-1, stored.Quantization.Axis);

        // (138 − 128) · (w0 − z) + (148 − 128) · (w1 − z), over 8.
        int sum = (10 * (weights[0] - zeroPoint)) + (20 * (weights[1] - zeroPoint));
        Assert.Equal([(byte)Math.Clamp((int)Math.Round(sum / 8.0, MidpointRounding.AwayFromZero), 0, 255)], TfliteRun.Run<byte, byte>(model, [138, 148]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Int16_activations_stay_beside_int8_weights(bool wideBias)
    {
        TfliteWriter model = new();
        int x = model.Input(TensorKind.Int16, [1, 2, 1, 2], 0.5f), y = model.Tensor(TensorKind.Int16, [1, 2, 1, 2], 1), z = model.Tensor(TensorKind.Int16, [1, 3], 2);
        int bias = wideBias ? model.Constant(TensorKind.Int64, [2], new long[] { 100, -100 }) : model.Constant(TensorKind.Int32, [2], new[] { 100, -100 });
        model.Add(3, [x, model.PerChannel(TensorKind.Int8, [2, 1, 1, 2], [2, 1, -1, 3], [1, 0.5f], 0), bias], [y], OptionsKind.Conv2D, new Flat { [1] = 1, [2] = 1, [3] = (byte)1 });
        model.Add(9, [y, model.Constant(TensorKind.Int8, [3, 4], new sbyte[] { 1, 1, 1, 1, 4, 0, 0, 0, 0, 0, 0, -4 }, 0.5f), -1], [z], OptionsKind.FullyConnected);
        Graph graph = model.Output(z).Open().Build();
        Assert.All(graph.Nodes.Where(static node => node.IsLayer), static node => Assert.Equal((DataType.Int16, DataType.Int8), (node.Output.Type, node.Inputs[1]!.Type)));
        using Session session = TfliteRun.Load(model);
        Assert.Equal((DataType.Int16, DataType.Int16), (session.InputSpec(0).Type, session.OutputSpec(0).Type));
        ((short[])[1000, -200, 20_000, 3]).CopyTo(session.Input<short>());
        session.Run();

        // Pixel 1: (2000 − 200 + 100) / 2 = 950 and relu((−1000 − 600 − 100) / 4) = 0; pixel 2: (40 003 + 100) / 2 = 20 051.5 → 20 052 and 0.
        Assert.Equal([(950 + 20_052) / 4 + 1, 950, 0], session.Output<short>().ToArray());
    }

    [Fact]
    public void Float_arithmetic_between_integers_stays_what_it_is()
    {
        TfliteWriter model = new();
        int x = model.Input(TensorKind.Int8, [1, 3], 0.02f), real = model.Tensor(TensorKind.Float32, [1, 3]), bent = model.Tensor(TensorKind.Float32, [1, 3]), y = model.Tensor(TensorKind.Int8, [1, 3], 1f / 128);
        model.Add(6, [x], [real]);
        model.Add(28, [real], [bent]);
        model.Add(114, [bent], [y]);
        Graph graph = Graph.FromModel(Compile.ToBytes(model.Output(y).Open().Build()));
        Assert.Equal(["Dequantize", "Tanh", "Quantize"], graph.Nodes.Select(static node => node.Info.Name));
    }

    [Fact]
    public void One_scale_of_int8_convolutions_is_one_for_each_channel()
    {
        TfliteWriter model = new();
        int x = model.Input(TensorKind.Int8, [1, 1, 1, 1], 1), y = model.Tensor(TensorKind.Int8, [1, 1, 1, 2], 1);
        model.Add(3, [x, model.Constant(TensorKind.Int8, [2, 1, 1, 1], new sbyte[] { 3, -4 }, 0.5f), model.Integers(2, 0)], [y], OptionsKind.Conv2D, new Flat { [1] = 1, [2] = 1 });
        Quantization scales = model.Output(y).Open().Build().Nodes[0].Inputs[1]!.Quantization!;
        Assert.Equal((0, 2), (scales.Axis, scales.Scales.Length));
        Assert.Equal([16, -20], TfliteRun.Run<sbyte, sbyte>(model, [10]));
    }

    [Theory]
    [InlineData(false, DataType.Int8)]
    [InlineData(true, DataType.Float32)]
    public void Int8_weights_beside_floats_stay_unless_they_are_to_be_expanded(bool expand, DataType type)
    {
        TfliteWriter model = new();
        int x = model.Input(1, 2, 2, 2), weights = model.PerChannel(TensorKind.Int8, [1, 1, 1, 2], [10, -20], [0.5f, 0.25f], 3);
        model.Then(4, [x, weights, -1], [1, 2, 2, 2], OptionsKind.DepthwiseConv2D, new Flat { [1] = 1, [2] = 1, [3] = 1 });
        ImportOptions options = new() { ExpandWeights = expand };
        Assert.Equal(type, model.Open(options).Build().Nodes.Single().Inputs[1]!.Type);
        using Session session = TfliteRun.Load(model, options);
        ((float[])[1, 1, 2, 2, 0, 0, -1, 3]).CopyTo(session.Input<float>());
        session.Run();
        Assert.Equal([5, -5, 10, -10, 0, 0, -5, -15], session.Output<float>().ToArray());
    }

    [Fact]
    public void What_the_runtime_has_in_float32_only_is_dequantized_and_quantized()
    {
        TfliteWriter model = new();
        int x = model.Input(TensorKind.Int8, [1, 3], 0.5f, 10), y = model.Tensor(TensorKind.Int8, [1, 3], 0.25f, -10);
        model.Add(78, [x, model.Constant(TensorKind.Int8, [], new sbyte[] { 2 }, 1f)], [y]);
        Assert.Equal([-9, -6, 6], TfliteRun.Run<sbyte, sbyte>(model.Output(y), [11, 12, 14]));   // 0.5², 1², 2²
    }

    [Fact]
    public void Equal_scales_but_for_rounding_keep_the_bits_and_others_are_refused()
    {
        float almost = 0.5f * (1 + 1e-6f);
        TfliteWriter model = new();
        int x = model.Input(TensorKind.Int8, [1, 3], 0.5f, 3), y = model.Tensor(TensorKind.Int8, [3, 1], almost, 3);
        model.Add(22, [x, model.Integers(3, 1)], [y], OptionsKind.Reshape);
        using Session session = TfliteRun.Load(model.Output(y));
        Assert.Equal(almost, session.OutputSpec(0).Quantization!.Scale);
        ((sbyte[])[-128, 0, 127]).CopyTo(session.Input<sbyte>());
        session.Run();
        Assert.Equal([-128, 0, 127], session.Output<sbyte>().ToArray());

        TfliteWriter other = new();
        x = other.Input(TensorKind.Int8, [1, 3], 0.5f, 3);
        y = other.Tensor(TensorKind.Int8, [3, 1], 0.6f, 3);
        other.Add(22, [x, other.Integers(3, 1)], [y], OptionsKind.Reshape);
        Assert.Contains("equal ones are needed", TfliteRun.Refused(other.Output(y)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_product_with_a_constant_matrix_is_a_dense_layer(bool transposed)
    {
        TfliteWriter model = new();
        int x = model.Input(TensorKind.Int8, [1, 2, 2], 0.5f, 3), y = model.Tensor(TensorKind.Int8, [1, 2, 3], 2, -7);
        sbyte[] matrix = transposed ? [10, 40, 20, 50, 30, 60] : [10, 20, 30, 40, 50, 60];
        int[] shape = transposed ? [1, 3, 2] : [1, 2, 3];
        model.Add(126, [x, model.Constant(TensorKind.Int8, shape, matrix, 0.25f, 5)], [y], OptionsKind.BatchMatMul, new Flat { [1] = transposed });
        Assert.IsType<Dense>(model.Output(y).Open().Build().Nodes.Single().Operator);

        // [1, −2] · [[5, 15, 25], [35, 45, 55]] = [−65, −75, −85] and [4, 0] · … = [20, 60, 100], times 0.5 · 0.25 / 2.
        Assert.Equal([-11, -12, -12, -6, -3, -1], TfliteRun.Run<sbyte, sbyte>(model, [4, 1, 7, 3]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_product_of_computed_matrices_stays_in_int8(bool transposed)
    {
        TfliteWriter model = new();
        int x = model.Input(TensorKind.Int8, [1, 2, 2], 0.5f, 3), w = model.Input(TensorKind.Int8, [1, 2, 2], 0.25f, 5), y = model.Tensor(TensorKind.Int8, [1, 2, 2], 2, -7);
        model.Add(126, [x, w], [y], OptionsKind.BatchMatMul, new Flat { [1] = transposed });
        Assert.IsType<MatMul>(model.Output(y).Open().Build().Nodes.Single().Operator);

        // [1, −2], [4, 0] times [[5, 15], [35, 45]]: −65, −75, 20, 60, times 0.5 · 0.25 / 2.
        sbyte[] right = transposed ? [10, 40, 20, 50] : [10, 20, 40, 50];
        Assert.Equal([-11, -12, -6, -3], TfliteRun.Run<sbyte, sbyte>(model, [4, 1, 7, 3], right));
    }

    [Fact]
    public void Legacy_concatenation_rescales_in_float()
    {
        TfliteWriter model = new();
        int x = model.Input(TensorKind.UInt8, [1, 4], 0.3f, 10), y = model.Tensor(TensorKind.UInt8, [1, 5], 1, 20);
        model.Add(2, [x, model.Constant(TensorKind.UInt8, [1, 1], new byte[] { 77 }, 1, 20)], [y], OptionsKind.Concatenation, new Flat { [0] = 1 });

        // 8 · 0.3 = 2.4, in fixed point 8 · 0.6 = 5 and 5 / 2 = 3; −8 likewise; 245 · 0.3 = 73.5.
        Assert.Equal([22, 18, 94, 20, 77], TfliteRun.Run<byte, byte>(model.Output(y), [18, 2, 255, 10]));
        Graph graph = model.Open().Build();
        Compile.Optimize(graph);
        Assert.Contains(graph.Nodes, static node => node.Operator is ParametricUnary { Function: ParametricFunction.Affine });
    }

    [Theory]
    [InlineData(100, new byte[] { 1, 2, 2, 2, 120, 184, 247, 247 })]   // 1.5 up to 2, 183.5 up to 184
    [InlineData(255, new byte[] { 1, 2, 2, 2, 120, 184, 247, 247 })]   // whatever the zero point
    public void Legacy_pictures_are_interpolated_in_float_and_halves_round_up(int zeroPoint, byte[] expected)
    {
        TfliteWriter model = new();
        int x = model.Input(TensorKind.UInt8, [2, 1, 2, 1], 0.37f, zeroPoint), y = model.Tensor(TensorKind.UInt8, [2, 1, 4, 1], 0.37f, zeroPoint);
        model.Add(23, [x, model.Integers(1, 4)], [y], OptionsKind.ResizeBilinear);
        Assert.Equal(expected, TfliteRun.Run<byte, byte>(model.Output(y), [1, 2, 120, 247]));
        Graph graph = model.Open().Build();
        Compile.Optimize(graph);
        Assert.Equal(DataType.Float32, graph.Nodes.Single(static node => node.Operator is Resize).Outputs[0].Type);
    }

    [Fact]
    public void Int4_weights_become_int8()
    {
        TfliteWriter model = new();
        int weights = model.Constant(TensorKind.Int4, [1, 3], new byte[] { 0x2F, 0x08 }, 0.5f);   // −1, 2, −8
        model.Then(9, [model.Input(1, 3), weights, -1], [1, 1], OptionsKind.FullyConnected);
        Assert.Equal([-0.5f + 10 - 400], TfliteRun.Run(model, [1, 10, 100]));
    }

    [Fact]
    public void A_quantized_pad_and_a_quantized_clamp_use_the_zero_point()
    {
        TfliteWriter pad = new();
        int x = pad.Input(TensorKind.Int8, [1, 2], 0.5f, 7), y = pad.Tensor(TensorKind.Int8, [1, 4], 0.5f, 7);
        pad.Add(34, [x, pad.Integers(0, 0, 1, 1)], [y]);
        Assert.Equal([7, 1, 2, 7], TfliteRun.Run<sbyte, sbyte>(pad.Output(y), [1, 2]));

        TfliteWriter padWith = new();
        x = padWith.Input(TensorKind.Int8, [1, 1], 0.5f, 7);
        y = padWith.Tensor(TensorKind.Int8, [1, 2], 0.5f, 7);
        padWith.Add(60, [x, padWith.Integers(0, 0, 0, 1), padWith.Constant(TensorKind.Int8, [], new sbyte[] { -20 }, 0.5f, 7)], [y]);
        Assert.Equal([1, -20], TfliteRun.Run<sbyte, sbyte>(padWith.Output(y), [1]));

        TfliteWriter clamp = new();
        x = clamp.Input(TensorKind.Int8, [1, 3], 0.5f, 7);
        y = clamp.Tensor(TensorKind.Int8, [1, 3], 0.5f, 7);
        clamp.Add(20, [x], [y]);
        Assert.Equal([5, 7, 9], TfliteRun.Run<sbyte, sbyte>(clamp.Output(y), [-50, 7, 50]));
    }
}

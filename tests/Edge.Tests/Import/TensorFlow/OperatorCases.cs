using Edge.Import.TensorFlow.Messages;
using Edge.Tests.Harness;
using static Edge.Tests.Import.TensorFlow.GraphWriter;
using static Edge.Tests.Import.TensorFlow.Operand;

namespace Edge.Tests.Import.TensorFlow;

/// <summary>Every operator of the importer with values that this test computes itself.</summary>
internal static class OperatorCases
{
    private static readonly float[] s_plain = [-2.25f, -1, -0.5f, 0, 0.5f, 1.5f];
    private static readonly float[] s_positive = [0.25f, 0.5f, 1, 1.5f, 2, 7.25f];
    private static readonly float[] s_small = [-0.9f, -0.5f, -0.125f, 0, 0.25f, 0.75f];
    private static readonly float[] s_large = [1, 1.25f, 1.5f, 2, 3, 9];

    public static IEnumerable<OperatorCase> All => [.. Unary(), .. Binary(), .. Others(), .. Images(), .. Reductions(), .. Movement(), .. Blocks(), .. Einsum(), .. VolumeCases.All];

    private static IEnumerable<OperatorCase> Unary()
    {
        (string Kind, float[] Values, Func<double, double> Function)[] rows =
        [
            ("Relu", s_plain, static x => Math.Max(0, x)), ("Relu6", [-1, 0, 3, 5.5f, 6.5f, 9], static x => Math.Clamp(x, 0, 6)), ("Sigmoid", s_plain, static x => 1 / (1 + Math.Exp(-x))),
            ("Tanh", s_plain, Math.Tanh), ("Elu", s_plain, static x => x > 0 ? x : Math.Exp(x) - 1),
            ("Selu", s_plain, static x => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (Math.Exp(x) - 1))), ("Softplus", s_plain, static x => Math.Log(1 + Math.Exp(x))),
            ("Softsign", s_plain, static x => x / (1 + Math.Abs(x))), ("Exp", s_plain, Math.Exp), ("Log", s_positive, Math.Log), ("Log1p", s_positive, static x => Math.Log(1 + x)),
            ("Expm1", s_plain, static x => Math.Exp(x) - 1), ("Sqrt", s_positive, Math.Sqrt), ("Rsqrt", s_positive, static x => 1 / Math.Sqrt(x)), ("Square", s_plain, static x => x * x),
            ("Neg", s_plain, static x => -x), ("Abs", s_plain, Math.Abs), ("Sign", s_plain, static x => Math.Sign(x)), ("Reciprocal", s_positive, static x => 1 / x),
            ("Inv", s_positive, static x => 1 / x), ("Floor", s_plain, Math.Floor), ("Ceil", s_plain, Math.Ceiling), ("Round", [-2.5f, -1.5f, 0.5f, 1.5f, 2.4f, 2.6f], static x => Math.Round(x)),
            ("Rint", [-2.5f, -1.5f, 0.5f, 1.5f, 2.4f, 2.6f], static x => Math.Round(x)), ("Erf", s_plain, static x => 1 - SpecialFunctions.ComplementaryError(x)), ("Erfc", s_plain, SpecialFunctions.ComplementaryError),
            ("Sin", s_plain, Math.Sin), ("Cos", s_plain, Math.Cos), ("Tan", s_small, Math.Tan), ("Asin", s_small, Math.Asin), ("Acos", s_small, Math.Acos), ("Atan", s_plain, Math.Atan),
            ("Sinh", s_plain, Math.Sinh), ("Cosh", s_plain, Math.Cosh), ("Asinh", s_plain, Math.Asinh), ("Acosh", s_large, Math.Acosh), ("Atanh", s_small, Math.Atanh),
            ("IsNan", [1, float.NaN, 0, float.PositiveInfinity, -1, 2], static x => double.IsNaN(x) ? 1 : 0),
            ("IsInf", [1, float.NaN, 0, float.PositiveInfinity, float.NegativeInfinity, 2], static x => double.IsInfinity(x) ? 1 : 0),
            ("Identity", s_plain, static x => x), ("StopGradient", s_plain, static x => x), ("PreventGradient", s_plain, static x => x), ("Snapshot", s_plain, static x => x),
            ("CheckNumerics", s_plain, static x => x), ("EnsureShape", s_plain, static x => x), ("DebugIdentity", s_plain, static x => x), ("DeepCopy", s_plain, static x => x),
            ("ZerosLike", s_plain, static _ => 0), ("OnesLike", s_plain, static _ => 1),
        ];
        foreach ((string kind, float[] values, Func<double, double> function) in rows)
        {
            yield return new(kind, [In(values, 2, 3)], [], [2, 3], Array.ConvertAll(values, value => function(value)));
        }

        yield return new("LeakyRelu", [In(s_plain, 2, 3)], [("alpha", Number(0.25f))], [2, 3], Array.ConvertAll(s_plain, static x => x > 0 ? x : 0.25 * x));
        yield return new("LeakyRelu", [In(s_plain, 2, 3)], [], [2, 3], Array.ConvertAll(s_plain, static x => x > 0 ? x : 0.2 * x), "usual slope");
        yield return new("LogicalNot", [In([true, false], 1, 2)], [], [1, 2], [0, 1]);
        yield return new("PlaceholderWithDefault", [Of(s_plain, 2, 3), In(s_plain, 2, 3)], [], [2, 3], Array.ConvertAll(s_plain, static x => (double)x));
        yield return new("Cast", [In([-1.75f, 2.5f], 1, 2)], [("DstT", Type(TensorFlowType.Int32))], [1, 2], [-1, 2]);
        yield return new("Cast", [InInts([-1, 7], 1, 2)], [("DstT", Type(TensorFlowType.Float))], [1, 2], [-1, 7], "int32 to float");
    }

    private static IEnumerable<OperatorCase> Binary()
    {
        float[] left = [-2, -0.5f, 1, 2.5f, 4, 7], right = [2, 0.5f, 4];
        (string Kind, Func<double, double, double> Function)[] rows =
        [
            ("Add", static (a, b) => a + b), ("AddV2", static (a, b) => a + b), ("Sub", static (a, b) => a - b), ("Mul", static (a, b) => a * b), ("RealDiv", static (a, b) => a / b),
            ("Div", static (a, b) => a / b), ("FloorDiv", static (a, b) => Math.Floor(a / b)), ("FloorMod", static (a, b) => a - (Math.Floor(a / b) * b)), ("TruncateMod", static (a, b) => a % b),
            ("Mod", static (a, b) => a % b), ("Maximum", Math.Max), ("Minimum", Math.Min), ("SquaredDifference", static (a, b) => (a - b) * (a - b)), ("Atan2", Math.Atan2),
            ("Equal", static (a, b) => a == b ? 1 : 0), ("NotEqual", static (a, b) => a != b ? 1 : 0), ("Less", static (a, b) => a < b ? 1 : 0), ("LessEqual", static (a, b) => a <= b ? 1 : 0),
            ("Greater", static (a, b) => a > b ? 1 : 0), ("GreaterEqual", static (a, b) => a >= b ? 1 : 0),
        ];
        foreach ((string kind, Func<double, double, double> function) in rows)
        {
            yield return new(kind, [In(left, 2, 3), In(right, 1, 3)], [], [2, 3], [.. left.Select((value, i) => function(value, right[i % 3]))]);
        }

        yield return new("Pow", [In(s_positive, 2, 3), Of([2, 0.5f, -1], 3)], [], [2, 3], [.. s_positive.Select(static (value, i) => Math.Pow(value, (double)new[] { 2, 0.5f, -1 }[i % 3]))]);
        yield return new("TruncateDiv", [InInts([7, -7, 9], 1, 3), OfInts([2, 2, 4], 3)], [], [1, 3], [3, -3, 2]);
        yield return new("FloorDiv", [InInts([7, -7, 9], 1, 3), OfInts([2, 2, 4], 3)], [], [1, 3], [3, -4, 2], "int32");
        yield return new("FloorMod", [InInts([7, -7, 9], 1, 3), OfInts([2, 2, 4], 3)], [], [1, 3], [1, 1, 1], "int32");
        yield return new("DivNoNan", [In([1, 2, 3], 1, 3), In([2, 0, 4], 1, 3)], [], [1, 3], [0.5, 0, 0.75]);
        yield return new("LogicalAnd", [In([true, true, false], 1, 3), In([true, false, false], 1, 3)], [], [1, 3], [1, 0, 0]);
        yield return new("LogicalOr", [In([true, true, false], 1, 3), In([true, false, false], 1, 3)], [], [1, 3], [1, 1, 0]);
        yield return new("AddN", [In([1, 2], 1, 2), In([10, 20], 1, 2), Of([100, 200], 1, 2)], [("N", Integer(3))], [1, 2], [111, 222]);
        yield return new("BiasAdd", [In([1, 2, 3, 4], 2, 2), Of([10, 20], 2)], [], [2, 2], [11, 22, 13, 24]);
        yield return new("BiasAddV1", [In([1, 2, 3, 4], 2, 2), Of([10, 20], 2)], [], [2, 2], [11, 22, 13, 24]);
        yield return new("BiasAdd", [In([1, 2, 3, 4], 1, 2, 1, 2), Of([10, 20], 2)], [("data_format", Text("NCHW"))], [1, 2, 1, 2], [11, 12, 23, 24], "NCHW");
        yield return new("MatMul", [In([1, 2, 3, 4, 5, 6], 2, 3), Of([1, 0, 0, 1, 1, 1], 3, 2)], [], [2, 2], [4, 5, 10, 11]);
        yield return new("MatMul", [In([1, 2, 3, 4, 5, 6], 2, 3), Of([1, 0, 1, 0, 1, 1], 2, 3)], [("transpose_b", Flag(true))], [2, 2], [4, 5, 10, 11], "transposed right side");
        yield return new("MatMul", [In([1, 4, 2, 5, 3, 6], 3, 2), In([1, 0, 0, 1, 1, 1], 3, 2)], [("transpose_a", Flag(true))], [2, 2], [4, 5, 10, 11], "transposed left side");
        foreach (string kind in new[] { "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3" })
        {
            yield return new(kind, [In([1, 2, 3, 4, 5, 6], 1, 2, 3), In([1, 0, 1, 0, 1, 1], 1, 2, 3)], [("adj_y", Flag(true))], [1, 2, 2], [4, 5, 10, 11]);
        }
    }

    private static IEnumerable<OperatorCase> Others()
    {
        yield return new("Const", [], [("value", Tensor(TensorFlowType.Float, [2], [.. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-2f)]))], [2], [1.5, -2]);
        yield return new("Const", [], [("value", Tensor(TensorFlowType.Double, [2], [.. BitConverter.GetBytes(1.5), .. BitConverter.GetBytes(-2d)]))], [2], [1.5, -2], "float64");
        yield return new("Const", [], [("value", Tensor(TensorFlowType.Half, [2], [.. BitConverter.GetBytes((Half)1.5f), .. BitConverter.GetBytes((Half)(-2f))]))], [2], [1.5, -2], "float16");
        yield return new("Const", [], [("value", Tensor(TensorFlowType.BFloat16, [2], [0xC0, 0x3F, 0x00, 0xC0]))], [2], [1.5, -2], "bfloat16");
        yield return new("Const", [], [("value", Tensor(TensorFlowType.UInt16, [2], [0xFF, 0xFF, 1, 0]))], [2], [65535, 1], "uint16");
        yield return new("Const", [], [("value", RepeatedTensor(4, 2.5f))], [4], [2.5, 2.5, 2.5, 2.5], "one value for all");
        yield return new("IdentityN", [In([1, 2], 1, 2), In([3, 4], 1, 2)], [], [[1, 2], [1, 2]], [[1, 2], [3, 4]]);
        yield return new("Select", [In([true, false], 2), In([1, 2, 3, 4], 2, 2), In([5, 6, 7, 8], 2, 2)], [], [2, 2], [1, 2, 7, 8], "rows");
        yield return new("Select", [In([true, false], 1, 2), In([1, 2], 1, 2), In([5, 6], 1, 2)], [], [1, 2], [1, 6]);
        yield return new("SelectV2", [In([true, false], 1, 2), In([1, 2, 3, 4], 2, 2), Scalar(9f)], [], [2, 2], [1, 9, 3, 9]);
        yield return new("ClipByValue", [In(s_plain, 2, 3), Scalar(-1f), Scalar(1f)], [], [2, 3], Array.ConvertAll(s_plain, static x => (double)Math.Clamp(x, -1, 1)));
        yield return new("ClipByValue", [In(s_plain, 2, 3), Of([-1, -0.5f, 0], 3), Scalar(1f)], [], [2, 3], [-1, -0.5, 0, 0, 0.5, 1], "a bound for each column");

        // Range −1 … 1 in 255 steps of 2/255, moved so that 0 is a step: the zero point is 127, as 1 / (2/255) in float32 is just below 127.5.
        double scale = 2.0 / 255;
        yield return new("FakeQuantWithMinMaxArgs", [In([-2, -0.3f, 0, 0.3f, 2], 1, 5)], [("min", Number(-1)), ("max", Number(1))], [1, 5], [-127 * scale, -38 * scale, 0, 38 * scale, 128 * scale]);
        yield return new("FakeQuantWithMinMaxVars", [In([-2, 0.3f], 1, 2), Scalar(-1f), Scalar(1f)], [], [1, 2], [-127 * scale, 38 * scale]);
        yield return new("FakeQuantWithMinMaxVarsPerChannel", [In([0.3f, 0.3f], 1, 2), Of([-1, 0], 2), Of([1, 255], 2)], [], [1, 2], [38 * scale, 0]);
        double[] exponentials = [Math.Exp(1), Math.Exp(2), Math.Exp(4)];
        double sum = exponentials.Sum();
        yield return new("Softmax", [In([1, 2, 4], 1, 3)], [], [1, 3], [.. exponentials.Select(value => value / sum)]);
        yield return new("LogSoftmax", [In([1, 2, 4], 1, 3)], [], [1, 3], [.. exponentials.Select(value => Math.Log(value / sum))]);
    }

    private static IEnumerable<OperatorCase> Images()
    {
        float[] image = Values(1 * 5 * 4 * 2, 0.37f), filter = Values(3 * 2 * 2 * 3, 0.91f), depth = Values(3 * 2 * 2 * 2, 0.53f);
        double[] same = Convolution(image, 5, 4, 2, filter, 3, 2, 3, (2, 1), (1, 1), Same(5, 4, 3, 2, 2, 1), false, out int[] sizes);
        yield return new("Conv2D", [In(image, 1, 5, 4, 2), Of(filter, 3, 2, 2, 3)], [("strides", Integers(1, 2, 1, 1)), ("padding", Text("SAME"))], sizes, same);
        yield return new(
            "Conv2D", [In(Turned(image, 5, 4, 2), 1, 2, 5, 4), Of(filter, 3, 2, 2, 3)], [("strides", Integers(1, 1, 2, 1)), ("padding", Text("SAME")), ("data_format", Text("NCHW"))],
            [1, 3, sizes[1], sizes[2]], Turned(same, sizes[1], sizes[2], 3), "NCHW");
        double[] dilated = Convolution(image, 5, 4, 2, filter, 3, 2, 3, (1, 1), (2, 3), (0, 0, 0, 0), false, out sizes);
        yield return new("Conv2D", [In(image, 1, 5, 4, 2), Of(filter, 3, 2, 2, 3)], [("strides", Integers(1, 1, 1, 1)), ("padding", Text("VALID")), ("dilations", Integers(1, 2, 3, 1))], sizes, dilated, "dilated");
        double[] padded = Convolution(image, 5, 4, 2, filter, 3, 2, 3, (1, 1), (1, 1), (1, 0, 3, 2), false, out sizes);
        yield return new(
            "Conv2D", [In(image, 1, 5, 4, 2), Of(filter, 3, 2, 2, 3)], [("strides", Integers(1, 1, 1, 1)), ("padding", Text("EXPLICIT")), ("explicit_paddings", Integers(0, 0, 1, 0, 3, 2, 0, 0))], sizes, padded,
            "explicit padding wider than the window");
        double[] plain = Convolution(image, 5, 4, 2, filter, 3, 2, 3, (1, 1), (1, 1), (0, 0, 0, 0), false, out sizes);
        double[] biased = [.. plain.Select(static (value, i) => Math.Max(0, value + new[] { 0.5, -0.25, 1 }[i % 3]))];
        foreach (string kind in new[] { "_FusedConv2D" })
        {
            yield return new(
                kind, [In(image, 1, 5, 4, 2), Of(filter, 3, 2, 2, 3), Of([0.5f, -0.25f, 1], 3)],
                [("strides", Integers(1, 1, 1, 1)), ("padding", Text("VALID")), ("fused_ops", Texts("BiasAdd", "Relu")), ("num_args", Integer(1))], sizes, biased);
        }

        yield return new("_FusedMatMul", [In([1, -2], 1, 2), Of([1, 0, 0, 1], 2, 2), Of([1, 1], 2)], [("fused_ops", Texts("BiasAdd", "Relu"))], [1, 2], [2, 0]);
        double[] channelwise = Convolution(image, 5, 4, 2, depth, 3, 2, 2, (1, 1), (1, 1), Same(5, 4, 3, 2, 1, 1), true, out sizes);
        yield return new("DepthwiseConv2dNative", [In(image, 1, 5, 4, 2), Of(depth, 3, 2, 2, 2)], [("strides", Integers(1, 1, 1, 1)), ("padding", Text("SAME"))], sizes, channelwise);
        yield return new(
            "_FusedDepthwiseConv2dNative", [In(image, 1, 5, 4, 2), Of(depth, 3, 2, 2, 2), Of([0, 0, 0, 0], 4)], [("strides", Integers(1, 1, 1, 1)), ("padding", Text("SAME")), ("fused_ops", Texts("BiasAdd", "Tanh"))],
            sizes, Array.ConvertAll(channelwise, Math.Tanh));
        yield return new("MaxPool", [In([1, 5, 3, 2, 8, 4, 7, 6, 9], 1, 3, 3, 1)], [("ksize", Integers(1, 2, 2, 1)), ("strides", Integers(1, 2, 2, 1)), ("padding", Text("SAME"))], [1, 2, 2, 1], [8, 4, 7, 9]);
        yield return new("AvgPool", [In([1, 5, 3, 2, 8, 4, 7, 6, 9], 1, 3, 3, 1)], [("ksize", Integers(1, 2, 2, 1)), ("strides", Integers(1, 2, 2, 1)), ("padding", Text("SAME"))], [1, 2, 2, 1], [4, 3.5, 6.5, 9]);
        yield return new(
            "AvgPool", [In([1, 5, 3, 2, 8, 4, 7, 6, 9], 1, 1, 3, 3)], [("ksize", Integers(1, 1, 2, 2)), ("strides", Integers(1, 1, 1, 1)), ("padding", Text("VALID")), ("data_format", Text("NCHW"))],
            [1, 1, 2, 2], [4, 5, 5.75, 6.75], "NCHW");
        foreach (string kind in new[] { "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3" })
        {
            yield return new(
                kind, [In([1, 2, 3, 4], 1, 1, 2, 2), Of([2, 1], 2), Of([0, 1], 2), Of([1, 2], 2), Of([3, 0.75f], 2)], [("is_training", Flag(false)), ("epsilon", Number(1f / 4))], [1, 1, 2, 2],
                [0, 1, 4 / Math.Sqrt(3.25), 3]);
        }

        yield return new(
            "FusedBatchNormV3", [In([1, 3, 2, 4], 1, 2, 1, 2), Of([2, 1], 2), Of([0, 1], 2), Of([1, 2], 2), Of([3, 0.75f], 2)],
            [("is_training", Flag(false)), ("epsilon", Number(1f / 4)), ("data_format", Text("NCHW"))], [1, 2, 1, 2], [0, 4 / Math.Sqrt(3.25), 1, 3], "NCHW");
        foreach (bool scaled in new[] { false, true })
        {
            yield return new(
                "BatchNormWithGlobalNormalization", [In([1, 2, 3, 4], 1, 1, 2, 2), Of([1, 2], 2), Of([3, 0.75f], 2), Of([0, 1], 2), Of([2, 1], 2)],
                [("variance_epsilon", Number(1f / 4)), ("scale_after_normalization", Flag(scaled))], [1, 1, 2, 2], [0, 1, (scaled ? 4 : 2) / Math.Sqrt(3.25), 3], scaled ? "scaled" : "");
        }

        double[] channels = [1, -2, 3, 4];
        yield return new(
            "LRN", [In([1, -2, 3, 4], 1, 1, 1, 4)], [("depth_radius", Integer(1)), ("bias", Number(2)), ("alpha", Number(0.5f)), ("beta", Number(0.75f))], [1, 1, 1, 4],
            [.. channels.Select((value, c) => value / Math.Pow(2 + (0.5 * channels.Where((_, other) => Math.Abs(other - c) <= 1).Sum(static near => near * near)), 0.75))]);

        // A transposed convolution adds the filter, weighted, at every second place: [1, 2] with [1, 10, 100] and stride 2 is [1, 10, 102, 20, 200]; SAME cuts the last.
        (string, byte[])[] steps = [("strides", Integers(1, 1, 2, 1)), ("padding", Text("SAME"))];
        yield return new("Conv2DBackpropInput", [List(1, 1, 4, 1), Of([1, 10, 100], 1, 3, 1, 1), In([1, 2], 1, 1, 2, 1)], steps, [1, 1, 4, 1], [1, 10, 102, 20]);
        yield return new(
            "Conv2DBackpropInput", [List(1, 2, 1, 5), Of([1, 10, 100, 2, 20, 200], 1, 3, 2, 1) with { }, In([1, 2], 1, 1, 1, 2)],
            [("strides", Integers(1, 1, 1, 2)), ("padding", Text("VALID")), ("data_format", Text("NCHW"))], [1, 2, 1, 5], [1, 100, 22, 200, 40, 10, 2, 220, 4, 400], "NCHW");
        yield return new("ResizeBilinear", [In([0, 4], 1, 1, 2, 1), List(1, 4)], [("half_pixel_centers", Flag(true))], [1, 1, 4, 1], [0, 1, 3, 4]);
        yield return new("ResizeBilinear", [In([0, 4], 1, 1, 2, 1), List(1, 4)], [], [1, 1, 4, 1], [0, 2, 4, 4], "early");
        yield return new("ResizeBilinear", [InInts([0, 3], 1, 1, 2, 1), List(1, 4)], [("align_corners", Flag(true))], [1, 1, 4, 1], [0, 1, 2, 3], "int32 with aligned corners");
        yield return new("ResizeNearestNeighbor", [In([1, 2, 3], 1, 1, 3, 1), List(1, 5)], [("half_pixel_centers", Flag(true))], [1, 1, 5, 1], [1, 1, 2, 3, 3]);
        yield return new("ResizeNearestNeighbor", [In([1, 2, 3], 1, 1, 3, 1), List(1, 4)], [], [1, 1, 4, 1], [1, 1, 2, 3], "early");
        yield return new("ResizeNearestNeighbor", [In([1, 2, 3], 1, 1, 3, 1), List(1, 4)], [("align_corners", Flag(true))], [1, 1, 4, 1], [1, 2, 2, 3], "aligned corners");

        // Keys' cubic with a = −½ at distances ¼ and ¾; what lies outside weighs nothing.
        double near = Cubic(0.25), far = Cubic(0.75), farther = Cubic(1.25), farthest = Cubic(1.75);
        double[] middle = [((near * 4) + (far * 0)) / (near + far), ((far * 4) + (near * 0)) / (near + far)];
        yield return new(
            "ResizeBicubic", [In([0, 4], 1, 1, 2, 1), List(1, 4)], [("half_pixel_centers", Flag(true))], [1, 1, 4, 1],
            [farther * 4 / (near + farther), middle[1], middle[0], near * 4 / (near + farther)]);
        Assert.Equal(1, near + far + farther + farthest, 1e-9);
        float[] pixels = Values(16, 1);
        yield return new("SpaceToDepth", [In(pixels, 1, 4, 2, 2)], [("block_size", Integer(2))], [1, 2, 1, 8], Array.ConvertAll(pixels, static x => (double)x));
        yield return new("DepthToSpace", [In(pixels, 1, 2, 1, 8)], [("block_size", Integer(2))], [1, 4, 2, 2], Array.ConvertAll(pixels, static x => (double)x));
    }

    private static IEnumerable<OperatorCase> Reductions()
    {
        float[] x = [1, -2, 3, 4, 5, -6];
        (string Kind, double[] Rows, double All)[] rows =
        [
            ("Sum", [2, 3], 5), ("Mean", [2.0 / 3, 1], 5.0 / 6), ("Max", [3, 5], 5), ("Min", [-2, -6], -6), ("Prod", [-6, -120], 720),
            ("EuclideanNorm", [Math.Sqrt(14), Math.Sqrt(77)], Math.Sqrt(91)),
        ];
        foreach ((string kind, double[] perRow, double all) in rows)
        {
            yield return new(kind, [In(x, 2, 3), List(-1)], [("keep_dims", Flag(true))], [2, 1], perRow);
            yield return new(kind, [In(x, 2, 3), List(0, 1)], [], [], [all], "all axes");
        }

        yield return new("Mean", [In(Values(8, 1), 1, 2, 2, 2), List(1, 2)], [], [1, 2], [Values(8, 1).Where(static (_, i) => i % 2 == 0).Average(static v => (double)v), Values(8, 1).Where(static (_, i) => i % 2 == 1).Average(static v => (double)v)], "over an image");
        yield return new("All", [In([true, false, true, true], 2, 2), List(1)], [], [2], [0, 1]);
        yield return new("Any", [In([true, false, false, false], 2, 2), List(1)], [], [2], [1, 0]);
        yield return new("ArgMax", [In(x, 2, 3), Scalar(1)], [], [2], [2, 1]);
        yield return new("ArgMin", [In(x, 2, 3), Scalar(-1)], [("output_type", Type(TensorFlowType.Int32))], [2], [1, 2]);
        yield return new("Cumsum", [In(x, 2, 3), Scalar(1)], [("exclusive", Flag(true)), ("reverse", Flag(true))], [2, 3], [1, 3, 0, -1, -6, 0]);
        yield return new("TopKV2", [In(x, 2, 3), Scalar(2)], [], [[2, 2], [2, 2]], [[3, 1, 5, 4], [2, 0, 1, 0]]);
        yield return new("TopK", [In(x, 2, 3)], [("k", Integer(1))], [[2, 1], [2, 1]], [[3, 5], [2, 1]]);
    }

    private static IEnumerable<OperatorCase> Movement()
    {
        float[] x = [1, 2, 3, 4, 5, 6];
        double[] same = [1, 2, 3, 4, 5, 6];
        yield return new("Reshape", [In(x, 2, 3), List(3, -1)], [], [3, 2], same);
        yield return new("Squeeze", [In(x, 1, 2, 1, 3)], [("squeeze_dims", Integers(2))], [1, 2, 3], same);
        yield return new("Squeeze", [In(x, 2, 1, 3, 1)], [], [2, 3], same, "all axes");
        yield return new("ExpandDims", [In(x, 2, 3), Scalar(-1)], [], [2, 3, 1], same);
        yield return new("Shape", [In(x, 2, 3)], [], [2], [2, 3]);
        yield return new("Shape", [In(x, 2, 3)], [("out_type", Type(TensorFlowType.Int64))], [2], [2, 3], "int64");
        yield return new("ShapeN", [In(x, 2, 3), In(x, 6)], [], [[2], [1]], [[2, 3], [6]]);
        yield return new("Rank", [In(x, 2, 3)], [], [], [2]);
        yield return new("Size", [In(x, 2, 3)], [], [], [6]);
        yield return new("Pack", [In([1, 2], 2), In([3, 4], 2)], [("axis", Integer(1))], [2, 2], [1, 3, 2, 4]);
        yield return new("Unpack", [In(x, 2, 3)], [("axis", Integer(1)), ("num", Integer(3))], [[2], [2], [2]], [[1, 4], [2, 5], [3, 6]]);
        yield return new("ConcatV2", [In([1, 2], 2, 1), In([3, 4, 5, 6], 2, 2), Scalar(1)], [], [2, 3], [1, 3, 4, 2, 5, 6]);
        yield return new("Concat", [Scalar(0), In([1, 2], 1, 2), In([3, 4], 1, 2)], [], [2, 2], [1, 2, 3, 4]);
        yield return new("Split", [Scalar(1), In([1, 2, 3, 4], 1, 4)], [("num_split", Integer(2))], [[1, 2], [1, 2]], [[1, 2], [3, 4]]);
        yield return new("SplitV", [In(x, 1, 6), List(1, -1, 2), Scalar(1)], [], [[1, 1], [1, 3], [1, 2]], [[1], [2, 3, 4], [5, 6]]);
        yield return new("Slice", [In(x, 2, 3), List(0, 1), List(-1, 2)], [], [2, 2], [2, 3, 5, 6]);
        yield return Strided("x[:, 1:]", [0, 1], [0, 0], [1, 1], [2, 2], [2, 3, 5, 6], begin: 1, end: 3);
        yield return Strided("x[::-1, ::2]", [0, 0], [0, 0], [-1, 2], [2, 2], [4, 6, 1, 3], begin: 3, end: 3);
        yield return Strided("x[-1]", [-1], [0], [1], [3], [4, 5, 6], shrink: 1);
        yield return Strided("x[..., None, 0:2]", [0, 0, 0], [0, 0, 2], [1, 1, 1], [2, 1, 2], [1, 2, 4, 5], ellipsis: 1, added: 2);
        yield return Strided("x[0:1, 2:0:-1]", [0, 2], [1, 0], [1, -1], [1, 2], [3, 2]);
        yield return new("Transpose", [In(x, 2, 3), List(1, 0)], [], [3, 2], [1, 4, 2, 5, 3, 6]);
        yield return new("Pad", [In([1, 2], 1, 2), OfInts([0, 0, 1, 2], 2, 2)], [], [1, 5], [0, 1, 2, 0, 0]);
        yield return new("PadV2", [In([1, 2], 1, 2), OfInts([0, 0, 1, 0], 2, 2), Scalar(9f)], [], [1, 3], [9, 1, 2]);
        yield return new("MirrorPad", [In([1, 2, 3], 1, 3), OfInts([0, 0, 2, 1], 2, 2)], [("mode", Text("REFLECT"))], [1, 6], [3, 2, 1, 2, 3, 2]);
        yield return new("MirrorPad", [In([1, 2, 3], 1, 3), OfInts([0, 0, 2, 1], 2, 2)], [("mode", Text("SYMMETRIC"))], [1, 6], [2, 1, 1, 2, 3, 3], "symmetric");
        yield return new("Tile", [In([1, 2], 1, 2), List(2, 2)], [], [2, 4], [1, 2, 1, 2, 1, 2, 1, 2]);
        yield return new("BroadcastTo", [In([1, 2], 1, 2), List(3, 2)], [], [3, 2], [1, 2, 1, 2, 1, 2]);
        yield return new("ReverseSequence", [In(x, 2, 3), OfInts([2, 3], 2)], [("seq_dim", Integer(1)), ("batch_dim", Integer(0))], [2, 3], [2, 1, 3, 6, 5, 4]);
        yield return new("ReverseV2", [In(x, 2, 3), List(1)], [], [2, 3], [3, 2, 1, 6, 5, 4]);
        yield return new("Gather", [Of(x, 3, 2), InInts([2, 0], 1, 2)], [], [1, 2, 2], [5, 6, 1, 2]);
        yield return new("GatherV2", [In(x, 2, 3), List(2, 0), Scalar(1)], [], [2, 2], [3, 1, 6, 4]);
        yield return new("GatherV2", [In(x, 2, 3), InInts([2, 0], 2, 1), Scalar(1)], [("batch_dims", Integer(1))], [2, 1], [3, 4], "with batches");
        yield return new("GatherNd", [In(x, 2, 3), InInts([1, 0, 0, 2], 2, 2)], [], [2], [4, 3]);
        yield return new("OneHot", [InInts([2, 0], 2), Scalar(3), Scalar(1f), Scalar(-1f)], [], [2, 3], [-1, -1, 1, 1, -1, -1]);
        yield return new("InvertPermutation", [List(2, 0, 1)], [], [3], [1, 2, 0]);
        yield return new("Fill", [List(2, 2), Scalar(1.5f)], [], [2, 2], [1.5, 1.5, 1.5, 1.5]);
        yield return new("Fill", [List(2, 2), In([1.5f])], [], [2, 2], [1.5, 1.5, 1.5, 1.5], "with a computed value");
        yield return new("Range", [Scalar(1), Scalar(8), Scalar(3)], [], [3], [1, 4, 7]);
        yield return new("Range", [Scalar(1f), Scalar(0f), Scalar(-0.25f)], [], [4], [1, 0.75, 0.5, 0.25], "downwards");

        OperatorCase Strided(
            string note, int[] from, int[] to, int[] step, int[] sizes, double[] values, int begin = 0, int end = 0, int ellipsis = 0, int added = 0, int shrink = 0) => new(
            "StridedSlice", [In(x, 2, 3), List(from), List(to), List(step)],
            [("begin_mask", Integer(begin)), ("end_mask", Integer(end)), ("ellipsis_mask", Integer(ellipsis)), ("new_axis_mask", Integer(added)), ("shrink_axis_mask", Integer(shrink))], sizes, values, note);
    }

    private static IEnumerable<OperatorCase> Blocks()
    {
        // [1, 2, 4, 1] in blocks of 2 x 2: every pixel goes to the batch of its place in the block.
        yield return new(
            "SpaceToBatchND", [In([1, 2, 3, 4, 5, 6, 7, 8], 1, 2, 4, 1), List(2, 2), OfInts([0, 0, 0, 0], 2, 2)], [], [4, 1, 2, 1], [1, 3, 2, 4, 5, 7, 6, 8]);
        yield return new("SpaceToBatch", [In([1, 2, 3, 4, 5, 6, 7, 8], 1, 2, 4, 1), OfInts([0, 0, 0, 0], 2, 2)], [("block_size", Integer(2))], [4, 1, 2, 1], [1, 3, 2, 4, 5, 7, 6, 8]);
        yield return new("SpaceToBatchND", [In([1, 2, 3], 1, 3, 1), List(2), OfInts([1, 0], 1, 2)], [], [2, 2, 1], [0, 2, 1, 3], "one axis, padded");
        yield return new("BatchToSpaceND", [In([1, 3, 2, 4, 5, 7, 6, 8], 4, 1, 2, 1), List(2, 2), OfInts([0, 0, 1, 1], 2, 2)], [], [1, 2, 2, 1], [2, 3, 6, 7]);
        yield return new("BatchToSpace", [In([1, 3, 2, 4, 5, 7, 6, 8], 4, 1, 2, 1), OfInts([0, 0, 0, 0], 2, 2)], [("block_size", Integer(2))], [1, 2, 4, 1], [1, 2, 3, 4, 5, 6, 7, 8]);
    }

    private static IEnumerable<OperatorCase> Einsum()
    {
        yield return Make("ab,bc->ac", [1, 2, 3], [1, 3, 2], true);
        yield return Make("abc,cde->abde", [1, 2, 3], [3, 2, 2], true);
        yield return Make("abcd,cde->abe", [1, 2, 2, 3], [2, 3, 4], true);
        yield return Make("aecd,abcd->acbe", [1, 3, 2, 4], [1, 2, 2, 4], false);
        yield return Make("acbe,aecd->abcd", [1, 2, 3, 2], [1, 2, 2, 4], false);
        yield return Make("ab,cd->ac", [2, 3], [2, 2], false);
        yield return Make("...a,ab->...b", [1, 2, 3], [3, 2], true);

        static OperatorCase Make(string equation, int[] left, int[] right, bool weights)
        {
            right = equation == "ab,bc->ac" ? right[1..] : right;
            left = equation == "ab,bc->ac" ? left[1..] : left;
            float[] a = Values(left.Aggregate(1, static (p, n) => p * n), 0.7f), b = Values(right.Aggregate(1, static (p, n) => p * n), 0.3f);
            Operand second = weights ? Of(b, [.. right.Select(static n => (long)n)]) : In(b, [.. right.Select(static n => (long)n)]);
            double[] values = EinsumReference.Run(equation, a, left, b, right, out int[] sizes);
            return new("Einsum", [In(a, [.. left.Select(static n => (long)n)]), second], [("equation", Text(equation))], sizes, values, equation);
        }
    }

    /// <summary>Numbers that look like noise.</summary>
    public static float[] Values(int count, float seed) => [.. Enumerable.Range(0, count).Select(i => MathF.Round(MathF.Sin((i * 1.7f) + seed) * 8) / 4)];

    private static double Cubic(double x) => x <= 1 ? (1.5 * x * x * x) - (2.5 * x * x) + 1 : (-0.5 * x * x * x) + (2.5 * x * x) - (4 * x) + 2;

    private static byte[] RepeatedTensor(long count, float value) => Message(attribute => Field(attribute, 8, Message(tensor =>
    {
        Field(tensor, 1, (long)TensorFlowType.Float);
        Field(tensor, 2, ShapeMessage(count));
        tensor.WriteTag(5, Google.Protobuf.WireFormat.WireType.Fixed32);
        tensor.WriteFloat(value);
    })));

    private static (int Top, int Bottom, int Left, int Right) Same(int height, int width, int kernelHeight, int kernelWidth, int strideHeight, int strideWidth)
    {
        int rows = Math.Max(0, ((((height + strideHeight - 1) / strideHeight) - 1) * strideHeight) + kernelHeight - height);
        int columns = Math.Max(0, ((((width + strideWidth - 1) / strideWidth) - 1) * strideWidth) + kernelWidth - width);
        return (rows / 2, rows - (rows / 2), columns / 2, columns - (columns / 2));
    }

    /// <summary>[H, W, C] as [C, H, W].</summary>
    private static T[] Turned<T>(T[] image, int height, int width, int channels) =>
        [.. Enumerable.Range(0, channels).SelectMany(c => Enumerable.Range(0, height * width).Select(pixel => image[(pixel * channels) + c]))];

    /// <summary>A convolution by its definition; with a multiplier for each channel where it is depthwise.</summary>
    private static double[] Convolution(
        float[] image, int height, int width, int channels, float[] filter, int kernelHeight, int kernelWidth, int outputs, (int Height, int Width) stride, (int Height, int Width) dilation,
        (int Top, int Bottom, int Left, int Right) padding, bool depthwise, out int[] sizes)
    {
        int rows = ((height + padding.Top + padding.Bottom - ((kernelHeight - 1) * dilation.Height) - 1) / stride.Height) + 1;
        int columns = ((width + padding.Left + padding.Right - ((kernelWidth - 1) * dilation.Width) - 1) / stride.Width) + 1;
        int made = depthwise ? channels * outputs : outputs;
        double[] result = new double[rows * columns * made];
        for (int i = 0; i < rows * columns * made; i++)
        {
            int o = i % made, column = i / made % columns, row = i / made / columns;
            for (int p = 0; p < kernelHeight; p++)
            {
                for (int q = 0; q < kernelWidth; q++)
                {
                    int y = (row * stride.Height) - padding.Top + (p * dilation.Height), x = (column * stride.Width) - padding.Left + (q * dilation.Width);
                    for (int c = 0; y >= 0 && y < height && x >= 0 && x < width && c < channels; c++)
                    {
                        double pixel = image[(((y * width) + x) * channels) + c];
                        int tap = ((p * kernelWidth) + q) * channels;
                        result[i] += depthwise ? (o / outputs == c ? pixel * filter[((tap + c) * outputs) + (o % outputs)] : 0) : pixel * filter[((tap + c) * outputs) + o];
                    }
                }
            }
        }

        sizes = [1, rows, columns, made];
        return result;
    }
}

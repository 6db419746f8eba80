using Edge.Compiler;
using Edge.Format;
using Edge.Import;
using Edge.Import.TFLite;
using Edge.Runtime;

namespace Edge.Tests.Import.TFLite;

/// <summary>Each operator of a hand-made model gives what TensorFlow Lite defines.</summary>
public sealed class TfliteMappingTests
{
    private static readonly float[] s_four = [-2, -0.5f, 0.5f, 7];

    [Theory]
    [InlineData(19, new float[] { 0, 0, 0.5f, 7 })]                                          // RELU
    [InlineData(21, new float[] { 0, 0, 0.5f, 6 })]                                          // RELU6
    [InlineData(20, new float[] { -1, -0.5f, 0.5f, 1 })]                                     // RELU_N1_TO_1
    [InlineData(152, new float[] { 0, 0, 0.5f, 1 })]                                         // RELU_0_TO_1
    [InlineData(14, new float[] { 0.11920292f, 0.37754068f, 0.62245935f, 0.999089f })]       // LOGISTIC
    [InlineData(28, new float[] { -0.9640276f, -0.46211717f, 0.46211717f, 0.9999983f })]     // TANH
    [InlineData(117, new float[] { -0.33333334f, -0.20833333f, 0.29166667f, 7 })]            // HARD_SWISH
    [InlineData(111, new float[] { -0.86466473f, -0.39346933f, 0.5f, 7 })]                   // ELU
    [InlineData(150, new float[] { -0.04550026f, -0.15426877f, 0.34573123f, 7 })]            // GELU
    [InlineData(101, new float[] { 2, 0.5f, 0.5f, 7 })]                                      // ABS
    [InlineData(59, new float[] { 2, 0.5f, -0.5f, -7 })]                                     // NEG
    [InlineData(47, new float[] { 0.13533528f, 0.60653067f, 1.6487212f, 1096.6332f })]       // EXP
    [InlineData(92, new float[] { 4, 0.25f, 0.25f, 49 })]                                    // SQUARE
    [InlineData(66, new float[] { -0.9092974f, -0.47942555f, 0.47942555f, 0.6569866f })]     // SIN
    [InlineData(108, new float[] { -0.41614684f, 0.87758255f, 0.87758255f, 0.7539023f })]    // COS
    [InlineData(8, new float[] { -2, -1, 0, 7 })]                                            // FLOOR
    [InlineData(104, new float[] { -2, 0, 1, 7 })]                                           // CEIL
    [InlineData(116, new float[] { -2, 0, 0, 7 })]                                           // ROUND: halves to even
    [InlineData(158, new float[] { -1, -1, 1, 1 })]                                          // SIGN
    [InlineData(93, new float[] { 0, 0, 0, 0 })]                                             // ZEROS_LIKE
    public void A_function_of_each_element(int code, float[] expected)
    {
        TfliteWriter model = new();
        AssertNear(expected, Run(model.Then(code, [model.Input(1, 4)], [1, 4]), s_four));
    }

    [Theory]
    [InlineData(73, new float[] { 0, 1.3862944f })]                                          // LOG
    [InlineData(75, new float[] { 1, 2 })]                                                   // SQRT
    [InlineData(76, new float[] { 1, 0.5f })]                                                // RSQRT
    public void A_function_of_positive_numbers(int code, float[] expected)
    {
        TfliteWriter model = new();
        AssertNear(expected, Run(model.Then(code, [model.Input(1, 2)], [1, 2]), [1, 4]));
    }

    [Theory]
    [InlineData(0, 11, 0, new float[] { 0, 1.5f, 2.5f, 9 })]
    [InlineData(41, 28, 0, new float[] { -4, -2.5f, -1.5f, 5 })]
    [InlineData(41, 28, 1, new float[] { 0, 0, 0, 5 })]                    // RELU
    [InlineData(18, 21, 2, new float[] { -1, -1, 1, 1 })]                  // RELU_N1_TO_1
    [InlineData(18, 21, 3, new float[] { 0, 0, 1, 6 })]                    // RELU6
    [InlineData(18, 21, 4, new float[] { -0.9993293f, -0.7615942f, 0.7615942f, 1 })] // TANH
    [InlineData(42, 29, 0, new float[] { -1, -0.25f, 0.25f, 3.5f })]
    [InlineData(42, 29, 1, new float[] { 0, 0, 0.25f, 3.5f })]
    [InlineData(55, 0, 0, new float[] { 2, 2, 2, 7 })]                          // MAXIMUM
    [InlineData(57, 0, 0, new float[] { -2, -0.5f, 0.5f, 2 })]                  // MINIMUM
    [InlineData(78, 0, 0, new float[] { 4, 0.25f, 0.25f, 49 })]                 // POW
    [InlineData(90, 0, 0, new float[] { -1, -1, 0, 3 })]                        // FLOOR_DIV
    [InlineData(95, 0, 0, new float[] { 0, 1.5f, 0.5f, 1 })]                    // FLOOR_MOD
    [InlineData(99, 0, 0, new float[] { 16, 6.25f, 2.25f, 25 })]                // SQUARED_DIFFERENCE
    [InlineData(156, 0, 0, new float[] { -0.7853982f, -0.24497867f, 0.24497867f, 1.2924967f })] // ATAN2
    public void A_function_of_two_tensors(int code, int kind, byte activation, float[] expected)
    {
        TfliteWriter model = new();
        Flat options = new() { [0] = activation };
        AssertNear(expected, Run(model.Then(code, [model.Input(1, 4), model.Floats([], 2)], [1, 4], (OptionsKind)kind, options), s_four));
    }

    [Theory]
    [InlineData(71, new byte[] { 0, 1, 0 })]
    [InlineData(72, new byte[] { 1, 0, 1 })]
    [InlineData(58, new byte[] { 1, 0, 0 })]
    [InlineData(63, new byte[] { 1, 1, 0 })]
    [InlineData(61, new byte[] { 0, 0, 1 })]
    [InlineData(62, new byte[] { 0, 1, 1 })]
    public void A_comparison(int code, byte[] expected)
    {
        TfliteWriter model = new();
        int output = model.Tensor(TensorKind.Bool, [1, 3]);
        model.Add(code, [model.Input(1, 3), model.Floats([], 2)], [output]);
        Assert.Equal(expected, TfliteRun.Run<float, byte>(model.Output(output), [1, 2, 3]));
    }

    [Theory]
    [InlineData(86, new byte[] { 0, 0, 0, 1 })]
    [InlineData(84, new byte[] { 0, 1, 1, 1 })]
    public void Truth_values(int code, byte[] expected)
    {
        TfliteWriter model = new();
        int both = model.Tensor(TensorKind.Bool, [4]), not = model.Tensor(TensorKind.Bool, [4]), back = model.Tensor(TensorKind.Bool, [4]);
        model.Add(code, [model.Input(TensorKind.Bool, [4]), model.Constant(TensorKind.Bool, [4], new byte[] { 0, 0, 7, 1 })], [both]);
        model.Add(87, [both], [not]);
        model.Add(87, [not], [back]);
        byte[] first = [0, 1, 0, 1];
        Assert.Equal(expected, TfliteRun.Run<byte, byte>(model.Output(back), first));
    }

    [Fact]
    public void A_choice_by_row_and_by_element()
    {
        TfliteWriter rows = new();
        int condition = rows.Constant(TensorKind.Bool, [2], new byte[] { 0, 1 });
        AssertNear([-1, -2, 3, 4], Run(rows.Then(64, [condition, rows.Input(2, 2), rows.Floats([2, 2], -1, -2, -3, -4)], [2, 2]), [1, 2, 3, 4]));

        TfliteWriter elements = new();
        condition = elements.Constant(TensorKind.Bool, [2], new byte[] { 0, 1 });
        AssertNear([-1, 2, -3, 4], Run(elements.Then(123, [condition, elements.Input(2, 2), elements.Floats([2, 2], -1, -2, -3, -4)], [2, 2]), [1, 2, 3, 4]));
    }

    [Fact]
    public void Layers_with_weights()
    {
        AssertNear([10 + 1 + 4 + 9 + 24, 10 + 2 + 18, 10 + 3 + 12, 10 + 6], Run(Conv(0), [1, 2, 3, 6]));   // SAME pads behind
        AssertNear([48], Run(Conv(1), [1, 2, 3, 6]));

        TfliteWriter depthwise = new();
        AssertNear(
            [1, 20, 3, 40],
            Run(
                depthwise.Then(
                    4, [depthwise.Input(1, 1, 2, 2), depthwise.Floats([1, 1, 1, 2], 1, 10), -1], [1, 1, 2, 2], OptionsKind.DepthwiseConv2D, new Flat { [0] = (byte)1, [1] = 1, [2] = 1 }),
                [1, 2, 3, 4]));

        TfliteWriter dense = new();
        AssertNear(
            [5, 0],                                                      // 1 · 1 + 2 · 2, −1 cut off
            Run(dense.Then(9, [dense.Input(1, 1, 2), dense.Floats([2, 2], 1, 2, -1, 0)], [1, 2], OptionsKind.FullyConnected, new Flat { [0] = (byte)1 }), [1, 2]));
    }

    private static TfliteWriter Conv(byte padding)
    {
        TfliteWriter conv = new();
        int weights = conv.Floats([1, 2, 2, 1], 1, 2, 3, 4), bias = conv.Floats([1], 10);
        return conv.Then(3, [conv.Input(1, 2, 2, 1), weights, bias], [1, 2, 2, 1], OptionsKind.Conv2D, new Flat { [0] = padding, [1] = 1, [2] = 1 });
    }

    [Fact]
    public void A_dense_layer_keeps_axes_where_it_is_told()
    {
        TfliteWriter model = new();
        model.Then(9, [model.Input(1, 2, 2), model.Floats([1, 2], 1, 1), -1], [1, 2, 1], OptionsKind.FullyConnected, new Flat { [2] = true });
        using Session session = TfliteRun.Load(model);
        Assert.Equal(new Shape(1, 2, 1), session.OutputSpec(0).Shape);

        TfliteWriter flat = new();
        flat.Then(9, [flat.Input(1, 2, 2), flat.Floats([1, 2], 1, 1), -1], [2, 1], OptionsKind.FullyConnected);
        using Session rows = TfliteRun.Load(flat);
        Assert.Equal(new Shape(2, 1), rows.OutputSpec(0).Shape);
    }

    [Theory]
    [InlineData(1, new float[] { 2.5f })]                                // AVERAGE_POOL_2D
    [InlineData(17, new float[] { 4 })]                                  // MAX_POOL_2D
    [InlineData(12, new float[] { 2.738613f })]                          // L2_POOL_2D: √7.5
    public void A_pool(int code, float[] expected)
    {
        TfliteWriter model = new();
        Flat options = new() { [0] = (byte)1, [1] = 2, [2] = 2, [3] = 2, [4] = 2 };
        AssertNear(expected, Run(model.Then(code, [model.Input(1, 2, 2, 1)], [1, 1, 1, 1], OptionsKind.Pool2D, options), [1, 2, 3, 4]));
    }

    [Fact]
    public void Rows_of_probabilities_and_lengths()
    {
        TfliteWriter softmax = new();
        AssertNear([0.11920292f, 0.880797f], Run(softmax.Then(25, [softmax.Input(1, 2)], [1, 2], OptionsKind.Softmax, new Flat { [0] = 2f }), [1, 2]));
        TfliteWriter logarithm = new();
        AssertNear([-1.3132616f, -0.31326166f], Run(logarithm.Then(50, [logarithm.Input(1, 2)], [1, 2]), [1, 2]));
        TfliteWriter length = new();
        AssertNear([0.6f, 0.8f], Run(length.Then(11, [length.Input(1, 2)], [1, 2], OptionsKind.L2Norm), [3, 4]));
        TfliteWriter product = new();
        AssertNear(
            [1 + 6, 2 + 8],
            Run(product.Then(126, [product.Input(1, 1, 2), product.Floats([1, 2, 2], 1, 2, 3, 4)], [1, 1, 2], OptionsKind.BatchMatMul), [1, 2]));
        TfliteWriter slope = new();
        AssertNear([-0.2f, 2], Run(slope.Then(98, [slope.Input(1, 2)], [1, 2], OptionsKind.LeakyRelu, new Flat { [0] = 0.1f }), [-2, 2]));
        TfliteWriter slopes = new();
        AssertNear([-0.2f, -0.4f], Run(slopes.Then(54, [slopes.Input(1, 2), slopes.Floats([2], 0.1f, 0.2f)], [1, 2]), [-2, -2]));
    }

    [Theory]
    [InlineData(40, false, new float[] { 2, 5 })]                        // MEAN
    [InlineData(40, true, new float[] { 2, 5 })]
    [InlineData(74, false, new float[] { 6, 15 })]                       // SUM
    [InlineData(82, false, new float[] { 3, 6 })]                        // REDUCE_MAX
    [InlineData(89, false, new float[] { 1, 4 })]                        // REDUCE_MIN
    [InlineData(81, false, new float[] { 6, 120 })]                      // REDUCE_PROD
    public void A_reduction(int code, bool keep, float[] expected)
    {
        TfliteWriter model = new();
        model.Then(code, [model.Input(2, 3), model.Integers(-1)], keep ? [2, 1] : [2], OptionsKind.Reducer, new Flat { [0] = keep });
        AssertNear(expected, Run(model, [1, 2, 3, 4, 5, 6]));
        using Session session = TfliteRun.Load(model);
        Assert.Equal(keep ? new Shape(2, 1) : new Shape(2), session.OutputSpec(0).Shape);
    }

    [Fact]
    public void Sums_and_positions()
    {
        TfliteWriter sums = new();
        AssertNear([5, 3, 0], Run(sums.Then(128, [sums.Input(1, 3), sums.Scalar(1)], [1, 3], OptionsKind.CumulativeSum, new Flat { [0] = true, [1] = true }), [1, 2, 3]));

        TfliteWriter largest = new();
        int values = largest.Tensor(TensorKind.Float32, [1, 2]), positions = largest.Tensor(TensorKind.Int32, [1, 2]);
        largest.Add(48, [largest.Input(1, 3), largest.Scalar(2)], [values, positions]);
        Assert.Equal([2, 0], TfliteRun.Run<float, int>(largest.Output(positions).Output(values), [2, 1, 3]));

        foreach ((int code, int expected) in new[] { (56, 2), (79, 1) })
        {
            TfliteWriter position = new();
            int output = position.Tensor(TensorKind.Int64, [1]);
            position.Add(code, [position.Input(1, 3), position.Scalar(-1)], [output], code == 56 ? OptionsKind.ArgMax : OptionsKind.ArgMin);
            Assert.Equal([expected], TfliteRun.Run<float, long>(position.Output(output), [2, 1, 3]));
        }
    }

    [Fact]
    public void Shapes_are_constants_and_the_batch_stays_open()
    {
        // x.reshape(shape(x)[0], -1), as converters write a flatten layer.
        TfliteWriter model = new();
        int x = model.Input(1, 2, 3), shape = model.Tensor(TensorKind.Int32, [3]), batch = model.Tensor(TensorKind.Int32, []), target = model.Tensor(TensorKind.Int32, [2]);
        model.Add(77, [x], [shape], OptionsKind.Shape);
        model.Add(45, [shape, model.Integers(0), model.Integers(1), model.Integers(1)], [batch], OptionsKind.StridedSlice, new Flat { [4] = 1 });
        model.Add(83, [batch, model.Scalar(-1)], [target], OptionsKind.Pack, new Flat { [0] = 2 });
        model.Then(22, [x, target], [1, 6], OptionsKind.Reshape);
        byte[] file = Compile.ToBytes(model.Open().Build());
        using Model loaded = Model.Load(file);
        using Session four = new(loaded, new SessionOptions { BatchSize = 4 });
        Assert.Equal(new Shape(4, 6), four.OutputSpec(0).Shape);
        Assert.Single(loaded.Operators);
    }

    [Fact]
    public void Elements_move()
    {
        TfliteWriter squeeze = new();
        AssertNear([1, 2], Run(squeeze.Then(43, [squeeze.Input(1, 1, 2)], [1, 2], OptionsKind.Squeeze, new Flat { [0] = (int[])[1] }), [1, 2]));
        TfliteWriter expand = new();
        AssertNear([1, 2], Run(expand.Then(70, [expand.Input(1, 2), expand.Scalar(-1)], [1, 2, 1]), [1, 2]));
        TfliteWriter transpose = new();
        AssertNear([1, 3, 2, 4], Run(transpose.Then(39, [transpose.Input(2, 2), transpose.Integers(1, 0)], [2, 2]), [1, 2, 3, 4]));
        TfliteWriter concat = new();
        int x = concat.Input(1, 2);
        AssertNear([1, 2, 9, 1, 2], Run(concat.Then(2, [x, concat.Floats([1, 1], 9), x], [1, 5], OptionsKind.Concatenation, new Flat { [0] = -1 }), [1, 2]));
        TfliteWriter many = new();
        x = many.Input(1, 1);
        AssertNear([.. Enumerable.Repeat(3f, 70)], Run(many.Then(2, [.. Enumerable.Repeat(x, 70)], [1, 70], OptionsKind.Concatenation, new Flat { [0] = 1 }), [3]));
        TfliteWriter pack = new();
        x = pack.Input(1, 2);
        AssertNear([1, 1, 2, 2], Run(pack.Then(83, [x, x], [1, 2, 2], OptionsKind.Pack, new Flat { [0] = 2, [1] = -1 }), [1, 2]));
        TfliteWriter slice = new();
        AssertNear([2, 3], Run(slice.Then(65, [slice.Input(1, 4), slice.Integers(0, 1), slice.Integers(-1, 2)], [1, 2]), [1, 2, 3, 4]));
        TfliteWriter pad = new();
        AssertNear([0, 1, 2, 0, 0], Run(pad.Then(34, [pad.Input(1, 2), pad.Integers(0, 0, 1, 2)], [1, 5]), [1, 2]));
        TfliteWriter padWith = new();
        AssertNear([7, 1, 2], Run(padWith.Then(60, [padWith.Input(1, 2), padWith.Integers(0, 0, 1, 0), padWith.Floats([], 7)], [1, 3]), [1, 2]));
        TfliteWriter reflect = new();
        AssertNear([2, 1, 2, 3, 2], Run(reflect.Then(100, [reflect.Input(1, 3), reflect.Integers(0, 0, 1, 1)], [1, 5], OptionsKind.MirrorPad), [1, 2, 3]));
        TfliteWriter mirror = new();
        AssertNear([1, 1, 2, 3, 3], Run(mirror.Then(100, [mirror.Input(1, 3), mirror.Integers(0, 0, 1, 1)], [1, 5], OptionsKind.MirrorPad, new Flat { [0] = (byte)1 }), [1, 2, 3]));
        TfliteWriter reverse = new();
        AssertNear([3, 2, 1], Run(reverse.Then(105, [reverse.Input(1, 3), reverse.Integers(1)], [1, 3]), [1, 2, 3]));
        TfliteWriter gather = new();
        AssertNear([3, 1], Run(gather.Then(36, [gather.Input(1, 3), gather.Integers(2, 0)], [1, 2], OptionsKind.Gather, new Flat { [0] = 1 }), [1, 2, 3]));
        TfliteWriter tile = new();
        AssertNear([1, 2, 1, 2], Run(tile.Then(69, [tile.Input(1, 2), tile.Integers(1, 2)], [1, 4]), [1, 2]));
        TfliteWriter broadcast = new();
        AssertNear([1, 1, 2, 2], Run(broadcast.Then(130, [broadcast.Input(1, 2, 1), broadcast.Integers(1, 2, 2)], [1, 2, 2]), [1, 2]));
        TfliteWriter depth = new();
        AssertNear([1, 2, 3, 4], Run(depth.Then(26, [depth.Input(1, 2, 2, 1)], [1, 1, 1, 4], OptionsKind.SpaceToDepth, new Flat { [0] = 2 }), [1, 2, 3, 4]));
        TfliteWriter space = new();
        AssertNear([1, 2, 3, 4], Run(space.Then(5, [space.Input(1, 1, 1, 4)], [1, 2, 2, 1], OptionsKind.DepthToSpace, new Flat { [0] = 2 }), [1, 2, 3, 4]));
    }

    [Fact]
    public void Parts_become_outputs_of_their_own()
    {
        TfliteWriter split = new();
        int x = split.Input(1, 4), a = split.Tensor(TensorKind.Float32, [1, 2]), b = split.Tensor(TensorKind.Float32, [1, 2]);
        split.Add(49, [split.Scalar(1), x], [a, b], OptionsKind.Split, new Flat { [0] = 2 });
        AssertNear([3, 4], Run(split.Output(b).Output(a), [1, 2, 3, 4]));

        TfliteWriter sizes = new();
        (x, a, b) = (sizes.Input(1, 4), sizes.Tensor(TensorKind.Float32, [1, 3]), sizes.Tensor(TensorKind.Float32, [1, 1]));
        sizes.Add(102, [x, sizes.Integers(-1, 1), sizes.Scalar(-1)], [a, b], OptionsKind.SplitV, new Flat { [0] = 2 });
        AssertNear([1, 2, 3], Run(sizes.Output(a).Output(b), [1, 2, 3, 4]));

        TfliteWriter unpack = new();
        (x, a, b) = (unpack.Input(1, 2, 2), unpack.Tensor(TensorKind.Float32, [1, 2]), unpack.Tensor(TensorKind.Float32, [1, 2]));
        unpack.Add(88, [x], [a, b], OptionsKind.Unpack, new Flat { [0] = 2, [1] = 2 });
        AssertNear([2, 4], Run(unpack.Output(b).Output(a), [1, 2, 3, 4]));
    }

    [Theory]
    [InlineData(new[] { 0, 1 }, new[] { 0, 3 }, new[] { 1, 1 }, 1, 1, 0, 0, 0, new float[] { 2, 3, 12, 13 }, new[] { 2, 2 })]         // masks of axis 0
    [InlineData(new[] { 0, -1 }, new[] { 2, -5 }, new[] { 1, -2 }, 0, 0, 0, 0, 0, new float[] { 4, 2, 14, 12 }, new[] { 2, 2 })]      // backwards
    [InlineData(new[] { 1, 0 }, new[] { 2, 4 }, new[] { 1, 3 }, 0, 0, 0, 0, 1, new float[] { 11, 14 }, new[] { 2 })]                  // one row, without its axis
    [InlineData(new[] { 0, 3 }, new[] { 0, 4 }, new[] { 1, 1 }, 0, 0, 1, 0, 0, new float[] { 4, 14 }, new[] { 2, 1 })]                // ellipsis
    [InlineData(new[] { 0, 0, 0 }, new[] { 0, 2, 1 }, new[] { 1, 1, 1 }, 0, 0, 0, 1, 4, new float[] { 1, 11 }, new[] { 1, 2 })]       // new axis, and a column without its axis
    [InlineData(new[] { 0, 100 }, new[] { 2, -100 }, new[] { 1, -1 }, 0, 0, 0, 0, 0, new float[] { 4, 3, 2, 1, 14, 13, 12, 11 }, new[] { 2, 4 })]
    public void A_strided_slice_with_masks(
        int[] begin, int[] end, int[] stride, int beginMask, int endMask, int ellipsisMask, int newMask, int shrinkMask, float[] expected, int[] shape)
    {
        TfliteWriter model = new();
        Flat options = new() { [0] = beginMask, [1] = endMask, [2] = ellipsisMask, [3] = newMask, [4] = shrinkMask };
        model.Then(45, [model.Input(2, 4), model.Integers(begin), model.Integers(end), model.Integers(stride)], shape, OptionsKind.StridedSlice, options);
        AssertNear(expected, Run(model, [1, 2, 3, 4, 11, 12, 13, 14]));
        using Session session = TfliteRun.Load(model);
        Assert.Equal(new Shape(shape), session.OutputSpec(0).Shape);
    }

    [Theory]
    [InlineData(-3, 2, 0, 0, new float[] { 2, 3 })]                      // from element 1, two of them
    [InlineData(2, 3, 1, 0, new float[] { 1, 2, 3 })]                    // from the first, three of them
    [InlineData(3, 0, 1, 1, new float[] { 1 })]                          // one element: the mask puts it at the front
    public void A_strided_slice_whose_end_is_an_offset(int begin, int end, int beginMask, int shrinkMask, float[] expected)
    {
        TfliteWriter model = new();
        Flat options = new() { [0] = beginMask, [4] = shrinkMask, [5] = true };
        model.Then(45, [model.Input(4), model.Integers(begin), model.Integers(end), model.Integers(1)], shrinkMask != 0 ? [] : [expected.Length], OptionsKind.StridedSlice, options);
        Assert.Equal(expected, Run(model, [1, 2, 3, 4]));
    }

    [Theory]
    [InlineData(0.3f, new float[] { 0, 0.1f, 0.2f })]                    // 0.3f / 0.1f is a little above 3, and 3 in float32
    [InlineData(1f, new float[] { 0, 0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.70000005f, 0.8000001f, 0.9000001f })]   // sums, not products
    public void A_range_of_floats_adds_up_step_by_step(float limit, float[] expected)
    {
        TfliteWriter model = new();
        int range = model.Tensor(TensorKind.Float32, [expected.Length]);
        model.Add(96, [model.Floats([], 0), model.Floats([], limit), model.Floats([], 0.1f)], [range]);
        Assert.Equal(expected, Run(model.Then(0, [model.Input(1), range], [expected.Length], OptionsKind.Add), [0]));
    }

    [Fact]
    public void A_shape_of_0_in_old_files_has_no_axes()
    {
        TfliteWriter model = new();
        using Session session = TfliteRun.Load(model.Then(22, [model.Input(1, 1)], [], OptionsKind.Reshape, new Flat { [0] = (int[])[0] }));
        Assert.Equal(0, session.OutputSpec(0).Shape.Rank);
    }

    [Theory]
    [InlineData(0, 4, new float[] { 1, 1, 3, 2, 1, 1, 3, 2, 4, 4, 10, 6, 3, 3, 7, 4 })]
    [InlineData(1, 5, new float[] { 1, 1, 3, 2, 2, 1, 1, 3, 2, 2, 4, 4, 10, 6, 6, 3, 3, 7, 4, 4, 3, 3, 7, 4, 4 })]
    public void A_transposed_convolution(byte padding, int size, float[] expected)
    {
        TfliteWriter model = new();
        int output = model.Integers(1, size, size, 1), weights = model.Floats([1, 3, 3, 1], 1, 1, 1, 1, 1, 1, 1, 1, 1), x = model.Input(1, 2, 2, 1);
        AssertNear(expected, Run(model.Then(67, [output, weights, x], [1, size, size, 1], OptionsKind.TransposeConv, new Flat { [0] = padding, [1] = 2, [2] = 2 }), [1, 2, 3, 4]));
    }

    [Theory]
    [InlineData(23, false, false, new float[] { 0, 5, 10, 10 })]
    [InlineData(23, true, false, new float[] { 0, 3.3333333f, 6.6666665f, 10 })]
    [InlineData(23, false, true, new float[] { 0, 2.5f, 7.5f, 10 })]
    [InlineData(97, false, false, new float[] { 0, 0, 10, 10 })]
    [InlineData(97, true, false, new float[] { 0, 0, 10, 10 })]
    [InlineData(97, false, true, new float[] { 0, 0, 10, 10 })]
    public void A_picture_of_another_size(int code, bool alignsCorners, bool centersPixels, float[] expected)
    {
        TfliteWriter model = new();
        (OptionsKind kind, int first) = code == 23 ? (OptionsKind.ResizeBilinear, 2) : (OptionsKind.ResizeNearestNeighbor, 0);
        Flat options = new() { [first] = alignsCorners, [first + 1] = centersPixels };
        AssertNear(expected, Run(model.Then(code, [model.Input(1, 1, 2, 1), model.Integers(1, 4)], [1, 1, 4, 1], kind, options), [0, 10]));
    }

    [Fact]
    public void Blocks_and_rows_go_where_they_are_told()
    {
        TfliteWriter blocks = new();
        int parts = blocks.Tensor(TensorKind.Float32, [4, 1, 2, 1]);
        blocks.Add(38, [blocks.Input(1, 2, 2, 1), blocks.Integers(2, 2), blocks.Constant(TensorKind.Int32, [2, 2], new[] { 0, 0, 0, 2 })], [parts]);
        blocks.Output(parts);
        AssertNear([1, 0, 2, 0, 3, 0, 4, 0], Run(blocks, [1, 2, 3, 4]));

        TfliteWriter back = new();
        parts = back.Tensor(TensorKind.Float32, [4, 1, 2, 1]);
        back.Add(38, [back.Input(1, 2, 2, 1), back.Integers(2, 2), back.Constant(TensorKind.Int32, [2, 2], new[] { 0, 0, 0, 2 })], [parts]);
        AssertNear([1, 2, 3, 4], Run(back.Then(37, [parts, back.Integers(2, 2), back.Constant(TensorKind.Int32, [2, 2], new[] { 0, 0, 0, 2 })], [1, 2, 2, 1]), [1, 2, 3, 4]));

        TfliteWriter gather = new();
        AssertNear([3, 2], Run(gather.Then(107, [gather.Input(2, 2), gather.Constant(TensorKind.Int32, [2, 2], new[] { 1, 0, 0, 1 })], [2]), [1, 2, 3, 4]));
        TfliteWriter scatter = new();
        AssertNear([3, 3, 0], Run(scatter.Then(122, [scatter.Constant(TensorKind.Int32, [3, 1], new[] { 1, 1, 0 }), scatter.Input(3), scatter.Integers(3)], [3]), [1, 2, 3]));
    }

    [Fact]
    public void Channels_sequences_and_volumes()
    {
        // x / (1 + 0.5 · Σ of squares of the neighbours)².
        TfliteWriter response = new();
        Flat options = new() { [0] = 1, [1] = 1f, [2] = 0.5f, [3] = 2f };
        AssertNear(
            [1 / 12.25f, 2 / 64f, 3 / 56.25f],
            Run(response.Then(13, [response.Input(1, 1, 1, 3)], [1, 1, 1, 3], OptionsKind.LocalResponseNormalization, options), [1, 2, 3]));

        TfliteWriter sequences = new();
        AssertNear(
            [2, 1, 3, 4, 5, 6],
            Run(sequences.Then(112, [sequences.Input(2, 3), sequences.Integers(2, 1)], [2, 3], OptionsKind.ReverseSequence, new Flat { [0] = 1 }), [1, 2, 3, 4, 5, 6]));

        TfliteWriter volume = new();
        options = new() { [0] = (byte)1, [1] = 1, [2] = 1, [3] = 1 };
        AssertNear(
            [1 + 20 + 3 + 40 + 100],                                     // two slices of one row of two
            Run(volume.Then(132, [volume.Input(1, 2, 1, 2, 1), volume.Floats([2, 1, 2, 1, 1], 1, 10, 1, 10), volume.Floats([1], 100)], [1, 1, 1, 1, 1], OptionsKind.Conv3D, options), [1, 2, 3, 4]));
    }

    [Fact]
    public void Detections_with_options_in_a_flexbuffer()
    {
        SortedDictionary<string, float> options = new(StringComparer.Ordinal)
        {
            ["max_detections"] = 2, ["max_classes_per_detection"] = 1, ["num_classes"] = 2, ["nms_score_threshold"] = 0.25f, ["nms_iou_threshold"] = 0.5f,
            ["y_scale"] = 10, ["x_scale"] = 10, ["h_scale"] = 5, ["w_scale"] = 5,
        };
        TfliteWriter model = new();
        int boxes = model.Tensor(TensorKind.Float32, [1, 2, 4]), classes = model.Tensor(TensorKind.Float32, [1, 2]), scores = model.Tensor(TensorKind.Float32, [1, 2]), count = model.Tensor(TensorKind.Float32, [1]);
        int anchors = model.Floats([3, 4], 0.5f, 0.5f, 1, 1, 0.5f, 0.5f, 1, 0.9f, 2, 2, 1, 1);
        model.Add(32, [model.Floats([1, 3, 4], new float[12]), model.Input(1, 3, 3), anchors], [boxes, classes, scores, count], custom: "TFLite_Detection_PostProcess");
        model.Operators[0][5] = TfliteWriter.FlexMap(options);
        using Session session = TfliteRun.Load(model.Output(boxes).Output(classes).Output(scores).Output(count));

        // A background class first. The second box overlaps the first one, the third stands alone.
        ((float[])[0, 0.9f, 0.1f, 0, 0.2f, 0.8f, 0, 0.1f, 0.7f]).CopyTo(session.Input<float>());
        session.Run();
        AssertNear([0, 0, 1, 1, 1.5f, 1.5f, 2.5f, 2.5f], session.Output<float>(0).ToArray());
        AssertNear([0, 1], session.Output<float>(1).ToArray());
        AssertNear([0.9f, 0.7f], session.Output<float>(2).ToArray());
        AssertNear([2], session.Output<float>(3).ToArray());

        byte[] good = (byte[])model.Operators[0][5];
        for (int i = 0; i < good.Length; i++)
        {
            foreach (byte value in (byte[])[0, 1, 127, 255])
            {
                byte[] bad = (byte[])good.Clone();
                bad[i] = value;
                model.Operators[0][5] = bad;
                try
                {
                    model.Open().Build();
                }
                catch (ModelImportException)
                {
                    // Refused, as most are; any other exception fails the test.
                }
            }
        }

        model.Operators[0][5] = new byte[2];
        Assert.Contains("no FlexBuffer map", TfliteRun.Refused(model), StringComparison.Ordinal);
        options.Remove("num_classes");
        model.Operators[0][5] = TfliteWriter.FlexMap(options);
        Assert.Contains("'num_classes'", TfliteRun.Refused(model), StringComparison.Ordinal);
    }

    [Fact]
    public void Known_results_become_constants()
    {
        TfliteWriter range = new();
        int numbers = range.Tensor(TensorKind.Int32, [3]), floats = range.Tensor(TensorKind.Float32, [3]);
        range.Add(96, [range.Scalar(7), range.Scalar(1), range.Scalar(-2)], [numbers]);
        range.Add(53, [numbers], [floats], OptionsKind.Cast);
        AssertNear([8, 6, 4], Run(range.Then(0, [range.Input(1, 3), floats], [1, 3], OptionsKind.Add), [1, 1, 1]));

        TfliteWriter fill = new();
        int filled = fill.Tensor(TensorKind.Float32, [1, 2]);
        fill.Add(94, [fill.Integers(1, 2), fill.Floats([], 5)], [filled]);
        AssertNear([6, 7], Run(fill.Then(0, [fill.Input(1, 2), filled], [1, 2], OptionsKind.Add), [1, 2]));

        TfliteWriter where = new();
        int condition = where.Constant(TensorKind.Bool, [2, 2], new byte[] { 0, 1, 1, 0 }), at = where.Tensor(TensorKind.Int64, [2, 2]), real = where.Tensor(TensorKind.Float32, [2, 2]);
        where.Add(109, [condition], [at]);
        where.Add(53, [at], [real], OptionsKind.Cast);
        AssertNear([0, 1, 1, 0], Run(where.Then(0, [where.Input(2, 2), real], [2, 2], OptionsKind.Add), [0, 0, 0, 0]));

        TfliteWriter hot = new();
        int output = hot.Tensor(TensorKind.Float32, [2, 3]);
        hot.Add(85, [hot.Input(TensorKind.Int32, [2]), hot.Scalar(3), hot.Floats([], 1), hot.Floats([], 0)], [output], OptionsKind.OneHot, new Flat { [0] = -1 });
        Assert.Equal([0, 0, 1, 1, 0, 0], TfliteRun.Run<int, float>(hot.Output(output), [2, 0]));

        TfliteWriter embedding = new();
        output = embedding.Tensor(TensorKind.Float32, [2, 2]);
        embedding.Add(7, [embedding.Input(TensorKind.Int32, [2]), embedding.Constant(TensorKind.Int8, [3, 2], new sbyte[] { 1, 2, 3, 4, 5, 6 }, 0.5f)], [output]);
        Assert.Equal([2.5f, 3, 0.5f, 1], TfliteRun.Run<int, float>(embedding.Output(output), [2, 0]));
    }

    [Fact]
    public void Types_change()
    {
        TfliteWriter cast = new();
        int output = cast.Tensor(TensorKind.Int32, [1, 2]);
        cast.Add(53, [cast.Input(1, 2)], [output], OptionsKind.Cast);
        Assert.Equal([-1, 2], TfliteRun.Run<float, int>(cast.Output(output), [-1.7f, 2.7f]));

        // A cast takes the stored value for what it is, scale or not.
        TfliteWriter stored = new();
        output = stored.Tensor(TensorKind.Float32, [1, 3]);
        stored.Add(53, [stored.Input(TensorKind.UInt8, [1, 3], 1 / 255f, 3)], [output], OptionsKind.Cast);
        Assert.Equal([0, 100, 255], TfliteRun.Run<byte, float>(stored.Output(output), [0, 100, 255]));

        TfliteWriter fake = new();
        AssertNear([0, 1, 1], Run(fake.Then(80, [fake.Input(1, 3)], [1, 3], OptionsKind.FakeQuant, new Flat { [0] = 0f, [1] = 1f, [2] = 8 }), [-3, 1, 4]));

        TfliteWriter half = new();
        int expanded = half.Tensor(TensorKind.Float32, [2]);
        half.Add(6, [half.Constant(TensorKind.Float16, [2], new[] { (Half)0.5f, (Half)(-2) })], [expanded]);
        AssertNear([1.5f, -1], Run(half.Then(0, [half.Input(1, 2), expanded], [1, 2], OptionsKind.Add), [1, 1]));
    }

    private static float[] Run(TfliteWriter model, params float[][] inputs) => TfliteRun.Run(model, inputs);

    private static void AssertNear(float[] expected, float[] actual) => TfliteRun.AssertNear(expected, actual);
}

using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;

namespace Edge.Fuzz;

/// <summary>The well-formed models that mutations start from: small, and together using every part of the format.</summary>
public static class Seeds
{
    /// <summary>All seeds; each at most a few kilobytes, so that most mutations hit something that matters.</summary>
    public static IReadOnlyList<byte[]> All { get; } =
    [
        Movement().Build(),
        Movement().Build(program: false, names: false),
        Bytes().Build(),
        Chain().Build(program: false),
        Passthrough().Build(),
        Perceptron().Build(),
        Perceptron().Build(program: false),
        Attention().Build(program: false),
        Network().Build(),
        Network().Build(program: false, names: false),
        Residual().Build(),
        Regression().Build(program: false),
        Pools().Build(),
        Pools().Build(program: false, names: false),
        Int8Network().Build(),
        Int8Network().Build(program: false, names: false),
        Int8Tables().Build(),
        Int8Tables().Build(program: false),
        Functions().Build(),
        Functions().Build(program: false, training: [Training(UpdateScheme.All, 2)]),
        Int8Functions().Build(),
        Int8Tail().Build(),
        Int8Tail().Build(training: [Training(UpdateScheme.LastLayers(1), 1), Training(UpdateScheme.All, 2)]),
        Perceptron().Build(training: [Training(UpdateScheme.All, 1), Training(UpdateScheme.LastLayers(1), 2), Training(UpdateScheme.BiasesOnly, 1, clipNorm: 1)]),
        Streaming().Build(),
        Recurrences().Build(),
        Int8Streaming().Build(),
        Int8Streaming().Build(program: false, training: [Training(UpdateScheme.All, 1)]),
        Recurrences().Build(program: false, training: [Training(UpdateScheme.All, 2)]),
        Streaming().Build(program: false, training: [Training(UpdateScheme.All, 2)]),
        Network().Build(program: false, training: [Training(UpdateScheme.All, 2), Training(UpdateScheme.LastLayers(1), 1)]),
    ];

    /// <summary>Reshape, Transpose, Concat, Pad, Slice over float32.</summary>
    private static SeedModel Movement()
    {
        SeedModel model = new();
        int x = model.Input(1, 4, 3, 2);
        int a = model.Add(new Transpose([0, 2, 1, 3]), [x]);
        int b = model.Add(new Reshape([0, -1]), [a]);
        int c = model.Add(new Relu(), [b]);
        int d = model.Add(new Concat(1), [b, c, model.Constant(1, 5)]);
        int e = model.Add(new Slice([0, 3], [-1, 20]), [d]);
        return model.Output(e).Output(c).Metadata("task", "classification").Metadata("labels", "eins\nzwei\ndreißig").Metadata("input.0.scale", "0.5");
    }

    /// <summary>Quantized tensors that are only moved.</summary>
    private static SeedModel Bytes()
    {
        SeedModel model = new();
        Quantization quantization = new(0.25f, -3);
        int x = model.Input(new TensorSpec(DataType.Int8, new Shape(2, 6), quantization));
        int y = model.Constant(new TensorSpec(DataType.Int8, new Shape(2, 3), quantization));
        int z = model.Add(new Concat(-1), [x, y, x]);
        return model.Output(model.Add(new Transpose([1, 0]), [z]));
    }

    /// <summary>Many operators in place of one another.</summary>
    private static SeedModel Chain()
    {
        SeedModel model = new();
        int x = model.Input(3, 7);
        for (int i = 0; i < 12; i++)
        {
            x = i % 3 == 0 ? model.Add(new Reshape([7, 3]), [x]) : i % 3 == 1 ? model.Add(new Relu(), [x]) : model.Add(new Reshape([3, 7]), [x]);
        }

        return model.Output(x).Metadata("training.loss", "mean_squared_error");
    }

    /// <summary>A window over the last frames and a counter, both remembered from run to run.</summary>
    private static SeedModel Streaming()
    {
        SeedModel model = new();
        int frame = model.Input(1, 1, 4);
        int old = model.Add(new ReadState(7), [model.Constant(1, 3, 4)]);
        int window = model.Add(new Concat(1), [model.Add(new Slice([0, 1, 0], [-1, -1, -1]), [old]), frame]);
        int kept = model.Add(new WriteState(7), [window]);
        int start = model.Constant(1, 2);
        int count = model.Add(new WriteState(0), [model.Add(new Add(Activation.None), [model.Add(new ReadState(0), [start]), model.Constant(2)])]);
        int scores = model.Add(new Dense(), [model.Add(new Reshape([0, -1]), [kept]), model.Constant(2, 12), model.Constant(2)]);
        int sum = model.Add(new Add(Activation.None), [scores, model.Add(new ReadState(0), [start])]);
        return model.Output(model.Add(new Softmax(), [sum])).Output(count);
    }

    /// <summary>Recurrent layers in int8 whose states live between runs.</summary>
    private static SeedModel Int8Streaming()
    {
        SeedModel model = new();
        Quantization image = new(0.02f, 4), hidden = new(1 / 128f, 0), cell = new(1 / 2048f, 0), memory = new(0.01f, 0), logits = new(0.1f, 12);
        int x = model.Add(new Quantize(), [model.Input(1, 2, 3)], Int8(image));
        int h = model.Add(new ReadState(1), [model.Constant(Int8(hidden, 1, 4))]);
        int c = model.Add(new ReadState(2), [model.Constant(new TensorSpec(DataType.Int16, new Shape(1, 4), cell))]);
        int[] lstm = model.AddMany(new Lstm(CellClip: 4), [x, Weights(model, 0, 16, 3), Weights(model, -1, 16, 4), Bias(model, 16), -1, -1, h, c], Int8(hidden, 1, 2, 4));
        model.Add(new WriteState(1), [lstm[1]]);
        model.Add(new WriteState(2), [lstm[2]]);
        int frame = model.Add(new Reshape([0, -1]), [lstm[0]]);
        TensorSpec state = new(DataType.Int16, new Shape(1, 12), memory);
        int old = model.Add(new ReadState(3), [model.Constant(state)]);
        int time = model.Constant(new TensorSpec(DataType.Int16, new Shape(4, 3), new Quantization(0.5f, 0)));
        int bias = model.Constant(new TensorSpec(DataType.Int32, new Shape(2), new Quantization(0.01f * 0.5f, 0)));
        int[] svdf = model.AddMany(new Svdf(2), [frame, Weights(model, -1, 4, 8), time, old, bias], Int8(logits));
        model.Add(new WriteState(3), [svdf[1]]);
        int floats = model.Constant(1, 6);
        int[] plain = model.AddMany(new Svdf(1, Activation.Relu), [model.Add(new Dequantize(), [svdf[0]]), model.Constant(3, 2), model.Constant(3, 2), model.Add(new ReadState(4), [floats])]);
        model.Add(new WriteState(4), [plain[1]]);
        return model.Output(model.Add(new Softmax(), [plain[0]]));
    }

    /// <summary>Every recurrent operator, with lengths and without.</summary>
    private static SeedModel Recurrences()
    {
        SeedModel model = new();
        int x = model.Input(2, 3, 2);
        int lengths = model.Constant(new TensorSpec(DataType.Int32, new Shape(2)), [3, 0, 0, 0, 1, 0, 0, 0]);
        int[] lstm = model.AddMany(new Lstm(CellClip: 3), [x, model.Constant(12, 2), model.Constant(12, 3), model.Constant(12), -1, lengths, -1, -1, model.Constant(3, 3)]);
        int[] gru = model.AddMany(new Gru(true, false), [lstm[0], model.Constant(6, 3), model.Constant(6, 2), model.Constant(6), model.Constant(6)]);
        int[] rnn = model.AddMany(new Rnn(false, RecurrentActivation.HardSigmoid()), [gru[0], model.Constant(3, 2), model.Constant(3, 3), -1, -1, -1, lstm[2]]);
        int both = model.Add(new Concat(-1), [rnn[1], gru[1]]);
        return model.Output(model.Add(new Softmax(), [model.Add(new Dense(), [both, model.Constant(2, 5)])])).Output(rnn[0]);
    }

    /// <summary>Inputs and constants that are outputs, and no operator at all.</summary>
    private static SeedModel Passthrough()
    {
        SeedModel model = new();
        int x = model.Input(2, 2);
        return model.Output(x).Output(model.Constant(3));
    }

    /// <summary>Dense layers up to a sigmoid: can be trained.</summary>
    private static SeedModel Perceptron()
    {
        SeedModel model = new();
        int x = model.Input(2, 6);
        int a = model.Add(new Tanh(), [model.Add(new Dense(), [x, model.Constant(5, 6), model.Constant(5)])]);
        int b = model.Add(new LeakyRelu(0.1f), [model.Add(new Dense(Activation.Relu6), [a, model.Constant(4, 5)])]);
        int c = model.Add(new Dense(), [b, model.Constant(1, 4), model.Constant(1)]);
        return model.Output(model.Add(new Sigmoid(), [c])).Metadata("task", "binary");
    }

    /// <summary>Products of two computed tensors.</summary>
    private static SeedModel Attention()
    {
        SeedModel model = new();
        int x = model.Input(2, 3, 4);
        int scores = model.Add(new MatMul(TransposeB: true), [x, x]);
        int mixed = model.Add(new MatMul(), [model.Add(new Gelu(true), [scores]), model.Add(new HardSwish(), [x])]);
        return model.Output(model.Add(new Pad([0, 1, 0], [0, 0, 2], 0.5f), [mixed]));
    }

    /// <summary>A small convolutional classifier.</summary>
    private static SeedModel Network()
    {
        SeedModel model = new();
        int x = model.Input(2, 6, 5, 2);
        int a = model.Add(new Conv2D(Padding: new Padding2D(1, 1, 1, 1), Activation: Activation.Relu), [x, model.Constant(4, 3, 3, 2), model.Constant(4)]);
        int b = model.Add(new Conv2D(StrideHeight: 2, DilationWidth: 2, Groups: 2), [a, model.Constant(6, 2, 2, 2)]);
        int c = model.Add(new ReduceMean([1, 2], false), [b]);
        int d = model.Add(new LayerNorm(1e-5f), [c, model.Constant(6), model.Constant(6)]);
        int e = model.Add(new Dense(), [model.Add(new Dropout(0.25f), [d]), model.Constant(3, 6), model.Constant(3)]);
        return model.Output(model.Add(new Softmax(), [e])).Metadata("task", "classification").Metadata("labels", "a\nb\nc");
    }

    /// <summary>A value that several operators read, and shapes that are broadcast.</summary>
    private static SeedModel Residual()
    {
        SeedModel model = new();
        int x = model.Input(1, 4, 3);
        int a = model.Add(new Multiply(Activation.None), [x, model.Constant(3)]);
        int b = model.Add(new Add(Activation.Relu), [a, x]);
        int c = model.Add(new Subtract(Activation.None), [b, model.Constant(4, 1)]);
        int d = model.Add(new Dense(), [model.Add(new Reshape([0, -1]), [c]), model.Constant(2, 12), model.Constant(2)]);
        return model.Output(model.Add(new Softmax(), [d])).Output(b);
    }

    /// <summary>Trained by squared error; its input is no batch of rows alone.</summary>
    private static SeedModel Regression()
    {
        SeedModel model = new();
        int x = model.Input(4, 3, 2);
        int a = model.Add(new ReduceSum([-1], true), [x]);
        int b = model.Add(new Dense(Activation.Relu), [model.Add(new Reshape([0, 3]), [a]), model.Constant(5, 3), model.Constant(5)]);
        return model.Output(model.Add(new Dense(), [b, model.Constant(2, 5)])).Metadata("training.loss", "mean_squared_error").Metadata("task", "regression");
    }

    /// <summary>Windows that slide, and statistics of channels.</summary>
    private static SeedModel Pools()
    {
        SeedModel model = new();
        int x = model.Input(1, 7, 8, 3);
        int a = model.Add(new DepthwiseConv2D(StrideWidth: 2, Padding: new Padding2D(1, 1, 0, 1)), [x, model.Constant(3, 3, 6), model.Constant(6)]);
        int b = model.Add(new BatchNorm(1e-3f, 0.9f), [a, model.Constant(6), model.Constant(6), model.Constant(6), Positive(model, 6)]);
        int c = model.Add(new MaxPool2D(2, 2, 2, 1, new Padding2D(0, 1, 0, 0), Activation.Relu), [b]);
        int d = model.Add(new AveragePool2D(3, 2, 1, 1, new Padding2D(1, 1, 1, 0), CountIncludePad: true), [c]);
        int e = model.Add(new Dense(), [model.Add(new GlobalAveragePool(), [d]), model.Constant(2, 6)]);
        return model.Output(model.Add(new Softmax(), [e]));
    }

    /// <summary>Every int8 layer from float to float.</summary>
    private static SeedModel Int8Network()
    {
        SeedModel model = new();
        Quantization image = new(1f / 64, -1), hidden = new(0.02f, -128), sum = new(0.06f, -10), logits = new(0.1f, 12);
        int x = model.Add(new Quantize(), [model.Input(1, 6, 6, 2)], Int8(image));
        int a = model.Add(new Conv2D(Padding: new Padding2D(1, 1, 1, 1), Activation: Activation.Relu6), [x, Weights(model, 0, 4, 3, 3, 2), Bias(model, 4)], Int8(hidden));
        int b = model.Add(new DepthwiseConv2D(Padding: new Padding2D(1, 1, 1, 1)), [a, Weights(model, 2, 3, 3, 4), Bias(model, 4)], Int8(sum));
        int c = model.Add(new Add(Activation.Relu), [a, b], Int8(hidden));
        int d = model.Add(new MaxPool2D(2, 2, 2, 2), [c], Int8(hidden));
        int e = model.Add(new AveragePool2D(2, 2, 1, 1, Activation: Activation.Relu), [d], Int8(hidden));
        int f = model.Add(new Reshape([0, -1]), [e]);
        int g = model.Add(new Dense(), [f, Weights(model, -1, 3, 16), Bias(model, 3)], Int8(logits));
        int h = model.Add(new Softmax(), [g], Int8(new Quantization(1f / 256, -128)));
        return model.Output(model.Add(new Dequantize(), [h])).Output(g).Metadata("task", "classification");
    }

    /// <summary>Int8 without weights: functions by table, scales that change, bytes that move.</summary>
    private static SeedModel Int8Tables()
    {
        SeedModel model = new();
        Quantization first = new(0.05f, 4), second = new(0.03f, -7), unit = new(1f / 256, -128), signed = new(1f / 128, 0);
        int x = model.Input(Int8(first, 2, 3, 4));
        int a = model.Add(new HardSwish(), [model.Add(new LeakyRelu(0.2f), [model.Add(new Relu(), [x], Int8(second))], Int8(first))], Int8(second));
        int b = model.Add(new Sigmoid(), [a], Int8(unit));
        int c = model.Add(new Tanh(), [x], Int8(signed));
        int d = model.Add(new Concat(-1), [b, c, model.Constant(Int8(second, 2, 3, 2))], Int8(first));
        int e = model.Add(new Pad([0, 1, 0], [0, 0, 1], -0.5f), [d]);
        int f = model.Add(new Requantize(), [e], Int8(second));
        int g = model.Add(new Multiply(Activation.None), [f, f], Int8(first));
        int h = model.Add(new Subtract(Activation.Relu6), [g, model.Constant(Int8(second, 11))], Int8(second));
        int unsigned = model.Add(new Requantize(), [h], new TensorSpec(DataType.UInt8, default, new Quantization(0.04f, 120)));
        return model.Output(model.Add(new Dequantize(), [unsigned])).Output(d);
    }

    /// <summary>Functions, comparisons, reductions and positions of float32, plain integers and truth values, around two trainable layers.</summary>
    private static SeedModel Functions()
    {
        SeedModel model = new();
        int x = model.Input(2, 6);
        int a = model.Add(new Dense(Activation.None), [x, model.Constant(5, 6), model.Constant(5)]);
        int b = model.Add(new PRelu(), [model.Add(new ParametricUnary(ParametricFunction.Elu, 0.5f), [a]), model.Constant(5)]);
        int c = model.Add(new Binary(BinaryFunction.Maximum), [model.Add(new Unary(UnaryFunction.Square), [b]), model.Constant(1, 5)]);
        int mask = model.Add(new Logical(LogicalFunction.Or), [model.Add(new Compare(Comparison.Less), [a, c]), model.Add(new Unary(UnaryFunction.IsNaN), [a])]);
        int d = model.Add(new Select(), [mask, c, model.Add(new Clip(-1, float.PositiveInfinity), [b])]);
        int e = model.Add(new CumulativeSum(-1, false, true), [model.Add(new L2Normalization(1e-6f), [d])]);
        int[] top = model.AddMany(new TopK(3, -1, true, true), [e], default, new TensorSpec(DataType.Int32, default));
        int f = model.Add(new Subtract(Activation.None), [top[0], model.Add(new Reduce(Reduction.LogSumExp, [-1], true), [e])]);
        int ranks = model.Add(new Binary(BinaryFunction.FloorModulo), [top[1], model.Add(new ReduceSum([-1], true), [top[1]])]);
        int best = model.Add(new ArgMax(-1, false, false, false), [f], new TensorSpec(DataType.Int64, default));
        int real = model.Add(new Cast(), [ranks], new TensorSpec(DataType.Float32, default));
        return model.Output(model.Add(new Softmax(), [model.Add(new LogSoftmax(), [f])])).Output(best).Output(real);
    }

    /// <summary>The same families in int8.</summary>
    private static SeedModel Int8Functions()
    {
        SeedModel model = new();
        Quantization first = new(0.05f, 4), second = new(0.03f, -7);
        int x = model.Input(Int8(first, 2, 3, 4));
        int a = model.Add(new Binary(BinaryFunction.Divide), [x, model.Constant(Int8(second, 4))], Int8(first));
        int b = model.Add(new Binary(BinaryFunction.SquaredDifference), [a, x], Int8(second));
        int c = model.Add(new Unary(UnaryFunction.Rsqrt), [b], Int8(first));
        int d = model.Add(new ParametricUnary(ParametricFunction.Elu, 1), [model.Add(new Clip(-1, 3), [c], Int8(second))], Int8(first));
        int e = model.Add(new PRelu(), [d, model.Constant(Int8(second, 4))], Int8(first));
        int f = model.Add(new Reduce(Reduction.Product, [1], false), [e], Int8(second));
        int g = model.Add(new Reduce(Reduction.Maximum, [1], true), [model.Add(new CumulativeSum(1, true, false), [f], Int8(first))]);
        int h = model.Add(new L2Normalization(1e-6f), [e], Int8(new(1f / 128, 0)));
        return model.Output(model.Add(new LogSoftmax(), [h], Int8(new(1f / 16, 127)))).Output(g).Output(model.Add(new Compare(Comparison.Greater), [e, a]));
    }

    /// <summary>An int8 classifier whose tail, or all of it, becomes float32 when it is trained.</summary>
    private static SeedModel Int8Tail()
    {
        SeedModel model = new();
        Quantization image = new(0.05f, 4), hidden = new(0.02f, -128), other = new(0.04f, 3), logits = new(0.1f, 12);
        int x = model.Add(new Quantize(), [model.Input(1, 6)], Int8(image));
        int a = model.Add(new Dense(Activation.Relu), [x, Weights(model, 0, 8, 6), Bias(model, 8)], Int8(hidden));
        int b = model.Add(new Tanh(), [model.Add(new Requantize(), [a], Int8(other))], Int8(new Quantization(1f / 128, 0)));
        int c = model.Add(new Concat(1), [a, b], Int8(other));
        int d = model.Add(new Dense(), [c, Weights(model, -1, 3, 16), Bias(model, 3)], Int8(logits));
        int e = model.Add(new Softmax(), [d], Int8(new Quantization(1f / 256, -128)));
        return model.Output(model.Add(new Dequantize(), [e]));
    }

    private static TrainerOptions Training(UpdateScheme scheme, int batch, float clipNorm = 0) => new() { Scheme = scheme, BatchSize = batch, ClipNorm = clipNorm };

    /// <summary>Int8; where the shape follows from the inputs, it is left out.</summary>
    private static TensorSpec Int8(Quantization quantization, params ReadOnlySpan<int> shape) => new(DataType.Int8, new Shape(shape), quantization);

    /// <summary>Symmetric int8 weights, with a scale for each index of an axis or (−1) one.</summary>
    private static int Weights(SeedModel model, int axis, params ReadOnlySpan<int> shape)
    {
        float[] scales = new float[axis < 0 ? 1 : shape[axis]];
        for (int i = 0; i < scales.Length; i++)
        {
            scales[i] = 0.004f * (1 + (i % 3));
        }

        return model.Constant(Int8(new Quantization(scales, [], axis), shape));
    }

    private static int Bias(SeedModel model, int channels) => model.Constant(new TensorSpec(DataType.Int32, new Shape(channels)));

    private static int Positive(SeedModel model, int count)
    {
        byte[] ones = new byte[count * sizeof(float)];
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(ones.AsSpan()).Fill(1);
        return model.Constant(new TensorSpec(DataType.Float32, new Shape(count)), ones);
    }
}

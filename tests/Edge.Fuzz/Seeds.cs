using Edge.Format;
using Edge.Runtime.Operators;

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

    private static int Positive(SeedModel model, int count)
    {
        byte[] ones = new byte[count * sizeof(float)];
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(ones.AsSpan()).Fill(1);
        return model.Constant(new TensorSpec(DataType.Float32, new Shape(count)), ones);
    }
}

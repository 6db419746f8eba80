using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class ConvTranspose2DTests : OperatorTests<ConvTranspose2D>
{
    protected override IEnumerable<OperatorCase<ConvTranspose2D>> Cases =>
    [
        Of(new(), [1, 3, 3, 2], [3, 3, 3]),
        Of(new(), [1, 1, 1, 1], [1, 1, 1]),
        Of(new(), [2, 3, 4, 5], [6, 1, 1]),
        Of(new(Activation: Activation.Relu), [2, 4, 5, 3], [4, 3, 2]),
        Of(new(Activation: Activation.Relu6), [1, 2, 3, 3], [4, 1, 1]),
        Of(new(StrideHeight: 2, StrideWidth: 2), [2, 3, 4, 2], [3, 3, 3]),
        Of(new(StrideHeight: 2, StrideWidth: 3, OutputPaddingHeight: 1, OutputPaddingWidth: 2), [1, 3, 2, 2], [3, 2, 2]),
        Of(new(StrideHeight: 3, StrideWidth: 4), [1, 2, 2, 2], [2, 1, 2]),
        Of(new(Padding: new(1, 1, 0, 2)), [1, 4, 5, 2], [2, 3, 3]),
        Of(new(StrideHeight: 2, StrideWidth: 2, Padding: new(1, 0, 0, 1)), [2, 3, 3, 2], [3, 3, 3]),
        Of(new(StrideHeight: 2, StrideWidth: 2, Padding: new(1, 1, 3, 0), OutputPaddingWidth: 4), [1, 4, 4, 2], [2, 2, 3]),
        Of(new(Padding: new(3, 2, 2, 3)), [1, 6, 7, 1], [2, 2, 2]),
        Of(new(DilationHeight: 2, DilationWidth: 3), [1, 3, 2, 2], [2, 3, 2]),
        Of(new(StrideHeight: 3, StrideWidth: 2, DilationHeight: 2, DilationWidth: 2, Padding: new(1, 2, 1, 0), OutputPaddingHeight: 3), [2, 3, 2, 2], [2, 3, 3]),
        Of(new(Groups: 2), [1, 3, 3, 4], [6, 3, 3]),
        Of(new(Groups: 3, StrideHeight: 2, StrideWidth: 2, Padding: new(0, 1, 1, 0), Activation: Activation.ReluN1To1), [2, 3, 2, 3], [3, 3, 3]),
        new(new(), Float(1, 3, 3, 2), Float(3, 2, 2, 2)),
        new(new(), Float(1, 3, 3, 2), Float(3, 2, 2, 2), None),
    ];

    protected override IEnumerable<OperatorCase<ConvTranspose2D>> BadCases =>
    [
        new(new(), Float(3, 3, 2), Float(3, 2, 2, 2)),
        new(new(), Float(1, 3, 3, 2), Float(3, 2, 2)),
        new(new(), Float(1, 3, 3, 2), Float(3, 2, 2, 3)),
        new(new(Groups: 2), Float(1, 3, 3, 2), Float(3, 2, 2, 1)),
        new(new(Groups: 0), Float(1, 3, 3, 2), Float(3, 2, 2, 2)),
        new(new(StrideHeight: 0), Float(1, 3, 3, 2), Float(3, 2, 2, 2)),
        new(new(DilationWidth: 70_000), Float(1, 3, 3, 2), Float(3, 2, 2, 2)),
        new(new(Padding: new(-1, 0, 0, 0)), Float(1, 3, 3, 2), Float(3, 2, 2, 2)),
        new(new(Padding: new(2, 2, 0, 0)), Float(1, 3, 3, 2), Float(3, 2, 2, 2)),
        new(new(OutputPaddingHeight: -1), Float(1, 3, 3, 2), Float(3, 2, 2, 2)),
        new(new(Activation: (Activation)9), Float(1, 3, 3, 2), Float(3, 2, 2, 2)),
        new(new(), Float(1, 3, 3, 2), Float(3, 2, 2, 2), Float(2)),
        new(new(), Float(1, 3, 3, 2), Typed(DataType.Int8, 3, 2, 2, 2) with { Quantization = new(0.5f, 0) }),
        new(new(StrideHeight: 65_535, StrideWidth: 65_535), Float(1, 3000, 3000, 2), Float(3, 2, 2, 2)),
    ];

    protected override IEnumerable<OperatorCase<ConvTranspose2D>> LargeCases => [Of(new(StrideHeight: 2, StrideWidth: 2, Padding: new(1, 0, 1, 0), Activation: Activation.Relu), [2, 24, 25, 16], [20, 3, 3])];

    protected override OperatorCase<ConvTranspose2D> OfLength(int length) => Of(new(StrideHeight: 2), [1, 2, 1, 3], [length, 3, 1]);

    // Sums of up to 1024 products of numbers below 2.
    protected override (double Absolute, double Relative) Tolerance => (1e-4, 1e-5);

    [Fact]
    public void Int8_is_checked_as_any_layer() =>
        new Int8Layer(ConvTranspose2D.Info, new ConvTranspose2D(), new Shape(1, 5, 5, 2), new Shape(3, 3, 3, 2), 0, 3).AssertChecked();

    protected override IEnumerable<Int8Case<ConvTranspose2D>> Int8Cases(Random random)
    {
        for (int i = 0; i < 150; i++)
        {
            (int height, int kernelHeight, int strideHeight, int dilationHeight, int top, int bottom, int moreHeight, int outputHeight) = Spread(random);
            (int width, int kernelWidth, int strideWidth, int dilationWidth, int left, int right, int moreWidth, int outputWidth) = Spread(random);
            int groups = random.Next(3) == 0 ? random.Next(2, 5) : 1, depth = random.Next(1, random.Next(4) == 0 ? 80 : 9), batch = random.Next(1, 3);
            int channels = depth * groups, outputs = random.Next(1, 12) * groups;
            Activation activation = (Activation)random.Next(4);
            ConvTranspose2D op = new(strideHeight, strideWidth, dilationHeight, dilationWidth, new(top, bottom, left, right), moreHeight, moreWidth, groups, activation);
            ConvGeometry geometry = new(
                batch, height, width, channels, outputHeight, outputWidth, outputs, kernelHeight, kernelWidth,
                strideHeight, strideWidth, dilationHeight, dilationWidth, top, left, groups);
            (Shape, Shape, Shape) shapes = (new(batch, height, width, channels), new(outputs, kernelHeight, kernelWidth, depth), new(batch, outputHeight, outputWidth, outputs));
            yield return Int8Layers.Case(random, op, activation, geometry, shapes, 0, TfliteReference.TransposeConv);
        }
    }

    private static (int Input, int Kernel, int Stride, int Dilation, int Before, int After, int More, int Output) Spread(Random random)
    {
        while (true)
        {
            int input = random.Next(1, 6), kernel = random.Next(1, 5), stride = random.Next(1, 4), dilation = random.Next(3) == 0 ? random.Next(2, 4) : 1;
            int before = random.Next(2) * random.Next(4), after = random.Next(2) * random.Next(4), more = random.Next(2) * random.Next(3);
            int output = ((input - 1) * stride) + ((kernel - 1) * dilation) + 1 - before - after + more;
            if (output >= 1)
            {
                return (input, kernel, stride, dilation, before, after, more, output);
            }
        }
    }

    protected override DoubleTensor[] Reference(ConvTranspose2D op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!, w = inputs[1]!;
        DoubleTensor? bias = inputs.Length > 2 ? inputs[2] : null;
        int Length(int axis, int stride, int dilation, int before, int after, int more) =>
            ((x.Shape[axis] - 1) * stride) + ((w.Shape[axis] - 1) * dilation) + 1 - before - after + more;
        int height = Length(1, op.StrideHeight, op.DilationHeight, op.Padding.Top, op.Padding.Bottom, op.OutputPaddingHeight);
        int width = Length(2, op.StrideWidth, op.DilationWidth, op.Padding.Left, op.Padding.Right, op.OutputPaddingWidth);
        DoubleTensor y = new(new Shape(x.Shape[0], height, width, w.Shape[0]));
        int outputs = w.Shape[0] / op.Groups, channels = w.Shape[3];
        for (int flat = 0; flat < x.Length; flat++)
        {
            int[] at = x.Position(flat);
            for (int o = 0; o < w.Shape[0]; o++)
            {
                for (int p = 0; p < w.Shape[1]; p++)
                {
                    for (int q = 0; q < w.Shape[2]; q++)
                    {
                        int row = (at[1] * op.StrideHeight) - op.Padding.Top + (p * op.DilationHeight), column = (at[2] * op.StrideWidth) - op.Padding.Left + (q * op.DilationWidth);
                        if (row >= 0 && row < height && column >= 0 && column < width && at[3] / channels == o / outputs)
                        {
                            y[at[0], row, column, o] += x[flat] * w[o, p, q, at[3] % channels];
                        }
                    }
                }
            }
        }

        for (int i = 0; i < y.Length; i++)
        {
            y[i] = Clamp.Of(op.Activation, y[i] + (bias is null ? 0 : bias[i % w.Shape[0]]));
        }

        return [y];
    }

    private static OperatorCase<ConvTranspose2D> Of(ConvTranspose2D op, int[] input, int[] weights) =>
        new(op, Float(input), Float(weights[0], weights[1], weights[2], input[3] / op.Groups), Float(weights[0]));
}

using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class Conv2DTests : OperatorTests<Conv2D>
{
    protected override IEnumerable<OperatorCase<Conv2D>> Cases =>
    [
        Of(new(), [1, 5, 5, 2], [3, 3, 3]),
        Of(new(), [1, 1, 1, 1], [1, 1, 1]),
        Of(new(), [2, 3, 4, 5], [6, 1, 1]),
        Of(new(Activation: Activation.Relu), [2, 4, 5, 3], [4, 3, 2]),
        Of(new(Activation: Activation.Relu6), [2, 4, 5, 3], [4, 3, 2]),
        Of(new(Activation: Activation.ReluN1To1), [2, 4, 5, 3], [4, 1, 1]),
        Of(new(StrideHeight: 2, StrideWidth: 2), [2, 5, 6, 2], [3, 3, 3]),
        Of(new(StrideHeight: 2, StrideWidth: 3), [1, 7, 8, 2], [3, 1, 1]),
        Of(new(StrideHeight: 3, StrideWidth: 1), [1, 8, 4, 1], [2, 2, 3]),
        Of(new(Padding: Padding2D.Same(5, 6, 3, 3)), [2, 5, 6, 2], [3, 3, 3]),
        Of(new(StrideHeight: 2, StrideWidth: 2, Padding: Padding2D.Same(6, 7, 3, 3, 2, 2)), [1, 6, 7, 3], [2, 3, 3]),
        Of(new(Padding: new(2, 0, 1, 2)), [1, 3, 3, 2], [2, 3, 3]),
        Of(new(Padding: new(4, 4, 4, 4)), [1, 1, 2, 2], [2, 5, 5]),
        Of(new(DilationHeight: 2, DilationWidth: 3), [1, 6, 8, 2], [2, 3, 2]),
        Of(new(StrideHeight: 2, StrideWidth: 1, DilationHeight: 3, DilationWidth: 2, Padding: new(3, 2, 1, 4)), [2, 7, 6, 2], [2, 3, 3]),
        Of(new(Groups: 2), [1, 4, 4, 4], [6, 3, 3]),
        Of(new(Groups: 4, StrideHeight: 2, StrideWidth: 2, Padding: new(1, 1, 1, 1), Activation: Activation.Relu), [2, 5, 5, 4], [4, 3, 3]),
        Of(new(Groups: 3), [1, 3, 3, 3], [6, 1, 1]),
        Of(new(StrideHeight: 5, StrideWidth: 5), [1, 3, 3, 2], [2, 2, 2]),
        Of(new(), [1, 4, 4, 2], [3, 3, 3], bias: false),
    ];

    protected override IEnumerable<OperatorCase<Conv2D>> BadCases =>
    [
        new(new(), Float(5, 5, 2), Float(3, 3, 3, 2)),
        new(new(), Float(1, 5, 5, 2), Float(3, 3, 2)),
        new(new(), Float(1, 5, 5, 2), Float(3, 3, 3, 3)),
        new(default, Float(1, 5, 5, 2), Float(3, 3, 3, 2)),
        new(new(StrideHeight: 0), Float(1, 5, 5, 2), Float(3, 3, 3, 2)),
        new(new(DilationHeight: 0), Float(1, 5, 5, 2), Float(3, 3, 3, 2)),
        new(new(StrideWidth: 70_000), Float(1, 5, 5, 2), Float(3, 3, 3, 2)),
        new(new(Padding: new(-1, 0, 0, 0)), Float(1, 5, 5, 2), Float(3, 3, 3, 2)),
        new(new(Padding: new(3, 0, 0, 0)), Float(1, 5, 5, 2), Float(3, 3, 3, 2)),
        new(new(Padding: new(0, 0, 0, 3)), Float(1, 5, 5, 2), Float(3, 3, 3, 2)),
        new(new(Groups: 2), Float(1, 5, 5, 3), Float(4, 3, 3, 1)),
        new(new(Groups: 2), Float(1, 5, 5, 4), Float(3, 3, 3, 2)),
        new(new(Groups: 0), Float(1, 5, 5, 2), Float(3, 3, 3, 2)),
        new(new(Activation: (Activation)7), Float(1, 5, 5, 2), Float(3, 3, 3, 2)),
        new(new(), Float(1, 2, 5, 2), Float(3, 3, 3, 2)),
        new(new(DilationHeight: 3), Float(1, 5, 5, 2), Float(3, 3, 3, 2)),
        new(new(DilationHeight: 65_535, DilationWidth: 65_535), Float(1, 5, 5, 2), Float(1, 65_535, 65_535, 2)),
        new(new(), Float(1, 5, 5, 2), Float(3, 3, 3, 2), Float(4)),
        new(new(), Float(1, 5, 5, 2), Typed(DataType.Int8, 3, 3, 3, 2)),
        new(new(), Typed(DataType.UInt8, 1, 5, 5, 2), Typed(DataType.UInt8, 3, 3, 3, 2)),
        new(new(), Float(1, 1 << 12, 1 << 12, 1), Float(1 << 10, 1, 1, 1)),
    ];

    protected override IEnumerable<OperatorCase<Conv2D>> LargeCases =>
    [
        Of(new(Padding: Padding2D.Same(33, 31, 3, 3), Activation: Activation.Relu), [2, 33, 31, 8], [24, 3, 3]),
        Of(new(), [4, 20, 20, 16], [40, 1, 1]),
    ];

    protected override OperatorCase<Conv2D> OfLength(int length) => Of(new(Padding: new(1, 0, 0, 1)), [1, 2, 2, length], [2, 2, 2]);

    // Sums of up to 1024 products of numbers below 2.
    protected override (double Absolute, double Relative) Tolerance => (1e-4, 1e-5);

    [Fact]
    public void Frozen_weights_are_packed_once()
    {
        TestTensor?[] inputs = Inputs(Of(new(), [1, 5, 5, 2], [3, 3, 3]));
        using OperatorRunner packed = new(Conv2D.Info, new Conv2D(), inputs, new RunnerOptions { Frozen = 6, Prepare = true });
        Assert.True(packed.IsPrepared);
        using OperatorRunner forbidden = new(Conv2D.Info, new Conv2D(), inputs, new RunnerOptions { Frozen = 6, Prepare = true, PackBudget = 0 });
        Assert.False(forbidden.IsPrepared);
        using OperatorRunner trainable = new(Conv2D.Info, new Conv2D(), inputs, new RunnerOptions { Prepare = true });
        Assert.False(trainable.IsPrepared);
    }

    [Fact]
    public void Int8_is_checked() =>
        new Int8Layer(Conv2D.Info, new Conv2D(), new Shape(1, 5, 5, 2), new Shape(3, 3, 3, 2), 0, 3).AssertChecked();

    protected override IEnumerable<Int8Case<Conv2D>> Int8Cases(Random random)
    {
        for (int i = 0; i < 200; i++)
        {
            (int height, int kernelHeight, int strideHeight, int dilationHeight, int top, int bottom, int outputHeight) = Int8Layers.Window(random);
            (int width, int kernelWidth, int strideWidth, int dilationWidth, int left, int right, int outputWidth) = Int8Layers.Window(random);
            int groups = random.Next(3) == 0 ? random.Next(2, 5) : 1, depth = random.Next(1, random.Next(4) == 0 ? 40 : 9), batch = random.Next(1, 3);
            int channels = depth * groups, outputs = random.Next(1, random.Next(3) == 0 ? 70 : 20) * groups;
            Activation activation = (Activation)random.Next(4);
            Conv2D op = new(strideHeight, strideWidth, dilationHeight, dilationWidth, new(top, bottom, left, right), groups, activation);
            ConvGeometry geometry = new(
                batch, height, width, channels, outputHeight, outputWidth, outputs, kernelHeight, kernelWidth,
                strideHeight, strideWidth, dilationHeight, dilationWidth, top, left, groups);
            (Shape, Shape, Shape) shapes = (new(batch, height, width, channels), new(outputs, kernelHeight, kernelWidth, depth), new(batch, outputHeight, outputWidth, outputs));
            yield return Int8Layers.Case(random, op, activation, geometry, shapes, 0, TfliteReference.Conv);
        }
    }

    [Fact]
    public void Int8_weights_serve_float32_data()
    {
        foreach (Int8Weights layer in (Int8Weights[])[new(Conv2D.Info, new Conv2D(2, 1), Float(1, 9, 8, 5).Shape, Float(19, 3, 3, 5).Shape, 0, 19), new(Conv2D.Info, new Conv2D { Groups = 2 }, Float(2, 5, 5, 6).Shape, Float(4, 3, 3, 3).Shape, 0, 4)])
        {
            layer.AssertWork();
            layer.AssertChecked();
        }
    }

    protected override DoubleTensor[] Reference(Conv2D op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!, weights = inputs[1]!;
        int outputs = weights.Shape[0], channels = weights.Shape[3];
        int height = Windows.Count(x.Shape[1], weights.Shape[1], op.StrideHeight, op.DilationHeight, op.Padding.Top, op.Padding.Bottom);
        int width = Windows.Count(x.Shape[2], weights.Shape[2], op.StrideWidth, op.DilationWidth, op.Padding.Left, op.Padding.Right);
        DoubleTensor y = new(new Shape(x.Shape[0], height, width, outputs));
        for (int flat = 0; flat < y.Length; flat++)
        {
            int[] at = y.Position(flat);
            int group = at[3] / (outputs / op.Groups);
            double sum = inputs is [_, _, { } bias] ? bias[at[3]] : 0;
            for (int p = 0; p < weights.Shape[1]; p++)
            {
                for (int q = 0; q < weights.Shape[2]; q++)
                {
                    int row = (at[1] * op.StrideHeight) - op.Padding.Top + (p * op.DilationHeight);
                    int column = (at[2] * op.StrideWidth) - op.Padding.Left + (q * op.DilationWidth);
                    if (row >= 0 && row < x.Shape[1] && column >= 0 && column < x.Shape[2])
                    {
                        for (int c = 0; c < channels; c++)
                        {
                            sum += x[at[0], row, column, (group * channels) + c] * weights[at[3], p, q, c];
                        }
                    }
                }
            }

            y[flat] = Clamp.Of(op.Activation, sum);
        }

        return [y];
    }

    private static OperatorCase<Conv2D> Of(Conv2D op, int[] input, int[] kernel, bool bias = true)
    {
        TensorSpec weights = Float(kernel[0], kernel[1], kernel[2], input[3] / op.Groups);
        return bias ? new(op, Float(input), weights, Float(kernel[0])) : new(op, Float(input), weights);
    }
}

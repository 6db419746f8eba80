using Edge.Format;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class DepthwiseConv2DTests : OperatorTests<DepthwiseConv2D>
{
    private static readonly DepthwiseConv2D s_plain = new();

    protected override IEnumerable<OperatorCase<DepthwiseConv2D>> Cases =>
    [
        Of(s_plain, [1, 5, 5, 2], [3, 3, 1]),
        Of(s_plain, [1, 1, 1, 1], [1, 1, 1]),
        Of(s_plain, [2, 3, 4, 5], [1, 1, 1]),
        Of(s_plain, [2, 4, 5, 3], [3, 2, 2]),
        Of(s_plain with { Activation = Activation.Relu }, [2, 4, 5, 3], [3, 2, 1]),
        Of(s_plain with { Activation = Activation.Relu6 }, [2, 4, 5, 3], [3, 2, 3]),
        Of(s_plain with { Activation = Activation.ReluN1To1 }, [2, 4, 5, 3], [2, 2, 1]),
        Of(new(2, 2, 1, 1), [2, 5, 6, 9], [3, 3, 1]),
        Of(new(2, 3, 1, 1), [1, 7, 8, 2], [2, 1, 1]),
        Of(s_plain with { Padding = Padding2D.Same(5, 6, 3, 3) }, [2, 5, 6, 8], [3, 3, 1]),
        Of(new(2, 2, 1, 1, Padding2D.Same(6, 7, 3, 3, 2, 2)), [1, 6, 7, 17], [3, 3, 1]),
        Of(s_plain with { Padding = new(2, 0, 1, 2) }, [1, 3, 3, 2], [3, 3, 4]),
        Of(s_plain with { Padding = new(4, 4, 4, 4) }, [1, 1, 2, 2], [5, 5, 1]),
        Of(new(1, 1, 2, 3), [1, 6, 8, 4], [3, 2, 1]),
        Of(new(2, 1, 3, 2, new(3, 2, 1, 4)), [2, 7, 6, 2], [3, 3, 2]),
        Of(new(5, 5, 1, 1), [1, 3, 3, 2], [2, 2, 1]),
        Of(s_plain, [1, 4, 4, 2], [3, 3, 1], bias: false),
    ];

    protected override IEnumerable<OperatorCase<DepthwiseConv2D>> BadCases =>
    [
        new(default, Float(1, 5, 5, 2), Float(3, 3, 2)),
        new(s_plain, Float(5, 5, 2), Float(3, 3, 2)),
        new(s_plain, Float(1, 5, 5, 2), Float(1, 3, 3, 2)),
        new(s_plain, Float(1, 5, 5, 2), Float(3, 3, 3)),
        new(s_plain, Float(1, 5, 5, 2), Float(3, 3, 1)),
        new(s_plain, Float(1, 2, 5, 2), Float(3, 3, 2)),
        new(s_plain with { DilationWidth = 3 }, Float(1, 5, 5, 2), Float(3, 3, 2)),
        new(s_plain with { StrideWidth = -1 }, Float(1, 5, 5, 2), Float(3, 3, 2)),
        new(s_plain with { Padding = new(0, 3, 0, 0) }, Float(1, 5, 5, 2), Float(3, 3, 2)),
        new(s_plain with { Activation = (Activation)200 }, Float(1, 5, 5, 2), Float(3, 3, 2)),
        new(s_plain, Float(1, 5, 5, 2), Float(3, 3, 4), Float(2)),
        new(s_plain, Float(1, 5, 5, 2), Typed(DataType.Int8, 3, 3, 2)),
        new(s_plain, Typed(DataType.Int16, 1, 5, 5, 2), Typed(DataType.Int8, 3, 3, 2)),
        new(s_plain, Float(1, 1 << 12, 1 << 12, 1), Float(1, 1, 1 << 10)),
    ];

    protected override IEnumerable<OperatorCase<DepthwiseConv2D>> LargeCases =>
    [
        Of(s_plain with { Padding = Padding2D.Same(33, 31, 3, 3), Activation = Activation.Relu6 }, [2, 33, 31, 40], [3, 3, 1]),
        Of(new(2, 2, 1, 1), [2, 40, 40, 12], [5, 5, 2]),
    ];

    protected override OperatorCase<DepthwiseConv2D> OfLength(int length) => Of(s_plain with { Padding = new(1, 0, 0, 0) }, [1, 2, 1, length], [2, 1, 1]);

    // Sums of up to 25 products of numbers below 2.
    protected override (double Absolute, double Relative) Tolerance => (1e-5, 1e-5);

    [Fact]
    public void Int8_is_checked() => new Int8Layer(DepthwiseConv2D.Info, s_plain, new Shape(1, 5, 5, 2), new Shape(3, 3, 4), 2, 4).AssertChecked();

    protected override IEnumerable<Int8Case<DepthwiseConv2D>> Int8Cases(Random random)
    {
        for (int i = 0; i < 200; i++)
        {
            (int height, int kernelHeight, int strideHeight, int dilationHeight, int top, int bottom, int outputHeight) = Int8Layers.Window(random);
            (int width, int kernelWidth, int strideWidth, int dilationWidth, int left, int right, int outputWidth) = Int8Layers.Window(random);
            int channels = random.Next(1, random.Next(4) == 0 ? 70 : 20), outputs = channels * (random.Next(3) == 0 ? random.Next(1, 20) : 1), batch = random.Next(1, 3);
            Activation activation = (Activation)random.Next(4);
            DepthwiseConv2D op = new(strideHeight, strideWidth, dilationHeight, dilationWidth, new(top, bottom, left, right), activation);
            ConvGeometry geometry = new(
                batch, height, width, channels, outputHeight, outputWidth, outputs, kernelHeight, kernelWidth,
                strideHeight, strideWidth, dilationHeight, dilationWidth, top, left);
            (Shape, Shape, Shape) shapes = (new(batch, height, width, channels), new(kernelHeight, kernelWidth, outputs), new(batch, outputHeight, outputWidth, outputs));
            yield return Int8Layers.Case(random, op, activation, geometry, shapes, 2, TfliteReference.Depthwise);
        }
    }

    [Fact]
    public void Int8_weights_serve_float32_data()
    {
        foreach (Int8Weights layer in (Int8Weights[])[new(DepthwiseConv2D.Info, new DepthwiseConv2D(), Float(1, 9, 8, 5).Shape, Float(3, 3, 10).Shape, 2, 10)])
        {
            layer.AssertWork();
            layer.AssertChecked();
        }
    }

    protected override DoubleTensor[] Reference(DepthwiseConv2D op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!, weights = inputs[1]!;
        int outputs = weights.Shape[2], multiplier = outputs / x.Shape[3];
        int height = Windows.Count(x.Shape[1], weights.Shape[0], op.StrideHeight, op.DilationHeight, op.Padding.Top, op.Padding.Bottom);
        int width = Windows.Count(x.Shape[2], weights.Shape[1], op.StrideWidth, op.DilationWidth, op.Padding.Left, op.Padding.Right);
        DoubleTensor y = new(new Shape(x.Shape[0], height, width, outputs));
        for (int flat = 0; flat < y.Length; flat++)
        {
            int[] at = y.Position(flat);
            double sum = inputs is [_, _, { } bias] ? bias[at[3]] : 0;
            for (int p = 0; p < weights.Shape[0]; p++)
            {
                for (int q = 0; q < weights.Shape[1]; q++)
                {
                    int row = (at[1] * op.StrideHeight) - op.Padding.Top + (p * op.DilationHeight);
                    int column = (at[2] * op.StrideWidth) - op.Padding.Left + (q * op.DilationWidth);
                    if (row >= 0 && row < x.Shape[1] && column >= 0 && column < x.Shape[2])
                    {
                        sum += x[at[0], row, column, at[3] / multiplier] * weights[p, q, at[3]];
                    }
                }
            }

            y[flat] = Clamp.Of(op.Activation, sum);
        }

        return [y];
    }

    private static OperatorCase<DepthwiseConv2D> Of(DepthwiseConv2D op, int[] input, int[] kernel, bool bias = true)
    {
        int outputs = input[3] * kernel[2];
        TensorSpec weights = Float(kernel[0], kernel[1], outputs);
        return bias ? new(op, Float(input), weights, Float(outputs)) : new(op, Float(input), weights);
    }
}

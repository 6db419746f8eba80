using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

/// <summary>What the tests of pooling share.</summary>
internal static class PoolCases
{
    public sealed record Case(TensorSpec Input, int KernelHeight = 2, int KernelWidth = 2, int StrideHeight = 1, int StrideWidth = 1, Padding2D Padding = default, Activation Activation = Activation.None);

    public static IEnumerable<Case> Bad
    {
        get
        {
            TensorSpec good = new(DataType.Float32, new Shape(1, 5, 5, 2));
            return
            [
                new(good with { Shape = new Shape(5, 5, 2) }),
                new(good with { Type = DataType.UInt8 }),
                new(good with { Type = DataType.Int16 }),
                new(good with { Type = DataType.Int8 }),
                new(good, KernelHeight: 0),
                new(good, KernelWidth: 70_000),
                new(good, StrideHeight: 0),
                new(good, StrideWidth: -3),
                new(good, KernelHeight: 6),
                new(good, Padding: new(2, 0, 0, 0)),
                new(good, Padding: new(0, 2, 0, 0)),
                new(good, Padding: new(0, 0, -1, 0)),
                new(good, Padding: new(0, 0, 0, int.MaxValue)),
                new(good, Activation: (Activation)4),
            ];
        }
    }

    public static void AssertInt8(OperatorInfo info, IOperator op)
    {
        Quantization quantization = new(0.5f, 3);
        TensorSpec input = new(DataType.Int8, new Shape(1, 4, 4, 2), quantization);
        TensorSpec output = OperatorRunner.Infer(info, op, [input]).Outputs[0];
        Assert.Equal(DataType.Int8, output.Type);
        Assert.Same(quantization, output.Quantization);
        foreach (Quantization? bad in (Quantization?[])[null, new(0.5f, 128), new(0, 0), new([0.5f, 0.5f], [], 3)])
        {
            Assert.Throws<ShapeException>(() => OperatorRunner.Infer(info, op, [input with { Quantization = bad }]));
        }
    }

    /// <summary>Windows of the values inside the picture.</summary>
    public static DoubleTensor Pool(
        DoubleTensor x, int kernelHeight, int kernelWidth, int strideHeight, int strideWidth, Padding2D padding, Func<List<double>, double> reduce, int dilationHeight = 1, int dilationWidth = 1)
    {
        int height = Windows.Count(x.Shape[1], kernelHeight, strideHeight, dilationHeight, padding.Top, padding.Bottom);
        int width = Windows.Count(x.Shape[2], kernelWidth, strideWidth, dilationWidth, padding.Left, padding.Right);
        DoubleTensor y = new(new Shape(x.Shape[0], height, width, x.Shape[3]));
        for (int flat = 0; flat < y.Length; flat++)
        {
            int[] at = y.Position(flat);
            List<double> values = [];
            for (int p = 0; p < kernelHeight; p++)
            {
                for (int q = 0; q < kernelWidth; q++)
                {
                    int row = (at[1] * strideHeight) - padding.Top + (p * dilationHeight), column = (at[2] * strideWidth) - padding.Left + (q * dilationWidth);
                    if (row >= 0 && row < x.Shape[1] && column >= 0 && column < x.Shape[2])
                    {
                        values.Add(x[at[0], row, column, at[3]]);
                    }
                }
            }

            y[flat] = reduce(values);
        }

        return y;
    }

    public delegate T Make<T>(ConvGeometry geometry, Padding2D padding, Activation activation);

    /// <summary>Random int8 pools with their outputs by the reference.</summary>
    public static IEnumerable<Int8Case<T>> Int8<T>(Random random, bool average, Make<T> make) where T : struct, IOperator<T>
    {
        for (int i = 0; i < 150; i++)
        {
            (int height, int kernelHeight, int strideHeight, int dilationHeight, int top, int bottom, int outputHeight) = Int8Layers.Window(random, dilates: !average);
            (int width, int kernelWidth, int strideWidth, int dilationWidth, int left, int right, int outputWidth) = Int8Layers.Window(random, dilates: !average);
            int batch = random.Next(1, 3), channels = random.Next(1, 70);
            Activation activation = (Activation)random.Next(4);
            Quantization quantization = Int8Testing.Quantization(random);
            Int8Range range = Int8Range.Of(activation, quantization.Scale, quantization.ZeroPoint);
            TestTensor x = Int8Testing.Tensor(random, new Shape(batch, height, width, channels), quantization);
            ConvGeometry geometry = new(
                batch, height, width, channels, outputHeight, outputWidth, channels, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, top, left);
            yield return new(
                make(geometry, new(top, bottom, left, right), activation), [x],
                new(DataType.Int8, new(batch, outputHeight, outputWidth, channels), quantization),
                TfliteReference.Pool(geometry, average, Int8Testing.Elements(x), range.Min, range.Max));
        }
    }
}

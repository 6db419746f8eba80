using Edge.Format;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

/// <summary>Random int8 layers with weights: Dense, Conv2D and DepthwiseConv2D.</summary>
internal static class Int8Layers
{
    internal delegate sbyte[] Reference(
        ConvGeometry geometry, sbyte[] input, sbyte[] weights, int[] bias, float[] weightScales, float inputScale, int inputZeroPoint, float outputScale, Int8Range range,
        int weightZeroPoint);

    /// <summary>A layer with random values, and its output by the reference.</summary>
    /// <param name="random">Numbers for it.</param>
    /// <param name="op">The operator.</param>
    /// <param name="activation">Its activation.</param>
    /// <param name="geometry">Its sizes.</param>
    /// <param name="shapes">Input, weights and output.</param>
    /// <param name="channelAxis">The axis of the weights that counts output channels.</param>
    /// <param name="reference">The reference.</param>
    internal static Int8Case<T> Case<T>(
        Random random, T op, Activation activation, ConvGeometry geometry, (Shape Input, Shape Weights, Shape Output) shapes, int channelAxis, Reference reference)
        where T : struct, IOperator<T>
    {
        int channels = shapes.Weights[channelAxis];
        int depth = shapes.Weights.ElementCount / channels;
        Quantization input = new(random.Next(5) == 0 ? 30f : 0.9f, Int8Testing.ZeroPoint(random)), output = Int8Testing.Quantization(random);
        float[] scales = new float[random.Next(4) == 0 ? 1 : channels];
        for (int i = 0; i < scales.Length; i++)
        {
            scales[i] = (float)(output.Scale / (Math.Sqrt(depth) * 40) * Math.Pow(2, (random.NextDouble() * 8) - 4));
        }

        TestTensor x = Int8Testing.Tensor(random, shapes.Input, input);
        int axis = scales.Length == channels && (scales.Length > 1 || random.Next(2) == 0) ? channelAxis : -1;
        int weightZeroPoint = axis < 0 ? Int8Testing.ZeroPoint(random) : 0;
        TestTensor weights = Int8Testing.Tensor(random, shapes.Weights, new(scales, [.. scales.Select(_ => weightZeroPoint)], axis));
        int[] bias = [.. Enumerable.Range(0, channels).Select(_ => random.Next(-20_000, 20_000))];
        int kind = random.Next(4);
        TestTensor? biases = TestTensor.Of(DataType.Int32, new Shape(channels), bias, kind == 1 ? new Quantization(0.5f, 0) : null);
        TestTensor?[] inputs = kind switch { 2 => [x, weights, null], 3 => [x, weights], _ => [x, weights, biases] };
        Int8Range range = Int8Range.Of(activation, output.Scale, output.ZeroPoint);

        // With one weight scale for the whole tensor TFLite multiplies it with the input's in float32.
        bool isWhole = axis < 0 || (op is Dense && scales.Length == 1);
        sbyte[] expected = reference(
            geometry, Int8Testing.Elements(x), Int8Testing.Elements(weights), kind >= 2 ? [] : bias, isWhole ? [1f] : scales, isWhole ? input.Scale * scales[0] : input.Scale,
            input.ZeroPoint, output.Scale, range, weightZeroPoint);
        return new(op, inputs, new(DataType.Int8, shapes.Output, output), expected);
    }

    /// <summary>A window along one axis: kernel, stride, dilation, padding, and sizes of input and output for which it fits.</summary>
    internal static (int Input, int Kernel, int Stride, int Dilation, int Before, int After, int Output) Window(Random random, bool dilates = true)
    {
        int kernel = random.Next(1, 5), stride = random.Next(1, 4), dilation = dilates && random.Next(3) == 0 ? random.Next(2, 4) : 1;
        int extent = ((kernel - 1) * dilation) + 1;
        int before = random.Next(2) * random.Next(extent), after = random.Next(2) * random.Next(extent);
        int input = Math.Max(1, extent - before - after) + random.Next(8);
        return (input, kernel, stride, dilation, before, after, ((input + before + after - extent) / stride) + 1);
    }
}

using Edge.Runtime.Kernels;
using Edge.Runtime.Threading;
using Edge.Tests.Harness;

namespace Edge.Tests.Kernels.Quantized;

public sealed class Int8DepthwiseTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_depthwise_convolutions_equal_the_reference(int threads)
    {
        using WorkerTeam team = new(threads);
        Random random = new(200 + threads);
        for (int i = 0; i < 400; i++)
        {
            int multiplier = random.Next(3) == 0 ? random.Next(1, 20) : 1;
            Check(random, RandomGeometry(random, random.Next(1, random.Next(4) == 0 ? 70 : 20), multiplier), team);
        }
    }

    [Fact]
    public void Every_channel_count_equals_the_reference()
    {
        Random random = new(21);
        for (int channels = 1; channels <= 256; channels++)
        {
            Check(random, new(1, 3, 3, channels, 3, 3, channels, 3, 3, PadTop: 1, PadLeft: 1), WorkerTeam.Single);
            Check(random, new(1, 2, 3, 1, 2, 2, channels, 2, 2, PadTop: 1), WorkerTeam.Single);
        }
    }

    [Fact]
    public void Enough_work_is_shared_by_threads_with_equal_results()
    {
        using WorkerTeam team = new(3);
        Check(new Random(22), new(2, 20, 21, 40, 10, 11, 40, 3, 3, 2, 2, PadTop: 1, PadLeft: 1), team);
    }

    [Fact]
    public void Windows_cover_exactly_the_taps_inside_the_image()
    {
        for (int size = 1; size < 8; size++)
        {
            for (int taps = 1; taps < 6; taps++)
            {
                for (int dilation = 1; dilation < 4; dilation++)
                {
                    for (int origin = -12; origin < 12; origin++)
                    {
                        (int first, int end) = WindowRange.Of(origin, dilation, taps, size);
                        Assert.InRange(first, 0, taps);
                        Assert.InRange(end, first, taps);
                        for (int tap = 0; tap < taps; tap++)
                        {
                            int position = origin + tap * dilation;
                            Assert.Equal(position >= 0 && position < size, tap >= first && tap < end);
                        }
                    }
                }
            }
        }
    }

    [Fact]
    public void Running_allocates_nothing()
    {
        ConvGeometry geometry = new(1, 8, 8, 16, 8, 8, 16, 3, 3, PadTop: 1, PadLeft: 1);
        sbyte[] values = new sbyte[8 * 8 * 16];
        sbyte[] output = new sbyte[values.Length];
        sbyte[] weights = new sbyte[9 * 16];
        byte[] prepared = new byte[Int8Depthwise.PreparedBytes(16)];
        Int8Depthwise.Prepare([], [0.1f], 0.1f, 0.1f, prepared);
        long allocated = AllocationMeter.Measure(() =>
        {
            Int8Depthwise.Run(geometry, weights, prepared, 3, new(0, -128, 127), values, output, WorkerTeam.Single);
            Int8Pool.Max(geometry, -128, 127, values, output, WorkerTeam.Single);
            Int8Pool.Average(geometry, -128, 127, values, output, WorkerTeam.Single);
        });
        Assert.Equal(0, allocated);
    }

    private static void Check(Random random, ConvGeometry geometry, WorkerTeam team)
    {
        float outputScale = Int8Testing.Scale(random);
        float inputScale = 0.9f;
        int taps = geometry.KernelHeight * geometry.KernelWidth;
        float[] scales = new float[random.Next(4) == 0 ? 1 : geometry.OutputChannels];
        for (int i = 0; i < scales.Length; i++)
        {
            scales[i] = (float)(outputScale / (Math.Sqrt(taps) * 40) * Math.Pow(2, random.NextDouble() * 8 - 4));
        }

        int[] bias = new int[random.Next(4) == 0 ? 0 : geometry.OutputChannels];
        for (int i = 0; i < bias.Length; i++)
        {
            bias[i] = random.Next(-20_000, 20_000);
        }

        sbyte[] inputValues = Int8Testing.Values(random, geometry.Batch * geometry.InputHeight * geometry.InputWidth * geometry.InputChannels);
        sbyte[] weightValues = Int8Testing.Values(random, taps * geometry.OutputChannels);
        int zeroPoint = Int8Testing.ZeroPoint(random);
        int weightZeroPoint = random.Next(2) == 0 ? 0 : Int8Testing.ZeroPoint(random);
        Int8Range range = Int8Testing.Range(random, outputScale);
        sbyte[] expected = TfliteReference.Depthwise(geometry, inputValues, weightValues, bias, scales, inputScale, zeroPoint, outputScale, range, weightZeroPoint);

        using GuardedArray<byte> prepared = new(Int8Depthwise.PreparedBytes(geometry.OutputChannels));
        using GuardedArray<sbyte> input = Int8Testing.Guarded(inputValues);
        using GuardedArray<sbyte> weights = Int8Testing.Guarded(weightValues);
        using GuardedArray<sbyte> output = Int8Testing.Guarded(new sbyte[expected.Length]);
        Int8Depthwise.Prepare(bias, scales, inputScale, outputScale, prepared.Span, weightZeroPoint);
        Int8Depthwise.Run(geometry, weights.Span, prepared.Span, zeroPoint, range, input.Span, output.Span, team);
        Assert.True(expected.AsSpan().SequenceEqual(output.Span), $"{geometry}: differs first at {expected.AsSpan().CommonPrefixLength(output.Span)}.");
    }

    private static ConvGeometry RandomGeometry(Random random, int channels, int multiplier)
    {
        int kernelHeight = random.Next(1, 5);
        int kernelWidth = random.Next(1, 5);
        int dilationHeight = random.Next(3) == 0 ? random.Next(2, 4) : 1;
        int dilationWidth = random.Next(3) == 0 ? random.Next(2, 4) : 1;
        int strideHeight = random.Next(1, 4);
        int strideWidth = random.Next(1, 4);
        int height = random.Next(1, 10);
        int width = random.Next(1, 10);
        int spanHeight = (kernelHeight - 1) * dilationHeight + 1;
        int spanWidth = (kernelWidth - 1) * dilationWidth + 1;
        int top = random.Next(0, spanHeight);
        int left = random.Next(0, spanWidth);
        int outputHeight = Math.Max(1, (height + top + random.Next(0, spanHeight) - spanHeight) / strideHeight + 1);
        int outputWidth = Math.Max(1, (width + left + random.Next(0, spanWidth) - spanWidth) / strideWidth + 1);
        return new(
            random.Next(1, 3), height, width, channels, outputHeight, outputWidth, channels * multiplier, kernelHeight, kernelWidth,
            strideHeight, strideWidth, dilationHeight, dilationWidth, top, left);
    }
}

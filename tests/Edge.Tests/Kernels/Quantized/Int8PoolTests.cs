using Edge.Runtime.Kernels;
using Edge.Runtime.Threading;
using Edge.Tests.Harness;

namespace Edge.Tests.Kernels.Quantized;

public sealed class Int8PoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_pools_equal_the_reference(int threads)
    {
        using WorkerTeam team = new(threads);
        Random random = new(300 + threads);
        for (int i = 0; i < 400; i++)
        {
            int kernelHeight = random.Next(1, 5);
            int kernelWidth = random.Next(1, 5);
            int height = random.Next(kernelHeight, 12);
            int width = random.Next(kernelWidth, 12);
            int strideHeight = random.Next(1, 4);
            int strideWidth = random.Next(1, 4);
            int top = random.Next(0, kernelHeight);
            int left = random.Next(0, kernelWidth);
            int channels = random.Next(1, random.Next(4) == 0 ? 80 : 20);
            Check(
                random,
                new(
                    random.Next(1, 3), height, width, channels,
                    (height + top + random.Next(0, kernelHeight) - kernelHeight) / strideHeight + 1,
                    (width + left + random.Next(0, kernelWidth) - kernelWidth) / strideWidth + 1,
                    channels, kernelHeight, kernelWidth, strideHeight, strideWidth, PadTop: top, PadLeft: left),
                team);
        }
    }

    [Fact]
    public void Global_pools_of_every_channel_count_equal_the_reference()
    {
        using WorkerTeam team = new(2);
        Random random = new(31);
        for (int channels = 1; channels <= 256; channels++)
        {
            Check(random, new(1, 5, 3, channels, 1, 1, channels, 5, 3), team);
        }

        Check(random, new(1, 80, 80, 33, 1, 1, 33, 80, 80), team);
        Check(random, new(1, 40, 40, 33, 40, 40, 33, 3, 3, PadTop: 1, PadLeft: 1), team);
    }

    // Padding counts for nothing: at a corner a 2×2 window sees one value. Halves leave zero: ±0.5 becomes ±1.
    [Theory]
    [InlineData(3, 4, 4)]
    [InlineData(-3, -4, -4)]
    [InlineData(0, 1, 1)]
    [InlineData(0, -1, -1)]
    [InlineData(-128, -127, -128)]
    public void An_average_rounds_halves_away_from_zero(sbyte first, sbyte second, int expected)
    {
        sbyte[] output = new sbyte[2];
        Int8Pool.Average(new(1, 1, 2, 1, 1, 2, 1, 1, 2, PadLeft: 1), -128, 127, [first, second], output, WorkerTeam.Single);
        Assert.Equal(first, output[0]);
        Assert.Equal(expected, output[1]);
    }

    [Fact]
    public void A_uint8_average_rounds_halves_up()
    {
        byte[] output = new byte[1];
        Int8Pool.AverageUInt8(new(1, 1, 2, 1, 1, 1, 1, 1, 2), 0, 255, [125, 126], output, WorkerTeam.Single);
        Assert.Equal(126, output[0]);                                    // as int8: −3 and −2 make −3
    }

    private static void Check(Random random, ConvGeometry geometry, WorkerTeam team)
    {
        sbyte[] values = Int8Testing.Values(random, geometry.Batch * geometry.InputHeight * geometry.InputWidth * geometry.InputChannels);
        int min = random.Next(2) == 0 ? -128 : random.Next(-128, 50);
        int max = random.Next(2) == 0 ? 127 : random.Next(min, 128);
        using GuardedArray<sbyte> input = Int8Testing.Guarded(values);
        using GuardedArray<sbyte> output = new(geometry.Batch * geometry.OutputHeight * geometry.OutputWidth * geometry.OutputChannels);
        Int8Pool.Max(geometry, min, max, input.Span, output.Span, team);
        Assert.Equal(TfliteReference.Pool(geometry, average: false, values, min, max), output.Span.ToArray());
        Int8Pool.Average(geometry, min, max, input.Span, output.Span, team);
        Assert.Equal(TfliteReference.Pool(geometry, average: true, values, min, max), output.Span.ToArray());

        byte[] unsigned = Array.ConvertAll(values, static value => (byte)(value + 128));
        using GuardedArray<byte> unsignedInput = Int8Testing.Guarded(unsigned);
        using GuardedArray<byte> unsignedOutput = new(output.Span.Length);
        Int8Pool.AverageUInt8(geometry, min + 128, max + 128, unsignedInput.Span, unsignedOutput.Span, team);
        Assert.Equal(TfliteReference.AveragePoolUInt8(geometry, unsigned, min + 128, max + 128), unsignedOutput.Span.ToArray());
    }
}

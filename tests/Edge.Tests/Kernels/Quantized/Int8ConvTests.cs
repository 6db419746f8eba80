using System.Runtime.Intrinsics;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;
using Edge.Tests.Harness;

namespace Edge.Tests.Kernels.Quantized;

public sealed class Int8ConvTests
{
    private delegate void Preparer(in ConvGeometry geometry, in Int8Conv.Preparation preparation);

    private delegate void Runner(
        in ConvGeometry geometry, ReadOnlySpan<byte> prepared, int inputZeroPoint, in Int8Range range,
        ReadOnlySpan<sbyte> input, Span<sbyte> output, WorkerTeam team);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_convolutions_equal_the_reference(int threads)
    {
        using WorkerTeam team = new(threads);
        Random random = new(100 + threads);
        for (int i = 0; i < 300; i++)
        {
            Case test = Case.Random(random, RandomGeometry(random));
            test.Check(null, Int8Conv.Run, team);
        }
    }

    [Fact]
    public void Every_inner_product_equals_the_reference()
    {
        Random random = new(7);
        for (int i = 0; i < 150; i++)
        {
            Case test = Case.Random(random, RandomGeometry(random));
            CheckDot<Int8DotScalar, int>(test);
            CheckDot<Int8DotVnni, Vector256<int>>(test, always: true);   // spelled out where the machine lacks it
            CheckDot<Int8DotPairs4, Vector128<int>>(test);
            CheckDot<Int8DotPairs8, Vector256<int>>(test);
            CheckDot<Int8DotPairs16, Vector512<int>>(test);
            CheckDot<Int8DotArm, Vector128<int>>(test);
            CheckDot<Int8DotArmDp, Vector128<int>>(test);
        }
    }

    [Fact]
    public void Dense_layers_of_every_size_equal_the_reference()
    {
        using WorkerTeam team = new(2);
        Random random = new(8);
        for (int size = 1; size <= 256; size++)
        {
            Case.Random(random, Int8Conv.Dense(1 + size % 6, size, 1 + random.Next(70))).Check(null, Int8Conv.Run, team);
            Case.Random(random, Int8Conv.Dense(1, 1 + random.Next(70), size)).Check(null, Int8Conv.Run, team);
        }
    }

    [Fact]
    public void Depth_beyond_a_chunk_and_sums_at_their_largest_are_exact()
    {
        using WorkerTeam team = new(3);
        Random random = new(9);
        foreach ((int rows, int depth) in new[] { (1, Int8Conv.ChunkDepth), (5, Int8Conv.ChunkDepth + 1), (2, 3 * Int8Conv.ChunkDepth + 5), (1, 65793), (2, 2 * Int8ConvUnpacked.ChunkDepth + 9) })
        {
            Case test = Case.Random(random, Int8Conv.Dense(rows, depth, 37));
            test.Check(null, Int8Conv.Run, team);
            Array.Fill(test.Input, sbyte.MinValue);
            Array.Fill(test.Weights, sbyte.MinValue);
            test.InputZeroPoint = 127;
            test.Check(null, Int8Conv.Run, team);
            CheckDot<Int8DotVnni, Vector256<int>>(test, always: true);
        }

        // 3×3 over 1000 channels: the chunk's border falls inside a row of the window.
        Case conv = Case.Random(random, new ConvGeometry(1, 5, 4, 1000, 5, 4, 6, 3, 3, PadTop: 1, PadLeft: 1));
        conv.Check(null, Int8Conv.Run, team);
    }

    [Fact]
    public void Enough_work_is_shared_by_threads_with_equal_results()
    {
        Random random = new(10);
        using WorkerTeam team = new(3);
        foreach (ConvGeometry geometry in new[]
        {
            new ConvGeometry(1, 20, 21, 16, 20, 21, 33, 3, 3, PadTop: 1, PadLeft: 1),
            new ConvGeometry(2, 9, 9, 64, 9, 9, 64, 1, 1),
            new ConvGeometry(1, 12, 12, 32, 12, 12, 96, 3, 3, PadTop: 1, PadLeft: 1, Groups: 2),
            Int8Conv.Dense(1, 640, 1000),
        })
        {
            Case.Random(random, geometry).Check(null, Int8Conv.Run, team);
        }
    }

    [Fact]
    public void A_weight_scale_for_the_whole_tensor_is_multiplied_in_single_precision()
    {
        // 0.1f · 0.3f rounds in float32; the product in double does not, and the multipliers differ in their last bits.
        Quantization weights = new(0.3f, 5), along = new([0.3f], [], 0);
        float whole = 0.1f, each = 0.1f, dense = 0.1f;
        Assert.Equal([1f], Int8ConvKernel.Scales(weights, ref whole, oneIsWhole: false).ToArray());
        Assert.Equal([0.3f], Int8ConvKernel.Scales(along, ref each, oneIsWhole: false).ToArray());
        Assert.Equal([1f], Int8ConvKernel.Scales(along, ref dense, oneIsWhole: true).ToArray());
        Assert.Equal((0.1f * 0.3f, 0.1f, 0.1f * 0.3f), (whole, each, dense));
        Assert.NotEqual(TfliteReference.QuantizeMultiplier((double)whole / 0.7f), TfliteReference.QuantizeMultiplier((double)0.1f * 0.3f / 0.7f));
    }

    [Fact]
    public void Scales_that_make_no_finite_multiplier_are_refused()
    {
        ConvGeometry geometry = Int8Conv.Dense(1, 1, 1);
        byte[] prepared = new byte[Int8Conv.PreparedBytes(geometry)];
        Assert.Throws<ArgumentOutOfRangeException>(() => Int8Conv.Prepare(geometry, [1], [], [1f], 1f, 0, 0f, prepared));
        Assert.Throws<ArgumentOutOfRangeException>(() => Int8Conv.Prepare(geometry, [1], [], [float.NaN], 1f, 0, 1f, prepared));
    }

    [Fact]
    public void Running_allocates_nothing()
    {
        Random random = new(11);
        Case test = Case.Random(random, new ConvGeometry(1, 16, 16, 16, 16, 16, 32, 3, 3, PadTop: 1, PadLeft: 1));
        byte[] prepared = test.Prepare(null);
        sbyte[] output = new sbyte[16 * 16 * 32];
        long allocated = AllocationMeter.Measure(() =>
        {
            Int8Conv.Run(test.Geometry, prepared, test.InputZeroPoint, test.Range, test.Input, output, WorkerTeam.Single);
        });
        Assert.Equal(0, allocated);

        prepared = new byte[Int8ConvUnpacked.PreparedBytes(test.Geometry)];
        allocated = AllocationMeter.Measure(
            () => Int8ConvUnpacked.Run(test.Geometry, test.Weights, prepared, test.InputZeroPoint, test.Range, test.Input, output, WorkerTeam.Single));
        Assert.Equal(0, allocated);
    }

    private static void CheckDot<TDot, TVector>(Case test, bool always = false)
        where TDot : struct, IInt8Dot<TVector>
        where TVector : struct
    {
        if (TDot.IsSupported || always)
        {
            test.Check(Int8Conv.Prepare<TDot, TVector>, Int8Conv.Run<TDot, TVector>, WorkerTeam.Single);
        }
    }

    private static ConvGeometry RandomGeometry(Random random)
    {
        int groups = random.Next(3) == 0 ? random.Next(2, 5) : 1;
        int inputs = random.Next(1, random.Next(4) == 0 ? 40 : 9) * groups;
        int outputs = random.Next(1, random.Next(3) == 0 ? 70 : 20) * groups;
        int kernelHeight = random.Next(1, 5);
        int kernelWidth = random.Next(1, 5);
        int strideHeight = random.Next(1, 4);
        int strideWidth = random.Next(1, 4);
        int dilationHeight = random.Next(1, 4);
        int dilationWidth = random.Next(3) == 0 ? random.Next(2, 4) : 1;
        int height = random.Next(1, 10);
        int width = random.Next(1, 10);
        int spanHeight = (kernelHeight - 1) * dilationHeight + 1;
        int spanWidth = (kernelWidth - 1) * dilationWidth + 1;
        int top = random.Next(0, spanHeight);
        int left = random.Next(0, spanWidth);
        int outputHeight = Math.Max(1, (height + top + random.Next(0, spanHeight) - spanHeight) / strideHeight + 1);
        int outputWidth = Math.Max(1, (width + left + random.Next(0, spanWidth) - spanWidth) / strideWidth + 1);
        return new(
            random.Next(1, 3), height, width, inputs, outputHeight, outputWidth, outputs, kernelHeight, kernelWidth,
            strideHeight, strideWidth, dilationHeight, dilationWidth, top, left, groups);
    }

    private sealed class Case
    {
        public ConvGeometry Geometry { get; private init; }

        public sbyte[] Input { get; private init; } = [];

        public sbyte[] Weights { get; private init; } = [];

        public int InputZeroPoint { get; set; }

        public Int8Range Range { get; private init; }

        private int[] Bias { get; init; } = [];

        private float[] WeightScales { get; init; } = [];

        private float InputScale { get; init; }

        private float OutputScale { get; init; }

        private int WeightZeroPoint { get; init; }

        public static Case Random(Random random, ConvGeometry geometry)
        {
            int depth = geometry.KernelHeight * geometry.KernelWidth * (geometry.InputChannels / geometry.Groups);
            float outputScale = Int8Testing.Scale(random);

            // Multipliers around what brings a sum of this depth into int8, some far away.
            float[] scales = new float[random.Next(4) == 0 ? 1 : geometry.OutputChannels];
            for (int i = 0; i < scales.Length; i++)
            {
                scales[i] = (float)(outputScale / (Math.Sqrt(depth) * 40) * Math.Pow(2, random.NextDouble() * 8 - 4));
            }

            int[] bias = new int[random.Next(4) == 0 ? 0 : geometry.OutputChannels];
            for (int i = 0; i < bias.Length; i++)
            {
                bias[i] = random.Next(-20_000, 20_000);
            }

            return new()
            {
                Geometry = geometry,
                Input = Int8Testing.Values(random, geometry.Batch * geometry.InputHeight * geometry.InputWidth * geometry.InputChannels),
                Weights = Int8Testing.Values(random, geometry.OutputChannels * depth),
                Bias = bias,
                WeightScales = scales,
                InputScale = random.Next(5) == 0 ? 30f : 0.9f,
                OutputScale = outputScale,
                InputZeroPoint = Int8Testing.ZeroPoint(random),
                WeightZeroPoint = random.Next(2) == 0 ? 0 : Int8Testing.ZeroPoint(random),
                Range = Int8Testing.Range(random, outputScale),
            };
        }

        public byte[] Prepare(Preparer? prepare)
        {
            byte[] prepared = new byte[Int8Conv.PreparedBytes(Geometry)];
            if (prepare is null)
            {
                Int8Conv.Prepare(Geometry, Weights, Bias, WeightScales, InputScale, InputZeroPoint, OutputScale, prepared, WeightZeroPoint);
            }
            else
            {
                prepare(Geometry, new(Weights, Bias, WeightScales, InputScale, InputZeroPoint, OutputScale, prepared, WeightZeroPoint));
            }

            return prepared;
        }

        public void Check(Preparer? prepare, Runner run, WorkerTeam team)
        {
            sbyte[] expected = TfliteReference.Conv(Geometry, Input, Weights, Bias, WeightScales, InputScale, InputZeroPoint, OutputScale, Range, WeightZeroPoint);
            using GuardedArray<byte> prepared = Int8Testing.Guarded(Prepare(prepare));
            using GuardedArray<sbyte> input = Int8Testing.Guarded(Input);
            using GuardedArray<sbyte> output = Int8Testing.Guarded(new sbyte[expected.Length]);
            run(Geometry, prepared.Span, InputZeroPoint, Range, input.Span, output.Span, team);
            Assert.True(expected.AsSpan().SequenceEqual(output.Span), $"{Geometry}: differs first at {expected.AsSpan().CommonPrefixLength(output.Span)}.");
            if (prepare is null)
            {
                CheckUnpacked(expected, team);
            }
        }

        private void CheckUnpacked(sbyte[] expected, WorkerTeam team)
        {
            using GuardedArray<sbyte> weights = Int8Testing.Guarded(Weights);
            using GuardedArray<byte> prepared = new(Int8ConvUnpacked.PreparedBytes(Geometry));
            using GuardedArray<sbyte> input = Int8Testing.Guarded(Input);
            using GuardedArray<sbyte> output = new(expected.Length);
            Int8ConvUnpacked.Prepare(Geometry, Weights, Bias, WeightScales, InputScale, InputZeroPoint, OutputScale, prepared.Span, WeightZeroPoint);
            Int8ConvUnpacked.Run(Geometry, weights.Span, prepared.Span, InputZeroPoint, Range, input.Span, output.Span, team);
            Assert.True(expected.AsSpan().SequenceEqual(output.Span), $"{Geometry}, unpacked: differs first at {expected.AsSpan().CommonPrefixLength(output.Span)}.");
        }
    }
}

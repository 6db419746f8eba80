using Edge.Runtime.Kernels;
using Edge.Tests.Harness;

namespace Edge.Tests.Kernels.Quantized;

public sealed class Int8ElementwiseTests
{
    [Fact]
    public void All_pairs_of_values_equal_the_reference()
    {
        Random random = new(41);
        for (int i = 0; i < 20; i++)
        {
            Quantities q = new(random);
            sbyte[] x0 = new sbyte[65536];
            sbyte[] x1 = new sbyte[65536];
            for (int j = 0; j < x0.Length; j++)
            {
                x0[j] = (sbyte)j;
                x1[j] = (sbyte)(j >> 8);
            }

            q.Check(x0, [65536], x1, [65536], (j, _) => j, (_, j) => j);
        }
    }

    [Fact]
    public void Every_length_in_every_row_pattern_equals_the_reference()
    {
        Random random = new(42);
        for (int length = 0; length <= 256; length++)
        {
            Quantities q = new(random);
            sbyte[] values = Int8Testing.Values(random, length);
            sbyte[] others = Int8Testing.Values(random, length);
            q.Check(values, [length], others, [length], (i, _) => i, (_, i) => i);
            q.Check(values, [length], [-128], [], (i, _) => i, (_, _) => 0);
            q.Check([127], [1], values, [length], (_, _) => 0, (_, i) => i);
        }
    }

    [Theory]
    [InlineData(new[] { 2, 3, 4, 5 }, new[] { 5 }, 24, 5)]               // a bias along the last dimension
    [InlineData(new[] { 2, 3, 4, 5 }, new[] { 2, 3, 4, 5 }, 1, 120)]     // equal shapes are one row
    [InlineData(new[] { 2, 3, 4, 5 }, new int[0], 1, 120)]
    [InlineData(new[] { 1 }, new[] { 2, 3 }, 1, 6)]
    [InlineData(new[] { 2, 1, 1, 5 }, new[] { 1, 3, 4, 1 }, 24, 5)]
    [InlineData(new[] { 2, 1, 4, 1, 5, 1, 6, 1 }, new[] { 1, 3, 1, 2, 1, 2, 1, 2 }, 2880, 2)]
    [InlineData(new[] { 4, 1, 1, 33 }, new[] { 4, 3, 2, 1 }, 24, 33)]
    [InlineData(new[] { 2, 3, 1, 1 }, new[] { 2, 3, 7, 9 }, 6, 63)]      // one gate for each channel of an NCHW image
    [InlineData(new[] { 1, 7, 9, 3 }, new[] { 5, 1, 1, 3 }, 315, 3)]
    public void Broadcast_shapes_equal_the_reference(int[] shape0, int[] shape1, int rows, int rowLength)
    {
        Random random = new(43);
        BroadcastShape shape = new(shape0, shape1);
        Assert.Equal((rows, rowLength), (shape.Rows, shape.RowLength));
        int rank = Math.Max(shape0.Length, shape1.Length);
        int[] full0 = [.. Enumerable.Repeat(1, rank - shape0.Length), .. shape0];
        int[] full1 = [.. Enumerable.Repeat(1, rank - shape1.Length), .. shape1];
        int[] full = [.. full0.Zip(full1, Math.Max)];
        int Offset(int[] dimensions, int flat)
        {
            int offset = 0;
            int stride = 1;
            for (int i = rank - 1; i >= 0; i--)
            {
                offset += flat % full[i] % dimensions[i] * stride;       // a dimension of 1 takes every index to 0
                flat /= full[i];
                stride *= dimensions[i];
            }

            return offset;
        }

        sbyte[] x0 = Int8Testing.Values(random, full0.Aggregate(1, (a, b) => a * b));
        sbyte[] x1 = Int8Testing.Values(random, full1.Aggregate(1, (a, b) => a * b));
        new Quantities(random).Check(x0, shape0, x1, shape1, (i, _) => Offset(full0, i), (_, i) => Offset(full1, i));
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        Assert.Contains("3", Assert.Throws<ArgumentException>(() => new BroadcastShape([2, 3], [4])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new BroadcastShape(new int[9], []));
    }

    [Fact]
    public void Scales_that_the_reference_refuses_are_refused()
    {
        Int8Range range = new(0, -128, 127);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Int8Add(1f, 0, 1f, 0, 1e-9f, range));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Int8Add(0f, 0, 1f, 0, 1f, range));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Int8Sub(float.NaN, 0, 1f, 0, 1f, range));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Int8Mul(1f, 0, 1f, 0, 0f, range));
    }

    [Fact]
    public void Running_in_place_allocates_nothing()
    {
        Int8Add kernel = new(0.5f, 1, 0.25f, 2, 0.7f, new(0, -128, 127));
        BroadcastShape shape = new([1000], [1000]);
        sbyte[] x = Int8Testing.Values(new Random(45), 1000);
        sbyte[] expected = new sbyte[1000];
        Int8Elementwise.Run(kernel, shape, x, x, expected);
        long allocated = AllocationMeter.Measure(() =>
        {
            Int8Elementwise.Run(kernel, shape, x, x, expected);
        });
        Assert.Equal(0, allocated);
        sbyte[] inPlace = [.. x];
        Int8Elementwise.Run(kernel, shape, inPlace, x, inPlace);
        Assert.Equal(expected, inPlace);
    }

    private sealed class Quantities
    {
        private readonly float _scale0;
        private readonly float _scale1;
        private readonly float _outputScale;
        private readonly int _zeroPoint0;
        private readonly int _zeroPoint1;
        private readonly Int8Range _range;

        public Quantities(Random random)
        {
            _scale0 = Int8Testing.Scale(random);
            _scale1 = random.Next(3) == 0 ? _scale0 : Int8Testing.Scale(random);
            _outputScale = (float)(Math.Max(_scale0, _scale1) * Math.Pow(2, random.NextDouble() * 6 - 3));
            _zeroPoint0 = Int8Testing.ZeroPoint(random);
            _zeroPoint1 = Int8Testing.ZeroPoint(random);
            _range = Int8Testing.Range(random, _outputScale);
        }

        public void Check(sbyte[] x0, int[] shape0, sbyte[] x1, int[] shape1, Func<int, int, int> index0, Func<int, int, int> index1)
        {
            float mulScale = _scale0 * _scale1 * 90;
            Int8Range mulRange = Int8Range.Of(Edge.Runtime.Operators.Activation.None, mulScale, _range.ZeroPoint);
            Run(new Int8Add(_scale0, _zeroPoint0, _scale1, _zeroPoint1, _outputScale, _range),
                (a, b) => TfliteReference.Add(a, b, _scale0, _zeroPoint0, _scale1, _zeroPoint1, _outputScale, _range, subtract: false));
            Run(new Int8Sub(_scale0, _zeroPoint0, _scale1, _zeroPoint1, _outputScale, _range),
                (a, b) => TfliteReference.Add(a, b, _scale0, _zeroPoint0, _scale1, _zeroPoint1, _outputScale, _range, subtract: true));
            Run(new Int8Mul(_scale0, _zeroPoint0, _scale1, _zeroPoint1, mulScale, mulRange),
                (a, b) => TfliteReference.Mul(a, b, _scale0, _zeroPoint0, _scale1, _zeroPoint1, mulScale, mulRange));

            void Run<TKernel>(TKernel kernel, Func<sbyte, sbyte, sbyte> reference) where TKernel : struct, IInt8Binary
            {
                BroadcastShape shape = new(shape0, shape1);
                using GuardedArray<sbyte> input0 = Int8Testing.Guarded(x0);
                using GuardedArray<sbyte> input1 = Int8Testing.Guarded(x1);
                using GuardedArray<sbyte> output = new(shape.Length);
                Int8Elementwise.Run(kernel, shape, input0.Span, input1.Span, output.Span);
                for (int i = 0; i < shape.Length; i++)
                {
                    sbyte expected = reference(x0[index0(i, i)], x1[index1(i, i)]);
                    if (expected != output.Span[i])
                    {
                        Assert.Fail($"{typeof(TKernel).Name} at {i}: expected {expected}, found {output.Span[i]}.");
                    }
                }
            }
        }
    }
}

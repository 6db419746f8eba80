using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;
using Edge.Tests.Harness;
using Micro = Edge.Tests.Operators.MicroInt16;

namespace Edge.Tests.Operators;

/// <summary>Operators on int16 data, beside int8 weights: the bits of TensorFlow Lite's reference kernels, and what is refused.</summary>
public sealed class Int16Tests
{
    private const int Layers = 150;

    [Fact]
    public void Convolutions_give_the_bits_of_the_reference()
    {
        Random random = new(16);
        for (int i = 0; i < Layers; i++)
        {
            var (ih, kh, sh, dh, pt, pb, oh) = Int8Layers.Window(random);
            var (iw, kw, sw, dw, pl, pr, ow) = Int8Layers.Window(random);
            int groups = random.Next(1, 4), c = random.Next(1, 40), o = random.Next(1, 9), n = random.Next(1, 3);
            Conv2D op = new(sh, sw, dh, dw, new Padding2D(pt, pb, pl, pr), groups, (Activation)random.Next(4));
            CheckLayer(random, op, (int)op.Activation, new Shape(n, ih, iw, c * groups), new Shape(o * groups, kh, kw, c), 0, new Shape(n, oh, ow, o * groups), narrowWithout: true, (x, w, at) =>
            {
                int channel = at % (o * groups), column = at / (o * groups) % ow, row = at / (o * groups) / ow % oh, image = at / (o * groups) / ow / oh;
                long sum = 0;
                for (int ky = 0; ky < kh; ky++)
                {
                    for (int kx = 0; kx < kw; kx++)
                    {
                        int y = (row * sh) - pt + (ky * dh), z = (column * sw) - pl + (kx * dw);
                        for (int k = 0; k < c && y >= 0 && y < ih && z >= 0 && z < iw; k++)
                        {
                            sum += (long)x[((((image * ih) + y) * iw) + z) * c * groups + (channel / o * c) + k] * w[((((channel * kh) + ky) * kw) + kx) * c + k];
                        }
                    }
                }

                return sum;
            });
        }
    }

    [Fact]
    public void Long_windows_are_summed_exactly()
    {
        Random random = new(17);
        foreach ((int kernel, int c) in ((int, int)[])[(1, 9000), (3, 1000), (5, 400), (3, 300)])
        {
            Conv2D op = new(1, 1, 1, 1, default, 1, Activation.None);
            CheckLayer(random, op, 0, new Shape(1, kernel, kernel, c), new Shape(3, kernel, kernel, c), 0, new Shape(1, 1, 1, 3), narrowWithout: true, (x, w, at) =>
            {
                long sum = 0;
                for (int i = 0; i < x.Length; i++)
                {
                    sum += (long)x[i] * w[(at * x.Length) + i];
                }

                return sum;
            });
        }
    }

    [Fact]
    public void Depthwise_convolutions_give_the_bits_of_the_reference()
    {
        Random random = new(18);
        for (int i = 0; i < Layers; i++)
        {
            var (ih, kh, sh, dh, pt, pb, oh) = Int8Layers.Window(random);
            var (iw, kw, sw, dw, pl, pr, ow) = Int8Layers.Window(random);
            int c = random.Next(1, 30), multiplier = random.Next(3) == 0 ? 2 : 1, o = c * multiplier, n = random.Next(1, 3);
            DepthwiseConv2D op = new(sh, sw, dh, dw, new Padding2D(pt, pb, pl, pr), (Activation)random.Next(4));
            CheckLayer(random, op, (int)op.Activation, new Shape(n, ih, iw, c), new Shape(kh, kw, o), 2, new Shape(n, oh, ow, o), narrowWithout: false, (x, w, at) =>
            {
                int channel = at % o, column = at / o % ow, row = at / o / ow % oh, image = at / o / ow / oh;
                long sum = 0;
                for (int ky = 0; ky < kh; ky++)
                {
                    for (int kx = 0; kx < kw; kx++)
                    {
                        int y = (row * sh) - pt + (ky * dh), z = (column * sw) - pl + (kx * dw);
                        if (y >= 0 && y < ih && z >= 0 && z < iw)
                        {
                            sum += (long)x[(((((image * ih) + y) * iw) + z) * c) + (channel / multiplier)] * w[(((ky * kw) + kx) * o) + channel];
                        }
                    }
                }

                return sum;
            });
        }
    }

    [Fact]
    public void Dense_layers_give_the_bits_of_the_reference()
    {
        Random random = new(19);
        for (int i = 0; i < Layers; i++)
        {
            int rows = random.Next(1, 6), inputs = random.Next(1, 700), outputs = random.Next(1, 70);
            Dense op = new((Activation)random.Next(4));
            CheckLayer(random, op, (int)op.Activation, new Shape(rows, inputs), new Shape(outputs, inputs), 0, new Shape(rows, outputs), narrowWithout: true, (x, w, at) =>
            {
                long sum = 0;
                for (int k = 0; k < inputs; k++)
                {
                    sum += (long)x[(at / outputs * inputs) + k] * w[(at % outputs * inputs) + k];
                }

                return sum;
            });
        }
    }

    [Fact]
    public void Sums_and_products_give_the_bits_of_the_reference()
    {
        Random random = new(20);
        for (int i = 0; i < 120; i++)
        {
            Shape left = new(3, 37), right = random.Next(3) switch { 0 => new Shape(37), 1 => new Shape(3, 1), _ => left };
            Activation activation = (Activation)random.Next(4);
            float a = Scale(random), b = a * MathF.Pow(2, (random.NextSingle() * 8) - 4), to = Math.Max(a, b) * MathF.Pow(2, (random.NextSingle() * 8) - 4);
            TestTensor x = Tensor(random, left, a), y = Tensor(random, right, b);
            short[] p = Elements(x), q = Elements(y);
            int Other(int at) => right.Rank == 1 ? at % 37 : right[1] == 1 ? at / 37 : at;
            Check(new Add(activation), [x, y], left, to, at =>
            {
                double common = 2 * (double)Math.Max(a, b);
                return Micro.Clamp(Micro.Narrow(Micro.Narrow(p[at] << 15, a / common) + Micro.Narrow(q[Other(at)] << 15, b / common), common / ((1 << 15) * (double)to)), (int)activation, to);
            });
            Check(new Subtract(activation), [x, y], left, to, at =>
            {
                float common = 2 * Math.Max(a, b);
                return Micro.Clamp(Micro.Narrow(Micro.Narrow(p[at] << 15, a / common) - Micro.Narrow(q[Other(at)] << 15, b / common), common / ((1 << 15) * to)), (int)activation, to);
            });
            float product = a * b * 32768 * MathF.Pow(2, (random.NextSingle() * 4) - 2);
            Check(new Multiply(activation), [x, y], left, product, at => Micro.Clamp(Micro.Narrow(p[at] * q[Other(at)], (double)a * b / product), (int)activation, product));
        }
    }

    [Fact]
    public void Pools_give_the_bits_of_the_reference()
    {
        Random random = new(21);
        for (int i = 0; i < 80; i++)
        {
            var (ih, kh, sh, _, pt, pb, oh) = Int8Layers.Window(random, dilates: false);
            var (iw, kw, sw, _, pl, pr, ow) = Int8Layers.Window(random, dilates: false);
            int c = random.Next(1, 150), n = random.Next(1, 3);
            Activation activation = (Activation)random.Next(4);
            float scale = Scale(random);
            TestTensor x = Tensor(random, new Shape(n, ih, iw, c), scale);
            short[] values = Elements(x);
            List<int> Window(int at)
            {
                int channel = at % c, column = at / c % ow, row = at / c / ow % oh, image = at / c / ow / oh;
                List<int> window = [];
                for (int y = Math.Max(0, (row * sh) - pt); y < Math.Min(ih, (row * sh) - pt + kh); y++)
                {
                    for (int z = Math.Max(0, (column * sw) - pl); z < Math.Min(iw, (column * sw) - pl + kw); z++)
                    {
                        window.Add(values[(((((image * ih) + y) * iw) + z) * c) + channel]);
                    }
                }

                return window;
            }

            Check(new MaxPool2D(kh, kw, sh, sw, new Padding2D(pt, pb, pl, pr), activation), [x], new Shape(n, oh, ow, c), scale, at => Micro.Clamp(Window(at).Max(), (int)activation, scale));
            Check(new AveragePool2D(kh, kw, sh, sw, new Padding2D(pt, pb, pl, pr), false, activation), [x], new Shape(n, oh, ow, c), scale, at =>
            {
                List<int> window = Window(at);
                int sum = window.Sum(), count = window.Count;
                return Micro.Clamp(sum > 0 ? (sum + (count / 2)) / count : (sum - (count / 2)) / count, (int)activation, scale);
            });
            Check(default(GlobalAveragePool), [x], new Shape(n, c), scale, at =>
            {
                int sum = 0, count = ih * iw;
                for (int pixel = 0; pixel < count; pixel++)
                {
                    sum += values[(((at / c * count) + pixel) * c) + (at % c)];
                }

                return (short)(sum > 0 ? (sum + (count / 2)) / count : (sum - (count / 2)) / count);
            });
        }
    }

    [Fact]
    public void Means_give_the_bits_of_the_reference()
    {
        Random random = new(22);
        for (int i = 0; i < 40; i++)
        {
            int rows = random.Next(1, 9), columns = random.Next(1, 300);
            float scale = Scale(random), to = i % 3 == 0 ? scale : scale * MathF.Pow(2, (random.NextSingle() * 4) - 2);
            TestTensor x = Tensor(random, new Shape(rows, columns), scale);
            short[] values = Elements(x);
            Check(new ReduceMean([1], false), [x], new Shape(rows), to, at =>
            {
                int sum = 0;
                for (int k = 0; k < columns; k++)
                {
                    sum += values[(at * columns) + k];
                }

                if (to == scale)
                {
                    return (short)(sum / columns);
                }

                // The count goes into the multiplier: multiplier · 2^s / count, s = ⌊log2 count⌋.
                (int multiplier, int shift) = Micro.Quantize((double)scale / to);
                int bits = Math.Min((int)Math.Log2(columns), 31 + shift);
                return Micro.Clamp(Micro.Narrow(sum, (double)(((long)multiplier << bits) / columns) / (1L << 31) * Math.Pow(2, shift - bits)), 0, to);
            });
        }
    }

    [Fact]
    public void Clamps_and_leaks_give_the_bits_of_the_reference()
    {
        Random random = new(23);
        for (int i = 0; i < 40; i++)
        {
            float scale = Scale(random), to = scale * MathF.Pow(2, (random.NextSingle() * 4) - 2);
            TestTensor x = Tensor(random, new Shape(5, 101), scale);
            short[] values = Elements(x);
            Check(default(Relu), [x], x.Spec.Shape, to, at => Micro.Clamp(Micro.Narrow(values[at], (double)scale / to), 1, to));
            Check(default(Relu6), [x], x.Spec.Shape, to, at => Micro.Clamp(Micro.Narrow(values[at], (double)scale / to), 2, to));
            Check(new Clip(-1, 1), [x], x.Spec.Shape, to, at => Micro.Clamp(Micro.Narrow(values[at], (double)scale / to), 3, to));
            Check(new LeakyRelu(0.2f), [x], x.Spec.Shape, to, at => Micro.Clamp(Micro.Narrow(values[at], values[at] >= 0 ? scale / to : scale * 0.2f / to), 0, to));
            Check(default(HardSwish), [x], x.Spec.Shape, to, at =>
            {
                double real = values[at] * (double)scale;
                return (short)Math.Clamp(Math.Round(real * Math.Clamp(real + 3, 0, 6) / 6 / to, MidpointRounding.AwayFromZero), short.MinValue, short.MaxValue);
            }, steps: 1);
        }
    }

    [Theory]
    [InlineData(1f / 4096)]
    [InlineData(2f / 4096)]
    [InlineData(1f / 32768)]
    [InlineData(0.0003f)]
    [InlineData(0.01f)]
    [InlineData(1e-9f)]
    [InlineData(5f)]
    public void Sigmoid_and_tanh_are_right_to_the_tables_step_at_any_scale(float scale)
    {
        TestTensor x = TestTensor.Of(DataType.Int16, new Shape(65_536), [.. Enumerable.Range(0, 65_536).Select(static i => (short)i)], new Quantization(scale, 0));
        short[] values = Elements(x);
        Check(default(Sigmoid), [x], x.Spec.Shape, 1f / 32768, at => (short)Math.Min(32_767, Math.Round(32_768 / (1 + Math.Exp(-values[at] * (double)scale)))), steps: 4);
        Check(default(Tanh), [x], x.Spec.Shape, 1f / 32768, at => (short)Math.Min(32_767, Math.Round(32_768 * Math.Tanh(values[at] * (double)scale))), steps: 8);
    }

    [Fact]
    public void Sigmoid_gives_known_bits()
    {
        // x · 3 = 12288 is entry 24 of the table, 47911, without a fraction: (47911 · 512 + 512) >> 10, and (2^25 − 47911 · 512 + 511) >> 10 below 0.
        TestTensor x = TestTensor.Of<short>(DataType.Int16, new Shape(3), [4096, 0, -4096], new Quantization(1f / 4096, 0));
        Assert.Equal([23_956, 16_384, 8_812], Run(default(Sigmoid), [x], new(DataType.Int16, new Shape(3), new(1f / 32768, 0)), WorkerTeam.Single, 0));
    }

    [Fact]
    public void Softmax_is_right_to_its_tables_and_sums_to_one()
    {
        Random random = new(24);
        foreach (int depth in (int[])[1, 2, 10, 1000])
        {
            foreach (float scale in (float[])[1f / 4096, 1f / 32768, 0.001f])
            {
                TestTensor x = Tensor(random, new Shape(3, depth), scale);
                short[] values = Elements(x);
                Check(default(Softmax), [x], x.Spec.Shape, 1f / 32768, at =>
                {
                    double sum = 0;
                    int row = at / depth * depth;
                    for (int i = 0; i < depth; i++)
                    {
                        sum += Math.Exp((values[row + i] - values[at]) * (double)scale);
                    }

                    return (short)Math.Min(32_767, Math.Round(32_768 / sum));
                }, steps: 6 + (2 * depth));           // the table ends at e^-10 with 2 steps of 2^-15, for each of the others
            }
        }
    }

    [Fact]
    public void Softmax_gives_known_bits()
    {
        // By the reference's tables: e^0 is 32762 and e^-10 is 2 steps, the reciprocal of their sum 16386 · 2^-14; that of twice e^0 is 16387 · 2^-15.
        TestTensor x = TestTensor.Of<short>(DataType.Int16, new Shape(2, 2), [32_767, -32_768, 5, 5], new Quantization(1f / 4096, 0));
        Assert.Equal([32_766, 2, 16_384, 16_384], Run(default(Softmax), [x], new(DataType.Int16, new Shape(2, 2), new(1f / 32768, 0)), WorkerTeam.Single, 0));
    }

    [Fact]
    public void Requantize_gives_the_bits_of_the_reference()
    {
        Random random = new(25);
        for (int i = 0; i < 30; i++)
        {
            float scale = Scale(random), to = scale * MathF.Pow(2, (random.NextSingle() * 4) - 2);
            TestTensor x = Tensor(random, new Shape(211), scale);
            short[] values = Elements(x);
            Check(default(Requantize), [x], x.Spec.Shape, to, at => Micro.Clamp(Micro.Narrow(values[at], (double)scale / to), 0, to));
            TensorSpec narrow = new(DataType.Int8, x.Spec.Shape, new(to * 256, 3));
            using OperatorRunner down = Runner(default(Requantize), [x], narrow, WorkerTeam.Single, 0);
            sbyte[] bytes = down.Output<sbyte>().ToArray();
            Assert.Equal(Array.ConvertAll(values, v => (sbyte)Math.Clamp(Micro.Narrow(v, scale / (double)(to * 256)) + 3, -128, 127)), bytes);
            TestTensor back = TestTensor.Of(DataType.Int8, x.Spec.Shape, bytes, narrow.Quantization);
            Check(default(Requantize), [back], x.Spec.Shape, to, at => Micro.Clamp(Micro.Narrow(bytes[at] - 3, to * 256 / (double)to), 0, to));
        }
    }

    [Fact]
    public void Reals_other_than_with_zero_point_0_are_refused()
    {
        TensorSpec good = new(DataType.Int16, new Shape(1, 4), new(0.5f, 0)), bad = good with { Quantization = new(0.5f, 1) };
        Assert.Contains("zero point 1", Refused(default(Relu), [bad], good), StringComparison.Ordinal);
        Assert.Contains("zero point 1", Refused(default(Relu), [good], bad), StringComparison.Ordinal);
        Assert.Contains("int16 is allowed", Refused(default(Relu), [good], good with { Type = DataType.Int8 }), StringComparison.Ordinal);
        Assert.Contains("two of one type", Refused(default(Add), [good, good with { Type = DataType.Int8 }], good), StringComparison.Ordinal);
        Assert.Contains("scale 0.5", Refused(default(Sigmoid), [good], good), StringComparison.Ordinal);
        Assert.Contains("2^14", Refused(default(Add), [good with { Quantization = new(1f, 0) }, good], good with { Quantization = new(1f / 16384, 0) }), StringComparison.Ordinal);
        Assert.Contains("int16", Refused(default(Gelu), [good], good), StringComparison.Ordinal);
    }

    private static string Refused<T>(T op, TensorSpec[] inputs, TensorSpec declared) where T : struct, IOperator<T> =>
        Assert.Throws<ShapeException>(() => OperatorRunner.Infer(T.Info, op, inputs, declared: [declared])).Message;

    /// <summary>A layer with random values against Σ x · w: bias of int64, of int32, or none; one scale or one for each channel.</summary>
    private static void CheckLayer<T>(
        Random random, T op, int activation, Shape input, Shape weights, int axis, Shape output, bool narrowWithout, Func<short[], sbyte[], int, long> sum) where T : struct, IOperator<T>
    {
        int channels = weights[axis], depth = weights.ElementCount / channels, kind = random.Next(4);
        bool whole = random.Next(4) == 0;
        float inputScale = 0.003f, outputScale = Scale(random);
        float[] scales = [.. Enumerable.Range(0, whole ? 1 : channels).Select(_ => (float)(outputScale / (inputScale * Math.Sqrt(depth) * 80) * Math.Pow(2, (random.NextDouble() * 6) - 3)))];
        TestTensor x = Tensor(random, input, inputScale);
        sbyte[] w = new sbyte[weights.ElementCount];
        bool extreme = random.Next(6) == 0;
        for (int i = 0; i < w.Length; i++)
        {
            w[i] = extreme ? sbyte.MinValue : (sbyte)random.Next(-128, 128);
        }

        long[] bias = [.. Enumerable.Range(0, channels).Select(_ => kind >= 2 ? 0 : random.NextInt64(-3_000_000, 3_000_000))];
        TestTensor? biases = kind switch
        {
            0 => TestTensor.Of(DataType.Int64, new Shape(channels), bias),
            1 => TestTensor.Of(DataType.Int32, new Shape(channels), Array.ConvertAll(bias, static value => (int)value)),
            _ => null,
        };
        bool narrow = kind == 1 || (kind >= 2 && narrowWithout);
        short[] values = Elements(x);
        Check(op, [x, TestTensor.Of(DataType.Int8, weights, w, new Quantization(scales, [], whole ? -1 : axis)), biases], output, outputScale, at =>
        {
            int channel = at % channels;
            double scale = whole ? (double)(inputScale * scales[0]) / outputScale : (double)inputScale * scales[channel] / outputScale;
            long total = sum(values, w, at) + bias[channel];
            return Micro.Clamp(narrow ? Micro.Narrow(unchecked((int)total), scale) : Micro.Wide(total, scale), activation, outputScale);
        }, frozen: 6);
    }

    private static void Check<T>(T op, TestTensor?[] inputs, Shape output, float scale, Func<int, short> reference, uint frozen = 0, int steps = 0) where T : struct, IOperator<T>
    {
        using WorkerTeam three = new(3);
        short[] expected = [.. Enumerable.Range(0, output.ElementCount).Select(reference)];
        foreach (WorkerTeam team in (WorkerTeam[])[WorkerTeam.Single, three])
        {
            short[] actual = Run(op, inputs, new(DataType.Int16, output, new(scale, 0)), team, frozen);
            Assert.Equal(expected.Length, actual.Length);
            for (int i = 0; i < actual.Length; i++)
            {
                Assert.True(Math.Abs(expected[i] - actual[i]) <= steps, $"{op}, {team.Threads} threads: {actual[i]} at {i}; the reference gives {expected[i]}.");
            }
        }
    }

    private static short[] Run<T>(T op, TestTensor?[] inputs, TensorSpec declared, WorkerTeam team, uint frozen) where T : struct, IOperator<T>
    {
        using OperatorRunner runner = Runner(op, inputs, declared, team, frozen);
        Assert.Equal(declared.Shape, runner.Plan.Outputs[0].Shape);
        Assert.Equal(0, AllocationMeter.Measure(runner.ExecuteForward));
        return runner.Output<short>().ToArray();
    }

    private static OperatorRunner Runner<T>(T op, TestTensor?[] inputs, TensorSpec declared, WorkerTeam team, uint frozen) where T : struct, IOperator<T>
    {
        OperatorRunner runner = new(T.Info, op, inputs, new RunnerOptions { Declared = [declared], Frozen = frozen, Prepare = true, Team = team });
        runner.Forward();
        return runner;
    }

    private static float Scale(Random random) => (float)Math.Pow(2, (random.NextDouble() * 12) - 14);

    private static short[] Elements(TestTensor tensor) => [.. System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(tensor.Bytes)];

    private static TestTensor Tensor(Random random, Shape shape, float scale)
    {
        int kind = random.Next(8);
        short[] values = new short[shape.ElementCount];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = kind switch { 0 => short.MinValue, 1 => random.Next(2) == 0 ? short.MinValue : short.MaxValue, _ => (short)random.Next(-32_768, 32_768) };
        }

        return TestTensor.Of(DataType.Int16, shape, values, new Quantization(scale, 0));
    }
}

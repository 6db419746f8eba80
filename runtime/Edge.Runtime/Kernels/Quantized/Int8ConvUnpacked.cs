using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Int8 convolution and dense layer on weights as the file holds them: for memory too small for a packed copy. The bits of <see cref="Int8Conv"/>, slower.</summary>
/// <remarks>
/// A patch is gathered once for each output position; each output channel is the inner product of two contiguous byte rows. Source,
/// folding and overflow as in <see cref="Int8Conv"/>.
/// </remarks>
internal static unsafe class Int8ConvUnpacked
{
    /// <summary>Depth gathered at once: 64 KB, half of what a kernel may take from the stack.</summary>
    internal const int ChunkDepth = 1 << 16;

    /// <summary>Multiplications below which waking other threads costs more than it saves.</summary>
    private const long SerialWork = 1 << 17;

    /// <summary>Output channels whose sums are brought to int8 together.</summary>
    private const int Block = 16;

    /// <summary>Bytes of the prepared form: folded bias, multiplier and shift of each output channel, and the zero point of the weights.</summary>
    public static int PreparedBytes(in ConvGeometry geometry) => checked(3 * sizeof(int) * geometry.OutputChannels + sizeof(int));

    /// <summary>Writes the prepared form.</summary>
    /// <param name="geometry">Sizes.</param>
    /// <param name="weights">OHWI, or [out, in].</param>
    /// <param name="bias">One for each output channel, or empty.</param>
    /// <param name="weightScales">One for each output channel, or a single one.</param>
    /// <param name="inputScale">Scale of the input.</param>
    /// <param name="inputZeroPoint">Zero point of the input.</param>
    /// <param name="outputScale">Scale of the output.</param>
    /// <param name="prepared">Receives <see cref="PreparedBytes"/> bytes.</param>
    /// <param name="weightZeroPoint">Zero point of the weights, −128 … 127.</param>
    /// <exception cref="ArgumentOutOfRangeException">A multiplier made of the scales is not finite.</exception>
    public static void Prepare(
        in ConvGeometry geometry, ReadOnlySpan<sbyte> weights, ReadOnlySpan<int> bias, ReadOnlySpan<float> weightScales,
        float inputScale, int inputZeroPoint, float outputScale, Span<byte> prepared, int weightZeroPoint = 0)
    {
        int channels = geometry.OutputChannels;
        int depth = weights.Length / channels;
        Span<int> values = MemoryMarshal.Cast<byte, int>(prepared[..PreparedBytes(geometry)]);
        for (int c = 0; c < channels; c++)
        {
            int sum = 0;
            foreach (sbyte weight in weights.Slice(c * depth, depth))
            {
                sum += weight;
            }

            values[c] = unchecked((bias.Length == 0 ? 0 : bias[c]) - inputZeroPoint * sum + weightZeroPoint * inputZeroPoint * depth);
        }

        values[3 * channels] = weightZeroPoint;

        Requantizer.QuantizeScales(inputScale, weightScales, outputScale, values.Slice(channels, channels), values.Slice(2 * channels, channels));
    }

    /// <summary>Runs a prepared convolution; parameters as for <see cref="Int8Conv.Run(in ConvGeometry, ReadOnlySpan{byte}, int, in Int8Range, ReadOnlySpan{sbyte}, Span{sbyte}, WorkerTeam)"/>.</summary>
    public static void Run(
        in ConvGeometry geometry, ReadOnlySpan<sbyte> weights, ReadOnlySpan<byte> prepared, int inputZeroPoint, in Int8Range range,
        ReadOnlySpan<sbyte> input, Span<sbyte> output, WorkerTeam team)
    {
        Debug.Assert(prepared.Length >= PreparedBytes(geometry));
        Debug.Assert(input.Length >= (long)geometry.Batch * geometry.InputHeight * geometry.InputWidth * geometry.InputChannels);
        Debug.Assert(output.Length >= (long)geometry.Batch * geometry.OutputHeight * geometry.OutputWidth * geometry.OutputChannels);
        fixed (sbyte* weightPointer = weights)
        fixed (byte* preparedPointer = prepared)
        fixed (sbyte* inputPointer = input)
        fixed (sbyte* outputPointer = output)
        {
            Job job = new(geometry, weightPointer, (int*)preparedPointer, (sbyte)inputZeroPoint, range, inputPointer, outputPointer);
            (job.Work < SerialWork ? WorkerTeam.Single : team).Run(job.Positions, job);
        }
    }

    /// <summary>Σ x·w over <paramref name="count"/> bytes, modulo 2^32.</summary>
    internal static int Dot(sbyte* x, sbyte* w, nint count)
    {
        nint i = 0;
        int sum = 0;
        if (Avx2.IsSupported)
        {
            Vector256<int> sums = Vector256<int>.Zero;
            for (; i <= count - 16; i += 16)
            {
                sums += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(x + i), Avx2.ConvertToVector256Int16(w + i));
            }

            sum = Vector256.Sum(sums);
        }
        else if (Sse41.IsSupported)
        {
            Vector128<int> sums = Vector128<int>.Zero;
            for (; i <= count - 8; i += 8)
            {
                sums += Sse2.MultiplyAddAdjacent(Sse41.ConvertToVector128Int16(x + i), Sse41.ConvertToVector128Int16(w + i));
            }

            sum = Vector128.Sum(sums);
        }
        else if (Dp.IsSupported)
        {
            Vector128<int> sums = Vector128<int>.Zero;
            for (; i <= count - 16; i += 16)
            {
                sums = Dp.DotProduct(sums, Vector128.Load(x + i), Vector128.Load(w + i));
            }

            sum = Vector128.Sum(sums);
        }
        else if (AdvSimd.Arm64.IsSupported)
        {
            Vector128<int> sums = Vector128<int>.Zero;
            for (; i <= count - 8; i += 8)
            {
                sums = AdvSimd.AddPairwiseWideningAndAdd(sums, AdvSimd.MultiplyWideningLower(Vector64.Load(x + i), Vector64.Load(w + i)));
            }

            sum = Vector128.Sum(sums);
        }

        for (; i < count; i++)
        {
            sum += x[i] * w[i];
        }

        return sum;
    }

    private static int Sum(sbyte* x, int count)
    {
        int sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += x[i];
        }

        return sum;
    }

    /// <summary>A part is one output position.</summary>
    private readonly struct Job(
        ConvGeometry geometry, sbyte* weights, int* prepared, sbyte inputZeroPoint, Int8Range range, sbyte* input, sbyte* output) : IParallelJob
    {
        public int Positions => geometry.Batch * geometry.OutputHeight * geometry.OutputWidth;

        public long Work => (long)Positions * geometry.OutputChannels * Depth;

        private int Depth => geometry.KernelHeight * geometry.KernelWidth * (geometry.InputChannels / geometry.Groups);

        [SkipLocalsInit]
        public void Execute(int part)
        {
            int depth = Depth;
            int chunk = Math.Min(depth, ChunkDepth);
            sbyte* patch = stackalloc sbyte[chunk];
            int* sums = stackalloc int[Block];
            int weightZeroPoint = prepared[3 * geometry.OutputChannels];
            Int8Patch<Int8DotScalar, int> source = new(geometry, input, inputZeroPoint);   // its packed form is the bytes themselves
            int channelsPerGroup = geometry.OutputChannels / geometry.Groups;
            for (int group = 0; group < geometry.Groups; group++)
            {
                bool gathered = false;
                int patchSum = 0;
                for (int first = 0; first < channelsPerGroup; first += Block)
                {
                    int channel = group * channelsPerGroup + first;
                    int count = Math.Min(Block, channelsPerGroup - first);
                    new ReadOnlySpan<int>(prepared + channel, count).CopyTo(new Span<int>(sums, count));
                    for (int from = 0; from < depth; from += chunk)
                    {
                        int length = Math.Min(chunk, depth - from);
                        if (!gathered)
                        {
                            source.Pack(part, group, from, from + length, (byte*)patch);
                            patchSum = (from == 0 ? 0 : patchSum) + (weightZeroPoint == 0 ? 0 : Sum(patch, length));
                            gathered = chunk == depth;
                        }

                        for (int i = 0; i < count; i++)
                        {
                            sums[i] += Dot(patch, weights + (nint)(channel + i) * depth + from, length);
                        }
                    }

                    for (int i = 0; i < count && weightZeroPoint != 0; i++)
                    {
                        sums[i] -= weightZeroPoint * patchSum;
                    }

                    int channels = geometry.OutputChannels;
                    sbyte* target = output + (nint)part * channels + channel;
                    Requantizer.Row(sums, prepared + channels + channel, prepared + 2 * channels + channel, count, range, target);
                }
            }
        }
    }
}

using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Int8 convolution and dense layer: prepared once (packed weights, folded bias, multipliers), then run without allocation.</summary>
/// <remarks>
/// Sources: TensorFlow Lite kernels/internal/reference/integer_ops/conv.h (ConvPerChannel) and fully_connected.h
/// (FullyConnectedPerChannel). A dense layer of n rows is the 1×1 convolution of an n×1×1×in input, see <see cref="Dense"/>.
/// <para>
/// Σ w·(x − z) + bias = Σ w·x + (bias − z·Σw): the second term is prepared, and a position outside the image counts as x = z.
/// Overflow: a product w·(x − z) is at most 128 · 255 in magnitude, so depths up to 2^31 / 32640 = 65 793 cannot overflow; beyond, sums
/// wrap as they do in the reference. Intermediate sums may wrap in any order: addition modulo 2^32 is associative, hence every
/// instruction set, tile order and thread count gives the same bits.
/// </para>
/// <para>
/// Weights with a zero point v (legacy uint8 models; reference/conv.h, reference/fully_connected.h): Σ (w − v)(x − z) = Σ w·(x − z) − v · Σ (x − z); the
/// sum of a patch is an inner product with ones, once for all its channels.
/// </para>
/// <para>
/// A tile is 4 output positions × 32 output channels. Its patches are packed on the stack, at most <see cref="ChunkDepth"/> positions of
/// depth at a time.
/// </para>
/// </remarks>
internal static unsafe class Int8Conv
{
    /// <summary>Output channels of a panel of packed weights.</summary>
    private const int Panel = 16;

    /// <summary>Output positions of a tile.</summary>
    private const int TileRows = 4;

    /// <summary>Output channels of a tile: two panels.</summary>
    private const int TileColumns = 2 * Panel;

    /// <summary>Depth packed at once: 4 patches of int16 take 64 KB, half of what a kernel may take from the stack.</summary>
    internal const int ChunkDepth = 8192;

    /// <summary>Output positions of one part of the work: four tiles.</summary>
    private const int PartRows = 16;

    /// <summary>Multiplications below which waking other threads costs more than it saves (about 10 µs of one core).</summary>
    private const long SerialWork = 1 << 18;

    /// <summary>The geometry of a dense layer.</summary>
    /// <param name="rows">Rows of the input, N.</param>
    /// <param name="inputs">Values of a row.</param>
    /// <param name="outputs">Values of a result row.</param>
    public static ConvGeometry Dense(int rows, int inputs, int outputs) => new(rows, 1, 1, inputs, 1, 1, outputs, 1, 1);

    /// <summary>Bytes of the prepared form; the same on every machine. Independent of batch and image size.</summary>
    public static long PreparedBytes(in ConvGeometry geometry)
    {
        Shape shape = new(geometry);
        return shape.Groups * (long)shape.PanelsPerGroup * Panel * (3L * sizeof(int) + shape.PaddedDepth) + sizeof(int);
    }

    /// <summary>Writes the prepared form.</summary>
    /// <param name="geometry">Sizes; a weight row holds KernelHeight · KernelWidth · (InputChannels / Groups) values.</param>
    /// <param name="weights">OHWI, or [out, in] for a dense layer.</param>
    /// <param name="bias">One for each output channel at scale input · weight, or empty.</param>
    /// <param name="weightScales">One for each output channel, or a single one.</param>
    /// <param name="inputScale">Scale of the input.</param>
    /// <param name="inputZeroPoint">Zero point of the input.</param>
    /// <param name="outputScale">Scale of the output.</param>
    /// <param name="prepared">Receives <see cref="PreparedBytes"/> bytes; 64-byte alignment helps.</param>
    /// <param name="weightZeroPoint">Zero point of the weights, −128 … 127.</param>
    /// <exception cref="ArgumentOutOfRangeException">A multiplier made of the scales is not finite.</exception>
    public static void Prepare(
        in ConvGeometry geometry, ReadOnlySpan<sbyte> weights, ReadOnlySpan<int> bias, ReadOnlySpan<float> weightScales,
        float inputScale, int inputZeroPoint, float outputScale, Span<byte> prepared, int weightZeroPoint = 0)
    {
        Preparation preparation = new(weights, bias, weightScales, inputScale, inputZeroPoint, outputScale, prepared, weightZeroPoint);
        if (Int8DotVnni.IsSupported)
        {
            Prepare<Int8DotVnni, Vector256<int>>(geometry, preparation);
        }
        else if (Int8DotPairs16.IsSupported)
        {
            Prepare<Int8DotPairs16, Vector512<int>>(geometry, preparation);
        }
        else if (Int8DotPairs8.IsSupported)
        {
            Prepare<Int8DotPairs8, Vector256<int>>(geometry, preparation);
        }
        else if (Int8DotPairs4.IsSupported)
        {
            Prepare<Int8DotPairs4, Vector128<int>>(geometry, preparation);
        }
        else if (Int8DotArmDp.IsSupported)
        {
            Prepare<Int8DotArmDp, Vector128<int>>(geometry, preparation);
        }
        else if (Int8DotArm.IsSupported)
        {
            Prepare<Int8DotArm, Vector128<int>>(geometry, preparation);
        }
        else
        {
            Prepare<Int8DotScalar, int>(geometry, preparation);
        }
    }

    /// <summary>Runs a prepared convolution.</summary>
    /// <param name="geometry">The geometry it was prepared for, or one that differs in batch and image size only.</param>
    /// <param name="prepared">What <see cref="Prepare(in ConvGeometry, ReadOnlySpan{sbyte}, ReadOnlySpan{int}, ReadOnlySpan{float}, float, int, float, Span{byte}, int)"/> wrote in this process.</param>
    /// <param name="inputZeroPoint">Zero point of the input.</param>
    /// <param name="range">Zero point and clamp of the output.</param>
    /// <param name="input">NHWC.</param>
    /// <param name="output">Receives NHWC; must not overlap <paramref name="input"/>.</param>
    /// <param name="team">Threads that share the work.</param>
    public static void Run(
        in ConvGeometry geometry, ReadOnlySpan<byte> prepared, int inputZeroPoint, in Int8Range range,
        ReadOnlySpan<sbyte> input, Span<sbyte> output, WorkerTeam team)
    {
        if (Int8DotVnni.IsSupported)
        {
            Run<Int8DotVnni, Vector256<int>>(geometry, prepared, inputZeroPoint, range, input, output, team);
        }
        else if (Int8DotPairs16.IsSupported && geometry.OutputChannels / geometry.Groups > Panel)
        {
            Run<Int8DotPairs16, Vector512<int>>(geometry, prepared, inputZeroPoint, range, input, output, team);
        }
        else if (Int8DotPairs8.IsSupported)
        {
            Run<Int8DotPairs8, Vector256<int>>(geometry, prepared, inputZeroPoint, range, input, output, team);   // same packing as 16 lanes
        }
        else if (Int8DotPairs4.IsSupported)
        {
            Run<Int8DotPairs4, Vector128<int>>(geometry, prepared, inputZeroPoint, range, input, output, team);
        }
        else if (Int8DotArmDp.IsSupported)
        {
            Run<Int8DotArmDp, Vector128<int>>(geometry, prepared, inputZeroPoint, range, input, output, team);
        }
        else if (Int8DotArm.IsSupported)
        {
            Run<Int8DotArm, Vector128<int>>(geometry, prepared, inputZeroPoint, range, input, output, team);
        }
        else
        {
            Run<Int8DotScalar, int>(geometry, prepared, inputZeroPoint, range, input, output, team);
        }
    }

    /// <summary>The arguments of a preparation.</summary>
    internal readonly ref struct Preparation(
        ReadOnlySpan<sbyte> weights, ReadOnlySpan<int> bias, ReadOnlySpan<float> weightScales,
        float inputScale, int inputZeroPoint, float outputScale, Span<byte> prepared, int weightZeroPoint = 0)
    {
        public ReadOnlySpan<sbyte> Weights { get; } = weights;

        public ReadOnlySpan<int> Bias { get; } = bias;

        public ReadOnlySpan<float> WeightScales { get; } = weightScales;

        public float InputScale { get; } = inputScale;

        public int InputZeroPoint { get; } = inputZeroPoint;

        public float OutputScale { get; } = outputScale;

        public Span<byte> Prepared { get; } = prepared;

        public int WeightZeroPoint { get; } = weightZeroPoint;
    }

    /// <summary>Prepares for one inner product.</summary>
    internal static void Prepare<TDot, TVector>(in ConvGeometry geometry, in Preparation from)
        where TDot : struct, IInt8Dot<TVector>
        where TVector : struct
    {
        Shape shape = new(geometry);
        Debug.Assert(from.Weights.Length == geometry.OutputChannels * shape.Depth);
        Debug.Assert(from.Bias.Length == 0 || from.Bias.Length == geometry.OutputChannels);
        Debug.Assert(from.Prepared.Length >= PreparedBytes(geometry));
        Span<byte> prepared = from.Prepared[..(int)PreparedBytes(geometry)];
        prepared.Clear();                                                // padding channels and depths have weight, bias and multiplier 0
        int channels = shape.Groups * shape.PanelsPerGroup * Panel;
        Span<int> biases = MemoryMarshal.Cast<byte, int>(prepared[..(channels * sizeof(int))]);
        Span<int> multipliers = MemoryMarshal.Cast<byte, int>(prepared.Slice(channels * sizeof(int), channels * sizeof(int)));
        Span<int> shifts = MemoryMarshal.Cast<byte, int>(prepared.Slice(2 * channels * sizeof(int), channels * sizeof(int)));
        Span<sbyte> panels = MemoryMarshal.Cast<byte, sbyte>(prepared[(3 * channels * sizeof(int))..^sizeof(int)]);
        MemoryMarshal.Write(prepared[^sizeof(int)..], from.WeightZeroPoint);

        // What the weights' zero point adds to every sum, less that zero point times the packed patch with its padding of the depth.
        int packedZero = from.InputZeroPoint + TDot.Offset;
        int ofWeightZero = unchecked(from.WeightZeroPoint * packedZero * shape.PaddedDepth);
        for (int c = 0; c < geometry.OutputChannels; c++)
        {
            int group = c / shape.ChannelsPerGroup;
            int padded = group * shape.PanelsPerGroup * Panel + c % shape.ChannelsPerGroup;
            int sum = 0;
            ReadOnlySpan<sbyte> row = from.Weights.Slice(c * shape.Depth, shape.Depth);
            int panel = padded / Panel * shape.PaddedDepth * Panel;
            int lane = padded % Panel * TDot.Group;
            for (int k = 0; k < row.Length; k++)
            {
                sum += row[k];
                panels[panel + k / TDot.Group * (Panel * TDot.Group) + lane + k % TDot.Group] = row[k];
            }

            biases[padded] = unchecked((from.Bias.Length == 0 ? 0 : from.Bias[c]) - packedZero * sum + ofWeightZero);
            int scale = from.WeightScales.Length == 1 ? 0 : c;
            Requantizer.QuantizeScales(
                from.InputScale, from.WeightScales.Slice(scale, 1), from.OutputScale, multipliers.Slice(padded, 1), shifts.Slice(padded, 1));
        }
    }

    /// <summary>Runs with one inner product, the one it was prepared for.</summary>
    internal static void Run<TDot, TVector>(
        in ConvGeometry geometry, ReadOnlySpan<byte> prepared, int inputZeroPoint, in Int8Range range,
        ReadOnlySpan<sbyte> input, Span<sbyte> output, WorkerTeam team)
        where TDot : struct, IInt8Dot<TVector>
        where TVector : struct
    {
        Debug.Assert(prepared.Length >= PreparedBytes(geometry));
        Debug.Assert(input.Length >= (long)geometry.Batch * geometry.InputHeight * geometry.InputWidth * geometry.InputChannels);
        Debug.Assert(output.Length >= (long)geometry.Batch * geometry.OutputHeight * geometry.OutputWidth * geometry.OutputChannels);
        fixed (byte* preparedPointer = prepared)
        fixed (sbyte* inputPointer = input)
        fixed (sbyte* outputPointer = output)
        {
            Job<TDot, TVector> job = new(geometry, preparedPointer, inputZeroPoint, range, inputPointer, outputPointer);
            (job.Work < SerialWork ? WorkerTeam.Single : team).Run(job.Parts, job);
        }
    }

    /// <summary>Sizes of the inner products.</summary>
    private readonly struct Shape(in ConvGeometry geometry)
    {
        public int Groups { get; } = geometry.Groups;

        /// <summary>Output channels of a group.</summary>
        public int ChannelsPerGroup { get; } = geometry.OutputChannels / geometry.Groups;

        public int PanelsPerGroup { get; } = (geometry.OutputChannels / geometry.Groups + Panel - 1) / Panel;

        /// <summary>Weights of an output channel.</summary>
        public int Depth { get; } = geometry.KernelHeight * geometry.KernelWidth * (geometry.InputChannels / geometry.Groups);

        /// <summary>Depth as whole groups of every inner product; the rest has weight 0.</summary>
        public int PaddedDepth => (Depth + 3) & ~3;
    }

    /// <summary>Parts are blocks of output positions; where those are few, each block is further cut into ranges of panels.</summary>
    private readonly struct Job<TDot, TVector> : IParallelJob
        where TDot : struct, IInt8Dot<TVector>
        where TVector : struct
    {
        private readonly ConvGeometry _geometry;
        private readonly Shape _shape;
        private readonly int* _biases;
        private readonly int* _multipliers;
        private readonly int* _shifts;
        private readonly sbyte* _panels;
        private readonly Int8Patch<TDot, TVector> _patch;
        private readonly sbyte* _output;
        private readonly Int8Range _range;
        private readonly int _positions;
        private readonly int _blocks;
        private readonly int _panelPairs;                                // of all groups
        private readonly int _pairsPerPart;
        private readonly int _weightZeroPoint;

        public Job(in ConvGeometry geometry, byte* prepared, int inputZeroPoint, in Int8Range range, sbyte* input, sbyte* output)
        {
            _geometry = geometry;
            _shape = new(geometry);
            int channels = _shape.Groups * _shape.PanelsPerGroup * Panel;
            _biases = (int*)prepared;
            _multipliers = _biases + channels;
            _shifts = _multipliers + channels;
            _panels = (sbyte*)(_shifts + channels);
            _weightZeroPoint = Unsafe.ReadUnaligned<int>(_panels + (nint)channels * _shape.PaddedDepth);
            _patch = new(geometry, input, (sbyte)inputZeroPoint);
            _output = output;
            _range = range;
            _positions = geometry.Batch * geometry.OutputHeight * geometry.OutputWidth;
            _blocks = (_positions + PartRows - 1) / PartRows;
            _panelPairs = _shape.Groups * PairsPerGroup;
            int panelParts = _blocks >= 8 ? 1 : Math.Min(8, _panelPairs);
            _pairsPerPart = Math.Max(1, (_panelPairs + panelParts - 1) / Math.Max(1, panelParts));
        }

        public int Parts => _blocks * PanelParts;

        public long Work => (long)_positions * _geometry.OutputChannels * _shape.Depth;

        private int PairsPerGroup => (_shape.PanelsPerGroup + 1) / 2;

        private int PanelParts => (_panelPairs + _pairsPerPart - 1) / _pairsPerPart;

        [SkipLocalsInit]
        public void Execute(int part)
        {
            int block = part / PanelParts;
            int firstPair = part % PanelParts * _pairsPerPart;
            int endPair = Math.Min(firstPair + _pairsPerPart, _panelPairs);
            int end = Math.Min((block + 1) * PartRows, _positions);
            int chunk = Math.Min(_shape.PaddedDepth, ChunkDepth);
            byte* patches = stackalloc byte[TileRows * chunk * TDot.ValueBytes];
            for (int position = block * PartRows; position < end; position += TileRows)
            {
                Tile(position, Math.Min(TileRows, end - position), firstPair, endPair, patches, chunk);
            }
        }

        [SkipLocalsInit]
        private void Tile(int position, int rows, int firstPair, int endPair, byte* patches, int chunk)
        {
            int* sums = stackalloc int[TileRows * TileColumns];
            int* patchSums = stackalloc int[TileRows];
            bool whole = chunk == _shape.PaddedDepth;
            int packedGroup = -1;
            for (int pair = firstPair; pair < endPair; pair++)
            {
                int group = pair / PairsPerGroup;
                int panelInGroup = pair % PairsPerGroup * 2;
                int panels = Math.Min(2, _shape.PanelsPerGroup - panelInGroup);
                int panel = group * _shape.PanelsPerGroup + panelInGroup;
                for (int row = 0; row < rows; row++)
                {
                    new ReadOnlySpan<int>(_biases + panel * Panel, panels * Panel).CopyTo(new Span<int>(sums + row * TileColumns, panels * Panel));
                }

                for (int from = 0; from < _shape.PaddedDepth; from += chunk)
                {
                    int depth = Math.Min(chunk, _shape.PaddedDepth - from);
                    if (!whole || packedGroup != group)
                    {
                        for (int row = 0; row < rows; row++)
                        {
                            byte* patch = patches + (nint)row * chunk * TDot.ValueBytes;
                            _patch.Pack(position + row, group, from, from + depth, patch);
                            if (_weightZeroPoint != 0)
                            {
                                patchSums[row] = (from == 0 ? 0 : patchSums[row]) + Sum(patch, depth / TDot.Group);
                            }
                        }

                        packedGroup = group;
                    }

                    sbyte* weights = _panels + (nint)panel * _shape.PaddedDepth * Panel + (nint)from * Panel;
                    MultiplyTile(patches, (nint)chunk * TDot.ValueBytes, rows, weights, panels, depth, sums);
                }

                int channel = panelInGroup * Panel;
                int channels = Math.Min(panels * Panel, _shape.ChannelsPerGroup - channel);
                for (int row = 0; row < rows; row++)
                {
                    if (_weightZeroPoint != 0)
                    {
                        SubtractFromAll(sums + row * TileColumns, unchecked(_weightZeroPoint * patchSums[row]), panels * Panel);
                    }

                    sbyte* target = _output + (nint)(position + row) * _geometry.OutputChannels + group * _shape.ChannelsPerGroup + channel;
                    Requantizer.Row(sums + row * TileColumns, _multipliers + panel * Panel, _shifts + panel * Panel, channels, _range, target);
                }
            }
        }

        /// <summary>The sum of a packed patch: its inner product with ones.</summary>
        [SkipLocalsInit]
        private static int Sum(byte* patch, nint groups)
        {
            sbyte* ones = stackalloc sbyte[4 * Panel];
            int* sums = stackalloc int[Panel];
            new Span<sbyte>(ones, 4 * Panel).Fill(1);
            new Span<int>(sums, Panel).Clear();
            TVector sum = TDot.Load(sums);
            for (; groups > 0; groups--)
            {
                sum = TDot.MultiplyAdd(sum, TDot.Weights(ones), TDot.Activations(patch));
                patch += TDot.Group * TDot.ValueBytes;
            }

            TDot.Store(sum, sums);
            return *sums;
        }

        private static void SubtractFromAll(int* values, int subtrahend, int count)
        {
            for (int i = 0; i < count; i++)
            {
                values[i] -= subtrahend;
            }
        }

        /// <summary>sums[row, channel] += patch[row] · weights[channel] for one or two panels.</summary>
        private void MultiplyTile(byte* patches, nint patchBytes, int rows, sbyte* weights, int panels, int depth, int* sums)
        {
            nint panelBytes = (nint)_shape.PaddedDepth * Panel;
            for (int column = 0; column < panels * Panel; column += 2 * TDot.Lanes)
            {
                // With 16 lanes the second vector is the second panel; where there is none, the first is computed twice, into unused sums.
                int second = column + TDot.Lanes;
                sbyte* first0 = Column(weights, panelBytes, column);
                sbyte* first1 = second < panels * Panel ? Column(weights, panelBytes, second) : first0;
                if (rows == TileRows)
                {
                    FourRows(patches, patchBytes, first0, first1, depth / TDot.Group, sums + column, sums + second);
                    continue;
                }

                for (int row = 0; row < rows; row++)
                {
                    OneRow(patches + row * patchBytes, first0, first1, depth / TDot.Group, sums + row * TileColumns + column, sums + row * TileColumns + second);
                }
            }
        }

        private static sbyte* Column(sbyte* weights, nint panelBytes, int column) =>
            weights + column / Panel * panelBytes + column % Panel * TDot.Group;

        private static void FourRows(byte* patches, nint patchBytes, sbyte* weights0, sbyte* weights1, nint groups, int* sums0, int* sums1)
        {
            byte* p0 = patches;
            byte* p1 = p0 + patchBytes;
            byte* p2 = p1 + patchBytes;
            byte* p3 = p2 + patchBytes;
            TVector s00 = TDot.Load(sums0);
            TVector s01 = TDot.Load(sums1);
            TVector s10 = TDot.Load(sums0 + TileColumns);
            TVector s11 = TDot.Load(sums1 + TileColumns);
            TVector s20 = TDot.Load(sums0 + 2 * TileColumns);
            TVector s21 = TDot.Load(sums1 + 2 * TileColumns);
            TVector s30 = TDot.Load(sums0 + 3 * TileColumns);
            TVector s31 = TDot.Load(sums1 + 3 * TileColumns);
            int patchStep = TDot.Group * TDot.ValueBytes;
            for (; groups > 0; groups--)
            {
                TVector w0 = TDot.Weights(weights0);
                TVector w1 = TDot.Weights(weights1);
                weights0 += Panel * TDot.Group;
                weights1 += Panel * TDot.Group;
                TVector a = TDot.Activations(p0);
                s00 = TDot.MultiplyAdd(s00, w0, a);
                s01 = TDot.MultiplyAdd(s01, w1, a);
                a = TDot.Activations(p1);
                s10 = TDot.MultiplyAdd(s10, w0, a);
                s11 = TDot.MultiplyAdd(s11, w1, a);
                a = TDot.Activations(p2);
                s20 = TDot.MultiplyAdd(s20, w0, a);
                s21 = TDot.MultiplyAdd(s21, w1, a);
                a = TDot.Activations(p3);
                s30 = TDot.MultiplyAdd(s30, w0, a);
                s31 = TDot.MultiplyAdd(s31, w1, a);
                p0 += patchStep;
                p1 += patchStep;
                p2 += patchStep;
                p3 += patchStep;
            }

            TDot.Store(s00, sums0);
            TDot.Store(s01, sums1);
            TDot.Store(s10, sums0 + TileColumns);
            TDot.Store(s11, sums1 + TileColumns);
            TDot.Store(s20, sums0 + 2 * TileColumns);
            TDot.Store(s21, sums1 + 2 * TileColumns);
            TDot.Store(s30, sums0 + 3 * TileColumns);
            TDot.Store(s31, sums1 + 3 * TileColumns);
        }

        private static void OneRow(byte* patch, sbyte* weights0, sbyte* weights1, nint groups, int* sums0, int* sums1)
        {
            TVector s0 = TDot.Load(sums0);
            TVector s1 = TDot.Load(sums1);
            for (; groups > 0; groups--)
            {
                TVector a = TDot.Activations(patch);
                s0 = TDot.MultiplyAdd(s0, TDot.Weights(weights0), a);
                s1 = TDot.MultiplyAdd(s1, TDot.Weights(weights1), a);
                patch += TDot.Group * TDot.ValueBytes;
                weights0 += Panel * TDot.Group;
                weights1 += Panel * TDot.Group;
            }

            TDot.Store(s0, sums0);
            TDot.Store(s1, sums1);
        }
    }
}

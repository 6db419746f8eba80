using System.Runtime.InteropServices;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Numbers of an int8 LSTM that do not change from run to run.</summary>
internal readonly record struct Int8LstmNumbers
{
    /// <summary>Power of two that is the scale of the cell.</summary>
    public required int CellPower { get; init; }

    /// <summary>Bound of the stored cell; negative for none.</summary>
    public required short CellClip { get; init; }

    /// <summary>Multiplier of forget gate · cell.</summary>
    public required (int Multiplier, int Shift) Forget { get; init; }

    /// <summary>Multiplier of input gate · candidate.</summary>
    public required (int Multiplier, int Shift) Input { get; init; }

    /// <summary>Multiplier of output gate · tanh(cell).</summary>
    public required (int Multiplier, int Shift) Hidden { get; init; }

    public required Int8Range HiddenRange { get; init; }

    /// <summary>Whether the candidate is a sigmoid instead of a tanh.</summary>
    public required bool SigmoidCandidate { get; init; }

    public required bool Reverse { get; init; }
}

/// <summary>Long short-term memory with int8 activations and weights and an int16 cell.</summary>
/// <remarks>
/// Every gate is two products in int32, each brought to int16 with scale 2^−12 and added with saturation; functions by <see cref="Int16Functions"/>; the cell is a sum of two products
/// brought to its own scale. Source: TensorFlow Lite Micro kernels/lstm_eval.{h,cc} and lstm_eval_common.cc (no peepholes, no projection, no layer normalization).
/// </remarks>
internal static unsafe class Int8Lstm
{
    /// <summary>Multiplications below which waking other threads costs more than it saves.</summary>
    private const long SerialWork = 1 << 17;

    /// <summary>Ints of the prepared form for one product: folded bias, multiplier and shift of each padded gate row.</summary>
    private static int NumbersOf(in RecurrentShape shape) => checked(3 * Int8Panels.PaddedRows(shape.Width));

    /// <summary>Bytes of the prepared form.</summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="packed">With weights in panels.</param>
    public static long PreparedBytes(in RecurrentShape shape, bool packed) =>
        (2L * NumbersOf(shape) * sizeof(int)) + (packed ? Int8Panels.Bytes(shape.Width, shape.Features) + Int8Panels.Bytes(shape.Width, shape.Hidden) : 0);

    /// <summary>Bytes of scratch: for each sample the sums of both products, and the vectors that they are made of.</summary>
    public static int ScratchBytes(in RecurrentShape shape) => checked(shape.Batch * SampleScratch(shape));

    private static int SampleScratch(in RecurrentShape shape) =>
        checked((2 * Int8Panels.PaddedRows(shape.Width) * sizeof(int)) + Int8Panels.VectorBytes(Math.Max(shape.Features, shape.Hidden)) + 63) & ~63;

    /// <summary>Folds zero points into biases and scales into multipliers, and packs the weights where there is room.</summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="packed">Whether to pack.</param>
    /// <param name="input">The product with the input.</param>
    /// <param name="state">The product with h.</param>
    /// <param name="prepared">Receives <see cref="PreparedBytes"/> bytes.</param>
    public static void Prepare(in RecurrentShape shape, bool packed, in Product input, in Product state, Span<byte> prepared)
    {
        int numbers = NumbersOf(shape);
        Span<int> values = MemoryMarshal.Cast<byte, int>(prepared[..(2 * numbers * sizeof(int))]);
        Span<sbyte> panels = MemoryMarshal.Cast<byte, sbyte>(prepared[(2 * numbers * sizeof(int))..]);
        int first = packed ? (int)Int8Panels.Bytes(shape.Width, shape.Features) : 0;
        Prepare(shape.Width, input, values[..numbers], packed ? panels[..first] : default);
        Prepare(shape.Width, state, values[numbers..], packed ? panels[first..] : default);
    }

    private static void Prepare(int rows, in Product product, Span<int> values, Span<sbyte> panels)
    {
        int padded = values.Length / 3, depth = product.Weights.Length / rows;
        values.Clear();
        int zero = product.ZeroPoint + (panels.IsEmpty ? 0 : Int8Panels.Pack(rows, depth, product.Weights, panels));
        for (int row = 0; row < rows; row++)
        {
            int sum = 0;
            foreach (sbyte weight in product.Weights.Slice(row * depth, depth))
            {
                sum += weight;
            }

            // The reference multiplies the two scales in float32 and divides in double.
            float scale = product.Scale * product.WeightScales[product.WeightScales.Length == 1 ? 0 : row];
            values[row] = unchecked((product.Bias.IsEmpty ? 0 : product.Bias[row]) - (zero * sum));
            (values[padded + row], values[(2 * padded) + row]) = FixedPoint.QuantizeMultiplier(scale / (double)MathF.ScaleB(1, Int16Functions.GatePower));
        }
    }

    /// <summary>Runs.</summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="numbers">Scales and bounds.</param>
    /// <param name="packed">Whether the weights were packed.</param>
    /// <param name="x">The input.</param>
    /// <param name="w">The weights.</param>
    /// <param name="r">The recurrent weights.</param>
    /// <param name="prepared">What <see cref="Prepare(in RecurrentShape, bool, in Product, in Product, Span{byte})"/> wrote.</param>
    /// <param name="y">Receives all outputs.</param>
    /// <param name="hidden">The first state; becomes the last one.</param>
    /// <param name="cell">The first cell; becomes the last one.</param>
    /// <param name="scratch"><see cref="ScratchBytes"/> bytes.</param>
    /// <param name="team">The threads.</param>
    public static void Run(
        in RecurrentShape shape, in Int8LstmNumbers numbers, bool packed, ReadOnlySpan<sbyte> x, ReadOnlySpan<sbyte> w, ReadOnlySpan<sbyte> r, ReadOnlySpan<byte> prepared,
        Span<sbyte> y, Span<sbyte> hidden, Span<short> cell, Span<byte> scratch, WorkerTeam team)
    {
        fixed (sbyte* px = x, pw = w, pr = r, py = y, ph = hidden)
        fixed (byte* pPrepared = prepared, pScratch = scratch)
        fixed (short* pc = cell)
        {
            sbyte* panels = (sbyte*)pPrepared + (2 * (nint)NumbersOf(shape) * sizeof(int));
            Job job = new()
            {
                Shape = shape,
                Numbers = numbers,
                X = px,
                Packed = packed,
                W = packed ? panels : pw,
                R = packed ? panels + Int8Panels.Bytes(shape.Width, shape.Features) : pr,
                Prepared = (int*)pPrepared,
                Y = py,
                Hidden = ph,
                Cell = pc,
                Scratch = pScratch,
            };
            long work = (long)shape.Rows * shape.Width * (shape.Features + shape.Hidden);
            (work < SerialWork ? WorkerTeam.Single : team).Run(shape.Batch, job);
        }
    }

    /// <summary>One of the two products that make the gates.</summary>
    /// <param name="weights">[rows, depth].</param>
    /// <param name="weightScales">One for each row, or a single one.</param>
    /// <param name="bias">One for each row, or empty.</param>
    /// <param name="scale">Scale of what they are multiplied with.</param>
    /// <param name="zeroPoint">Its zero point.</param>
    internal readonly ref struct Product(ReadOnlySpan<sbyte> weights, ReadOnlySpan<float> weightScales, ReadOnlySpan<int> bias, float scale, int zeroPoint)
    {
        public ReadOnlySpan<sbyte> Weights { get; } = weights;

        public ReadOnlySpan<float> WeightScales { get; } = weightScales;

        public ReadOnlySpan<int> Bias { get; } = bias;

        public float Scale { get; } = scale;

        public int ZeroPoint { get; } = zeroPoint;
    }

    /// <summary>A part is a sample, all its steps.</summary>
    private struct Job : IParallelJob
    {
        internal RecurrentShape Shape;
        internal Int8LstmNumbers Numbers;
        internal bool Packed;
        internal sbyte* X;
        internal sbyte* W;
        internal sbyte* R;
        internal int* Prepared;
        internal sbyte* Y;
        internal sbyte* Hidden;
        internal short* Cell;
        internal byte* Scratch;

        public readonly void Execute(int part)
        {
            sbyte* h = Hidden + ((nint)part * Shape.Hidden);
            short* c = Cell + ((nint)part * Shape.Hidden);
            int padded = Int8Panels.PaddedRows(Shape.Width);
            int* fromInput = (int*)(Scratch + ((nint)part * SampleScratch(Shape)));
            int* fromState = fromInput + padded;
            for (int done = 0; done < Shape.Time; done++)
            {
                nint row = ((nint)part * Shape.Time) + (Numbers.Reverse ? Shape.Time - 1 - done : done);
                Sums(X + (row * Shape.Features), Shape.Features, W, Prepared, padded, fromInput, (byte*)(fromState + padded));
                Sums(h, Shape.Hidden, R, Prepared + (3 * (nint)padded), padded, fromState, (byte*)(fromState + padded));
                Gates(padded, fromInput, fromState);
                Update(fromInput, h, c);
                new ReadOnlySpan<sbyte>(h, Shape.Hidden).CopyTo(new Span<sbyte>(Y + (row * Shape.Hidden), Shape.Hidden));
            }
        }

        private readonly void Sums(sbyte* vector, int depth, sbyte* weights, int* biases, int padded, int* sums, byte* packed)
        {
            if (Packed)
            {
                Int8Panels.Multiply(vector, depth, weights, biases, padded, packed, sums);
                return;
            }

            for (int i = 0; i < Shape.Width; i++)
            {
                sums[i] = Int8ConvUnpacked.Dot(vector, weights + ((nint)i * depth), depth) + biases[i];
            }
        }

        /// <summary>Brings both sums to int16 and adds them, in the place of the first ones.</summary>
        private readonly void Gates(int padded, int* first, int* second)
        {
            int done = 0;
            if (Int32Lanes16.IsSupported)
            {
                done = Gates<Int32Lanes16>(padded, first, second, done);
            }

            if (Int32Lanes8.IsSupported)
            {
                done = Gates<Int32Lanes8>(padded, first, second, done);
            }

            if (Int32Lanes4.IsSupported)
            {
                done = Gates<Int32Lanes4>(padded, first, second, done);
            }

            int* multipliers = Prepared + padded;
            for (; done < Shape.Width; done++)
            {
                int fromInput = FixedPoint.Multiply(first[done], multipliers[done], multipliers[padded + done]);
                int fromState = FixedPoint.Multiply(second[done], multipliers[(3 * padded) + done], multipliers[(4 * padded) + done]);
                first[done] = Int16Functions.Saturate(Int16Functions.Saturate(fromInput) + Int16Functions.Saturate(fromState));
            }
        }

        private readonly int Gates<TLanes>(int padded, int* first, int* second, int done) where TLanes : struct, IInt32Lanes<TLanes>
        {
            int* multipliers = Prepared + padded;
            TLanes low = TLanes.Broadcast(short.MinValue), high = TLanes.Broadcast(short.MaxValue);
            for (; done <= Shape.Width - TLanes.Count; done += TLanes.Count)
            {
                TLanes fromInput = TLanes.Multiply(TLanes.Load(first + done), TLanes.Load(multipliers + done), TLanes.Load(multipliers + padded + done));
                TLanes fromState = TLanes.Multiply(TLanes.Load(second + done), TLanes.Load(multipliers + (3 * padded) + done), TLanes.Load(multipliers + (4 * padded) + done));
                TLanes sum = TLanes.Min(TLanes.Max(fromInput, low), high) + TLanes.Min(TLanes.Max(fromState, low), high);
                TLanes.Store(TLanes.Min(TLanes.Max(sum, low), high), first + done);
            }

            return done;
        }

        private readonly void Update(int* z, sbyte* h, short* c)
        {
            int width = Shape.Hidden;
            for (int i = 0; i < width; i++)
            {
                short input = Int16Functions.Sigmoid((short)z[i]), forget = Int16Functions.Sigmoid((short)z[width + i]), output = Int16Functions.Sigmoid((short)z[(3 * width) + i]);
                short before = (short)z[(2 * width) + i];
                short candidate = Numbers.SigmoidCandidate ? Int16Functions.Sigmoid(before) : Int16Functions.Tanh(before, Int16Functions.GatePower);
                short kept = Int16Functions.Saturate(FixedPoint.Multiply(forget * c[i], Numbers.Forget.Multiplier, Numbers.Forget.Shift));
                short added = Int16Functions.Saturate(FixedPoint.Multiply(input * candidate, Numbers.Input.Multiplier, Numbers.Input.Shift));
                short cell = Int16Functions.Saturate(kept + added);
                if (Numbers.CellClip >= 0)
                {
                    cell = Math.Clamp(cell, (short)-Numbers.CellClip, Numbers.CellClip);
                }

                c[i] = cell;
                h[i] = Requantizer.Value(Int16Functions.Tanh(cell, Numbers.CellPower) * output, Numbers.Hidden.Multiplier, Numbers.Hidden.Shift, Numbers.HiddenRange);
            }
        }
    }
}

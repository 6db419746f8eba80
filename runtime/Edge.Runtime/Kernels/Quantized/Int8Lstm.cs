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

    /// <summary>Bytes of the prepared form: for each gate row the folded bias, multiplier and shift of both products.</summary>
    public static int PreparedBytes(in RecurrentShape shape) => checked(6 * shape.Width * sizeof(int));

    /// <summary>Bytes of scratch: what goes into the gates, for each sample.</summary>
    public static int ScratchBytes(in RecurrentShape shape) => checked(shape.Batch * shape.Width * sizeof(short));

    /// <summary>Folds zero points into biases and scales into multipliers, for one of the two products.</summary>
    /// <param name="weights">[rows, depth].</param>
    /// <param name="scales">One for each row, or a single one.</param>
    /// <param name="bias">One for each row, or empty.</param>
    /// <param name="inputScale">Scale of what they are multiplied with.</param>
    /// <param name="inputZeroPoint">Its zero point.</param>
    /// <param name="prepared">Receives biases, multipliers and shifts.</param>
    public static void Prepare(ReadOnlySpan<sbyte> weights, ReadOnlySpan<float> scales, ReadOnlySpan<int> bias, float inputScale, int inputZeroPoint, Span<int> prepared)
    {
        int rows = prepared.Length / 3, depth = weights.Length / rows;
        for (int row = 0; row < rows; row++)
        {
            int sum = 0;
            foreach (sbyte weight in weights.Slice(row * depth, depth))
            {
                sum += weight;
            }

            // The reference multiplies the two scales in float32 and divides in double.
            float scale = inputScale * scales[scales.Length == 1 ? 0 : row];
            prepared[row] = unchecked((bias.IsEmpty ? 0 : bias[row]) - (inputZeroPoint * sum));
            (prepared[rows + row], prepared[(2 * rows) + row]) = FixedPoint.QuantizeMultiplier(scale / (double)MathF.ScaleB(1, Int16Functions.GatePower));
        }
    }

    /// <summary>Runs.</summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="numbers">Scales and bounds.</param>
    /// <param name="x">The input.</param>
    /// <param name="w">The weights.</param>
    /// <param name="r">The recurrent weights.</param>
    /// <param name="prepared">What <see cref="Prepare"/> made of the one, then of the other.</param>
    /// <param name="y">Receives all outputs.</param>
    /// <param name="hidden">The first state; becomes the last one.</param>
    /// <param name="cell">The first cell; becomes the last one.</param>
    /// <param name="scratch"><see cref="ScratchBytes"/> bytes.</param>
    /// <param name="team">The threads.</param>
    public static void Run(
        in RecurrentShape shape, in Int8LstmNumbers numbers, ReadOnlySpan<sbyte> x, ReadOnlySpan<sbyte> w, ReadOnlySpan<sbyte> r, ReadOnlySpan<byte> prepared,
        Span<sbyte> y, Span<sbyte> hidden, Span<short> cell, Span<short> scratch, WorkerTeam team)
    {
        fixed (sbyte* px = x, pw = w, pr = r, py = y, ph = hidden)
        fixed (int* pPrepared = MemoryMarshal.Cast<byte, int>(prepared))
        fixed (short* pc = cell, pz = scratch)
        {
            Job job = new() { Shape = shape, Numbers = numbers, X = px, W = pw, R = pr, Prepared = pPrepared, Y = py, Hidden = ph, Cell = pc, Gates = pz };
            long work = (long)shape.Rows * shape.Width * (shape.Features + shape.Hidden);
            (work < SerialWork ? WorkerTeam.Single : team).Run(shape.Batch, job);
        }
    }

    /// <summary>A part is a sample, all its steps.</summary>
    private struct Job : IParallelJob
    {
        internal RecurrentShape Shape;
        internal Int8LstmNumbers Numbers;
        internal sbyte* X;
        internal sbyte* W;
        internal sbyte* R;
        internal int* Prepared;
        internal sbyte* Y;
        internal sbyte* Hidden;
        internal short* Cell;
        internal short* Gates;

        public readonly void Execute(int part)
        {
            sbyte* h = Hidden + ((nint)part * Shape.Hidden);
            short* c = Cell + ((nint)part * Shape.Hidden);
            short* z = Gates + ((nint)part * Shape.Width);
            for (int done = 0; done < Shape.Time; done++)
            {
                nint row = ((nint)part * Shape.Time) + (Numbers.Reverse ? Shape.Time - 1 - done : done);
                Products(X + (row * Shape.Features), h, z);
                Update(z, h, c);
                new ReadOnlySpan<sbyte>(h, Shape.Hidden).CopyTo(new Span<sbyte>(Y + (row * Shape.Hidden), Shape.Hidden));
            }
        }

        private readonly void Products(sbyte* x, sbyte* h, short* z)
        {
            int rows = Shape.Width;
            int* recurrent = Prepared + (3 * (nint)rows);
            for (int i = 0; i < rows; i++)
            {
                int fromInput = Int8ConvUnpacked.Dot(x, W + ((nint)i * Shape.Features), Shape.Features) + Prepared[i];
                int fromState = Int8ConvUnpacked.Dot(h, R + ((nint)i * Shape.Hidden), Shape.Hidden) + recurrent[i];
                short first = Int16Functions.Saturate(FixedPoint.Multiply(fromInput, Prepared[rows + i], Prepared[(2 * rows) + i]));
                short second = Int16Functions.Saturate(FixedPoint.Multiply(fromState, recurrent[rows + i], recurrent[(2 * rows) + i]));
                z[i] = Int16Functions.Saturate(first + second);
            }
        }

        private readonly void Update(short* z, sbyte* h, short* c)
        {
            int width = Shape.Hidden;
            for (int i = 0; i < width; i++)
            {
                short input = Int16Functions.Sigmoid(z[i]), forget = Int16Functions.Sigmoid(z[width + i]), output = Int16Functions.Sigmoid(z[(3 * width) + i]);
                short candidate = Numbers.SigmoidCandidate ? Int16Functions.Sigmoid(z[(2 * width) + i]) : Int16Functions.Tanh(z[(2 * width) + i], Int16Functions.GatePower);
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

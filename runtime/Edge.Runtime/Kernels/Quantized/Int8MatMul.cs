using System.Diagnostics;
using System.Runtime.InteropServices;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>The product of two int8 matrices: Σ (a − za) · (b − zb) in int32 (modulo 2^32), times the multiplier, plus the output's zero point, clamped.</summary>
/// <remarks>
/// The zero points are taken out of the sum: Σ a · b − zb · Σ a − za · Σ b + k · za · zb, so that the inner product is one of bytes. Both matrices lie with their depth side by side;
/// one that does not is turned into the scratch. Source: BatchMatMul, TensorFlow Lite kernels/internal/reference/batch_matmul.h.
/// </remarks>
internal sealed unsafe class Int8MatMul
{
    /// <summary>Multiplications below which waking other threads costs more than it saves.</summary>
    private const long SerialWork = 1 << 17;

    private readonly int _leftZero;
    private readonly int _rightZero;
    private readonly int _multiplier;
    private readonly int _shift;
    private readonly Int8Range _range;

    /// <summary>Takes the parameters.</summary>
    /// <param name="left">Those of the left matrix.</param>
    /// <param name="right">Those of the right matrix.</param>
    /// <param name="output">Those of the product.</param>
    public Int8MatMul(Quantization left, Quantization right, Quantization output)
    {
        (_leftZero, _rightZero) = (left.ZeroPoint, right.ZeroPoint);
        (_multiplier, _shift) = FixedPoint.QuantizeMultiplier(Real(left, right, output));
        _range = new Int8Range(output.ZeroPoint, sbyte.MinValue, sbyte.MaxValue);
    }

    /// <summary>The real multiplier. Source: GetQuantizedConvolutionMultipler, TensorFlow Lite kernels/kernel_util.cc: the scales' product in float32, then double.</summary>
    public static double Real(Quantization left, Quantization right, Quantization output) => (double)(left.Scale * right.Scale) / output.Scale;

    /// <summary>Bytes of scratch: sums of the right matrix's columns and both matrices turned.</summary>
    public static long ScratchBytes(int rows, int columns, int depth) => ((long)columns * sizeof(int)) + ((long)rows * depth) + ((long)columns * depth);

    /// <summary>One product.</summary>
    /// <param name="rows">Rows of the output.</param>
    /// <param name="columns">Columns of the output.</param>
    /// <param name="depth">Length of the inner products.</param>
    /// <param name="a">Left matrix [rows, depth].</param>
    /// <param name="aTurned">Whether it is stored as [depth, rows].</param>
    /// <param name="b">Right matrix [depth, columns].</param>
    /// <param name="bTurned">Whether it is stored as [columns, depth].</param>
    /// <param name="scratch"><see cref="ScratchBytes"/> bytes.</param>
    /// <param name="y">Receives [rows, columns].</param>
    /// <param name="team">Threads.</param>
    public void Multiply(
        int rows, int columns, int depth, ReadOnlySpan<sbyte> a, bool aTurned, ReadOnlySpan<sbyte> b, bool bTurned, Span<byte> scratch, Span<sbyte> y, WorkerTeam team)
    {
        Debug.Assert(y.Length >= (long)rows * columns && a.Length >= (long)rows * depth && b.Length >= (long)columns * depth);
        Span<int> sums = MemoryMarshal.Cast<byte, int>(scratch[..(columns * sizeof(int))]);
        Span<sbyte> turned = MemoryMarshal.Cast<byte, sbyte>(scratch[(columns * sizeof(int))..]);
        if (!bTurned)
        {
            Turn(b, depth, columns, turned);
            b = turned[..(columns * depth)];
            turned = turned[(columns * depth)..];
        }

        if (aTurned)
        {
            Turn(a, depth, rows, turned);
            a = turned[..(rows * depth)];
        }

        for (int column = 0; column < columns; column++)
        {
            sums[column] = unchecked(_leftZero * ((depth * _rightZero) - Sum(b.Slice(column * depth, depth))));
        }

        fixed (sbyte* left = a)
        fixed (sbyte* right = b)
        fixed (int* folded = sums)
        fixed (sbyte* output = y)
        {
            Job job = new(columns, depth, _rightZero, _multiplier, _shift, _range, left, right, folded, output);
            ((long)rows * columns * depth < SerialWork ? WorkerTeam.Single : team).Run(rows, job);
        }
    }

    /// <summary>[rows, columns] becomes [columns, rows].</summary>
    private static void Turn(ReadOnlySpan<sbyte> source, int rows, int columns, Span<sbyte> target)
    {
        for (int column = 0; column < columns; column++)
        {
            Span<sbyte> line = target.Slice(column * rows, rows);
            for (int row = 0; row < line.Length; row++)
            {
                line[row] = source[(row * columns) + column];
            }
        }
    }

    private static int Sum(ReadOnlySpan<sbyte> values)
    {
        int sum = 0;
        foreach (sbyte value in values)
        {
            sum += value;
        }

        return sum;
    }

    /// <summary>A part is one row of the output.</summary>
    private readonly struct Job(
        int columns, int depth, int rightZero, int multiplier, int shift, Int8Range range, sbyte* left, sbyte* right, int* folded, sbyte* output) : IParallelJob
    {
        public void Execute(int part)
        {
            sbyte* row = left + ((nint)part * depth);
            int rest = unchecked(-rightZero * Sum(new ReadOnlySpan<sbyte>(row, depth)));
            sbyte* target = output + ((nint)part * columns);
            for (int column = 0; column < columns; column++)
            {
                int sum = unchecked(Int8ConvUnpacked.Dot(row, right + ((nint)column * depth), depth) + folded[column] + rest);
                target[column] = Requantizer.Value(sum, multiplier, shift, range);
            }
        }
    }
}

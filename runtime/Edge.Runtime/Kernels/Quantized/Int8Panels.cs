using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Edge.Runtime.Kernels;

/// <summary>Inner products of one int8 vector with many rows of int8 weights, in panels of 16 rows as <see cref="IInt8Dot{TVector}"/> defines them.</summary>
internal static unsafe class Int8Panels
{
    private const int Panel = 16;

    /// <summary>Rows as whole panels.</summary>
    internal static int PaddedRows(int rows) => checked(rows + Panel - 1) & -Panel;

    /// <summary>Values of a row as whole groups of every inner product; the rest has weight 0.</summary>
    internal static int PaddedDepth(int depth) => checked(depth + 3) & ~3;

    /// <summary>Bytes of the packed weights.</summary>
    internal static long Bytes(int rows, int depth) => (long)PaddedRows(rows) * PaddedDepth(depth);

    /// <summary>Bytes that <see cref="Multiply"/> packs the vector into.</summary>
    internal static int VectorBytes(int depth) => checked(2 * PaddedDepth(depth));

    /// <summary>Packs weights.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="depth">Values of a row.</param>
    /// <param name="weights">[rows, depth].</param>
    /// <param name="panels">Receives <see cref="Bytes"/> bytes.</param>
    /// <returns>What packing adds to each value of a vector: the bias has to take back that times the sum of a row.</returns>
    internal static int Pack(int rows, int depth, ReadOnlySpan<sbyte> weights, Span<sbyte> panels)
    {
        (int group, int offset) = Int8DotVnni.IsSupported ? (Int8DotVnni.Group, Int8DotVnni.Offset)
            : Int8DotPairs16.IsSupported ? (Int8DotPairs16.Group, Int8DotPairs16.Offset)
            : Int8DotPairs8.IsSupported ? (Int8DotPairs8.Group, Int8DotPairs8.Offset)
            : Int8DotPairs4.IsSupported ? (Int8DotPairs4.Group, Int8DotPairs4.Offset)
            : Int8DotArmDp.IsSupported ? (Int8DotArmDp.Group, Int8DotArmDp.Offset)
            : Int8DotArm.IsSupported ? (Int8DotArm.Group, Int8DotArm.Offset)
            : (Int8DotScalar.Group, Int8DotScalar.Offset);
        int padded = PaddedDepth(depth);
        panels.Clear();
        for (int row = 0; row < rows; row++)
        {
            Span<sbyte> panel = panels.Slice(row / Panel * Panel * padded, Panel * padded);
            for (int k = 0; k < depth; k++)
            {
                panel[(k / group * Panel * group) + (row % Panel * group) + (k % group)] = weights[(row * depth) + k];
            }
        }

        return offset;
    }

    /// <summary>sums[row] = biases[row] + Σ x · weights.</summary>
    /// <param name="x">The vector.</param>
    /// <param name="depth">Its values.</param>
    /// <param name="panels">Packed weights.</param>
    /// <param name="biases">One for each padded row.</param>
    /// <param name="rows">Padded rows.</param>
    /// <param name="packed">Receives the packed vector.</param>
    /// <param name="sums">Receives the sums of all padded rows.</param>
    internal static void Multiply(sbyte* x, int depth, sbyte* panels, int* biases, int rows, byte* packed, int* sums)
    {
        if (Int8DotVnni.IsSupported)
        {
            Multiply<Int8DotVnni, Vector256<int>>(x, depth, panels, biases, rows, packed, sums);
        }
        else if (Int8DotPairs16.IsSupported)
        {
            Multiply<Int8DotPairs16, Vector512<int>>(x, depth, panels, biases, rows, packed, sums);
        }
        else if (Int8DotPairs8.IsSupported)
        {
            Multiply<Int8DotPairs8, Vector256<int>>(x, depth, panels, biases, rows, packed, sums);
        }
        else if (Int8DotPairs4.IsSupported)
        {
            Multiply<Int8DotPairs4, Vector128<int>>(x, depth, panels, biases, rows, packed, sums);
        }
        else if (Int8DotArmDp.IsSupported)
        {
            Multiply<Int8DotArmDp, Vector128<int>>(x, depth, panels, biases, rows, packed, sums);
        }
        else if (Int8DotArm.IsSupported)
        {
            Multiply<Int8DotArm, Vector128<int>>(x, depth, panels, biases, rows, packed, sums);
        }
        else
        {
            Multiply<Int8DotScalar, int>(x, depth, panels, biases, rows, packed, sums);
        }
    }

    private static void Multiply<TDot, TVector>(sbyte* x, int depth, sbyte* panels, int* biases, int rows, byte* packed, int* sums)
        where TDot : struct, IInt8Dot<TVector>
        where TVector : struct
    {
        int padded = PaddedDepth(depth);
        TDot.Pack(x, packed, depth);
        TDot.Fill(0, packed + ((nint)depth * TDot.ValueBytes), padded - depth);
        nint groups = padded / TDot.Group;
        int row = 0;
        for (; row <= rows - (4 * TDot.Lanes); row += 4 * TDot.Lanes)
        {
            FourVectors<TDot, TVector>(packed, groups, panels, padded, biases, row, sums);
        }

        for (; row < rows; row += TDot.Lanes)
        {
            sbyte* weights = Row<TDot, TVector>(panels, padded, row);
            byte* value = packed;
            TVector sum = TDot.Load(biases + row);
            for (nint i = 0; i < groups; i++)
            {
                sum = TDot.MultiplyAdd(sum, TDot.Weights(weights), TDot.Activations(value));
                weights += Panel * TDot.Group;
                value += TDot.Group * TDot.ValueBytes;
            }

            TDot.Store(sum, sums + row);
        }
    }

    /// <summary>Four vectors of rows at once, so that no addition waits for the one before.</summary>
    private static void FourVectors<TDot, TVector>(byte* value, nint groups, sbyte* panels, int padded, int* biases, int row, int* sums)
        where TDot : struct, IInt8Dot<TVector>
        where TVector : struct
    {
        int r1 = row + TDot.Lanes, r2 = r1 + TDot.Lanes, r3 = r2 + TDot.Lanes;
        sbyte* w0 = Row<TDot, TVector>(panels, padded, row);
        sbyte* w1 = Row<TDot, TVector>(panels, padded, r1);
        sbyte* w2 = Row<TDot, TVector>(panels, padded, r2);
        sbyte* w3 = Row<TDot, TVector>(panels, padded, r3);
        TVector s0 = TDot.Load(biases + row), s1 = TDot.Load(biases + r1), s2 = TDot.Load(biases + r2), s3 = TDot.Load(biases + r3);
        nint step = Panel * TDot.Group;
        for (nint i = 0, at = 0; i < groups; i++, at += step)
        {
            TVector a = TDot.Activations(value);
            s0 = TDot.MultiplyAdd(s0, TDot.Weights(w0 + at), a);
            s1 = TDot.MultiplyAdd(s1, TDot.Weights(w1 + at), a);
            s2 = TDot.MultiplyAdd(s2, TDot.Weights(w2 + at), a);
            s3 = TDot.MultiplyAdd(s3, TDot.Weights(w3 + at), a);
            value += TDot.Group * TDot.ValueBytes;
        }

        TDot.Store(s0, sums + row);
        TDot.Store(s1, sums + r1);
        TDot.Store(s2, sums + r2);
        TDot.Store(s3, sums + r3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static sbyte* Row<TDot, TVector>(sbyte* panels, int padded, int row)
        where TDot : struct, IInt8Dot<TVector>
        where TVector : struct => panels + ((nint)(row / Panel) * Panel * padded) + (row % Panel * TDot.Group);
}

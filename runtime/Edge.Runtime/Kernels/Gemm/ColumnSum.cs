using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Sums over the rows of a matrix: the gradient of a bias.</summary>
internal static class ColumnSum
{
    /// <summary>sums[j] = Σᵢ x[i, j], or added to what is there: the product of a row of ones, stored once with stride 0, and the matrix.</summary>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="columns">Columns of the matrix.</param>
    /// <param name="x">The matrix.</param>
    /// <param name="sums">One value for each column.</param>
    /// <param name="accumulate">Whether to add.</param>
    /// <param name="team">The threads.</param>
    internal static void Run(int rows, int columns, ReadOnlySpan<float> x, Span<float> sums, bool accumulate, WorkerTeam team) =>
        Gemm.Multiply(1, columns, rows, [1f], 0, 0, x, columns, 1, sums, columns, accumulate, bias: default, Activation.None, team);
}

using System.Diagnostics;
using System.Runtime.CompilerServices;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Sums of the columns of a row-major matrix: the gradient of a bias.</summary>
/// <remarks>Rows are summed in blocks, the blocks in chunks and the chunks in order; all three follow from the shape alone. The levels also keep
/// the rounding error of a sum over a hundred thousand rows near that of a few hundred.</remarks>
internal static unsafe class ColumnSums
{
    private const int BlockRows = 128;
    private const int ChunkRows = 1024;
    private const int PartialFloats = 4096;
    private const int StripColumns = 256;

    /// <summary>sums[j] (+)= Σ matrix[i, j].</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="matrix">rows · columns values.</param>
    /// <param name="sums">columns values.</param>
    /// <param name="accumulate">Adds to the sums instead of overwriting them.</param>
    /// <param name="team">The threads.</param>
    [SkipLocalsInit]
    internal static void Run(int rows, int columns, ReadOnlySpan<float> matrix, Span<float> sums, bool accumulate, WorkerTeam team)
    {
        Debug.Assert(matrix.Length == (long)rows * columns && sums.Length == columns);
        if (columns == 0)
        {
            return;
        }

        int chunks = Math.Clamp(Math.Min(rows / ChunkRows, PartialFloats / columns), 1, 16);
        float* partials = stackalloc float[PartialFloats];
        fixed (float* source = matrix, destination = sums)
        {
            Job job = new()
            {
                Source = source,
                Rows = rows,
                Columns = columns,
                ChunkRows = (rows + chunks - 1) / chunks,
                Strips = (columns + StripColumns - 1) / StripColumns,
                Partials = chunks == 1 ? destination : partials,
                Accumulate = accumulate && chunks == 1,
            };
            WidthJob.Run(team, chunks * job.Strips, matrix.Length, job);
            if (chunks == 1)
            {
                return;
            }

            for (int j = 0; j < columns; j++)
            {
                float sum = partials[j];
                for (int chunk = 1; chunk < chunks; chunk++)
                {
                    sum += partials[(chunk * columns) + j];
                }

                destination[j] = accumulate ? destination[j] + sum : sum;
            }
        }
    }

    private struct Job : IWidthJob
    {
        internal float* Source;
        internal int Rows;
        internal int Columns;
        internal int ChunkRows;
        internal int Strips;
        internal float* Partials;
        internal bool Accumulate;

        public readonly void Execute<TVector>(int part) where TVector : unmanaged, IVector<TVector>
        {
            (int chunk, int strip) = Math.DivRem(part, Strips);
            int row = chunk * ChunkRows;
            int rows = Math.Clamp(Rows - row, 0, ChunkRows);
            int column = strip * StripColumns;
            int end = Math.Min(column + StripColumns, Columns);
            float* source = Source + ((nint)row * Columns);
            float* destination = Partials + ((nint)chunk * Columns);
            column = Strip<TVector>(source, destination, column, end, rows);
            column = TVector.Count > 4 ? Strip<Lanes4>(source, destination, column, end, rows) : column;
            Strip<Lanes1>(source, destination, column, end, rows);
        }

        private readonly int Strip<TVector>(float* source, float* destination, int column, int end, int rows)
            where TVector : unmanaged, IVector<TVector>
        {
            for (; column + (2 * TVector.Count) <= end; column += 2 * TVector.Count)
            {
                Two<TVector>(source + column, destination + column, rows);
            }

            for (; column + TVector.Count <= end; column += TVector.Count)
            {
                One<TVector>(source + column, destination + column, rows);
            }

            return column;
        }

        private readonly void Two<TVector>(float* source, float* destination, int rows) where TVector : unmanaged, IVector<TVector>
        {
            TVector total0 = Accumulate ? TVector.Load(destination) : TVector.Zero;
            TVector total1 = Accumulate ? TVector.Load(destination + TVector.Count) : TVector.Zero;
            for (int i = 0; i < rows;)
            {
                TVector sum0 = TVector.Zero, sum1 = TVector.Zero;
                for (int end = Math.Min(rows, i + BlockRows); i < end; i++)
                {
                    sum0 = TVector.Add(sum0, TVector.Load(source));
                    sum1 = TVector.Add(sum1, TVector.Load(source + TVector.Count));
                    source += Columns;
                }

                total0 = TVector.Add(total0, sum0);
                total1 = TVector.Add(total1, sum1);
            }

            TVector.Store(total0, destination);
            TVector.Store(total1, destination + TVector.Count);
        }

        private readonly void One<TVector>(float* source, float* destination, int rows) where TVector : unmanaged, IVector<TVector>
        {
            TVector total = Accumulate ? TVector.Load(destination) : TVector.Zero;
            for (int i = 0; i < rows;)
            {
                TVector sum = TVector.Zero;
                for (int end = Math.Min(rows, i + BlockRows); i < end; i++)
                {
                    sum = TVector.Add(sum, TVector.Load(source));
                    source += Columns;
                }

                total = TVector.Add(total, sum);
            }

            TVector.Store(total, destination);
        }
    }
}

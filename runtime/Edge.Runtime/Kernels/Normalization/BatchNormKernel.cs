using System.Numerics;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Normalization of each channel (the last axis) over all rows. Data is read once for the statistics and once to normalize.</summary>
internal static unsafe class BatchNormKernel
{
    /// <summary>Rows that one part works on: a piece that stays in the cache between two passes, few enough for float32 sums, and at least 16, so that
    /// the partial sums stay below an eighth of the data.</summary>
    internal static int RowsPerPart(int channels) => Math.Clamp(Elementwise.Chunk / channels, 16, 512);

    internal static int Parts(int rows, int channels) => (rows + RowsPerPart(channels) - 1) / RowsPerPart(channels);

    /// <summary>Mean and (biased) variance of every channel.</summary>
    /// <remarks>Each part finds its own mean and squared deviations from it in two passes over cached rows; the parts are joined in double in their order
    /// (Chan, Golub, LeVeque 1979), so a mean far from 0 costs no accuracy. partials has 2 · channels values for each part.</remarks>
    internal static void Statistics(WorkerTeam team, int rows, int channels, ReadOnlySpan<float> x, Span<float> mean, Span<float> variance, Span<float> partials)
    {
        int parts = Parts(rows, channels);
        int rowsPerPart = RowsPerPart(channels);
        fixed (float* px = x, pp = partials)
        {
            StatisticsJob job = new() { X = px, Partials = pp, Rows = rows, Channels = channels };
            Elementwise.Team(team, x.Length, 2).Run(parts, job);
        }

        for (int c = 0; c < channels; c++)
        {
            double sum = 0;
            for (int part = 0; part < parts; part++)
            {
                sum += partials[(part * 2 * channels) + c] * (double)Math.Min(rowsPerPart, rows - (part * rowsPerPart));
            }

            double average = sum / rows;
            double squares = 0;
            for (int part = 0; part < parts; part++)
            {
                double difference = partials[(part * 2 * channels) + c] - average;
                squares += partials[(part * 2 * channels) + channels + c] + (difference * difference * Math.Min(rowsPerPart, rows - (part * rowsPerPart)));
            }

            mean[c] = (float)average;
            variance[c] = (float)(squares / rows);
        }
    }

    /// <summary>y = (x − mean) · scale + beta. y may be x.</summary>
    internal static void Normalize(
        WorkerTeam team, int rows, int channels, ReadOnlySpan<float> x, ReadOnlySpan<float> mean, ReadOnlySpan<float> scale, ReadOnlySpan<float> beta, Span<float> y)
    {
        fixed (float* px = x, pm = mean, ps = scale, pb = beta, py = y)
        {
            NormalizeJob job = new() { X = px, Mean = pm, Scale = ps, Beta = pb, Y = py, Rows = rows, Channels = channels };
            Elementwise.Team(team, x.Length, 1).Run(Parts(rows, channels), job);
        }
    }

    /// <summary>sums = (Σ dy, Σ dy · (x − mean) · inverse), channels values each. partials has 2 · channels values for each part.</summary>
    internal static void Sums(
        WorkerTeam team, int rows, int channels, ReadOnlySpan<float> x, ReadOnlySpan<float> mean, ReadOnlySpan<float> inverse, ReadOnlySpan<float> dy, Span<float> sums, Span<float> partials)
    {
        int parts = Parts(rows, channels);
        fixed (float* px = x, pm = mean, pi = inverse, pdy = dy, pp = partials)
        {
            SumsJob job = new() { X = px, Mean = pm, Inverse = pi, OutputGradient = pdy, Partials = pp, Rows = rows, Channels = channels };
            Elementwise.Team(team, x.Length, 2).Run(parts, job);
        }

        ColumnPartials.Add(partials, parts, 2 * channels, 0, sums[..(2 * channels)], accumulate: false);
    }

    /// <summary>dx = dy · scale − offset − (x − mean) · slope, or adds that; without x the last two terms are left out. dx may be dy.</summary>
    internal static void InputGradient(
        WorkerTeam team,
        int rows,
        int channels,
        ReadOnlySpan<float> x,
        ReadOnlySpan<float> mean,
        ReadOnlySpan<float> scale,
        ReadOnlySpan<float> offset,
        ReadOnlySpan<float> slope,
        ReadOnlySpan<float> dy,
        Span<float> dx,
        bool accumulate)
    {
        fixed (float* px = x, pm = mean, ps = scale, po = offset, pl = slope, pdy = dy, pdx = dx)
        {
            InputGradientJob job = new()
            {
                X = px,
                Mean = pm,
                Scale = ps,
                Offset = po,
                Slope = pl,
                OutputGradient = pdy,
                InputGradient = pdx,
                Rows = rows,
                Channels = channels,
                Accumulate = accumulate,
            };
            Elementwise.Team(team, dy.Length, 1).Run(Parts(rows, channels), job);
        }
    }

    private struct StatisticsJob : IParallelJob
    {
        internal float* X;
        internal float* Partials;
        internal int Rows;
        internal int Channels;

        public readonly void Execute(int part)
        {
            int first = part * RowsPerPart(Channels);
            int count = Math.Min(RowsPerPart(Channels), Rows - first);
            float* x = X + ((nint)first * Channels);
            float* mean = Partials + ((nint)part * 2 * Channels);
            float* squares = mean + Channels;
            Vector<float> inverseCount = new(1f / count);
            int c = 0;
            for (; c <= Channels - Vector<float>.Count; c += Vector<float>.Count)
            {
                // Two sums: twice the speed where the latency of the addition is the limit, and half the terms in each.
                Vector<float> even = Vector<float>.Zero;
                Vector<float> odd = Vector<float>.Zero;
                float* p = x + c;
                int row = 0;
                for (; row < count - 1; row += 2, p += 2 * (nint)Channels)
                {
                    even += Vector.Load(p);
                    odd += Vector.Load(p + Channels);
                }

                if (row < count)
                {
                    even += Vector.Load(p);
                }

                Vector<float> center = (even + odd) * inverseCount;
                center.Store(mean + c);
                even = Vector<float>.Zero;
                odd = Vector<float>.Zero;
                p = x + c;
                for (row = 0; row < count - 1; row += 2, p += 2 * (nint)Channels)
                {
                    Vector<float> one = Vector.Load(p) - center;
                    Vector<float> two = Vector.Load(p + Channels) - center;
                    even += one * one;
                    odd += two * two;
                }

                if (row < count)
                {
                    Vector<float> rest = Vector.Load(p) - center;
                    even += rest * rest;
                }

                (even + odd).Store(squares + c);
            }

            for (; c < Channels; c++)
            {
                double sum = 0;
                for (int row = 0; row < count; row++)
                {
                    sum += x[((nint)row * Channels) + c];
                }

                mean[c] = (float)(sum / count);
                sum = 0;
                for (int row = 0; row < count; row++)
                {
                    float difference = x[((nint)row * Channels) + c] - mean[c];
                    sum += difference * difference;
                }

                squares[c] = (float)sum;
            }
        }
    }

    private struct NormalizeJob : IParallelJob
    {
        internal float* X;
        internal float* Mean;
        internal float* Scale;
        internal float* Beta;
        internal float* Y;
        internal int Rows;
        internal int Channels;

        public readonly void Execute(int part)
        {
            int last = Math.Min((part + 1) * RowsPerPart(Channels), Rows);
            for (int row = part * RowsPerPart(Channels); row < last; row++)
            {
                float* x = X + ((nint)row * Channels);
                float* y = Y + ((nint)row * Channels);
                int c = 0;
                for (; c <= Channels - Vector<float>.Count; c += Vector<float>.Count)
                {
                    (((Vector.Load(x + c) - Vector.Load(Mean + c)) * Vector.Load(Scale + c)) + Vector.Load(Beta + c)).Store(y + c);
                }

                for (; c < Channels; c++)
                {
                    y[c] = ((x[c] - Mean[c]) * Scale[c]) + Beta[c];
                }
            }
        }
    }

    private struct SumsJob : IParallelJob
    {
        internal float* X;
        internal float* Mean;
        internal float* Inverse;
        internal float* OutputGradient;
        internal float* Partials;
        internal int Rows;
        internal int Channels;

        public readonly void Execute(int part)
        {
            int first = part * RowsPerPart(Channels);
            int count = Math.Min(RowsPerPart(Channels), Rows - first);
            float* x = X + ((nint)first * Channels);
            float* dy = OutputGradient + ((nint)first * Channels);
            float* sums = Partials + ((nint)part * 2 * Channels);
            float* products = sums + Channels;
            int c = 0;
            for (; c <= Channels - Vector<float>.Count; c += Vector<float>.Count)
            {
                Vector<float> mean = Vector.Load(Mean + c);
                Vector<float> sum = Vector<float>.Zero;
                Vector<float> product = Vector<float>.Zero;
                nint at = c;
                for (int row = 0; row < count; row++, at += Channels)
                {
                    Vector<float> gradient = Vector.Load(dy + at);
                    sum += gradient;
                    product += gradient * (Vector.Load(x + at) - mean);
                }

                sum.Store(sums + c);
                (product * Vector.Load(Inverse + c)).Store(products + c);
            }

            for (; c < Channels; c++)
            {
                double sum = 0;
                double product = 0;
                nint at = c;
                for (int row = 0; row < count; row++, at += Channels)
                {
                    sum += dy[at];
                    product += dy[at] * (x[at] - Mean[c]);
                }

                sums[c] = (float)sum;
                products[c] = (float)(product * Inverse[c]);
            }
        }
    }

    private struct InputGradientJob : IParallelJob
    {
        internal float* X;
        internal float* Mean;
        internal float* Scale;
        internal float* Offset;
        internal float* Slope;
        internal float* OutputGradient;
        internal float* InputGradient;
        internal int Rows;
        internal int Channels;
        internal bool Accumulate;

        public readonly void Execute(int part)
        {
            int last = Math.Min((part + 1) * RowsPerPart(Channels), Rows);
            for (int row = part * RowsPerPart(Channels); row < last; row++)
            {
                nint at = (nint)row * Channels;
                Row(X is null ? null : X + at, OutputGradient + at, InputGradient + at);
            }
        }

        private readonly void Row(float* x, float* dy, float* dx)
        {
            int c = 0;
            for (; c <= Channels - Vector<float>.Count; c += Vector<float>.Count)
            {
                Vector<float> value = Vector.Load(dy + c) * Vector.Load(Scale + c);
                if (x is not null)
                {
                    value = value - Vector.Load(Offset + c) - ((Vector.Load(x + c) - Vector.Load(Mean + c)) * Vector.Load(Slope + c));
                }

                (Accumulate ? Vector.Load(dx + c) + value : value).Store(dx + c);
            }

            for (; c < Channels; c++)
            {
                float value = dy[c] * Scale[c];
                if (x is not null)
                {
                    value = value - Offset[c] - ((x[c] - Mean[c]) * Slope[c]);
                }

                dx[c] = Accumulate ? dx[c] + value : value;
            }
        }
    }
}

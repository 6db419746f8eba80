using System.Numerics.Tensors;
using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>
/// A window that slides through a volume: it joins a coarse tensor (one position a window) and a fine one (one position a tap, at coarse · stride − before +
/// tap · dilation). A convolution goes from fine to coarse, a transposed one from coarse to fine; each is the other's input gradient.
/// </summary>
/// <remarks>For each line of windows and each tap a product of matrices; taps outside the fine tensor give zeros. The same bits for any number of threads.</remarks>
internal readonly ref struct Volume
{
    private readonly Shape _coarse;
    private readonly Shape _fine;
    private readonly Shape _kernel;
    private readonly ReadOnlySpan<int> _strides;
    private readonly ReadOnlySpan<int> _dilations;
    private readonly ReadOnlySpan<int> _before;
    private readonly int _groups;
    private readonly bool _transposed;

    /// <summary>Looks at the sizes.</summary>
    /// <param name="coarse">[N, D, H, W, channels].</param>
    /// <param name="fine">[N, D, H, W, channels].</param>
    /// <param name="weights">[O, KD, KH, KW, I / groups].</param>
    /// <param name="window">Strides, dilations and padding.</param>
    /// <param name="groups">Divides both channels.</param>
    /// <param name="transposed">Whether O counts fine channels.</param>
    internal Volume(in Shape coarse, in Shape fine, in Shape weights, Window3D window, int groups, bool transposed)
    {
        _coarse = coarse;
        _fine = fine;
        _kernel = weights;
        _strides = window.Strides.Values;
        _dilations = window.Dilations.Values;
        _before = window.Before.Values;
        _groups = groups;
        _transposed = transposed;
    }

    /// <summary>The plan of a convolution of either direction: input 0 is [N, D, H, W, C].</summary>
    /// <param name="shapes">The inputs.</param>
    /// <param name="sizes">D', H' and W' of the output.</param>
    /// <param name="outputs">Its channels.</param>
    /// <param name="groups">Divides both channels.</param>
    /// <param name="transposed">Whether it goes from coarse to fine.</param>
    internal static OperatorPlan Plan(in Shapes shapes, ReadOnlySpan<long> sizes, int outputs, int groups, bool transposed)
    {
        TensorSpec input = shapes.Input(0);
        TensorSpec output = ShapeRules.Layer(shapes, [input.Shape[0], sizes[0], sizes[1], sizes[2], outputs], channelAxis: 0);
        long scratch = (transposed ? ScratchFloats(input.Shape, output.Shape, groups) : ScratchFloats(output.Shape, input.Shape, groups)) * sizeof(float);
        shapes.Require(scratch <= int.MaxValue, $"a line of taps of {input} needs {scratch} bytes of scratch; at most {int.MaxValue} are allowed.");
        return new OperatorPlan(output) { ScratchBytes = (int)scratch, BackwardScratchBytes = (int)scratch, OverwritesGradients = true };
    }

    /// <summary>The forward phase: input, weights and optional bias to the output, then the activation.</summary>
    internal void Forward(in Buffers io, Activation activation)
    {
        Span<float> y = io.Output(0);
        if (_transposed)
        {
            ToFine(io.Input(0), io.Input(1), y, accumulate: false, io.Scratch<float>(), io.Team);
        }
        else
        {
            ToCoarse(io.Input(0), io.Input(1), y, accumulate: false, io.Scratch<float>(), io.Team);
        }

        ActivationKernels.AddBias(activation, io.Input(2), y, io.OutputShape(0)[4], io.Team);
    }

    /// <summary>The backward phase: the input's gradient goes the other way.</summary>
    internal void Backward(in Gradients io, Activation activation)
    {
        Span<float> dy = io.OutputGradient(0), scratch = io.Scratch<float>();
        if (activation != Activation.None)
        {
            ActivationKernels.MaskGradient(activation, io.Output(0), dy, io.Team);
        }

        if (io.Wants(0) && _transposed)
        {
            ToCoarse(dy, io.Input(1), io.InputGradient(0), io.Accumulate(0), scratch, io.Team);
        }
        else if (io.Wants(0))
        {
            ToFine(dy, io.Input(1), io.InputGradient(0), io.Accumulate(0), scratch, io.Team);
        }

        if (io.Wants(1))
        {
            ReadOnlySpan<float> fine = _transposed ? dy : io.Input(0), coarse = _transposed ? io.Input(0) : dy;
            WeightGradient(fine, coarse, io.InputGradient(1), io.Accumulate(1), scratch, io.Team);
        }

        if (io.Wants(2))
        {
            int outputs = io.OutputShape(0)[4];
            ColumnSums.Run(dy.Length / outputs, outputs, dy, io.InputGradient(2), io.Accumulate(2), io.Team);
        }
    }

    /// <summary>Floats of scratch: a line of taps.</summary>
    private static long ScratchFloats(in Shape coarse, in Shape fine, int groups) => (long)coarse[3] * (fine[4] / groups);

    private int Taps => _kernel.Product(1, 4);

    private int Coarse => _coarse[4] / _groups;

    private int Fine => _fine[4] / _groups;

    /// <summary>Elements between weights of neighbouring coarse channels, and of neighbouring fine ones.</summary>
    private (int Coarse, int Fine) WeightStrides => _transposed ? (1, Taps * _kernel[4]) : (Taps * _kernel[4], 1);

    /// <summary>coarse += Σ taps(fine) · weights; cleared first unless it accumulates.</summary>
    internal void ToCoarse(ReadOnlySpan<float> fine, ReadOnlySpan<float> weights, Span<float> coarse, bool accumulate, Span<float> line, WorkerTeam team)
    {
        if (!accumulate)
        {
            coarse.Clear();
        }

        (int coarseStride, int fineStride) = WeightStrides;
        for (int row = 0; row < _coarse.Product(0, 3); row++)
        {
            for (int tap = 0; tap < Taps; tap++)
            {
                for (int group = 0; group < _groups && Line(row, tap, out int from, out int column); group++)
                {
                    Gather(fine, from, column, group, line);
                    Gemm.Multiply(
                        _coarse[3], Coarse, Fine, line, Fine, 1, Weights(weights, group, tap), fineStride, coarseStride,
                        coarse[((row * _coarse[3] * _coarse[4]) + (group * Coarse))..], _coarse[4], true, default, Activation.None, team);
                }
            }
        }
    }

    /// <summary>fine += coarse · weights, each tap where it lies; cleared first unless it accumulates.</summary>
    internal void ToFine(ReadOnlySpan<float> coarse, ReadOnlySpan<float> weights, Span<float> fine, bool accumulate, Span<float> line, WorkerTeam team)
    {
        if (!accumulate)
        {
            fine.Clear();
        }

        (int coarseStride, int fineStride) = WeightStrides;
        for (int row = 0; row < _coarse.Product(0, 3); row++)
        {
            for (int tap = 0; tap < Taps; tap++)
            {
                for (int group = 0; group < _groups && Line(row, tap, out int from, out int column); group++)
                {
                    Gemm.Multiply(
                        _coarse[3], Fine, Coarse, coarse[((row * _coarse[3] * _coarse[4]) + (group * Coarse))..], _coarse[4], 1,
                        Weights(weights, group, tap), coarseStride, fineStride, line, Fine, false, default, Activation.None, team);
                    Scatter(line, from, column, group, fine);
                }
            }
        }
    }

    /// <summary>weights' gradient += Σ taps(fine) ⊗ coarse; cleared first unless it accumulates.</summary>
    internal void WeightGradient(ReadOnlySpan<float> fine, ReadOnlySpan<float> coarse, Span<float> gradient, bool accumulate, Span<float> line, WorkerTeam team)
    {
        if (!accumulate)
        {
            gradient.Clear();
        }

        int outputStride = Taps * _kernel[4], width = _coarse[3], channels = _coarse[4];
        for (int row = 0; row < _coarse.Product(0, 3); row++)
        {
            for (int tap = 0; tap < Taps; tap++)
            {
                for (int group = 0; group < _groups && Line(row, tap, out int from, out int column); group++)
                {
                    Gather(fine, from, column, group, line);
                    ReadOnlySpan<float> windows = coarse[((row * width * channels) + (group * Coarse))..];
                    Span<float> target = gradient[WeightOffset(group, tap)..];
                    if (_transposed)
                    {
                        Gemm.Multiply(Fine, Coarse, width, line, 1, Fine, windows, channels, 1, target, outputStride, true, default, Activation.None, team);
                    }
                    else
                    {
                        Gemm.Multiply(Coarse, Fine, width, windows, 1, channels, line, Fine, 1, target, outputStride, true, default, Activation.None, team);
                    }
                }
            }
        }
    }

    private ReadOnlySpan<float> Weights(ReadOnlySpan<float> weights, int group, int tap) => weights[WeightOffset(group, tap)..];

    private int WeightOffset(int group, int tap) => (group * (_kernel[0] / _groups) * Taps * _kernel[4]) + (tap * _kernel[4]);

    /// <summary>Where a line's taps lie in the fine tensor: the first element of the line there, and the column of the first window's tap.</summary>
    private bool Line(int row, int tap, out int from, out int column)
    {
        (int rest, int y) = Math.DivRem(row, _coarse[2]);
        (int image, int z) = Math.DivRem(rest, _coarse[1]);
        (int taps, int q) = Math.DivRem(tap, _kernel[3]);
        (int r, int p) = Math.DivRem(taps, _kernel[2]);
        int depth = (z * _strides[0]) - _before[0] + (r * _dilations[0]), line = (y * _strides[1]) - _before[1] + (p * _dilations[1]);
        column = (q * _dilations[2]) - _before[2];
        from = ((((image * _fine[1]) + depth) * _fine[2]) + line) * _fine[3] * _fine[4];
        return depth >= 0 && depth < _fine[1] && line >= 0 && line < _fine[2];
    }

    private void Gather(ReadOnlySpan<float> fine, int from, int column, int group, Span<float> line)
    {
        for (int i = 0; i < _coarse[3]; i++, column += _strides[2])
        {
            Span<float> to = line.Slice(i * Fine, Fine);
            if ((uint)column < (uint)_fine[3])
            {
                fine.Slice(from + (column * _fine[4]) + (group * Fine), Fine).CopyTo(to);
            }
            else
            {
                to.Clear();
            }
        }
    }

    private void Scatter(ReadOnlySpan<float> line, int from, int column, int group, Span<float> fine)
    {
        for (int i = 0; i < _coarse[3]; i++, column += _strides[2])
        {
            if ((uint)column < (uint)_fine[3])
            {
                Span<float> to = fine.Slice(from + (column * _fine[4]) + (group * Fine), Fine);
                TensorPrimitives.Add(to, line.Slice(i * Fine, Fine), to);
            }
        }
    }
}

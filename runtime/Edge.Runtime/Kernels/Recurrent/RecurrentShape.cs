using System.Diagnostics.CodeAnalysis;
using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Kernels;

/// <summary>Sizes of a recurrent operator and the products that all of them have. Rows of sequences are batch-major: row b · time + t.</summary>
internal readonly record struct RecurrentShape(int Batch, int Time, int Features, int Hidden, int State, int Gates)
{
    /// <summary>Rows of a product that make packing the weights worth it.</summary>
    private const int EnoughRows = 32;

    /// <summary>The sizes; h has another width than the cell where there is a projection.</summary>
    internal static RecurrentShape Of(in Shape input, in Shape recurrent, int gates) => new(input[0], input[1], input[2], recurrent[0] / gates, recurrent[1], gates);

    /// <summary>Values of all gates in one step.</summary>
    internal int Width => Gates * Hidden;

    internal int Rows => checked(Batch * Time);

    /// <summary>Steps whose input is multiplied at once in inference: enough rows to keep the processor busy, few enough to need little memory.</summary>
    internal int ChunkSteps => Batch >= EnoughRows ? 1 : Math.Min(Time, EnoughRows);

    /// <summary>Floats of the products of one chunk.</summary>
    internal int ChunkFloats => checked(Batch * ChunkSteps * Width);

    /// <summary>The step that comes next; at the first of every chunk of steps, the products of the input for all steps of the chunk are made.</summary>
    /// <param name="io">Input, weights and bias.</param>
    /// <param name="reverse">Whether the last step comes first.</param>
    /// <param name="done">Steps done.</param>
    /// <param name="steps">Steps of a chunk.</param>
    /// <param name="products">Receives rows of <see cref="Width"/>, those of a sample one after the other.</param>
    /// <param name="first">The first step of the present chunk.</param>
    internal int Next(in Buffers io, bool reverse, int done, int steps, Span<float> products, ref int first)
    {
        int t = reverse ? Time - 1 - done : done;
        if (done % steps == 0)
        {
            int count = Math.Min(steps, Time - done);
            first = reverse ? t - count + 1 : t;
            Project(first, count, io.Input(RecurrentRule.Input), io.Input(RecurrentRule.Weights), io.Input(RecurrentRule.Bias), products, steps, io.Team);
        }

        return t;
    }

    /// <summary>products[b, t] = x[b, first + t] · Wᵀ + bias for <paramref name="count"/> steps of each sample.</summary>
    /// <param name="first">The first step.</param>
    /// <param name="count">Steps.</param>
    /// <param name="x">The input.</param>
    /// <param name="w">The weights [gates · hidden, features].</param>
    /// <param name="bias">The bias, or empty.</param>
    /// <param name="products">Receives rows of <see cref="Width"/>.</param>
    /// <param name="steps">Rows of a sample in <paramref name="products"/>.</param>
    /// <param name="team">The threads.</param>
    private void Project(int first, int count, ReadOnlySpan<float> x, ReadOnlySpan<float> w, ReadOnlySpan<float> bias, Span<float> products, int steps, WorkerTeam team)
    {
        // One product where the rows have one distance, else one for each sample.
        (int parts, int rows, int distance) = count == Time ? (1, Rows, Features) : steps == 1 ? (1, Batch, Time * Features) : (Batch, count, Features);
        for (int part = 0; part < parts; part++)
        {
            Gemm.Multiply(
                rows, Width, Features, x[(((part * Time) + first) * Features)..], distance, 1, w, 1, Features, products[(part * steps * Width)..], Width, false, bias, Activation.None, team);
        }
    }

    /// <summary>Adds what all recurrent operators add to the gradients of input and weights.</summary>
    /// <param name="io">Values and gradients.</param>
    /// <param name="dz">Gradients of what goes into the gates [rows, gates · hidden].</param>
    internal void InputGradients(in Gradients io, ReadOnlySpan<float> dz)
    {
        if (io.Wants(RecurrentRule.Input))
        {
            Gemm.Multiply(
                Rows, Features, Width, dz, Width, 1, io.Input(RecurrentRule.Weights), Features, 1, io.InputGradient(RecurrentRule.Input), Features, io.Accumulate(RecurrentRule.Input), default, Activation.None, io.Team);
        }

        if (io.Wants(RecurrentRule.Weights))
        {
            Gemm.Multiply(
                Width, Features, Rows, dz, 1, Width, io.Input(RecurrentRule.Input), Features, 1, io.InputGradient(RecurrentRule.Weights), Features, io.Accumulate(RecurrentRule.Weights), default, Activation.None, io.Team);
        }
    }

    /// <summary>The gradient of some rows of the recurrent weights: dzᵀ · states.</summary>
    /// <param name="io">Receives it.</param>
    /// <param name="firstGate">The first gate.</param>
    /// <param name="gates">Gates.</param>
    /// <param name="dz">Gradients of what goes into them, from the first one's first element.</param>
    /// <param name="distance">Elements between rows of <paramref name="dz"/>.</param>
    /// <param name="states">What the weights were multiplied with [rows, width of h].</param>
    internal void RecurrentGradient(in Gradients io, int firstGate, int gates, ReadOnlySpan<float> dz, int distance, ReadOnlySpan<float> states)
    {
        if (io.Wants(RecurrentRule.Recurrent))
        {
            Gemm.Multiply(
                gates * Hidden, State, Rows, dz, 1, distance, states, State, 1, io.InputGradient(RecurrentRule.Recurrent)[(firstGate * Hidden * State)..], State, io.Accumulate(RecurrentRule.Recurrent), default, Activation.None, io.Team);
        }
    }

    /// <summary>The gradient of the bias, left in <paramref name="sums"/> too.</summary>
    internal void BiasGradient(in Gradients io, ReadOnlySpan<float> dz, Span<float> sums)
    {
        if (!io.Wants(RecurrentRule.Bias) && !io.Wants(RecurrentRule.RecurrentBias))
        {
            return;
        }

        ColumnSums.Run(Rows, Width, dz, sums, accumulate: false, io.Team);
        if (io.Wants(RecurrentRule.Bias))
        {
            Elementwise.Copy(io.Team, sums, io.InputGradient(RecurrentRule.Bias), io.Accumulate(RecurrentRule.Bias));
        }
    }

    /// <summary>The gradient of the recurrent bias.</summary>
    internal static void RecurrentBiasGradient(in Gradients io, ReadOnlySpan<float> sums)
    {
        if (io.Wants(RecurrentRule.RecurrentBias))
        {
            Elementwise.Copy(io.Team, sums, io.InputGradient(RecurrentRule.RecurrentBias), io.Accumulate(RecurrentRule.RecurrentBias));
        }
    }

    /// <summary>The gradient of a first state.</summary>
    internal static void StateGradient(in Gradients io, int input, ReadOnlySpan<float> gradient)
    {
        if (io.Wants(input))
        {
            Elementwise.Copy(io.Team, gradient, io.InputGradient(input), io.Accumulate(input));
        }
    }

    /// <summary>The first state, zeros where it was left out.</summary>
    internal static void Start(ReadOnlySpan<float> first, Span<float> state)
    {
        if (first.IsEmpty)
        {
            state.Clear();
        }
        else
        {
            first.CopyTo(state);
        }
    }

    /// <summary>Throws unless every sample has a length of 0 … time.</summary>
    /// <exception cref="ShapeException">One has not.</exception>
    internal void CheckLengths(ReadOnlySpan<int> lengths)
    {
        foreach (int length in lengths)
        {
            if ((uint)length > (uint)Time)
            {
                RefuseLength(length);
            }
        }
    }

    [DoesNotReturn]
    private void RefuseLength(int length) => throw new ShapeException($"A sequence has length {length}; 0 … {Time} is allowed for an input of {Time} steps.");
}

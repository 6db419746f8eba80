using System.Diagnostics.CodeAnalysis;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>An input of positions: int32, int64, or float32 whose fraction is dropped. What it says is known at run time only, so each position is checked when it is used.</summary>
internal readonly ref struct Indices
{
    private readonly ReadOnlySpan<int> _narrow;
    private readonly ReadOnlySpan<long> _wide;
    private readonly ReadOnlySpan<float> _real;

    /// <summary>Looks at an input of a forward phase.</summary>
    internal Indices(in Buffers io, int input)
        : this(io.InputSpec(input).Type, io.Input<int>(input), io.Input<long>(input), io.Input(input))
    {
    }

    /// <summary>Looks at an input of a backward phase.</summary>
    internal Indices(in Gradients io, int input)
        : this(io.InputSpec(input).Type, io.Input<int>(input), io.Input<long>(input), io.Input(input))
    {
    }

    private Indices(DataType type, ReadOnlySpan<int> narrow, ReadOnlySpan<long> wide, ReadOnlySpan<float> real)
    {
        _narrow = type == DataType.Int32 ? narrow : default;
        _wide = type == DataType.Int64 ? wide : default;
        _real = type == DataType.Float32 ? real : default;
    }

    /// <summary>Throws unless an input holds positions.</summary>
    /// <param name="shapes">The inputs.</param>
    /// <param name="input">Its position.</param>
    /// <param name="real">Whether float32 is allowed too.</param>
    internal static void Require(in Shapes shapes, int input, bool real = false) => shapes.Require(
        shapes.Type(input) is DataType.Int32 or DataType.Int64 || (real && shapes.Type(input) == DataType.Float32),
        $"input {input}, the indices, is {shapes.Input(input)}; int32 and int64{(real ? " and float32" : "")} are allowed. Cast it first.");

    /// <summary>A position as stored; long.MinValue for a float that is not an integer's.</summary>
    internal long this[int at] => !_narrow.IsEmpty ? _narrow[at] : !_wide.IsEmpty ? _wide[at] : Truncate(_real[at]);

    /// <summary>A position on an axis.</summary>
    /// <param name="at">Which one.</param>
    /// <param name="size">Size of the axis.</param>
    /// <param name="allowNegative">Whether −1 means the last element, and so on.</param>
    /// <param name="name">The operator, for the message.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    internal int On(int at, int size, bool allowNegative, string name)
    {
        long index = this[at];
        long counted = allowNegative && index < 0 ? index + size : index;
        if ((ulong)counted >= (ulong)size)
        {
            Refuse(index, size, allowNegative, name);
        }

        return (int)counted;
    }

    private static long Truncate(float value) => value is > -1e9f and < 1e9f ? (long)value : long.MinValue;

    [DoesNotReturn]
    private static void Refuse(long index, int size, bool allowNegative, string name) => throw new ArgumentOutOfRangeException(
        nameof(index), index, $"{name}: an index is {index}; {(allowNegative ? -size : 0)} … {size - 1} is allowed for an axis of {size} elements.");
}

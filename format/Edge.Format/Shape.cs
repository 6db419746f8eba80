using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Edge.Format;

/// <summary>Sizes of a tensor's axes, outermost first; at most <see cref="MaxRank"/> of them. Rank 0 is a scalar of one element.</summary>
public readonly struct Shape : IEquatable<Shape>
{
    /// <summary>Most axes a tensor may have.</summary>
    public const int MaxRank = 8;

    private readonly Sizes _sizes;
    private readonly int _rank;

    /// <summary>Makes a shape.</summary>
    /// <param name="sizes">Axis sizes, outermost first; each at least 0.</param>
    /// <exception cref="ArgumentException">More than <see cref="MaxRank"/> axes, or a negative size.</exception>
    public Shape(params ReadOnlySpan<int> sizes)
    {
        if (sizes.Length > MaxRank)
        {
            throw new ArgumentException($"A shape has {sizes.Length} axes; at most {MaxRank} are allowed.", nameof(sizes));
        }

        for (int i = 0; i < sizes.Length; i++)
        {
            if (sizes[i] < 0)
            {
                throw new ArgumentException($"Axis {i} has size {sizes[i]}; sizes start at 0.", nameof(sizes));
            }

            _sizes[i] = sizes[i];
        }

        _rank = sizes.Length;
    }

    /// <summary>Number of axes.</summary>
    public int Rank => _rank;

    /// <summary>The sizes, outermost first.</summary>
    [UnscopedRef]
    public ReadOnlySpan<int> Axes => ((ReadOnlySpan<int>)_sizes)[.._rank];

    /// <summary>Size of an axis.</summary>
    /// <param name="axis">0 ≤ axis &lt; <see cref="Rank"/>, or negative to count from the end: −1 is the innermost.</param>
    public int this[int axis]
    {
        get
        {
            int index = axis < 0 ? axis + _rank : axis;
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_rank, nameof(axis));
            return _sizes[index];
        }
    }

    /// <summary>Product of all sizes; 1 for a scalar.</summary>
    /// <exception cref="OverflowException">The product exceeds 2³¹ − 1; a loaded model never has such a tensor.</exception>
    public int ElementCount
    {
        get
        {
            int count = 1;
            for (int i = 0; i < _rank; i++)
            {
                count = checked(count * _sizes[i]);
            }

            return count;
        }
    }

    /// <summary>Product of the sizes of axes <paramref name="from"/> … <paramref name="to"/> − 1; 1 when there are none.</summary>
    /// <param name="from">First axis.</param>
    /// <param name="to">One past the last axis.</param>
    public int Product(int from, int to)
    {
        int count = 1;
        for (int i = from; i < to; i++)
        {
            count = checked(count * _sizes[i]);
        }

        return count;
    }

    /// <summary>The same shape with one size changed.</summary>
    /// <param name="axis">0 ≤ axis &lt; <see cref="Rank"/>, or negative to count from the end.</param>
    /// <param name="size">The new size.</param>
    public Shape With(int axis, int size)
    {
        Span<int> sizes = stackalloc int[MaxRank];
        Axes.CopyTo(sizes);
        sizes[axis < 0 ? axis + _rank : axis] = size;
        return new Shape(sizes[.._rank]);
    }

    /// <inheritdoc/>
    public bool Equals(Shape other) => Axes.SequenceEqual(other.Axes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (int size in Axes)
        {
            hash.Add(size);
        }

        return hash.ToHashCode();
    }

    /// <summary>For example <c>[1, 28, 28, 3]</c>.</summary>
    public override string ToString()
    {
        StringBuilder text = new("[");
        for (int i = 0; i < _rank; i++)
        {
            text.Append(i == 0 ? "" : ", ").Append(_sizes[i].ToString(CultureInfo.InvariantCulture));
        }

        return text.Append(']').ToString();
    }

    /// <summary>Whether two shapes have the same axes.</summary>
    /// <param name="left">One shape.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Whether two shapes differ.</summary>
    /// <param name="left">One shape.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    [InlineArray(MaxRank)]
    private struct Sizes
    {
        private int _first;
    }
}

using System.Runtime.CompilerServices;

namespace Edge.Runtime.Operators;

/// <summary>An immutable list of integers with value equality: axes, permutations and sizes among an operator's attributes. The default is empty.</summary>
/// <remarks>Written as a collection expression: <c>new Transpose([0, 2, 1])</c>.</remarks>
[CollectionBuilder(typeof(IntList), nameof(Create))]
public readonly struct IntList : IEquatable<IntList>
{
    private readonly int[]? _values;

    private IntList(int[] values) => _values = values;

    /// <summary>Makes a list.</summary>
    /// <param name="values">The integers; copied.</param>
    public static IntList Create(ReadOnlySpan<int> values) => values.IsEmpty ? default : new IntList(values.ToArray());

    /// <summary>Makes a list of an array that nobody else has.</summary>
    internal static IntList Own(int[] values) => values.Length == 0 ? default : new IntList(values);

    /// <summary>Number of integers.</summary>
    public int Count => Values.Length;

    /// <summary>The integers.</summary>
    public ReadOnlySpan<int> Values => _values;

    /// <summary>One integer.</summary>
    /// <param name="index">0 ≤ index &lt; <see cref="Count"/>.</param>
    public int this[int index] => Values[index];

    /// <summary>Enumerates the integers.</summary>
    public ReadOnlySpan<int>.Enumerator GetEnumerator() => Values.GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(IntList other) => Values.SequenceEqual(other.Values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is IntList other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (int value in Values)
        {
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    /// <summary>For example <c>[0, 2, 1]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", _values ?? [])}]";

    /// <summary>Whether two lists hold the same integers.</summary>
    /// <param name="left">One list.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(IntList left, IntList right) => left.Equals(right);

    /// <summary>Whether two lists differ.</summary>
    /// <param name="left">One list.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(IntList left, IntList right) => !left.Equals(right);
}

using System.Globalization;
using System.Runtime.CompilerServices;

namespace Edge.Runtime.Operators;

/// <summary>An immutable list of floats with value equality: factors among an operator's attributes. The default is empty.</summary>
/// <remarks>Written as a collection expression, like <see cref="IntList"/>.</remarks>
[CollectionBuilder(typeof(FloatList), nameof(Create))]
public readonly struct FloatList : IEquatable<FloatList>
{
    private readonly float[]? _values;

    private FloatList(float[] values) => _values = values;

    /// <summary>Makes a list.</summary>
    /// <param name="values">The floats; copied.</param>
    public static FloatList Create(ReadOnlySpan<float> values) => values.IsEmpty ? default : new FloatList(values.ToArray());

    /// <summary>Makes a list of an array that nobody else has.</summary>
    internal static FloatList Own(float[] values) => values.Length == 0 ? default : new FloatList(values);

    /// <summary>Number of floats.</summary>
    public int Count => Values.Length;

    /// <summary>The floats.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>One float.</summary>
    /// <param name="index">0 ≤ index &lt; <see cref="Count"/>.</param>
    public float this[int index] => Values[index];

    /// <summary>Enumerates the floats.</summary>
    public ReadOnlySpan<float>.Enumerator GetEnumerator() => Values.GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(FloatList other) => Values.SequenceEqual(other.Values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FloatList other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (float value in Values)
        {
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    /// <summary>For example <c>[0.5, 2]</c>.</summary>
    public override string ToString() =>
        $"[{string.Join(", ", Array.ConvertAll(_values ?? [], static value => value.ToString(CultureInfo.InvariantCulture)))}]";

    /// <summary>Whether two lists hold the same floats.</summary>
    /// <param name="left">One list.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(FloatList left, FloatList right) => left.Equals(right);

    /// <summary>Whether two lists differ.</summary>
    /// <param name="left">One list.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(FloatList left, FloatList right) => !left.Equals(right);
}

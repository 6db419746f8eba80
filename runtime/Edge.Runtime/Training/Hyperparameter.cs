using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Edge.Runtime.Training;

/// <summary>Range checks of the numbers a user sets; every refusal names the number, what was found and what is allowed.</summary>
internal static class Hyperparameter
{
    internal static float Positive(float value, string name)
        => float.IsFinite(value) && value > 0 ? value : Refuse(value, name, "a finite number above 0");

    internal static float NotNegative(float value, string name)
        => float.IsFinite(value) && value >= 0 ? value : Refuse(value, name, "0 or a finite number above it");

    /// <summary>0 ≤ value &lt; 1: what a decaying average may keep of its past. At 1 it would never move.</summary>
    internal static float Decay(float value, string name)
        => value is >= 0 and < 1 ? value : Refuse(value, name, "at least 0 and below 1");

    /// <summary>0 &lt; value ≤ 1.</summary>
    internal static float Factor(float value, string name)
        => value is > 0 and <= 1 ? value : Refuse(value, name, "above 0 and at most 1");

    /// <summary>0 ≤ value ≤ 1.</summary>
    internal static float Fraction(float value, string name)
        => value is >= 0 and <= 1 ? value : Refuse(value, name, "between 0 and 1");

    internal static long AtLeastOne(long value, string name)
        => value >= 1 ? value : Refuse(value, name, "1 or more");

    [DoesNotReturn]
    private static T Refuse<T>(T value, string name, string allowed) where T : IFormattable
        => throw new ArgumentOutOfRangeException(
            name, value, $"'{name}' is {value.ToString(null, CultureInfo.InvariantCulture)}; it must be {allowed}. Set it in that range.");
}

using System.Globalization;

namespace Edge.Learning;

/// <summary>Loss and metrics of one pass over a data set.</summary>
/// <param name="Values">"loss", then each metric, by name.</param>
public sealed record Evaluation(IReadOnlyList<KeyValuePair<string, double>> Values)
{
    /// <summary>The mean loss.</summary>
    public double Loss => this["loss"];

    /// <summary>A value by its name.</summary>
    /// <param name="name">Such as "accuracy".</param>
    /// <exception cref="ArgumentException">It was not measured.</exception>
    public double this[string name] => Find(Values, name);

    /// <summary>For example <c>loss 0.0412, accuracy 0.9873</c>.</summary>
    public override string ToString() => string.Join(", ", Values.Select(static pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {pair.Value:0.####}")));

    internal static double Find(IReadOnlyList<KeyValuePair<string, double>> values, string name)
    {
        foreach ((string key, double value) in values)
        {
            if (key == name)
            {
                return value;
            }
        }

        throw new ArgumentException($"'{name}' was not measured; there are {string.Join(", ", values.Select(static pair => pair.Key))}.", nameof(name));
    }
}

using System.Globalization;

namespace Edge.Runtime.Training;

/// <summary>Which parameters fine-tuning changes. A layer is an operator with a trainable weight: Dense, Conv2D, BatchNorm, ….</summary>
public sealed record UpdateScheme
{
    private UpdateScheme(byte code, int layers, string name)
    {
        Code = code;
        Layers = layers;
        Name = name;
    }

    /// <summary>Every weight and bias.</summary>
    public static UpdateScheme All { get; } = new(0, 0, "full");

    /// <summary>Every bias, no weight: needs no kept activations of linear layers.</summary>
    public static UpdateScheme BiasesOnly { get; } = new(2, 0, "bias");

    /// <summary>Code in files.</summary>
    internal byte Code { get; }

    /// <summary>Number of layers of <see cref="LastLayers"/>, else 0.</summary>
    public int Layers { get; }

    /// <summary>The name that <see cref="Parse"/> reads: <c>full</c>, <c>bias</c>, <c>last:2</c>.</summary>
    public string Name { get; }

    /// <summary>Weights and biases of the last layers in execution order.</summary>
    /// <param name="count">How many, 1 or more; more than the model has means all.</param>
    public static UpdateScheme LastLayers(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return new(1, count, string.Create(CultureInfo.InvariantCulture, $"last:{count}"));
    }

    /// <summary>Reads a scheme's name.</summary>
    /// <param name="name"><c>full</c>, <c>bias</c> or <c>last:K</c>.</param>
    /// <exception cref="ArgumentException">It is none of these.</exception>
    public static UpdateScheme Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name == All.Name)
        {
            return All;
        }

        if (name == BiasesOnly.Name)
        {
            return BiasesOnly;
        }

        return name.StartsWith("last:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0
            ? LastLayers(count)
            : throw new ArgumentException($"Update scheme '{name}' is unknown; 'full', 'bias' and 'last:K' (K = 1, 2, …) are known.", nameof(name));
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

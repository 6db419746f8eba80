using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;

namespace Edge.Learning.Layers;

/// <summary>A building block of networks: what it computes, its shape rule and its parameters, as nodes of a <see cref="Graph"/>.</summary>
/// <remarks>A layer holds no values: those belong to the <see cref="Network"/>. Applied more than once, it shares its parameters.</remarks>
public abstract class Layer
{
    /// <summary>Names a layer.</summary>
    /// <param name="name">Its name, or null for one made from its kind.</param>
    protected Layer(string? name) => Name = name;

    /// <summary>The name that was given, or null: the network then makes one, such as "dense_1".</summary>
    public string? Name { get; }

    /// <summary>Its kind, such as "Dense".</summary>
    public string Kind => GetType().Name;

    /// <summary>Fewest inputs.</summary>
    protected virtual int MinInputs => 1;

    /// <summary>Most inputs.</summary>
    protected virtual int MaxInputs => 1;

    /// <summary>Applies the layer.</summary>
    /// <param name="inputs">What it reads.</param>
    /// <returns>What it gives.</returns>
    /// <exception cref="ShapeException">The inputs do not fit; the message names the layer.</exception>
    public Symbol Apply(params ReadOnlySpan<Symbol> inputs)
    {
        string name = Name ?? DefaultName(inputs);
        if (inputs.Length < MinInputs || inputs.Length > MaxInputs)
        {
            throw new ShapeException($"Layer '{name}' ({Kind}): {inputs.Length} inputs; {(MinInputs == MaxInputs ? $"{MinInputs}" : $"{MinInputs} … {MaxInputs}")} are allowed.");
        }

        // The rule of every operator runs here, on a graph of this one layer, so a mistake is reported where it is made.
        LayerBuilder builder = new(new Graph(), null);
        Tensor[] tensors = new Tensor[inputs.Length];
        for (int i = 0; i < tensors.Length; i++)
        {
            ArgumentNullException.ThrowIfNull(inputs[i], nameof(inputs));
            tensors[i] = builder.Graph.AddInput("input", inputs[i].BatchShape);
        }

        return new Symbol(this, inputs.ToArray(), builder.Build(this, name, tensors).Shape);
    }

    /// <summary>Adds the layer's nodes to a graph.</summary>
    /// <param name="builder">Receives nodes and parameters.</param>
    /// <param name="inputs">What the layer reads; axis 0 is the batch.</param>
    /// <returns>What it gives.</returns>
    protected internal abstract Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs);

    internal static int AtLeastOne(int value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, name);
        return value;
    }

    internal static string DefaultName(string kind, int count)
    {
        System.Text.StringBuilder name = new();
        for (int i = 0; i < kind.Length; i++)
        {
            // "MaxPooling2D" becomes "max_pooling2d", as Keras has it.
            bool starts = i > 0 && char.IsUpper(kind[i]) && char.IsLower(kind[i - 1]);
            name.Append(starts ? "_" : "").Append(char.ToLowerInvariant(kind[i]));
        }

        return count == 0 ? name.ToString() : $"{name}_{count}";
    }

    private string DefaultName(ReadOnlySpan<Symbol> inputs)
    {
        int count = 0;
        foreach (Symbol symbol in Network.Ancestors(inputs))
        {
            count += symbol.Layer is { Name: null } other && other != this && other.Kind == Kind ? 1 : 0;
        }

        return DefaultName(Kind, count);
    }
}

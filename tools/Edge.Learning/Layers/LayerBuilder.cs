using System.Diagnostics.CodeAnalysis;
using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Learning.Layers;

/// <summary>What a layer builds with: nodes and parameters that carry its name.</summary>
public sealed class LayerBuilder
{
    private readonly ParameterStore? _store;
    private readonly Dictionary<(Layer Layer, string Name), Tensor> _shared = [];
    private Layer _layer = null!;

    internal LayerBuilder(Graph graph, ParameterStore? store)
    {
        Graph = graph;
        _store = store;
    }

    /// <summary>The graph under construction.</summary>
    public Graph Graph { get; }

    /// <summary>The layer's name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Adds a node named as the layer.</summary>
    /// <typeparam name="TOperator">The operator.</typeparam>
    /// <param name="op">Its attributes.</param>
    /// <param name="inputs">What it reads; null for an optional input left out.</param>
    public Tensor Add<TOperator>(TOperator op, params ReadOnlySpan<Tensor?> inputs) where TOperator : struct, IOperator<TOperator> => Graph.Add(Name, op, inputs);

    /// <summary>A trainable parameter.</summary>
    /// <param name="name">Its name within the layer.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="initializer">Its first values.</param>
    /// <param name="fanIn">Values that one output sums up.</param>
    /// <param name="fanOut">Outputs that one input reaches.</param>
    public Tensor Parameter(string name, Shape shape, Initializer initializer, int fanIn = 1, int fanOut = 1) => Make(name, shape, initializer, fanIn, fanOut, trainable: true);

    /// <summary>A running statistic: saved with the model, changed by training steps but not by the optimizer.</summary>
    /// <param name="name">Its name within the layer.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="initializer">Its first values.</param>
    public Tensor State(string name, Shape shape, Initializer initializer) => Make(name, shape, initializer, 1, 1, trainable: false);

    /// <summary>Throws unless an input has a number of axes.</summary>
    /// <param name="input">The input.</param>
    /// <param name="rank">How many, the batch included.</param>
    /// <param name="form">The axes' names, for the message.</param>
    /// <exception cref="ShapeException">It has another number.</exception>
    public static void RequireRank(Tensor input, int rank, string form)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Shape.Rank != rank)
        {
            throw new ShapeException($"the input has {input.Shape.Rank} axes, the batch included; {rank} are needed: {form}.");
        }
    }

    internal Tensor Build(Layer layer, string name, IReadOnlyList<Tensor> inputs)
    {
        Layer outer = _layer;
        string outerName = Name;
        (_layer, Name) = (layer, name);
        try
        {
            return layer.Build(this, inputs);
        }
        catch (ShapeException error) when (outer is null)
        {
            string shapes = string.Join(" and ", inputs.Select(static input => $"[{string.Join(", ", input.Shape.Axes[1..].ToArray())}]"));
            throw new ShapeException($"Layer '{name}' ({layer.Kind}) on samples {shapes}: {error.Message}");
        }
        finally
        {
            (_layer, Name) = (outer!, outerName);
        }
    }

    /// <summary>Builds a layer inside a layer; its parameters carry both names.</summary>
    internal Tensor Nested(Layer layer, string name, Tensor input) => Build(layer, $"{Name}/{name}", [input]);

    private Tensor Make(string name, Shape shape, Initializer initializer, int fanIn, int fanOut, bool trainable)
    {
        ArgumentNullException.ThrowIfNull(initializer);
        string full = $"{Name}/{name}";
        if (_shared.TryGetValue((_layer, name), out Tensor? known))
        {
            return known.Shape == shape ? known : Refuse(name, known.Shape, shape);
        }

        ReadOnlySpan<float> values = _store is null ? new float[shape.ElementCount] : _store.Get(full, shape, initializer, fanIn, fanOut, trainable);
        Tensor tensor = Graph.Constant(full, shape, values);
        _shared.Add((_layer, name), tensor);
        return tensor;
    }

    [DoesNotReturn]
    private static Tensor Refuse(string name, Shape first, Shape second) =>
        throw new ShapeException($"'{name}' is {first} where the layer was applied first and would be {second} here; a layer applied twice shares its parameters. Make a second layer.");
}

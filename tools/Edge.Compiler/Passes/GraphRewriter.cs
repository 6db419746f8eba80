using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>Builds a graph anew, node by node in order, where a pass changes too much to do so in place.</summary>
/// <param name="source">The graph; unchanged.</param>
internal abstract class GraphRewriter(Graph source)
{
    private readonly Dictionary<Tensor, Tensor> _constants = [];

    /// <summary>The graph under construction.</summary>
    public Graph Target { get; } = new();

    /// <summary>The graph that is rewritten.</summary>
    protected Graph Source { get; } = source;

    /// <summary>Rewrites the whole graph.</summary>
    public void Rewrite()
    {
        foreach (Tensor input in Source.Inputs)
        {
            AddInput(input, Target.AddInput(input.Name, input.Spec));
        }

        foreach (Node node in Source.Nodes)
        {
            Visit(node);
        }

        HashSet<Tensor> taken = [];
        foreach (Tensor output in Source.Outputs)
        {
            Tensor tensor = Plain(output);
            bool computed = tensor.Producer is not null;
            if (!taken.Add(tensor) || (!computed && output.Producer is not null))
            {
                // The name belongs to the output, so what already has one is copied.
                tensor = Target.Add(output.Name, new Reshape(IntList.Create(new int[tensor.Shape.Rank])), tensor);
                computed = true;
            }

            if (computed)
            {
                Target.Rename(tensor, output.Name);
            }

            Target.AddOutput(tensor);
        }
    }

    /// <summary>Takes an input over.</summary>
    protected abstract void AddInput(Tensor source, Tensor input);

    /// <summary>Takes a node over, or what is to stand in its place.</summary>
    protected abstract void Visit(Node node);

    /// <summary>A tensor of the source in the target, with the same shape, type and values.</summary>
    protected abstract Tensor Plain(Tensor source);

    /// <summary>A constant of the source in the target.</summary>
    protected Tensor Constant(Tensor constant)
    {
        if (!_constants.TryGetValue(constant, out Tensor? copy))
        {
            copy = Target.Constant(constant.Name, constant.Spec, constant.Data);
            _constants.Add(constant, copy);
        }

        return copy;
    }

    /// <summary>Adds a node like one of the source.</summary>
    /// <param name="node">The node.</param>
    /// <param name="op">Its operator, perhaps with other attributes.</param>
    /// <param name="inputs">What it reads.</param>
    /// <param name="shape">What becomes of the shapes of its outputs.</param>
    protected Node Copy(Node node, IOperator op, ReadOnlySpan<Tensor?> inputs, Func<Shape, Shape>? shape = null) => Target.AddNode(
        node.Info,
        op,
        node.Name,
        inputs,
        [.. node.Outputs.Select(output => shape is null ? output.Spec : output.Spec with { Shape = shape(output.Shape) })],
        [.. node.Outputs.Select(static output => output.Name)]);
}

using Edge.Compiler;

namespace Edge.Import;

/// <summary>A source model that was read and surveyed but not yet converted.</summary>
public abstract class SourceModel
{
    /// <summary>The format's name: <c>TFLite</c>, <c>ONNX</c>, <c>Keras</c>, <c>TensorFlow</c>.</summary>
    public abstract string Format { get; }

    /// <summary>Inputs, in the source's order.</summary>
    public abstract IReadOnlyList<SourceTensor> Inputs { get; }

    /// <summary>Outputs, in the source's order.</summary>
    public abstract IReadOnlyList<SourceTensor> Outputs { get; }

    /// <summary>All operators with how each reaches the runtime, in the source's order.</summary>
    public abstract IReadOnlyList<SourceOperator> Operators { get; }

    /// <summary>Converts the model into a graph, as the source computes it: no pass has run.</summary>
    /// <exception cref="ModelImportException">Operators are missing (the message names all of them), or the model is malformed.</exception>
    public Graph Build()
    {
        SourceOperator[] missing = [.. Operators.Where(static op => op.Support == OperatorSupport.Missing)];
        if (missing.Length > 0)
        {
            throw new ModelImportException(
                $"{missing.Length} of {Operators.Count} operators cannot be converted: {string.Join("; ", missing.Take(20).Select(static op => $"{op.Kind} '{op.Name}' ({op.Note})"))}" +
                $"{(missing.Length > 20 ? $"; and {missing.Length - 20} more" : "")}.");
        }

        return BuildGraph();
    }

    /// <summary>Converts a model of which no operator is missing.</summary>
    protected abstract Graph BuildGraph();
}

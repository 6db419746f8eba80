using Edge.Compiler;
using Edge.Format;
using Edge.Import.TensorFlow.Messages;

namespace Edge.Import.TensorFlow;

/// <summary>A TensorFlow model that was read and surveyed.</summary>
internal sealed class TensorFlowModel : SourceModel
{
    private readonly TensorFlowSource _source;
    private readonly ImportOptions _options;

    /// <summary>Surveys a model.</summary>
    /// <param name="source">The model.</param>
    /// <param name="options">What the caller decides.</param>
    public TensorFlowModel(TensorFlowSource source, ImportOptions options)
    {
        _source = source;
        _options = options;
        Inputs = [.. source.Inputs.Select(static input => new SourceTensor(input.Name, input.Type, Axes(input.Shape.Axes)))];
        Outputs = [.. source.Outputs.Select(static output => new SourceTensor(output.Name, output.Type == DataType.None ? DataType.Float32 : output.Type, Axes(output.Axes)))];
        HashSet<FlatNode> inputs = [.. source.Inputs.Select(static input => input.Node)];
        Operators = [.. source.Graph.Nodes.Where(node => !inputs.Contains(node) && !TensorFlowOperators.IsSource(node.Kind)).Select(Survey)];
    }

    /// <inheritdoc/>
    public override string Format => "TensorFlow";

    /// <inheritdoc/>
    public override IReadOnlyList<SourceTensor> Inputs { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceTensor> Outputs { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceOperator> Operators { get; }

    /// <inheritdoc/>
    protected override Graph BuildGraph() => new TensorFlowConverter(_source, _options).Convert();

    private static SourceOperator Survey(FlatNode node)
    {
        if (TensorFlowOperators.Find(node.Kind) is not { } known)
        {
            return new SourceOperator(node.Kind, node.Name, OperatorSupport.Missing, TensorFlowOperators.WhyMissing(node.Kind));
        }

        return known.Refuses(node) is { } reason
            ? new SourceOperator(node.Kind, node.Name, OperatorSupport.Missing, reason)
            : new SourceOperator(node.Kind, node.Name, known.Support, known.Becomes);
    }

    private static int[] Axes(IReadOnlyList<long> axes) => [.. axes.Select(static size => size is > 0 and <= int.MaxValue ? (int)size : -1)];
}

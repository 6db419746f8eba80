using Edge.Compiler;
using Edge.Runtime.Operators;

namespace Edge.Import.TFLite;

/// <summary>A .tflite file, surveyed.</summary>
internal sealed class TfliteModel : SourceModel
{
    private readonly TfliteFile _file;
    private readonly ImportOptions _options;
    private readonly TfliteSubgraph _graph;
    private readonly int[] _inputs;
    private readonly int[] _outputs;
    private readonly int[] _operators;

    /// <summary>Surveys a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="options">What the caller decides.</param>
    public TfliteModel(TfliteFile file, ImportOptions options)
    {
        _file = file;
        _options = options;
        _graph = file.Subgraphs[0];
        _inputs = options.Inputs.Count == 0 ? _graph.Inputs : [.. options.Inputs.Select(Find)];
        _outputs = options.Outputs.Count == 0 ? _graph.Outputs : [.. options.Outputs.Select(Find)];
        _operators = options.Inputs.Count == 0 && options.Outputs.Count == 0 ? [.. Enumerable.Range(0, _graph.Operators.Length)] : Needed();
        if (_outputs.Length == 0)
        {
            throw new ModelImportException("The model has no output; at least one is needed.");
        }

        Inputs = [.. _inputs.Where(input => !options.Values.ContainsKey(_graph.Tensors[input].Name)).Select(Describe)];
        Outputs = [.. _outputs.Select(Describe)];
        Operators = [.. _operators.Select(Survey)];
    }

    /// <inheritdoc/>
    public override string Format => "TFLite";

    /// <inheritdoc/>
    public override IReadOnlyList<SourceTensor> Inputs { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceTensor> Outputs { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceOperator> Operators { get; }

    /// <inheritdoc/>
    protected override Graph BuildGraph()
    {
        Graph graph = new TfliteConversion(_file, _options, _inputs, _outputs).Run(_operators);
        if (graph.Nodes.Any(static node => node.Operator is Quantize))
        {
            graph.Metadata[QuantizedFusion.ExactConversions] = "exact";
        }

        return graph;
    }

    private SourceTensor Describe(int index)
    {
        TfliteTensor tensor = _graph.Tensors[index];
        return new SourceTensor(tensor.Name, tensor.InterfaceType, tensor.Signature.Length > 0 ? tensor.Signature : tensor.Axes);
    }

    private SourceOperator Survey(int index)
    {
        TfliteOperator op = _graph.Operators[index];
        string name = op.Outputs.Length > 0 ? _graph.Tensors[op.Outputs[0]].Name : $"operator {index}";
        return TfliteMappings.Find(op.Kind) is { } mapping
            ? new SourceOperator(op.Kind, name, mapping.Support, mapping.Becomes)
            : new SourceOperator(op.Kind, name, OperatorSupport.Missing, "no operators of the runtime do the same; cut the model before it with the outputs of the import options");
    }

    private int Find(string name)
    {
        int index = Array.FindIndex(_graph.Tensors, tensor => tensor.Name == name);
        return index >= 0 ? index : throw new ModelImportException(
            $"The model has no tensor '{name}'. Its inputs are {Names(_graph.Inputs)}, its outputs {Names(_graph.Outputs)}.");

        string Names(int[] tensors) => string.Join(", ", tensors.Take(20).Select(tensor => $"'{_graph.Tensors[tensor].Name}'"));
    }

    /// <summary>The operators between the chosen inputs and outputs, in order.</summary>
    private int[] Needed()
    {
        HashSet<int> wanted = [.. _outputs];
        wanted.ExceptWith(_inputs);
        List<int> needed = [];
        for (int i = _graph.Operators.Length - 1; i >= 0; i--)
        {
            if (_graph.Operators[i].Outputs.Any(wanted.Contains))
            {
                needed.Add(i);
                wanted.UnionWith(_graph.Operators[i].Inputs.Except(_inputs));
            }
        }

        needed.Reverse();
        return [.. needed];
    }
}

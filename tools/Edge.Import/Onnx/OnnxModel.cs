using Edge.Compiler;
using Edge.Format;

namespace Edge.Import.Onnx;

/// <summary>An ONNX model that was read and surveyed.</summary>
internal sealed class OnnxModel : SourceModel
{
    /// <summary>The newest operator set whose meaning is known.</summary>
    public const long NewestOpset = 22;

    private readonly OnnxModelMessage _message;
    private readonly ImportOptions _options;
    private readonly OnnxTensorReader _tensors;
    private readonly OnnxCut _cut;
    private readonly long _sourceBytes;

    private OnnxModel(OnnxModelMessage message, ImportOptions options, OnnxTensorReader tensors, long sourceBytes)
    {
        _message = message;
        _options = options;
        _tensors = tensors;
        _sourceBytes = sourceBytes;
        _cut = OnnxCut.Make(message.Graph, options);
        Inputs = [.. _cut.Inputs.Select(input => new SourceTensor(
            input.Name,
            OnnxTypes.Becomes(input.Type == 0 ? OnnxTypes.Float : input.Type, $"input '{input.Name}'"),
            [.. (input.Axes ?? []).Select(static axis => axis.Size is > 0 and <= int.MaxValue ? (int)axis.Size : -1)]))];
        Outputs = [.. _cut.Outputs.Select(static output => new SourceTensor(
            output.Name,
            OnnxTypes.Bytes(output.Type) > 0 ? OnnxTypes.Becomes(output.Type, output.Name) : DataType.Float32,
            [.. (output.Axes ?? []).Select(static axis => axis.Size is > 0 and <= int.MaxValue ? (int)axis.Size : -1)]))];
        Operators = [.. Survey(_cut.Nodes, message.Opsets, options.Limits.MaxNesting)];
    }

    /// <inheritdoc/>
    public override string Format => "ONNX";

    /// <inheritdoc/>
    public override IReadOnlyList<SourceTensor> Inputs { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceTensor> Outputs { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<SourceOperator> Operators { get; }

    /// <summary>Reads a file.</summary>
    public static OnnxModel Open(string path, ImportOptions options) => Read(File.ReadAllBytes(path), Path.GetDirectoryName(Path.GetFullPath(path))!, options);

    /// <summary>Reads a model.</summary>
    /// <param name="data">The file.</param>
    /// <param name="folder">The folder in which its external data lie.</param>
    /// <param name="options">What the caller decides.</param>
    public static OnnxModel Read(byte[] data, string folder, ImportOptions options)
    {
        OnnxModelMessage message = OnnxReader.ReadModel(data, options.Limits);
        foreach ((string domain, long version) in message.Opsets)
        {
            if (domain.Length == 0 && version is < 1 or > NewestOpset)
            {
                throw new ModelImportException($"The model uses operator set {version}; 1 … {NewestOpset} are known. Export it with opset_version={NewestOpset} or less.");
            }
        }

        ExternalFiles files = new(folder, options.Limits);
        long bytes = data.Length;
        HashSet<string> locations = [];
        foreach (OnnxTensorMessage tensor in message.Graph.Initializers)
        {
            if (tensor.IsExternal && tensor.External.GetValueOrDefault("location", "") is { } location && locations.Add(location))
            {
                bytes += files.Read(location, $"Tensor '{tensor.Name}'").Length;
            }
        }

        return new OnnxModel(message, options, new OnnxTensorReader(files), bytes);
    }

    /// <inheritdoc/>
    protected override Graph BuildGraph() => new OnnxConverter(_message, _cut, _options, _tensors, new GraphBuilder(_options.Limits, _sourceBytes)).Convert();

    /// <summary>All operators, those of called functions in the place of the call.</summary>
    private List<SourceOperator> Survey(IReadOnlyList<OnnxNodeMessage> nodes, IReadOnlyDictionary<string, long> opsets, int depth)
    {
        List<SourceOperator> operators = [];
        Add(nodes, opsets, depth);
        return operators;

        void Add(IReadOnlyList<OnnxNodeMessage> list, IReadOnlyDictionary<string, long> versions, int left)
        {
            foreach (OnnxNodeMessage node in list)
            {
                if (_message.Functions.TryGetValue((node.Domain, node.Kind), out OnnxFunctionMessage? function))
                {
                    if (left == 0)
                    {
                        throw new ModelImportException($"Function '{node.FullKind}' is called {_options.Limits.MaxNesting} calls deep; less is allowed. Functions must not call themselves.");
                    }

                    Add(function.Nodes, function.Opsets, left - 1);
                    continue;
                }

                if (operators.Count == _options.Limits.MaxOperators)
                {
                    throw new ModelImportException($"The model and its functions have more than {_options.Limits.MaxOperators:N0} nodes; that many are allowed.");
                }

                operators.Add(OnnxOperators.Find(node) is { } known
                    ? new SourceOperator(node.FullKind, node.Label, known.Support, known.Becomes)
                    : new SourceOperator(node.FullKind, node.Label, OperatorSupport.Missing, OnnxOperators.WhyMissing(node)));
            }
        }
    }
}

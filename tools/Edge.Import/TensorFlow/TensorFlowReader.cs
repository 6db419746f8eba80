using Edge.Format;
using Edge.Import.Protobuf;
using Edge.Import.TensorFlow.Bundle;
using Edge.Import.TensorFlow.Messages;

namespace Edge.Import.TensorFlow;

/// <summary>Reads SavedModels and graphs with their constants inside.</summary>
internal static class TensorFlowReader
{
    /// <summary>Name of the file that holds a SavedModel's graph.</summary>
    public const string SavedModelFile = "saved_model.pb";

    private const string ServingSignature = "serving_default";

    // Leaves of a graph that are there for training, saving or checking, not for their values.
    private static readonly HashSet<string> s_noResults = new(StringComparer.Ordinal)
    {
        "NoOp", "Const", "Placeholder", "PlaceholderWithDefault", "Assert", "CheckNumerics", "Print", "PrintV2", "SaveV2", "RestoreV2", "Assign", "AssignVariableOp",
        "AssignAddVariableOp", "AssignSubVariableOp", "VarHandleOp", "VariableV2", "Variable", "VarIsInitializedOp", "ScalarSummary", "HistogramSummary", "MergeSummary", "ImageSummary",
    };

    /// <summary>Reads a SavedModel.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="options">What the caller decides.</param>
    public static TensorFlowSource ReadSavedModel(string folder, ImportOptions options)
    {
        byte[] file = SourceFile.Read(Path.Combine(folder, SavedModelFile), options.Limits);
        List<MetaGraphMessage> graphs = MetaGraphMessage.ReadSavedModel(file, options.Limits);
        MetaGraphMessage graph = graphs.FirstOrDefault(static graph => graph.Tags.Contains(MetaGraphMessage.ServeTag)) ?? graphs.FirstOrDefault()
            ?? throw new ModelImportException("The SavedModel holds no graph.");
        SignatureMessage signature = Signature(graph, options);
        FlatGraph flat = new(graph.Graph, options.Limits);
        List<TensorFlowInput> inputs = options.Inputs.Count > 0 ? CutInputs(flat, options) : [.. signature.Inputs.Select(input => Input(flat, input.Key, input.Value))];
        TensorFlowOutput[] outputs = [.. (options.Outputs.Count > 0 ? options.Outputs : [.. signature.Outputs.Keys]).Select(name => signature.Outputs.TryGetValue(name, out TensorInfoMessage? info)
            ? new TensorFlowOutput(name, flat.Want(Dense(name, info).Name), TensorFlowTypes.Becomes(info.Type), info.Shape.Axes)
            : new TensorFlowOutput(name, flat.Want(name), DataType.None, []))];
        Decide(flat, inputs, options);
        string prefix = Path.Combine(folder, "variables", "variables");
        return new TensorFlowSource(flat, inputs, outputs, prefix, file.Length + TensorBundle.FileBytes(prefix));
    }

    /// <summary>Reads a graph with its constants inside.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What the caller decides.</param>
    public static TensorFlowSource ReadGraph(string path, ImportOptions options)
    {
        byte[] file = SourceFile.Read(path, options.Limits);
        GraphMessage graph = GraphMessage.Read(ProtobufReader.Open(file, "GraphDef", options.Limits), new NodeCounter(options.Limits));
        FlatGraph flat = new(graph, options.Limits);
        List<TensorFlowInput>? cut = options.Inputs.Count > 0 ? CutInputs(flat, options) : null;
        TensorFlowOutput[] outputs = [.. (options.Outputs.Count > 0 ? options.Outputs : Leaves(graph)).Select(name => new TensorFlowOutput(name, flat.Want(name), DataType.None, []))];
        if (outputs.Length == 0)
        {
            throw new ModelImportException("The graph has no node whose result nobody reads, and so no output. State the outputs.");
        }

        HashSet<FlatNode> reached = [.. flat.Nodes];
        List<TensorFlowInput> inputs = cut ?? [.. graph.Nodes.Where(static node => node.Kind == "Placeholder")
            .Select(node => flat.Resolve(flat.Main, node.Name).Node)
            .Where(reached.Contains)
            .Select(static node => new TensorFlowInput(node.Name, node, InputType(node), InputShape(node)))];
        Decide(flat, inputs, options);
        return new TensorFlowSource(flat, inputs, outputs, null, file.Length);
    }

    private static void Decide(FlatGraph graph, List<TensorFlowInput> inputs, ImportOptions options) => graph.Decide(inputs
        .Where(input => options.Values.TryGetValue(input.Name, out InputValue? value) && value is { Type: DataType.Bool, Data.Length: 1 })
        .ToDictionary(static input => input.Node, input => options.Values[input.Name].Data.Span[0] != 0));

    private static SignatureMessage Signature(MetaGraphMessage graph, ImportOptions options)
    {
        string known = string.Join(", ", graph.Signatures.Keys);
        if (options.Signature is { } chosen)
        {
            return graph.Signatures.GetValueOrDefault(chosen) ?? throw new ModelImportException($"The SavedModel has no signature '{chosen}'; {known} are there.");
        }

        if (graph.Signatures.TryGetValue(ServingSignature, out SignatureMessage? serving))
        {
            return serving;
        }

        SignatureMessage[] usable = [.. graph.Signatures.Values.Where(static signature => signature.Inputs.Count > 0 && signature.Outputs.Count > 0)];
        return usable.Length == 1 ? usable[0] : throw new ModelImportException(
            $"The SavedModel has no signature '{ServingSignature}' but {(known.Length > 0 ? known : "none at all")}; choose one, or save the model with a serving signature (model.export, tf.saved_model.save(..., signatures=...)).");
    }

    private static TensorFlowInput Input(FlatGraph flat, string name, TensorInfoMessage info)
    {
        FlatOutput tensor = flat.Resolve(flat.Main, Dense(name, info).Name);
        if (tensor.Index != 0)
        {
            throw new ModelImportException($"Input '{name}' is output {tensor.Index} of {tensor.Node}; a placeholder is needed.");
        }

        // Whatever computes the tensor, a caller gives it: only placeholders stand for inputs otherwise.
        return new TensorFlowInput(name, tensor.Node.Kind is "Placeholder" or "PlaceholderWithDefault" ? tensor.Node : flat.Cut(info.Name), TensorFlowTypes.Become(info.Type, $"input {name}"), info.Shape);
    }

    private static List<TensorFlowInput> CutInputs(FlatGraph flat, ImportOptions options) =>
        [.. options.Inputs.Select(name =>
        {
            FlatNode original = flat.Find(name).Node;
            FlatNode input = flat.Cut(name);
            return new TensorFlowInput(name, input, InputType(original), InputShape(original));
        })];

    private static TensorInfoMessage Dense(string name, TensorInfoMessage info) =>
        info.Name.Length > 0 ? info : throw new ModelImportException($"'{name}' is sparse or composite; dense tensors are allowed.");

    private static DataType InputType(FlatNode node) =>
        (node.Attribute("dtype") ?? node.Attribute("T") ?? node.Attribute("DstT"))?.Integer is { } number ? TensorFlowTypes.Become(TensorFlowTypes.Read(number), $"input {node.Name}") : DataType.Float32;

    private static ShapeMessage InputShape(FlatNode node)
    {
        if (node.Attribute("shape")?.Shape is { IsUnknown: false } shape && (shape.Axes.Count > 0 || node.Attribute("_output_shapes") is null))
        {
            return shape;
        }

        return node.Attribute("_output_shapes")?.Shapes is [{ } first, ..] ? first : new ShapeMessage([], true);
    }

    private static List<string> Leaves(GraphMessage graph)
    {
        HashSet<string> read = new(StringComparer.Ordinal);
        foreach (NodeMessage node in graph.Nodes)
        {
            foreach (string input in node.Inputs)
            {
                read.Add(input.Split(':')[0]);
            }
        }

        List<string> leaves = [];
        foreach (NodeMessage node in graph.Nodes)
        {
            if (!read.Contains(node.Name) && !s_noResults.Contains(node.Kind))
            {
                leaves.Add(node.Name);
                leaves.AddRange(Enumerable.Range(1, OutputNames.Count(node.Kind) - 1).Select(index => $"{node.Name}:{index}"));
            }
        }

        return leaves;
    }
}

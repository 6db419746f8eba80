using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Import.TFLite;

/// <summary>The conversion of one model into a graph.</summary>
/// <remarks>
/// Axis sizes follow from the inputs by the runtime's shape rules, as in TFLite; the sizes that the file states for other tensors are not used. Legacy uint8
/// becomes int8, exactly: values and zero points less 128, with a Requantize at the model's inputs and outputs.
/// </remarks>
internal sealed class TfliteConversion
{
    private readonly TfliteFile _file;
    private readonly TfliteSubgraph _graph;
    private readonly int[] _inputs;
    private readonly int[] _outputs;
    private readonly Tensor?[] _values;
    private readonly HashSet<int> _initialized = [];

    /// <summary>Begins a conversion.</summary>
    /// <param name="file">The file.</param>
    /// <param name="options">What the caller decides.</param>
    /// <param name="inputs">Tensors at which the model begins.</param>
    /// <param name="outputs">Tensors at which it ends.</param>
    public TfliteConversion(TfliteFile file, ImportOptions options, int[] inputs, int[] outputs)
    {
        _file = file;
        _graph = file.Subgraphs[0];
        _inputs = inputs;
        _outputs = outputs;
        _values = new Tensor?[_graph.Tensors.Length];
        Options = options;
        Builder = new GraphBuilder(options.Limits, file.Bytes);
        Constants = new TfliteConstants(file);
        Variables = new TfliteVariables();
    }

    private TfliteConversion(TfliteConversion caller, TfliteSubgraph graph)
    {
        _file = caller._file;
        _graph = graph;
        _inputs = [];
        _outputs = [];
        _values = new Tensor?[graph.Tensors.Length];
        Options = caller.Options;
        Builder = caller.Builder;
        Constants = caller.Constants;
        Variables = caller.Variables;
        IsInitialization = true;
    }

    /// <summary>What the caller decides.</summary>
    public ImportOptions Options { get; }

    /// <summary>The graph.</summary>
    public GraphBuilder Builder { get; }

    /// <summary>Reads constants.</summary>
    public TfliteConstants Constants { get; }

    /// <summary>What stays from run to run.</summary>
    public TfliteVariables Variables { get; }

    /// <summary>Whether the subgraph under conversion runs once, before the first run.</summary>
    public bool IsInitialization { get; }

    /// <summary>Runs a subgraph at conversion that initializes variables.</summary>
    /// <param name="subgraph">Its position.</param>
    public void Initialize(int subgraph)
    {
        if (IsInitialization)
        {
            throw new ModelImportException("a subgraph that initializes calls another one; one level is supported.");
        }

        if (subgraph < 1 || subgraph >= _file.Subgraphs.Length)
        {
            throw new ModelImportException($"it calls subgraph {subgraph}; 1 … {_file.Subgraphs.Length - 1} is allowed.");
        }

        if (_initialized.Add(subgraph))
        {
            TfliteSubgraph graph = _file.Subgraphs[subgraph];
            TfliteConversion conversion = new(this, graph);
            conversion.Convert(Enumerable.Range(0, graph.Operators.Length));
        }
    }

    /// <summary>Converts.</summary>
    /// <param name="operators">The operators to convert, in order.</param>
    public Graph Run(int[] operators)
    {
        foreach (int input in _inputs)
        {
            _values[input] ??= At($"input '{_graph.Tensors[input].Name}'", () => AddInput(_graph.Tensors[input]));
        }

        Convert(operators);
        foreach (int output in _outputs)
        {
            At($"output '{_graph.Tensors[output].Name}'", () =>
            {
                AddOutput(_graph.Tensors[output]);
                return 0;
            });
        }

        return Builder.Graph;
    }

    /// <summary>A tensor as the file states it.</summary>
    /// <param name="index">Its position.</param>
    public TfliteTensor Stated(int index) => _graph.Tensors[index];

    /// <summary>Whether a tensor has elements in the file.</summary>
    /// <param name="index">Its position.</param>
    public bool HasData(int index) => _values[index] is null && _file.HasData(_graph.Tensors[index]);

    /// <summary>A tensor of the graph.</summary>
    /// <param name="index">Its position in the file.</param>
    public Tensor Value(int index)
    {
        if (_values[index] is { } value)
        {
            return value;
        }

        TfliteTensor tensor = _graph.Tensors[index];
        if (!_file.HasData(tensor))
        {
            throw new ModelImportException(tensor.IsVariable
                ? $"tensor '{tensor.Name}' is a variable, which this operator does not keep; constants and computed tensors are allowed here."
                : $"tensor '{tensor.Name}' of shape [{string.Join(", ", tensor.Axes)}] has no elements; at least one is needed.");
        }

        return _values[index] = Constants.Make(Builder, tensor);
    }

    /// <summary>States what a tensor of the file is in the graph.</summary>
    /// <param name="index">Its position.</param>
    /// <param name="value">The tensor.</param>
    public void Set(int index, Tensor value) => _values[index] = value;

    private void Convert(IEnumerable<int> operators)
    {
        foreach (int index in operators)
        {
            TfliteOperator op = _graph.Operators[index];
            TfliteMapping mapping = TfliteMappings.Find(op.Kind) ?? throw new ModelImportException($"operator {index} of subgraph '{_graph.Name}' is {op.Kind}, which cannot be converted.");
            At($"operator {index} ({op.Kind})", () =>
            {
                mapping.Map(new TfliteNode(this, op));
                return 0;
            });
        }
    }

    private static T At<T>(string where, Func<T> run)
    {
        try
        {
            return run();
        }
        catch (Exception error) when (error is ModelImportException or ShapeException or ModelFormatException or OverflowException or ArgumentException)
        {
            throw new ModelImportException($"{where}: {error.Message}", error);
        }
    }

    private Tensor AddInput(TfliteTensor tensor)
    {
        if (Options.Values.TryGetValue(tensor.Name, out InputValue? bound))
        {
            if (bound.Type != tensor.InterfaceType)
            {
                throw new ModelImportException($"it is bound to a value of {bound.Type.Name()}; {tensor.InterfaceType.Name()} is needed.");
            }

            return Constants.Make(Builder, tensor, bound.Shape, bound.Data);
        }

        Shape shape = tensor.Shape;
        if (Options.Shapes.TryGetValue(tensor.Name, out IReadOnlyList<int>? axes))
        {
            shape = axes.Count == shape.Rank && axes.All(static axis => axis >= 1)
                ? new Shape([.. axes])
                : throw new ModelImportException($"its shape is to be [{string.Join(", ", axes)}]; {shape.Rank} axes of at least 1 are needed, because the file states {shape}.");
        }

        TensorSpec stated = new(tensor.InterfaceType, shape, tensor.InterfaceQuantization);
        Tensor input = Builder.Graph.AddInput(tensor.Name, stated);
        return tensor.Type == tensor.InterfaceType ? input : Builder.Add($"{tensor.Name}/int8", default(Requantize), new TensorSpec(tensor.Type, default, tensor.Quantization), input);
    }

    private void AddOutput(TfliteTensor tensor)
    {
        Tensor value = Value(tensor.Index);
        if (tensor.Type != tensor.InterfaceType)
        {
            value = Builder.Graph.Add($"{tensor.Name}/uint8", default(Requantize), new TensorSpec(tensor.InterfaceType, default, tensor.InterfaceQuantization), value);
        }

        Builder.AddOutput(value, tensor.Name);
    }
}

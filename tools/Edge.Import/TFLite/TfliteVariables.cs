using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TFLite;

/// <summary>What stays from run to run: variable tensors, and variables behind handles. Each is a state of the runtime with a number.</summary>
internal sealed class TfliteVariables
{
    private readonly Dictionary<string, Variable> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<(TfliteConversion Conversion, int Tensor), Variable> _byHandle = [];
    private int _count;

    /// <summary>Reads the state behind a variable tensor; it begins with zeros.</summary>
    /// <param name="node">The operator that keeps the state.</param>
    /// <param name="input">The position of the variable tensor among its inputs.</param>
    /// <returns>The state's number, and its value before this operator.</returns>
    public (int State, Tensor Value) Read(TfliteNode node, int input)
    {
        TfliteTensor stated = node.Stated(input);
        if (!stated.IsVariable)
        {
            throw new ModelImportException($"input {input}, '{stated.Name}', is no variable tensor; a state is needed there.");
        }

        Variable variable = Named($"tensor {stated.Index}");
        variable.Initial ??= Zeros(node, stated);
        return (variable.State, node.Builder.Add($"{stated.Name}/read", new ReadState(variable.State), variable.Initial));
    }

    /// <summary>States what a handle stands for.</summary>
    /// <param name="node">VAR_HANDLE.</param>
    public void Declare(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.VarHandle);
        string name = $"{options.Text(0, "container")}/{options.Text(1, "shared name")}";
        _byHandle[(node.Conversion, node.StatedOutput(0).Index)] = Named($"handle {name}");
    }

    /// <summary>READ_VARIABLE: a variable that nothing has initialized is zero.</summary>
    /// <param name="node">The operator.</param>
    public void Read(TfliteNode node)
    {
        Variable variable = Of(node);
        variable.Initial ??= Zeros(node, node.StatedOutput(0));
        node.Set(node.Builder.Add(node.Name, new ReadState(variable.State), variable.Initial));
    }

    /// <summary>ASSIGN_VARIABLE.</summary>
    /// <param name="node">The operator.</param>
    /// <param name="isInitial">Whether it runs once, before the first run.</param>
    public void Assign(TfliteNode node, bool isInitial)
    {
        Variable variable = Of(node);
        Tensor value = node.Input(1);
        if (isInitial)
        {
            variable.Initial = value.IsConstant
                ? value
                : throw new ModelImportException($"it initializes a variable with {value}, which is computed; a constant is needed.");
            return;
        }

        // A state has its first value from a read of it; a variable that is only written needs one too.
        if (variable.Initial is null)
        {
            variable.Initial = Zeros(node, node.Stated(1) with { Axes = [.. value.Shape.Axes] });
            node.Builder.Add($"{node.Stated(1).Name}/read", new ReadState(variable.State), variable.Initial);
        }

        if (variable.Initial.Type != value.Type || variable.Initial.Shape != value.Shape || !Quantization.Same(variable.Initial.Quantization, value.Quantization))
        {
            throw new ModelImportException($"it assigns {value} to a variable that begins as {variable.Initial.Spec}; the same type, shape and scale are needed.");
        }

        node.Builder.Add($"{value.Name}/write", new WriteState(variable.State), value);
    }

    private static Tensor Zeros(TfliteNode node, TfliteTensor stated)
    {
        TensorSpec spec = new(stated.Type, stated.Shape, stated.Quantization);
        node.Builder.Charge(spec.Bytes, stated.Name);
        byte[] zeros = new byte[spec.Bytes];
        if (spec.Quantization is { } parameters && spec.Type == DataType.Int8)
        {
            zeros.AsSpan().Fill((byte)parameters.ZeroPoint);
        }

        return node.Builder.Graph.Constant($"{stated.Name}/first", spec, zeros);
    }

    private Variable Named(string name)
    {
        if (!_byName.TryGetValue(name, out Variable? variable))
        {
            _byName.Add(name, variable = new Variable(_count++));
        }

        return variable;
    }

    private Variable Of(TfliteNode node) => node.Has(0) && _byHandle.TryGetValue((node.Conversion, node.Stated(0).Index), out Variable? variable)
        ? variable
        : throw new ModelImportException("input 0 is no handle of a variable; the output of a VAR_HANDLE is needed.");

    private sealed class Variable(int state)
    {
        public int State { get; } = state;

        public Tensor? Initial { get; set; }
    }
}

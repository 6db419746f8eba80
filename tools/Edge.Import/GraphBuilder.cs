using System.Runtime.InteropServices;
using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import;

/// <summary>A graph under construction by an importer. A node whose inputs are all constant is computed at once, so shape arithmetic ends in constants.</summary>
/// <param name="limits">Caps.</param>
/// <param name="sourceBytes">Size of the source, which bounds what folded constants may take.</param>
internal sealed class GraphBuilder(ImportLimits limits, long sourceBytes)
{
    private long _foldedBytes;

    /// <summary>The graph.</summary>
    public Graph Graph { get; } = new();

    /// <summary>Adds a constant.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="values">Its elements, row-major.</param>
    /// <param name="quantization">Its parameters, or null.</param>
    public Tensor Constant<T>(string name, Shape shape, ReadOnlySpan<T> values, Quantization? quantization = null) where T : unmanaged =>
        Graph.Constant(name, shape, values, quantization);

    /// <summary>Adds a scalar constant.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    public Tensor Scalar<T>(string name, T value) where T : unmanaged => Graph.Constant(name, new Shape(), new ReadOnlySpan<T>(in value));

    /// <summary>Adds a node, or computes it where all it reads is constant.</summary>
    /// <typeparam name="TOperator">The operator.</typeparam>
    /// <param name="name">Its name and that of its output.</param>
    /// <param name="op">Its attributes.</param>
    /// <param name="inputs">What it reads; null for an optional input left out.</param>
    /// <returns>Its first output.</returns>
    public Tensor Add<TOperator>(string name, TOperator op, params ReadOnlySpan<Tensor?> inputs) where TOperator : struct, IOperator<TOperator> =>
        AddAll(name, op, [], inputs)[0];

    /// <summary>Adds a node whose output type or quantization does not follow from its inputs.</summary>
    /// <typeparam name="TOperator">The operator.</typeparam>
    /// <param name="name">Its name and that of its output.</param>
    /// <param name="op">Its attributes.</param>
    /// <param name="declared">What its output is to be.</param>
    /// <param name="inputs">What it reads; null for an optional input left out.</param>
    /// <returns>Its first output.</returns>
    public Tensor Add<TOperator>(string name, TOperator op, TensorSpec declared, params ReadOnlySpan<Tensor?> inputs)
        where TOperator : struct, IOperator<TOperator> => AddAll(name, op, [declared], inputs)[0];

    /// <summary>Adds a node with all its outputs.</summary>
    /// <typeparam name="TOperator">The operator.</typeparam>
    /// <param name="name">Its name and that of its outputs.</param>
    /// <param name="op">Its attributes.</param>
    /// <param name="declared">What its outputs are to be, where that does not follow from the inputs; may be empty.</param>
    /// <param name="inputs">What it reads; null for an optional input left out.</param>
    /// <returns>Its outputs.</returns>
    public IReadOnlyList<Tensor> AddAll<TOperator>(string name, TOperator op, ReadOnlySpan<TensorSpec> declared, params ReadOnlySpan<Tensor?> inputs)
        where TOperator : struct, IOperator<TOperator>
    {
        if (Graph.Nodes.Count >= limits.MaxOperators)
        {
            throw new ModelImportException($"The model becomes more than {limits.MaxOperators:N0} operators; that many are allowed.");
        }

        if (!IsConstant(inputs) || op is Dequantize or ReadState or WriteState)
        {
            return Graph.AddNode(TOperator.Info, op, name, inputs, declared).Outputs;
        }

        Graph part = new();
        Tensor?[] copies = new Tensor?[inputs.Length];
        for (int i = 0; i < copies.Length; i++)
        {
            copies[i] = inputs[i] is { } input ? part.Constant(input.Name, input.Spec, input.Data) : null;
        }

        Node node = part.AddNode(TOperator.Info, op, name, copies, declared);
        long bytes = node.Outputs.Sum(static output => (long)output.Spec.Bytes);
        if (bytes > copies.Sum(static copy => (long)(copy?.Spec.Bytes ?? 0)))
        {
            Charge(bytes, name);
        }

        if (op is Reshape)
        {
            return [Graph.Constant(node.Output.Name, node.Output.Spec, copies[0]!.Data)];
        }

        byte[][] values;
        try
        {
            values = ConstantFolding.Compute([node], [.. node.Outputs]);
        }
        catch (ArgumentOutOfRangeException error)
        {
            // An index among the constants, which a run would refuse.
            throw new ModelImportException($"{node} cannot be computed from its constants: {error.Message}", error);
        }

        return [.. node.Outputs.Zip(values, (output, value) => Graph.Constant(output.Name, output.Spec, value))];
    }

    /// <summary>Counts bytes that a conversion makes of the source's: a few of them must not become gigabytes.</summary>
    /// <param name="bytes">Their number.</param>
    /// <param name="name">What they are for, for the message.</param>
    /// <exception cref="ModelImportException">They are too many.</exception>
    public void Charge(long bytes, string name)
    {
        _foldedBytes += bytes;
        long allowed = limits.ExpansionBytes(sourceBytes);
        if (_foldedBytes > allowed)
        {
            throw new ModelImportException($"Constants computed from {sourceBytes:N0} bytes take {_foldedBytes:N0} bytes ('{name}' makes {bytes:N0}); {allowed:N0} are allowed.");
        }
    }

    /// <summary>Gives a tensor other axes. The batch stays open: axis 0 is copied from the input where it keeps its size, and follows from the rest otherwise.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="shape">Its new shape, with as many elements.</param>
    public Tensor Reshape(string name, Tensor tensor, Shape shape)
    {
        if (tensor.Shape == shape)
        {
            return tensor;
        }

        int[] target = shape.Axes.ToArray();
        if (target.Length > 0)
        {
            target[0] = tensor.Shape.Rank > 0 && tensor.Shape[0] == target[0] ? 0 : -1;
        }

        return Add(name, new Reshape(IntList.Create(target)), tensor);
    }

    /// <summary>States that a tensor is the model's next output, under the source's name. A tensor that already is an input, a constant or another output is copied.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="name">The source's name for it.</param>
    public void AddOutput(Tensor tensor, string name)
    {
        if (tensor.Producer is null || Graph.IsOutput(tensor))
        {
            tensor = Graph.Add(name, new Reshape(IntList.Create(new int[tensor.Shape.Rank])), tensor);
        }

        Graph.Rename(tensor, name);
        Graph.AddOutput(tensor);
    }

    /// <summary>The whole numbers of a constant, whatever its integer type.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="what">What it stands for, for the message.</param>
    /// <exception cref="ModelImportException">It is not a constant of int32 or int64.</exception>
    public static long[] Integers(Tensor tensor, string what) => tensor switch
    {
        { IsConstant: true, Type: DataType.Int64 } => tensor.Values<long>().ToArray(),
        { IsConstant: true, Type: DataType.Int32 } => Array.ConvertAll(tensor.Values<int>().ToArray(), static value => (long)value),
        _ => throw new ModelImportException(
            $"{what} is {tensor}, which is {(tensor.IsConstant ? "constant" : "computed from an input")}; constant int32 or int64 is needed, because it decides shapes. Give the value at conversion if it comes from an input (edge convert --value NAME=1,64)."),
    };

    private static bool IsConstant(ReadOnlySpan<Tensor?> inputs)
    {
        bool any = false;
        foreach (Tensor? input in inputs)
        {
            if (input is { IsConstant: false })
            {
                return false;
            }

            any |= input is not null;
        }

        return any;
    }
}

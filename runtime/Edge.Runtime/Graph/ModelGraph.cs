using Edge.Format;
using Edge.Runtime.Memory;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Graph;

/// <summary>One tensor of a checked graph.</summary>
internal sealed record GraphTensor(string Name, TensorSpec Spec)
{
    /// <summary>A constant's bytes, in memory that does not move; empty for other tensors.</summary>
    public ReadOnlyMemory<byte> Constant { get; init; }

    public bool IsConstant => !Constant.IsEmpty;
}

/// <summary>One operator of a checked graph.</summary>
internal sealed record GraphNode(string Name, OperatorInfo Info, IOperator Operator, int[] Inputs, int[] Outputs, OperatorPlan Plan)
{
    /// <summary>For messages: position, operator and name.</summary>
    public static string Label(int index, OperatorInfo info, string name) => name.Length == 0 ? $"Operator {index} ({info.Name})" : $"Operator {index} ({info.Name} '{name}')";
}

/// <summary>A graph in execution order whose structure and shapes are proved. Immutable.</summary>
internal sealed class ModelGraph
{
    private StateTable? _states;

    public required GraphTensor[] Tensors { get; init; }

    public required GraphNode[] Nodes { get; init; }

    public required int[] Inputs { get; init; }

    public required int[] Outputs { get; init; }

    /// <summary>The states that live between runs.</summary>
    public StateTable States => _states ??= StateTable.Of(this);

    /// <summary>Size of axis 0 of the first input, or 1 where there is none.</summary>
    public int Batch => Inputs.Length > 0 && Tensors[Inputs[0]].Spec.Shape.Rank > 0 ? Tensors[Inputs[0]].Spec.Shape[0] : 1;

    /// <summary>Reads a graph from a file, checking everything that needs knowledge of operators.</summary>
    /// <exception cref="ModelFormatException">Unknown operators (all at once), wrong arity, broken order, wrong shapes.</exception>
    public static ModelGraph Read(in ModelView file, AlignedMemory memory, OperatorSet operators, ModelLimits limits)
    {
        CheckOperatorsKnown(file, operators);
        Quantization?[] quantizations = new Quantization?[file.Quantizations.Length];
        for (int i = 0; i < quantizations.Length; i++)
        {
            quantizations[i] = new Quantization(file.Scales(i), file.ZeroPoints(i), file.Quantizations[i].Axis);
        }

        long weightsStart = 0;
        foreach (SectionRecord section in file.Sections)
        {
            weightsStart = section.Kind == SectionKind.Weights ? (long)section.Offset : weightsStart;
        }

        GraphTensor[] tensors = new GraphTensor[file.Tensors.Length];
        for (int i = 0; i < tensors.Length; i++)
        {
            TensorRecord record = file.Tensors[i];
            tensors[i] = new GraphTensor(file.TensorName(i), new TensorSpec(record.Type, file.TensorShape(i), record.Quantization < 0 ? null : quantizations[record.Quantization]))
            {
                Constant = (record.Flags & TensorFlags.Constant) == 0 ? default : memory.Slice(weightsStart + (long)record.DataOffset, (int)record.DataBytes),
            };
        }

        int[] inputs = file.Inputs.ToArray();
        bool[] defined = new bool[tensors.Length];
        for (int i = 0; i < tensors.Length; i++)
        {
            defined[i] = tensors[i].IsConstant;
        }

        foreach (int input in inputs)
        {
            if (defined[input])
            {
                throw new ModelFormatException($"Model input: tensor {input} is a constant or listed twice; inputs are distinct and have no data.");
            }

            defined[input] = true;
        }

        GraphNode[] nodes = new GraphNode[file.Operators.Length];
        for (int i = 0; i < nodes.Length; i++)
        {
            nodes[i] = ReadNode(file, i, operators, tensors, defined, limits);
        }

        foreach (int output in file.Outputs)
        {
            if (!defined[output])
            {
                throw new ModelFormatException($"Model output: tensor {output} is computed by no operator.");
            }
        }

        ModelGraph graph = new() { Tensors = tensors, Nodes = nodes, Inputs = inputs, Outputs = file.Outputs.ToArray() };
        try
        {
            graph.States.Check(graph, complete: true);
        }
        catch (ShapeException error)
        {
            throw new ModelFormatException(error.Message, error);
        }

        return graph;
    }

    /// <summary>The same graph for another batch size: axis 0 of the inputs changes and every shape follows.</summary>
    /// <exception cref="ShapeException">The graph does not work for that batch size.</exception>
    public ModelGraph WithBatch(int batch)
    {
        int stored = Batch;
        if (batch == stored)
        {
            return this;
        }

        GraphTensor[] tensors = (GraphTensor[])Tensors.Clone();
        foreach (int input in Inputs)
        {
            Shape shape = tensors[input].Spec.Shape;
            if (shape.Rank > 0 && shape[0] == stored)
            {
                tensors[input] = tensors[input] with { Spec = ForBatch(tensors[input].Spec, batch, "input") };
            }
        }

        GraphNode[] nodes = new GraphNode[Nodes.Length];
        for (int i = 0; i < nodes.Length; i++)
        {
            OperatorPlan plan = Infer(i, Nodes[i], tensors);
            if (Nodes[i].Operator is ReadState && plan.Outputs[0].Shape is { Rank: > 0 } state && state[0] == stored)
            {
                plan = new OperatorPlan(ForBatch(plan.Outputs[0], batch, "state"));
            }

            nodes[i] = Nodes[i] with { Plan = plan };
            for (int k = 0; k < plan.Outputs.Length; k++)
            {
                tensors[Nodes[i].Outputs[k]] = tensors[Nodes[i].Outputs[k]] with { Spec = plan.Outputs[k] };
            }
        }

        ModelGraph graph = new() { Tensors = tensors, Nodes = nodes, Inputs = Inputs, Outputs = Outputs };
        graph.States.Check(graph, complete: false);
        return graph;
    }

    private static TensorSpec ForBatch(TensorSpec spec, int batch, string what)
    {
        long bytes = (long)batch * spec.Type.Size() * spec.Shape.Product(1, spec.Shape.Rank);
        return bytes is > 0 and <= int.MaxValue - 64
            ? spec with { Shape = spec.Shape.With(0, batch) }
            : throw new ShapeException($"A batch of {batch} samples makes {what} {spec} {bytes} bytes; 1 … 2³¹ − 65 are allowed.");
    }

    /// <summary>Runs a node's shape rule against the tensors' present specs.</summary>
    public static OperatorPlan Infer(int index, GraphNode node, ReadOnlySpan<GraphTensor> tensors) =>
        Infer(index, node.Info, node.Name, node.Operator, node.Inputs, node.Outputs, tensors);

    /// <summary>Runs an operator's shape rule against the tensors' present specs.</summary>
    public static OperatorPlan Infer(
        int index, OperatorInfo info, string name, IOperator op, ReadOnlySpan<int> inputs, ReadOnlySpan<int> outputs, ReadOnlySpan<GraphTensor> tensors)
    {
        OperatorPlan plan;
        try
        {
            plan = op.Infer(new Shapes(index, info, name, inputs, outputs, tensors));
        }
        catch (OverflowException)
        {
            throw new ShapeException($"{GraphNode.Label(index, info, name)}: a size exceeds 2³¹ − 1.");
        }

        // A tensor is addressed by one span, so its bytes must fit an int; computed here once, relied on ever after.
        foreach (TensorSpec output in plan.Outputs)
        {
            long bytes = output.Type.Size();
            foreach (int size in output.Shape.Axes)
            {
                bytes *= size;
                if (bytes is <= 0 or > int.MaxValue - 64)
                {
                    throw new ShapeException($"{GraphNode.Label(index, info, name)}: output {output} is empty or exceeds 2³¹ − 65 bytes.");
                }
            }
        }

        if (plan.ScratchBytes < 0 || plan.BackwardScratchBytes < 0 || plan.SavedBytes < 0)
        {
            throw new ShapeException($"{GraphNode.Label(index, info, name)}: its scratch exceeds 2³¹ − 1 bytes.");
        }

        return plan;
    }

    /// <summary>Binds prepared kernels; a node without one runs its operator.</summary>
    /// <param name="memory">Receives packed weights.</param>
    /// <param name="trainable">Constants that will change and so must not be packed.</param>
    public IKernel[] Prepare(PreparedMemory memory, ReadOnlySpan<bool> trainable)
    {
        IKernel[] kernels = new IKernel[Nodes.Length];
        for (int i = 0; i < kernels.Length; i++)
        {
            GraphNode node = Nodes[i];
            kernels[i] = node.Operator;
            if (node.Operator is not IPreparable preparable)
            {
                continue;
            }

            TensorSpec[] inputs = new TensorSpec[node.Inputs.Length];
            ReadOnlyMemory<byte>[] constants = new ReadOnlyMemory<byte>[inputs.Length];
            for (int k = 0; k < inputs.Length; k++)
            {
                int input = node.Inputs[k];
                if (input >= 0)
                {
                    inputs[k] = Tensors[input].Spec;
                    constants[k] = !trainable.IsEmpty && trainable[input] ? default : Tensors[input].Constant;
                }
            }

            kernels[i] = preparable.Prepare(new Preparation(inputs, constants, node.Plan.Outputs, memory)) ?? node.Operator;
            memory.Trim();
        }

        return kernels;
    }

    private static void CheckOperatorsKnown(in ModelView file, OperatorSet operators)
    {
        const int Shown = 20;
        List<string> shown = [];
        int unknown = 0;
        for (int i = 0; i < file.Operators.Length; i++)
        {
            OperatorRecord record = file.Operators[i];
            OperatorInfo? info = operators.Find(record.Code);
            if (info is null || record.Version == 0 || record.Version > info.SinceVersion)
            {
                if (unknown++ >= Shown)
                {
                    continue;
                }

                string name = file.OperatorName(i);
                shown.Add($"operator {i}{(name.Length == 0 ? "" : $" '{name}'")}: {(info is null ? $"code {record.Code}" : $"{info.Name} version {record.Version} (known up to {info.SinceVersion})")}");
            }
        }

        if (unknown > 0)
        {
            throw new ModelFormatException($"{unknown} operators are unknown to the operator set in use: {string.Join("; ", shown)}{(unknown > Shown ? "; …" : "")}. Use a newer Edge, or add them to the OperatorSet.");
        }
    }

    private static GraphNode ReadNode(in ModelView file, int index, OperatorSet operators, GraphTensor[] tensors, bool[] defined, ModelLimits limits)
    {
        OperatorRecord record = file.Operators[index];
        OperatorInfo info = operators.Find(record.Code)!;
        string name = file.OperatorName(index);
        int[] inputs = file.OperatorInputs(index).ToArray();
        int[] outputs = file.OperatorOutputs(index).ToArray();
        if (info.IsLoss)
        {
            throw new ModelFormatException($"{Label()}: losses are added by a trainer and do not stand in a model.");
        }

        if (inputs.Length < info.MinInputs || inputs.Length > info.MaxInputs || outputs.Length != info.Outputs)
        {
            throw new ModelFormatException($"{Label()}: {inputs.Length} inputs and {outputs.Length} outputs; {info.MinInputs} … {info.MaxInputs} inputs and {info.Outputs} outputs are allowed.");
        }

        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i] < 0 ? i < info.MinInputs || info.Variadic : !defined[inputs[i]])
            {
                throw new ModelFormatException(inputs[i] < 0
                    ? $"{Label()}: input {i} is left out; only inputs from {info.MinInputs} on are optional."
                    : $"{Label()}: input {i} is tensor {inputs[i]}, which no earlier operator computes. Operators stand in execution order.");
            }
        }

        foreach (int output in outputs)
        {
            if (defined[output])
            {
                throw new ModelFormatException($"{Label()}: output tensor {output} is a constant, an input or already computed; a tensor is written once.");
            }

            defined[output] = true;
        }

        IOperator op = operators.Read(record.Code, file.OperatorAttributes(index));
        OperatorPlan plan;
        try
        {
            plan = Infer(index, info, name, op, inputs, outputs, tensors);
        }
        catch (ShapeException error)
        {
            throw new ModelFormatException(error.Message, error);
        }

        for (int i = 0; i < outputs.Length; i++)
        {
            TensorSpec inferred = plan.Outputs[i];
            TensorSpec declared = tensors[outputs[i]].Spec;
            if (inferred.Type != declared.Type || inferred.Shape != declared.Shape || !Quantization.Same(inferred.Quantization, declared.Quantization))
            {
                throw new ModelFormatException($"{Label()}: output {i} is {inferred}, the file states {declared}{(inferred.Shape == declared.Shape ? " with other quantization" : "")}.");
            }

            if (inferred.Bytes > limits.MaxTensorBytes)
            {
                throw new ModelFormatException($"{Label()}: output {i} takes {inferred.Bytes} bytes; the limit is {limits.MaxTensorBytes} (ModelLimits.MaxTensorBytes).");
            }
        }

        return new GraphNode(name, info, op, inputs, outputs, plan);

        string Label() => GraphNode.Label(index, info, name);
    }
}

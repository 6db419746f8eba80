using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Graph;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;

namespace Edge.Fuzz;

/// <summary>Builds a small model operator by operator; shapes follow from the operators' own rules.</summary>
public sealed class SeedModel
{
    private readonly List<GraphTensor> _tensors = [];
    private readonly List<(string Name, OperatorInfo Info, int[] Inputs, int[] Outputs, byte[] Attributes)> _operators = [];
    private readonly List<int> _inputs = [];
    private readonly List<int> _outputs = [];
    private readonly SortedDictionary<string, string> _metadata = new(StringComparer.Ordinal);

    /// <summary>Adds a model input.</summary>
    public int Input(TensorSpec spec)
    {
        _tensors.Add(new GraphTensor($"input{_inputs.Count}", spec));
        _inputs.Add(_tensors.Count - 1);
        return _tensors.Count - 1;
    }

    /// <summary>Adds a float32 model input.</summary>
    public int Input(params ReadOnlySpan<int> shape) => Input(new TensorSpec(DataType.Float32, new Shape(shape)));

    /// <summary>Adds a constant of small pseudo-random elements.</summary>
    public int Constant(TensorSpec spec)
    {
        byte[] data = new byte[spec.Bytes];
        FuzzRandom random = new(7, _tensors.Count);
        if (spec.Type == DataType.Float32)
        {
            foreach (ref float value in MemoryMarshal.Cast<byte, float>(data.AsSpan()))
            {
                value = (random.Below(2001) - 1000) / 2000f;
            }
        }
        else if (spec.Type == DataType.Int32)
        {
            foreach (ref int value in MemoryMarshal.Cast<byte, int>(data.AsSpan()))
            {
                value = random.Below(201) - 100;
            }
        }
        else
        {
            foreach (ref byte value in data.AsSpan())
            {
                value = (byte)random.Next();
            }
        }

        return Constant(spec, data);
    }

    /// <summary>Adds a float32 constant of small pseudo-random elements.</summary>
    public int Constant(params ReadOnlySpan<int> shape) => Constant(new TensorSpec(DataType.Float32, new Shape(shape)));

    /// <summary>Adds a constant.</summary>
    public int Constant(TensorSpec spec, byte[] data)
    {
        _tensors.Add(new GraphTensor($"constant{_tensors.Count}", spec) { Constant = data });
        return _tensors.Count - 1;
    }

    /// <summary>Adds an operator of one output.</summary>
    /// <param name="op">The operator.</param>
    /// <param name="inputs">Its inputs; −1 for one left out.</param>
    /// <param name="declared">What the model states for the output, where the rule asks for it.</param>
    public int Add<T>(T op, ReadOnlySpan<int> inputs, TensorSpec declared = default) where T : struct, IOperator<T> => AddMany(op, inputs, declared)[0];

    /// <summary>Adds an operator.</summary>
    public int[] AddMany<T>(T op, ReadOnlySpan<int> inputs, params ReadOnlySpan<TensorSpec> declared) where T : struct, IOperator<T>
    {
        // Infer sees what the model states for the outputs; what it answers takes their place.
        int[] outputs = new int[T.Info.Outputs];
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i] = _tensors.Count;
            _tensors.Add(new GraphTensor($"{T.Info.Name}{_operators.Count}", i < declared.Length ? declared[i] : default));
        }

        OperatorPlan plan = ModelGraph.Infer(_operators.Count, T.Info, "", op, inputs, outputs, CollectionsMarshal.AsSpan(_tensors));
        for (int i = 0; i < outputs.Length; i++)
        {
            _tensors[outputs[i]] = _tensors[outputs[i]] with { Spec = plan.Outputs[i] };
        }

        AttributeWriter attributes = new();
        op.Write(attributes);
        _operators.Add(($"op{_operators.Count}", T.Info, inputs.ToArray(), outputs, attributes.ToArray()));
        return outputs;
    }

    public SeedModel Output(int tensor)
    {
        _outputs.Add(tensor);
        return this;
    }

    public SeedModel Metadata(string key, string value)
    {
        _metadata.Add(key, value);
        return this;
    }

    /// <summary>The file.</summary>
    /// <param name="program">Whether it brings a program for inference.</param>
    /// <param name="names">Whether it keeps names.</param>
    /// <param name="training">Trainers that it brings programs for.</param>
    public byte[] Build(bool program = true, bool names = true, params ReadOnlySpan<TrainerOptions> training)
    {
        byte[] file = Writer(names).ToArray();
        if (!program && training.IsEmpty)
        {
            return file;
        }

        using Model model = Model.Load(file);
        ModelWriter writer = Writer(names);
        if (program)
        {
            Add(writer, new ProgramRecord { Kind = ProgramKind.Infer, Batch = (uint)model.Graph.Batch }, model.InferProgram);
        }

        foreach (TrainerOptions options in training)
        {
            TrainingGraph graph = TrainingGraph.Build(model, options);
            Add(writer, graph.Record(options.BatchSize), graph.Plan(options.BatchSize));
        }

        return writer.ToArray();
    }

    private static void Add(ModelWriter writer, ProgramRecord record, ExecutionProgram program)
    {
        (StepRecord[] steps, BufferRecord[] buffers) = program.ToRecords();
        record.ArenaBytes = (ulong)program.ArenaBytes;
        writer.AddProgram(record, steps, buffers);
    }

    private ModelWriter Writer(bool names)
    {
        ModelWriter writer = new() { StripNames = !names };
        List<Quantization> quantizations = [];
        foreach (GraphTensor tensor in _tensors)
        {
            (string name, TensorSpec spec) = tensor;
            int quantization = -1;
            if (spec.Quantization is { } parameters)
            {
                quantization = quantizations.FindIndex(other => Quantization.Same(other, parameters));
                if (quantization < 0)
                {
                    quantization = writer.AddQuantization(parameters.Scales, parameters.ZeroPoints, parameters.Axis);
                    quantizations.Add(parameters);
                }
            }

            _ = tensor.IsConstant
                ? writer.AddConstant(name, spec.Type, spec.Shape, tensor.Constant.Span, quantization)
                : writer.AddTensor(name, spec.Type, spec.Shape, quantization);
        }

        foreach ((string name, OperatorInfo info, int[] inputs, int[] outputs, byte[] attributes) in _operators)
        {
            writer.AddOperator(name, info.Code, info.SinceVersion, inputs, outputs, attributes);
        }

        writer.SetInterface([.. _inputs], [.. _outputs]);
        foreach ((string key, string value) in _metadata)
        {
            writer.AddMetadata(key, value);
        }

        return writer;
    }
}

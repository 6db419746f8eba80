using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Graph;
using Edge.Runtime.Memory;
using Edge.Runtime.Operators;

namespace Edge.Fuzz;

/// <summary>Builds a small model operator by operator; shapes follow from the operators' own rules.</summary>
public sealed class SeedModel
{
    private readonly List<(string Name, TensorSpec Spec, byte[]? Data)> _tensors = [];
    private readonly List<(string Name, OperatorInfo Info, int[] Inputs, int[] Outputs, byte[] Attributes)> _operators = [];
    private readonly List<int> _inputs = [];
    private readonly List<int> _outputs = [];
    private readonly SortedDictionary<string, string> _metadata = new(StringComparer.Ordinal);

    /// <summary>Adds a model input.</summary>
    public int Input(TensorSpec spec)
    {
        _tensors.Add(($"input{_inputs.Count}", spec, null));
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
        _tensors.Add(($"constant{_tensors.Count}", spec, data));
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
        TensorSpec[] specs = new TensorSpec[inputs.Length];
        bool[] present = new bool[inputs.Length];
        ReadOnlyMemory<byte>[] constants = new ReadOnlyMemory<byte>[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i] >= 0)
            {
                specs[i] = _tensors[inputs[i]].Spec;
                present[i] = true;
                constants[i] = _tensors[inputs[i]].Data;
            }
        }

        OperatorPlan plan = op.Infer(new Shapes(T.Info.Name, specs, present, constants, declared));
        int[] outputs = new int[plan.Outputs.Length];
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i] = _tensors.Count;
            _tensors.Add(($"{T.Info.Name}{_operators.Count}", plan.Outputs[i], null));
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
    public byte[] Build(bool program = true, bool names = true)
    {
        byte[] file = Writer(names).ToArray();
        if (!program)
        {
            return file;
        }

        using AlignedMemory memory = new(file.Length);
        file.CopyTo(memory.Span);
        ModelGraph graph = ModelGraph.Read(ModelView.Open(memory.Span, ModelLimits.Default), memory, OperatorSet.Default, ModelLimits.Default);
        ExecutionProgram infer = ExecutionProgram.Infer(graph);
        infer.Place();
        (StepRecord[] steps, BufferRecord[] buffers) = infer.ToRecords();
        ModelWriter writer = Writer(names);
        writer.AddProgram(new ProgramRecord { Kind = ProgramKind.Infer, Batch = (uint)graph.Batch, ArenaBytes = (ulong)infer.ArenaBytes }, steps, buffers);
        return writer.ToArray();
    }

    private ModelWriter Writer(bool names)
    {
        ModelWriter writer = new() { StripNames = !names };
        List<Quantization> quantizations = [];
        foreach ((string name, TensorSpec spec, byte[]? data) in _tensors)
        {
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

            _ = data is null ? writer.AddTensor(name, spec.Type, spec.Shape, quantization) : writer.AddConstant(name, spec.Type, spec.Shape, data, quantization);
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

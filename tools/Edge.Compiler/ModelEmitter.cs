using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Graph;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;

namespace Edge.Compiler;

/// <summary>Writes a graph as a .edge file.</summary>
/// <remarks>
/// Tensors are numbered in the order in which the nodes name them and metadata is sorted, so the same graph gives the same bytes, and a file read back and
/// written again keeps its identity.
/// </remarks>
public static class ModelEmitter
{
    /// <summary>The graph as the bytes of a file, checked as the runtime will check them.</summary>
    /// <param name="graph">The graph; valid, in execution order.</param>
    /// <param name="options">How; the defaults when null.</param>
    /// <exception cref="ArgumentException">A training program does not fit the model.</exception>
    /// <exception cref="InvalidOperationException">The graph is not valid; see <see cref="Graph.Validate"/>.</exception>
    /// <exception cref="ModelFormatException">The model exceeds the limits, or uses an operator outside the set.</exception>
    public static byte[] ToBytes(Graph graph, EmitOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        options ??= new EmitOptions();
        graph.Validate();
        byte[] plain = Write(graph, options).ToArray();
        using CheckedModel model = CheckedModel.Open(plain, options.Operators, options.Limits);
        if (!options.InferenceProgram && options.TrainingPrograms.Count == 0)
        {
            return plain;
        }

        // The programs are the runtime's own: planned on the graph as it is read back, so indices agree by construction.
        ModelWriter writer = Write(graph, options);
        if (options.InferenceProgram)
        {
            ExecutionProgram program = ExecutionProgram.Infer(model.Graph);
            program.Place();
            AddProgram(writer, new ProgramRecord { Kind = ProgramKind.Infer, Batch = (uint)program.Graph.Batch }, program);
        }

        if (options.TrainingPrograms.Count > 0)
        {
            using Model loaded = Model.Load(plain, new ModelLoadOptions { Operators = options.Operators, Limits = options.Limits, Prepack = false });
            foreach (TrainingProgram training in options.TrainingPrograms)
            {
                TrainingGraph built = TrainingGraph.Build(loaded, new TrainerOptions
                {
                    Scheme = training.Scheme,
                    BatchSize = training.BatchSize,
                    Loss = training.Loss,
                    ClipNorm = training.ClipsNorm ? 1 : 0,
                });
                AddProgram(writer, built.Record(training.BatchSize), built.Plan(training.BatchSize));
            }
        }

        return writer.ToArray();
    }

    private static void AddProgram(ModelWriter writer, ProgramRecord record, ExecutionProgram program)
    {
        (StepRecord[] steps, BufferRecord[] buffers) = program.ToRecords();
        record.ArenaBytes = (ulong)program.ArenaBytes;
        writer.AddProgram(record, steps, buffers);
    }

    private static ModelWriter Write(Graph graph, EmitOptions options)
    {
        ModelWriter writer = new() { StripNames = options.StripNames };
        Dictionary<Tensor, int> indices = [];
        List<(Quantization Parameters, int Index)> quantizations = [];
        foreach (Tensor input in graph.Inputs)
        {
            Add(input);
        }

        foreach (Node node in graph.Nodes)
        {
            foreach (Tensor? input in node.InputArray)
            {
                if (input is { IsConstant: true })
                {
                    Add(input);
                }
            }

            foreach (Tensor output in node.OutputArray)
            {
                Add(output);
            }

            int[] inputs = Array.ConvertAll(node.InputArray, input => input is null ? -1 : indices[input]);
            int[] outputs = Array.ConvertAll(node.OutputArray, output => indices[output]);
            AttributeWriter attributes = new();
            node.Operator.Write(attributes);
            writer.AddOperator(node.Name, node.Info.Code, node.Info.SinceVersion, inputs, outputs, attributes.ToArray());
        }

        foreach (Tensor output in graph.Outputs)
        {
            Add(output);
        }

        writer.SetInterface([.. graph.Inputs.Select(input => indices[input])], [.. graph.Outputs.Select(output => indices[output])]);
        foreach ((string key, string value) in graph.Metadata)
        {
            writer.AddMetadata(key, value);
        }

        return writer;

        void Add(Tensor tensor)
        {
            if (indices.ContainsKey(tensor))
            {
                return;
            }

            int quantization = tensor.Quantization is null ? -1 : AddQuantization(tensor.Quantization);
            indices.Add(tensor, tensor.IsConstant
                ? writer.AddConstant(tensor.Name, tensor.Type, tensor.Shape, tensor.Data.Span, quantization)
                : writer.AddTensor(tensor.Name, tensor.Type, tensor.Shape, quantization));
        }

        // Tensors that share parameters share a record; they mostly do so with a neighbour, so the search goes backwards.
        int AddQuantization(Quantization parameters)
        {
            for (int i = quantizations.Count - 1; i >= 0; i--)
            {
                if (Quantization.Same(quantizations[i].Parameters, parameters))
                {
                    return quantizations[i].Index;
                }
            }

            int index = writer.AddQuantization(parameters.Scales, parameters.ZeroPoints, parameters.Axis);
            quantizations.Add((parameters, index));
            return index;
        }
    }
}

using Edge.Format;
using Edge.Runtime.Graph;
using Edge.Runtime.Memory;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;

namespace Edge.Runtime;

/// <summary>A loaded, checked model. Immutable, and shared by any number of sessions, trainers and threads.</summary>
/// <remarks>
/// The file is copied into private memory: nobody can change or cut it after it was checked. Sessions and trainers keep that memory
/// alive, so a model may be disposed before them.
/// </remarks>
public sealed class Model : IDisposable
{
    private readonly object _lock = new();
    private readonly ModelLoadOptions _options;
    private readonly Lease _lease;
    private int _disposed;
    private IKernel[]? _kernels;
    private ExecutionProgram? _infer;

    private Model(AlignedMemory memory, ModelGraph graph, ModelLoadOptions options, IReadOnlyDictionary<string, string> metadata, ReadOnlySpan<byte> identity, IDisposable owner)
    {
        Memory = memory;
        Graph = graph;
        BaseGraph = graph;
        _options = options;
        Metadata = metadata;
        Identity = Convert.ToHexString(identity).ToLowerInvariant();
        FileBytes = memory.Bytes;
        Prepared = new PreparedMemory(options.Prepack, memory.Bytes);
        _lease = new Lease(Prepared, owner);
    }

    /// <summary>The inputs, in the order in which a session takes them.</summary>
    public IReadOnlyList<TensorDescription> Inputs => Describe(Graph.Inputs);

    /// <summary>The outputs, in the order in which a session gives them.</summary>
    public IReadOnlyList<TensorDescription> Outputs => Describe(Graph.Outputs);

    /// <summary>Labels, input normalization, provenance. Keys: format/SPEC.md, "Metadata".</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>SHA-256 of the content in hexadecimal, as the file states it; see <see cref="VerifyIdentity"/>.</summary>
    public string Identity { get; }

    /// <summary>Bytes of the file.</summary>
    public long FileBytes { get; }

    /// <summary>Bytes of all constants: weights, biases, tables.</summary>
    public long WeightBytes { get; private init; }

    /// <summary>Bytes of the file that are neither weights nor names: tables, attributes, programs, metadata.</summary>
    public long MetadataBytes { get; private init; }

    /// <summary>Bytes of the arena that a session of the stored batch size works in: exact, known before it runs. <see cref="StateBytes"/> are part of it.</summary>
    public long InferenceBytes => InferProgram.MemoryBytes;

    /// <summary>Bytes of what a session of the stored batch size remembers from run to run; 0 for most models.</summary>
    public long StateBytes => Graph.States.Bytes;

    /// <summary>The largest sum of simultaneously live bytes: no plan can need less than this.</summary>
    public long InferenceLowerBoundBytes
    {
        get
        {
            lock (_lock)
            {
                return InferProgram.LowerBoundBytes;
            }
        }
    }

    /// <summary>Bytes of weights that were repacked for speed; 0 until the first session.</summary>
    public long PreparedBytes => Prepared.Bytes + Prepared.KeptBytes;

    /// <summary>The operators in execution order.</summary>
    public IReadOnlyList<OperatorDescription> Operators
    {
        get
        {
            List<OperatorDescription> list = [];
            foreach (GraphNode node in Graph.Nodes)
            {
                long weights = 0;
                foreach (int input in node.Inputs)
                {
                    weights += input < 0 ? 0 : Graph.Tensors[input].Constant.Length;
                }

                list.Add(new OperatorDescription(node.Name, node.Info.Name, node.Operator.ToString() ?? "", Describe(node.Inputs), Describe(node.Outputs), weights));
            }

            return list;
        }
    }

    internal AlignedMemory Memory { get; }

    internal PreparedMemory Prepared { get; }

    /// <summary>The graph that sessions run.</summary>
    internal ModelGraph Graph { get; private init; }

    /// <summary>The graph of the file; differs from <see cref="Graph"/> after personalization.</summary>
    internal ModelGraph BaseGraph { get; private init; }

    /// <summary>Whether the file brings training programs. Not so for a personalized model: it may run more of the file in float32 than they know.</summary>
    internal bool HasTrainingPrograms { get; private set; }

    /// <summary>What fine-tuning changed, or null.</summary>
    internal Personalization? Personalization { get; private init; }

    internal OperatorSet OperatorSet => _options.Operators ?? OperatorSet.Default;

    internal ModelLimits Limits => _options.Limits;

    internal ExecutionProgram InferProgram
    {
        get
        {
            lock (_lock)
            {
                return _infer ??= PlanInfer(Graph);
            }
        }
    }

    /// <summary>Reads and checks a model file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Limits, operators, prepacking; null for the defaults.</param>
    /// <exception cref="ModelFormatException">The file is malformed, damaged, unsupported or beyond the limits.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Model Load(string path, ModelLoadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new ModelLoadOptions();
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        long length = stream.Length;
        CheckLength(length, options.Limits);
        AlignedMemory memory = new(length);
        try
        {
            stream.ReadExactly(memory.Span);
            return Open(memory, options);
        }
        catch (EndOfStreamException error)
        {
            memory.Dispose();
            throw new ModelFormatException($"'{path}' became shorter than {length} bytes while it was read.", error);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Checks a model held in memory; the bytes are copied.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <param name="options">Limits, operators, prepacking; null for the defaults.</param>
    /// <exception cref="ModelFormatException">The file is malformed, damaged, unsupported or beyond the limits.</exception>
    public static Model Load(ReadOnlySpan<byte> file, ModelLoadOptions? options = null)
    {
        options ??= new ModelLoadOptions();
        CheckLength(file.Length, options.Limits);
        AlignedMemory memory = new(file.Length);
        try
        {
            file.CopyTo(memory.Span);
            return Open(memory, options);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Bytes that a trainer with these options needs: arena, parameters and optimizer state; exact.</summary>
    /// <remarks>
    /// Not counted, as it belongs to the model's form and not to training: packed kernels of an int8 head, and where int8 layers become float32 the float32 copy of
    /// their constants, four bytes a value, that the trainer starts from.
    /// </remarks>
    /// <param name="options">Scheme, optimizer, batch size.</param>
    /// <exception cref="ArgumentException">The options do not fit the model.</exception>
    public long TrainingBytes(TrainerOptions options) => TrainingGraph.Build(this, options).TotalBytes;

    /// <summary>Whether the stored identity is the SHA-256 of the content. Loads the system's cryptography.</summary>
    public bool VerifyIdentity() => ModelView.Open(Memory.Span, Limits).VerifyIdentity();

    /// <summary>The model with the changes that fine-tuning made.</summary>
    /// <param name="delta">What <see cref="Trainer.SavePersonalization"/> returned for this very model.</param>
    /// <returns>
    /// A model of its own, to be disposed of its own, with the same inputs and outputs. What fine-tuning changed runs in float32; the rest of an int8 model stays int8.
    /// It replaces an earlier personalization; but a trainer on a personalized model saves the earlier changes along with its own.
    /// </returns>
    /// <exception cref="ModelFormatException">The bytes are damaged, belong to another model, or make one beyond the limits.</exception>
    /// <exception cref="ArgumentException">A part of an int8 model becomes float32, and the operator set lacks Quantize or Dequantize.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Model Personalize(ReadOnlySpan<byte> delta)
    {
        IDisposable lease = Acquire();
        Personalization personalization;
        ModelGraph graph;
        ExecutionProgram infer;
        try
        {
            personalization = Personalization.Read(delta, this);
            graph = GraphLift.Apply(BaseGraph, personalization.FirstNode, personalization.Parameters, OperatorSet, keepOutputTypes: true).Graph;
            infer = PlanInfer(graph);
        }
        catch (ShapeException error)
        {
            lease.Dispose();
            throw new ModelFormatException($"Personalization: the model does not work with it. {error.Message}", error);
        }
        catch
        {
            lease.Dispose();
            throw;
        }

        return new Model(Memory, BaseGraph, _options, Metadata, Convert.FromHexString(Identity), lease)
        {
            _infer = infer,
            Graph = graph,
            BaseGraph = BaseGraph,
            Personalization = personalization,
            WeightBytes = WeightBytes,
            MetadataBytes = MetadataBytes,
        };
    }

    /// <summary>Lets the model's memory go; it is freed when no session, trainer or personalized model uses it any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _lease.Dispose();
        }
    }

    /// <summary>Keeps the model's memory until the result is disposed.</summary>
    internal IDisposable Acquire()
    {
        // Also while others keep the memory: whether a disposed model works must not depend on them.
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        return _lease.Acquire();
    }

    /// <summary>One kernel for each node of <see cref="Graph"/>, made by the first caller.</summary>
    internal IKernel[] Kernels()
    {
        lock (_lock)
        {
            return _kernels ??= Graph.Prepare(Prepared, []);
        }
    }

    internal ExecutionProgram PlanInfer(ModelGraph graph)
    {
        ExecutionProgram program = ExecutionProgram.Infer(graph);
        program.Place();
        CheckArena(program.MemoryBytes);
        return program;
    }

    internal void CheckArena(long bytes)
    {
        if (bytes > Limits.MaxArenaBytes)
        {
            throw new ModelFormatException($"The program needs an arena of {bytes} bytes; the limit is {Limits.MaxArenaBytes} (ModelLimits.MaxArenaBytes).");
        }
    }

    private static void CheckLength(long length, ModelLimits limits)
    {
        if (length > limits.MaxFileBytes)
        {
            throw new ModelFormatException($"The file has {length} bytes; the limit is {limits.MaxFileBytes} (ModelLimits.MaxFileBytes).");
        }
    }

    private static Model Open(AlignedMemory memory, ModelLoadOptions options)
    {
        ModelView file = ModelView.Open(memory.Span, options.Limits);
        ModelGraph graph = ModelGraph.Read(file, memory, options.Operators ?? OperatorSet.Default, options.Limits);
        KeyValuePair<string, string>[] pairs = file.ReadMetadata();
        Dictionary<string, string> metadata = new(pairs.Length);
        foreach ((string key, string value) in pairs)
        {
            metadata[key] = value;
        }

        long weights = 0;
        foreach (GraphTensor tensor in graph.Tensors)
        {
            weights += tensor.Constant.Length;
        }

        ContentId identity = file.Header.Identity;
        Model model = new(memory, graph, options, metadata, identity, memory)
        {
            WeightBytes = weights,
            MetadataBytes = memory.Bytes - file.SectionBytes(SectionKind.Weights) - file.SectionBytes(SectionKind.Names),
        };
        for (int i = 0; i < file.Programs.Length; i++)
        {
            model.HasTrainingPrograms |= file.Programs[i].Kind == ProgramKind.Train;
            if (file.Programs[i].Kind == ProgramKind.Infer && file.Programs[i].Batch == (uint)graph.Batch && model._infer is null)
            {
                ExecutionProgram program = ExecutionProgram.Infer(graph);
                program.Place(file, i);
                model.CheckArena(program.MemoryBytes);
                model._infer = program;
            }
        }

        // Planned here where the file brings no program, so that a model too large for the limits is refused at load.
        _ = model.InferProgram;
        return model;
    }

    private List<TensorDescription> Describe(int[] tensors)
    {
        List<TensorDescription> list = [];
        foreach (int tensor in tensors)
        {
            if (tensor >= 0)
            {
                list.Add(new TensorDescription(Graph.Tensors[tensor].Name, Graph.Tensors[tensor].Spec));
            }
        }

        return list;
    }
}

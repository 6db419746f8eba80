using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Graph;
using Edge.Runtime.Kernels;
using Edge.Runtime.Memory;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;
using Edge.Runtime.Training;

namespace Edge.Runtime;

/// <summary>Trains a model, or a part of it, in place. A step of a batch size seen before allocates nothing. Belongs to one thread at a time.</summary>
/// <remarks>
/// The model itself never changes: parameters live in the trainer's memory until <see cref="SavePersonalization"/> or
/// <see cref="SaveCheckpoint"/> writes them out. What a streaming model remembers (see <see cref="ReadState"/>) starts from its first value in every step, evaluation
/// and prediction.
/// </remarks>
public sealed unsafe class Trainer : IDisposable
{
    private const uint CheckpointMagic = 0x4B474445;
    private const ushort CheckpointVersion = 1;

    private readonly Model _model;
    private readonly IDisposable _lease;
    private readonly TrainingGraph _graph;
    private readonly TrainerOptions _options;
    private readonly AlignedMemory _persistent;
    private readonly PreparedMemory _prepared;
    private readonly IKernel[] _kernels;
    private readonly byte*[] _parameters;
    private readonly float*[] _states;
    private readonly RunState _run;
    private readonly List<Bound> _bound = [];
    private readonly List<ParameterDescription> _descriptions = [];
    private readonly int _sampleElements;
    private readonly int _targetElements;
    private Bound _current;
    private float _learningRate;
    private float _rate;
    private float _clipScale;
    private bool _disposed;

    /// <summary>Prepares training: plans and allocates everything.</summary>
    /// <param name="model">The model; may be disposed afterwards.</param>
    /// <param name="options">Optimizer, scheme, loss, batch size, threads.</param>
    /// <exception cref="ArgumentException">The options do not fit the model, or it has not exactly one input, float32 or quantized.</exception>
    /// <exception cref="ShapeException">The model cannot be trained that way, or does not work with the batch size: axis 0 of input and output must be the samples.</exception>
    /// <exception cref="ModelFormatException">Its arena or kernels are beyond the limits, or the file's training program is not valid.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Trainer(Model model, TrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        _options = options;
        _lease = model.Acquire();
        try
        {
            _graph = TrainingGraph.Build(model, options);
            if (_graph.Graph.Inputs.Length != 2)
            {
                throw new ArgumentException($"The model has {_graph.Graph.Inputs.Length - 1} inputs; a trainer takes samples for one. Join the inputs into one, and take it apart inside the model.", nameof(model));
            }

            TensorSpec input = _graph.Graph.Tensors[_graph.Graph.Inputs[0]].Spec;
            if (input.Type != DataType.Float32 && !(input.Type is DataType.Int8 or DataType.UInt8 or DataType.Int16 && input.Quantization is not null))
            {
                throw new ArgumentException($"The model's input is {input}; a trainer takes float32 samples, for float32 or quantized int8, uint8 and int16 inputs.", nameof(model));
            }

            _sampleElements = ElementsPerSample(_graph.Graph.Inputs[0]);
            _targetElements = ElementsPerSample(_graph.Graph.Inputs[^1]);
            _persistent = new AlignedMemory(_graph.PersistentBytes);
            _parameters = new byte*[_graph.Graph.Tensors.Length];
            _states = new float*[_graph.Graph.Tensors.Length];
            bool[] mutable = new bool[_graph.Graph.Tensors.Length];
            long offset = 0;
            for (int i = 0; i < _graph.Mutable.Length; i++)
            {
                int tensor = _graph.Mutable[i];
                GraphTensor info = _graph.Graph.Tensors[tensor];
                mutable[tensor] = true;
                _parameters[tensor] = _persistent.Pointer + offset;
                info.Constant.Span.CopyTo(new Span<byte>(_parameters[tensor], info.Spec.Bytes));
                offset += AlignedMemory.AlignUp(info.Spec.Bytes);
                if (_graph.Trainable[tensor])
                {
                    _states[tensor] = (float*)(_persistent.Pointer + offset);
                    offset += AlignedMemory.AlignUp(info.Spec.Bytes) * options.Optimizer.StateCount;
                }

                _descriptions.Add(new ParameterDescription(info.Name, _graph.Origin[i], info.Spec, _graph.Trainable[tensor]));
            }

            _prepared = new PreparedMemory(prepack: false, model.FileBytes);
            _kernels = _graph.Graph.Prepare(_prepared, mutable);
            _run = new RunState { Team = options.Threads == 1 ? WorkerTeam.Single : new WorkerTeam(options.Threads), Seed = options.Seed };
            LearningRate = options.Optimizer.LearningRate;
            _current = Bind(options.BatchSize);
        }
        catch
        {
            Dispose();                               // the model, the memory and the helper threads are let go
            throw;
        }
    }

    /// <summary>What training changes: trainable parameters and running statistics.</summary>
    public IReadOnlyList<ParameterDescription> Parameters => _descriptions;

    /// <summary>Training steps done, those before a loaded checkpoint included. Evaluations and predictions do not count.</summary>
    public long StepCount => _run.Step;

    /// <summary>The base learning rate, from which a schedule computes that of each step; starts as the optimizer's and may change between steps.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, infinite or NaN; one step with it would spoil every parameter.</exception>
    public float LearningRate
    {
        get => _learningRate;
        set => _learningRate = Hyperparameter.NotNegative(value, nameof(LearningRate));
    }

    /// <summary>Bytes of the arena of the largest batch size used so far.</summary>
    public long ArenaBytes
    {
        get
        {
            long bytes = 0;
            foreach (Bound bound in _bound)
            {
                bytes = Math.Max(bytes, bound.Program.MemoryBytes);
            }

            return bytes;
        }
    }

    /// <summary>Bytes of arenas, parameters and optimizer state.</summary>
    public long TotalBytes
    {
        get
        {
            long bytes = _persistent.Bytes;
            foreach (Bound bound in _bound)
            {
                bytes += bound.Arena.Bytes;
            }

            return bytes;
        }
    }

    /// <summary>What is minimized.</summary>
    public Loss Loss => _graph.Loss;

    /// <summary>Most samples per step.</summary>
    public int BatchSize => _options.BatchSize;

    /// <summary>Values per sample that the model takes. Samples are float32; for a quantized input they are rounded to its steps.</summary>
    public int SampleLength => _sampleElements;

    /// <summary>Values per sample that the model gives: the length of <see cref="Prediction"/> for one sample.</summary>
    public int OutputLength => ElementsPerSample(_graph.Graph.Outputs[1]);

    /// <summary>
    /// The prediction for the samples of the last <see cref="Step(ReadOnlySpan{float}, ReadOnlySpan{int})"/> or evaluation, before its update: probabilities for the cross-entropy losses.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The trainer was disposed.</exception>
    public ReadOnlySpan<float> Prediction
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return new(_current.Prediction.Data, _current.Prediction.Bytes / sizeof(float));
        }
    }

    /// <summary>Called at each update with the position in <see cref="Parameters"/> and the gradient; for tests.</summary>
    internal GradientObserver? ObserveGradient { get; set; }

    internal delegate void GradientObserver(int parameter, ReadOnlySpan<float> gradient);

    /// <summary>One training step with integer labels (softmax cross-entropy).</summary>
    /// <remarks>Samples that hold NaN or infinities give such a loss and spoil the parameters: check the loss, and go back to a checkpoint.</remarks>
    /// <param name="inputs">1 … batch size samples of <see cref="SampleLength"/> values, row-major; any number of them, the mean is over those given.</param>
    /// <param name="labels">Their class indices.</param>
    /// <returns>The mean loss before the update, in nats.</returns>
    /// <exception cref="ShapeException">The lengths do not fit the model; nothing was changed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is no class; nothing was changed.</exception>
    public float Step(ReadOnlySpan<float> inputs, ReadOnlySpan<int> labels)
    {
        CheckLabels(labels);
        Fill(inputs, labels, DataType.Int32);
        return Train();
    }

    /// <summary>One training step with float targets (binary cross-entropy, mean squared error).</summary>
    /// <param name="inputs">1 … batch size samples, row-major.</param>
    /// <param name="targets">Their targets.</param>
    /// <returns>The mean loss before the update.</returns>
    /// <exception cref="ShapeException">The lengths do not fit the model; nothing was changed.</exception>
    public float Step(ReadOnlySpan<float> inputs, ReadOnlySpan<float> targets)
    {
        Fill(inputs, targets, DataType.Float32);
        return Train();
    }

    /// <summary>Loss and prediction without an update; batch statistics and dropout are off.</summary>
    /// <param name="inputs">1 … batch size samples, row-major.</param>
    /// <param name="labels">Their class indices.</param>
    /// <returns>The mean loss, in nats.</returns>
    /// <exception cref="ShapeException">The lengths do not fit the model.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is no class.</exception>
    public float Evaluate(ReadOnlySpan<float> inputs, ReadOnlySpan<int> labels)
    {
        CheckLabels(labels);
        Fill(inputs, labels, DataType.Int32);
        return Forward();
    }

    /// <summary>Loss and prediction without an update; batch statistics and dropout are off.</summary>
    /// <param name="inputs">1 … batch size samples, row-major.</param>
    /// <param name="targets">Their targets.</param>
    /// <returns>The mean loss.</returns>
    /// <exception cref="ShapeException">The lengths do not fit the model, or its loss takes labels.</exception>
    public float Evaluate(ReadOnlySpan<float> inputs, ReadOnlySpan<float> targets)
    {
        Fill(inputs, targets, DataType.Float32);
        return Forward();
    }

    /// <summary>Predictions with the parameters as they are now.</summary>
    /// <param name="inputs">1 … batch size samples, row-major.</param>
    /// <param name="outputs">Receives the predictions: probabilities for the cross-entropy losses.</param>
    /// <exception cref="ShapeException">A length does not fit the model; nothing was written.</exception>
    public void Predict(ReadOnlySpan<float> inputs, Span<float> outputs)
    {
        int samples = Samples(inputs.Length);
        Use(samples);
        if (outputs.Length != Prediction.Length)
        {
            throw new ShapeException($"The output has {outputs.Length} elements; {samples} samples give {Prediction.Length}.");
        }

        // The loss runs along and wants a target; zero is a valid one for every loss.
        new Span<byte>(_current.Target.Data, _current.Target.Bytes).Clear();
        CopyInput(inputs);
        Forward();
        Prediction.CopyTo(outputs);
    }

    /// <summary>Current values of a parameter; may be written.</summary>
    /// <param name="index">Position in <see cref="Parameters"/>.</param>
    /// <exception cref="ObjectDisposedException">The trainer was disposed.</exception>
    public Span<float> Parameter(int index)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        int tensor = _graph.Mutable[index];
        return new Span<float>(_parameters[tensor], _graph.Graph.Tensors[tensor].Spec.Shape.ElementCount);
    }

    /// <summary>Plans and allocates for a batch size, so that the first step of it allocates nothing either.</summary>
    /// <param name="samples">Samples per step, 1 … batch size.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="samples"/> is not 1 … batch size.</exception>
    /// <exception cref="ShapeException">The model does not work with that many samples.</exception>
    public void Prepare(int samples)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(samples, _options.BatchSize);
        Use(samples);
    }

    /// <summary>Everything that training needs to go on: parameters, statistics, optimizer state, step count, learning rate.</summary>
    /// <remarks>
    /// Bytes, little-endian: "EDGK", version (u16) 1, states per parameter (u16), identity of the model (32 bytes), step (i64), learning rate (f32), payload length (u32), CRC-32C of optimizer name and parameter indices (u32), payload, CRC-32C.
    /// Save them with <see cref="Storage.TwoSlotStore"/>, so that a power cut leaves the old or the new state.
    /// </remarks>
    public byte[] SaveCheckpoint()
    {
        int payload = (int)_persistent.Bytes;
        byte[] bytes = new byte[CheckpointHeader + payload + 4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, CheckpointMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), CheckpointVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(6), (ushort)_options.Optimizer.StateCount);
        Convert.FromHexString(_model.Identity).CopyTo(bytes, 8);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), _run.Step);
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(48), LearningRate);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(52), (uint)payload);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(56), StateLayout());
        _persistent.Span.CopyTo(bytes.AsSpan(CheckpointHeader));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(CheckpointHeader + payload), Crc32C.Compute(bytes.AsSpan(0, CheckpointHeader + payload)));
        return bytes;
    }

    private const int CheckpointHeader = 60;
    private const long MostSteps = 1L << 60;

    /// <summary>Stands for what the bytes of the state mean: schemes and optimizers may need the same number of bytes for different things.</summary>
    private uint StateLayout()
    {
        uint layout = Crc32C.Compute(System.Text.Encoding.UTF8.GetBytes(_options.Optimizer.GetType().Name));
        Span<byte> entry = stackalloc byte[sizeof(int)];
        for (int i = 0; i < _graph.Mutable.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(entry, _graph.Trainable[_graph.Mutable[i]] ? _graph.Origin[i] : ~_graph.Origin[i]);
            layout = Crc32C.Compute(entry, layout);
        }

        return layout;
    }

    /// <summary>Goes back to a saved state. The next losses are those of a run that was never interrupted.</summary>
    /// <param name="checkpoint">What <see cref="SaveCheckpoint"/> gave for the same model, scheme and optimizer.</param>
    /// <exception cref="ModelFormatException">The bytes are damaged or belong to another model, scheme or optimizer; nothing was changed.</exception>
    public void LoadCheckpoint(ReadOnlySpan<byte> checkpoint)
    {
        if (checkpoint.Length < CheckpointHeader + 4 || BinaryPrimitives.ReadUInt32LittleEndian(checkpoint) != CheckpointMagic || BinaryPrimitives.ReadUInt16LittleEndian(checkpoint[4..]) != CheckpointVersion)
        {
            throw new ModelFormatException($"The checkpoint has {checkpoint.Length} bytes and is no 'EDGK' version {CheckpointVersion}.");
        }

        uint crc = Crc32C.Compute(checkpoint[..^4]);
        if (crc != BinaryPrimitives.ReadUInt32LittleEndian(checkpoint[^4..]))
        {
            throw new ModelFormatException($"Checkpoint: checksum is 0x{crc:X8}, 0x{BinaryPrimitives.ReadUInt32LittleEndian(checkpoint[^4..]):X8} is stated. It is damaged.");
        }

        string identity = Convert.ToHexString(checkpoint.Slice(8, 32)).ToLowerInvariant();
        int states = BinaryPrimitives.ReadUInt16LittleEndian(checkpoint[6..]);
        uint payload = BinaryPrimitives.ReadUInt32LittleEndian(checkpoint[52..]);
        if (identity != _model.Identity || states != _options.Optimizer.StateCount || payload != _persistent.Bytes || checkpoint.Length != CheckpointHeader + payload + 4)
        {
            throw new ModelFormatException($"The checkpoint belongs to model {identity} with {payload} bytes of state, {states} per parameter; this trainer has model {_model.Identity}, {_persistent.Bytes} bytes, {_options.Optimizer.StateCount} per parameter. Use the same model, scheme and optimizer.");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(checkpoint[56..]) != StateLayout())
        {
            throw new ModelFormatException($"The checkpoint belongs to this model, but to another scheme than '{_options.Scheme}' or another optimizer than {_options.Optimizer.GetType().Name}. Use the same ones.");
        }

        // An update takes no other values, and would say so only when half of the parameters are changed.
        long step = BinaryPrimitives.ReadInt64LittleEndian(checkpoint[40..]);
        float rate = BinaryPrimitives.ReadSingleLittleEndian(checkpoint[48..]);
        if (step is < 0 or > MostSteps || !(rate >= 0) || !float.IsFinite(rate))
        {
            throw new ModelFormatException($"Checkpoint: step {step} and learning rate {rate}; 0 … {MostSteps} steps and a finite rate of at least 0 are allowed.");
        }

        checkpoint.Slice(CheckpointHeader, (int)payload).CopyTo(_persistent.Span);
        _run.Step = step;
        _learningRate = rate;
    }

    /// <summary>What training changed, bound to the model it was made from; see <see cref="Model.Personalize"/>.</summary>
    public byte[] SavePersonalization()
    {
        Dictionary<int, byte[]> changed = [];
        if (_model.Personalization is { } known)
        {
            foreach ((int tensor, byte[] values) in known.Parameters)
            {
                changed[tensor] = values;
            }
        }

        for (int i = 0; i < _graph.Mutable.Length; i++)
        {
            changed[_graph.Origin[i]] = MemoryMarshal.AsBytes(Parameter(i)).ToArray();
        }

        return new Personalization { FirstNode = _graph.FirstNode, Parameters = changed }.ToArray(_model.Identity);
    }

    /// <summary>Frees the memory and ends the helper threads.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _run?.Team.Dispose();                        // what a constructor that failed had not made yet is null
        foreach (Bound bound in _bound)
        {
            bound.Arena.Dispose();
        }

        _persistent?.Dispose();
        _prepared?.Dispose();
        _lease.Dispose();
    }

    private int ElementsPerSample(int tensor)
    {
        Shape shape = _graph.Graph.Tensors[tensor].Spec.Shape;
        return shape.Rank == 0 ? 1 : shape.Product(1, shape.Rank);
    }

    private int Samples(int elements)
    {
        int samples = elements / _sampleElements;
        return samples >= 1 && samples <= _options.BatchSize && samples * _sampleElements == elements
            ? samples
            : throw new ShapeException($"The inputs have {elements} elements; 1 … {_options.BatchSize} samples of {_sampleElements} are allowed ({_graph.Graph.Tensors[_graph.Graph.Inputs[0]].Spec}).");
    }

    private void Fill<T>(ReadOnlySpan<float> inputs, ReadOnlySpan<T> targets, DataType type) where T : unmanaged
    {
        int samples = Samples(inputs.Length);
        TensorSpec target = _graph.Graph.Tensors[_graph.Graph.Inputs[^1]].Spec;
        if (target.Type != type || targets.Length != samples * _targetElements)
        {
            throw new ShapeException($"{targets.Length} targets of type {type.Name()} for {samples} samples; {_graph.Loss} takes {target.Type.Name()}, {_targetElements} a sample.");
        }

        Use(samples);
        CopyInput(inputs);
        targets.CopyTo(new Span<T>(_current.Target.Data, targets.Length));
    }

    /// <summary>Samples are copied by count: axis 0 of what goes in and out must be the samples.</summary>
    private void CheckBatch(ModelGraph graph, int samples)
    {
        CheckBatch(graph, graph.Inputs[0], samples, _sampleElements);
        CheckBatch(graph, graph.Inputs[^1], samples, _targetElements);
        CheckBatch(graph, graph.Outputs[1], samples, OutputLength);
    }

    private static void CheckBatch(ModelGraph graph, int tensor, int samples, int elements)
    {
        TensorSpec spec = graph.Tensors[tensor].Spec;
        if (spec.Shape.Rank == 0 || spec.Shape[0] != samples || spec.Shape.Product(1, spec.Shape.Rank) != elements)
        {
            throw new ShapeException($"Tensor '{graph.Tensors[tensor].Name}' is {spec} for {samples} samples; a trainer needs the samples on axis 0 of input and output. Look for a Reshape with fixed sizes or a reduction over axis 0.");
        }
    }

    /// <summary>Refuses wrong labels before anything runs: the loss would notice them only after the running statistics of the layers before it have moved.</summary>
    private void CheckLabels(ReadOnlySpan<int> labels)
    {
        if (_graph.Loss != Loss.SoftmaxCrossEntropy)
        {
            return;                                  // Fill refuses the type
        }

        int classes = _graph.Graph.Tensors[_graph.Graph.Outputs[1]].Spec.Shape[-1];
        foreach (int label in labels)
        {
            if ((uint)label >= (uint)classes)
            {
                throw new ArgumentOutOfRangeException(nameof(labels), label, $"A label is {label}; 0 … {classes - 1} is allowed for {classes} classes.");
            }
        }
    }

    private void CopyInput(ReadOnlySpan<float> inputs)
    {
        Slot slot = _current.Input;
        int zeroPoint = slot.Spec.Quantization?.ZeroPoint ?? 0;
        float scale = slot.Spec.Quantization?.Scale ?? 1;
        switch (slot.Spec.Type)
        {
            case DataType.Float32: inputs.CopyTo(View.Of<float>(slot)); break;
            case DataType.Int8: AffineQuantization.Quantize(inputs, scale, zeroPoint, View.Of<sbyte>(slot)); break;
            case DataType.UInt8: AffineQuantization.Quantize(inputs, scale, zeroPoint, View.Of<byte>(slot)); break;
            default: AffineQuantization.Quantize(inputs, scale, zeroPoint, View.Of<short>(slot)); break;
        }
    }

    private void Use(int samples)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_current.Samples == samples)
        {
            return;
        }

        for (int i = 0; i < _bound.Count; i++)
        {
            if (_bound[i].Samples == samples)
            {
                _current = _bound[i];
                return;
            }
        }

        _current = Bind(samples);
    }

    private float Train()
    {
        _run.Training = true;
        float rate = _options.Schedule?.Rate(_run.Step + 1, LearningRate) ?? LearningRate;
        _rate = rate;
        _clipScale = 1;
        _current.Executor.ResetStates();
        _current.Executor.Run();
        _run.Step++;
        float loss = *(float*)_current.Loss.Data;
        GC.KeepAlive(this);
        return loss;
    }

    private float Forward()
    {
        _run.Training = false;
        _current.Executor.ResetStates();
        _current.Executor.Forward();
        float loss = *(float*)_current.Loss.Data;
        GC.KeepAlive(this);
        return loss;
    }

    private void Update(int tensor, Slot gradient)
    {
        Span<float> values = new(gradient.Data, gradient.Bytes / sizeof(float));
        if (ObserveGradient is { } observe)
        {
            observe(Array.IndexOf(_graph.Mutable, tensor), values);
        }

        if (_options.ClipValue > 0)
        {
            GradientClip.ClipValue(values, _options.ClipValue);
        }

        if (_clipScale != 1)
        {
            GradientClip.Scale(values, _clipScale);
        }

        Span<float> states = new(_states[tensor], values.Length * _options.Optimizer.StateCount);
        _options.Optimizer.Update(new ParameterUpdate(new Span<float>(_parameters[tensor], values.Length), values, states, _rate, _run.Step + 1, _run.Team));
    }

    private void ClipNorm()
    {
        if (_options.ClipNorm <= 0)
        {
            return;
        }

        double sum = 0;
        foreach (ref readonly Slot slot in _current.Gradients.AsSpan())
        {
            sum += GradientClip.SumOfSquares(new ReadOnlySpan<float>(slot.Data, slot.Bytes / sizeof(float)));
        }

        _clipScale = GradientClip.NormFactor(sum, _options.ClipNorm);
    }

    private Bound Bind(int samples)
    {
        ExecutionProgram program = _graph.Plan(samples);
        _model.CheckArena(program.MemoryBytes);
        CheckBatch(program.Graph, samples);
        AlignedMemory arena = new(program.MemoryBytes);
        Executor executor = new(program, arena.Pointer, _kernels, _run, _parameters, _graph.Trainable) { Update = Update, BeforeUpdates = ClipNorm };
        ModelGraph graph = program.Graph;
        Bound bound = new()
        {
            Samples = samples,
            Program = program,
            Arena = arena,
            Executor = executor,
            Input = executor.Value(graph.Inputs[0], _parameters),
            Target = executor.Value(graph.Inputs[^1], _parameters),
            Loss = executor.Value(graph.Outputs[0], _parameters),
            Prediction = executor.Value(graph.Outputs[1], _parameters),
            Gradients = [.. executor.UpdateGradients()],
        };
        _bound.Add(bound);
        return bound;
    }

    private sealed class Bound
    {
        public required int Samples { get; init; }

        public required ExecutionProgram Program { get; init; }

        public required AlignedMemory Arena { get; init; }

        public required Executor Executor { get; init; }

        public required Slot Input { get; init; }

        public required Slot Target { get; init; }

        public required Slot Loss { get; init; }

        public required Slot Prediction { get; init; }

        public required Slot[] Gradients { get; init; }
    }
}

using System.Buffers;
using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Graph;
using Edge.Runtime.Memory;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime;

/// <summary>How a session runs.</summary>
public sealed record SessionOptions
{
    /// <summary>Threads that share the work of one run, 1 or more. Results do not depend on it. Default: 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Samples per run; 0 takes the batch size stored in the model. Default: 0.</summary>
    public int BatchSize { get; init; }

    /// <summary>
    /// Memory for the arena, at least <see cref="Model.InferenceBytes"/> bytes (more for a larger batch size) and aligned to 64, pinned while the session lives; empty lets the session allocate its own.
    /// </summary>
    public Memory<byte> Arena { get; init; }
}

/// <summary>Runs a model. Making one is the last allocation; <see cref="Run()"/> allocates nothing. Belongs to one thread at a time.</summary>
/// <remarks>A streaming model remembers things from run to run; its memory is the session's own, and <see cref="Reset"/> starts a new stream.</remarks>
public sealed unsafe class Session : IDisposable
{
    private readonly IDisposable _lease;
    private readonly AlignedMemory? _memory;
    private readonly MemoryHandle _handle;
    private readonly WorkerTeam _team;
    private readonly Executor _executor;
    private readonly IKernel[] _kernels;
    private readonly Slot[] _inputs;
    private readonly Slot[] _outputs;
    private bool _disposed;

    /// <summary>Prepares a session.</summary>
    /// <param name="model">The model; may be disposed afterwards.</param>
    /// <param name="options">Threads, batch size, memory; null for the defaults.</param>
    /// <exception cref="ShapeException">The model does not work with the batch size.</exception>
    /// <exception cref="ArgumentException">The given memory is too small or not aligned; the batch size is negative or the threads are not 1 … 1024.</exception>
    /// <exception cref="ModelFormatException">The model's kernels or its arena for the batch size are beyond the limits.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Session(Model model, SessionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new SessionOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.BatchSize, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1, nameof(options));
        _lease = model.Acquire();
        _team = WorkerTeam.Single;
        try
        {
            bool stored = options.BatchSize == 0 || options.BatchSize == model.Graph.Batch;
            ExecutionProgram program = stored ? model.InferProgram : model.PlanInfer(model.Graph.WithBatch(options.BatchSize));
            ArenaBytes = program.MemoryBytes;
            byte* arena;
            if (options.Arena.IsEmpty)
            {
                _memory = new AlignedMemory(ArenaBytes);
                arena = _memory.Pointer;
            }
            else
            {
                _handle = options.Arena.Pin();
                arena = (byte*)_handle.Pointer;
                if (options.Arena.Length < ArenaBytes || (nint)arena % AlignedMemory.Alignment != 0)
                {
                    throw new ArgumentException($"The arena has {options.Arena.Length} bytes at an address that is {(nint)arena % AlignedMemory.Alignment} past a multiple of {AlignedMemory.Alignment}; {ArenaBytes} bytes aligned to {AlignedMemory.Alignment} are needed.", nameof(options));
                }
            }

            _kernels = model.Kernels();
            _team = options.Threads == 1 ? WorkerTeam.Single : new WorkerTeam(options.Threads);
            _executor = new Executor(program, arena, _kernels, new RunState { Team = _team }, [], []);
            _inputs = Slots(program.Graph.Inputs);
            _outputs = Slots(program.Graph.Outputs);
        }
        catch
        {
            Dispose();                               // the model, the pinned memory and the threads are let go
            throw;
        }
    }

    /// <summary>Bytes of the arena, with what is remembered from run to run.</summary>
    public long ArenaBytes { get; }

    /// <summary>Number of inputs.</summary>
    public int InputCount => _inputs.Length;

    /// <summary>Number of outputs.</summary>
    public int OutputCount => _outputs.Length;

    /// <summary>Type, shape and quantization of an input.</summary>
    /// <param name="index">Its position.</param>
    public TensorSpec InputSpec(int index) => _inputs[index].Spec;

    /// <summary>Type, shape and quantization of an output.</summary>
    /// <param name="index">Its position.</param>
    public TensorSpec OutputSpec(int index) => _outputs[index].Spec;

    /// <summary>An input's elements, to be filled before each <see cref="Run()"/>: a run may reuse their memory.</summary>
    /// <typeparam name="T">The input's element type, or byte for its raw bytes.</typeparam>
    /// <param name="index">Its position.</param>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is not the input's element type.</exception>
    /// <exception cref="ObjectDisposedException">The session was disposed.</exception>
    public Span<T> Input<T>(int index = 0) where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return Typed<T>(_inputs[index], "Input", index);
    }

    /// <summary>An output's elements, valid until the next run.</summary>
    /// <typeparam name="T">The output's element type, or byte for its raw bytes.</typeparam>
    /// <param name="index">Its position.</param>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is not the output's element type.</exception>
    /// <exception cref="ObjectDisposedException">The session was disposed.</exception>
    public ReadOnlySpan<T> Output<T>(int index = 0) where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return Typed<T>(_outputs[index], "Output", index);
    }

    /// <summary>Runs the model on what the inputs hold. Allocates nothing. Same input, build and machine give the same bits.</summary>
    /// <exception cref="ObjectDisposedException">The session was disposed.</exception>
    public void Run()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _executor.Forward();
        GC.KeepAlive(this);                          // the arena must outlive the run even when the caller forgets the session
    }

    /// <summary>
    /// Forgets what earlier runs left: every state of the model (see <see cref="ReadState"/>) gets its first value back, as in a new session. For a new stream of data.
    /// Allocates nothing; a model without states has nothing to forget.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The session was disposed.</exception>
    public void Reset()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _executor.ResetStates();
        GC.KeepAlive(this);
    }

    /// <summary>Runs a model of one float32 input and one float32 output. Allocates nothing.</summary>
    /// <param name="input">The input's elements, row-major.</param>
    /// <param name="output">Receives the output's elements.</param>
    /// <exception cref="ShapeException">A length is not the tensor's element count; nothing was run.</exception>
    public void Run(ReadOnlySpan<float> input, Span<float> output) => RunAs(input, output);

    /// <summary>Runs a model of one input and one output. Allocates nothing.</summary>
    /// <typeparam name="TInput">The input's element type.</typeparam>
    /// <typeparam name="TOutput">The output's element type.</typeparam>
    /// <param name="input">The input's elements, row-major.</param>
    /// <param name="output">Receives the output's elements.</param>
    /// <exception cref="ShapeException">A length is not the tensor's element count; nothing was run.</exception>
    public void RunAs<TInput, TOutput>(ReadOnlySpan<TInput> input, Span<TOutput> output)
        where TInput : unmanaged
        where TOutput : unmanaged
    {
        if (_inputs.Length != 1 || _outputs.Length != 1)
        {
            throw new ShapeException($"The model has {_inputs.Length} inputs and {_outputs.Length} outputs; this overload serves one of each. Fill Input<T>(i), call Run() and read Output<T>(i).");
        }

        Span<TInput> target = Input<TInput>();
        if (input.Length != target.Length || output.Length != Output<TOutput>().Length)
        {
            throw new ShapeException($"The input has {input.Length} and the output {output.Length} elements; the model takes {_inputs[0].Spec} ({target.Length}) and gives {_outputs[0].Spec} ({Output<TOutput>().Length}).");
        }

        input.CopyTo(target);
        Run();
        Output<TOutput>().CopyTo(output);
    }

    /// <summary>Frees the arena and ends the helper threads.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _team.Dispose();
        _memory?.Dispose();
        _handle.Dispose();
        _lease.Dispose();
    }

    internal static Span<T> Typed<T>(in Slot slot, string what, int index) where T : unmanaged
    {
        DataType type = slot.Spec.Type;
        bool fits = typeof(T) == typeof(byte) || (typeof(T) == typeof(float) && type == DataType.Float32) || (typeof(T) == typeof(sbyte) && type == DataType.Int8) ||
            (typeof(T) == typeof(int) && type == DataType.Int32) || (typeof(T) == typeof(short) && type == DataType.Int16) ||
            (typeof(T) == typeof(long) && type == DataType.Int64) || (typeof(T) == typeof(bool) && type == DataType.Bool);
        return fits ? new Span<T>(slot.Data, slot.Bytes / sizeof(T)) : throw new ArgumentException($"{what} {index} is {slot.Spec}; its elements cannot be read as {typeof(T).Name}.");
    }

    private Slot[] Slots(int[] tensors)
    {
        Slot[] slots = new Slot[tensors.Length];
        for (int i = 0; i < slots.Length; i++)
        {
            slots[i] = _executor.Value(tensors[i], []);
        }

        return slots;
    }
}

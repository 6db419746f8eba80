using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Kernels;
using Edge.Runtime.Memory;

namespace Edge.Runtime.Operators;

/// <summary>What an operator may use to bind a prepared kernel at load.</summary>
public readonly ref struct Preparation
{
    private readonly ReadOnlySpan<TensorSpec> _inputs;
    private readonly ReadOnlySpan<ReadOnlyMemory<byte>> _constants;
    private readonly ReadOnlySpan<TensorSpec> _outputs;
    private readonly PreparedMemory _memory;

    internal Preparation(ReadOnlySpan<TensorSpec> inputs, ReadOnlySpan<ReadOnlyMemory<byte>> constants, ReadOnlySpan<TensorSpec> outputs, PreparedMemory memory)
    {
        _inputs = inputs;
        _constants = constants;
        _outputs = outputs;
        _memory = memory;
    }

    /// <summary>Number of inputs, left-out ones included.</summary>
    public int InputCount => _inputs.Length;

    /// <summary>Type, shape and quantization of an input. The batch size may differ from run to run.</summary>
    /// <param name="index">Its position.</param>
    public TensorSpec Input(int index) => _inputs[index];

    /// <summary>Type, shape and quantization of an output.</summary>
    /// <param name="index">Its position.</param>
    public TensorSpec Output(int index) => _outputs[index];

    /// <summary>Whether an optional input is there.</summary>
    /// <param name="index">Its position.</param>
    public bool Has(int index) => index < _inputs.Length && _inputs[index].Type != DataType.None;

    /// <summary>Whether an input is a constant that will not change.</summary>
    /// <param name="index">Its position.</param>
    public bool IsFrozen(int index) => Has(index) && !_constants[index].IsEmpty;

    /// <summary>A frozen input's elements; valid as long as the model.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="index">Its position.</param>
    public ReadOnlySpan<T> Constant<T>(int index) where T : unmanaged => MemoryMarshal.Cast<byte, T>(_constants[index].Span);

    /// <summary>
    /// A layer's frozen weights as float32: null where they are float32 already; int8 weights beside float32 data are dequantized, once for all operators
    /// that keep them. The memory is freed after this call to Prepare, unless <see cref="Keep"/> is called.
    /// </summary>
    /// <param name="index">Position of the weights.</param>
    internal AlignedMemory? Expanded(int index) => _inputs[index].Type == DataType.Float32 ? null : _memory.Expand(_constants[index], _inputs[index]);

    /// <summary>Lets what <see cref="Expanded"/> gave live as long as the model, for a kernel that reads it.</summary>
    /// <param name="expanded">The weights.</param>
    internal AlignedMemory Keep(AlignedMemory expanded) => _memory.Keep(expanded);

    /// <summary>Whether packing weights of this many bytes is allowed: prepacking is on and the model's budget holds it.</summary>
    /// <param name="bytes">Bytes of the packed form.</param>
    public bool MayPack(long bytes) => _memory.MayPack(bytes);

    /// <summary>Zeroed memory, aligned to 64 bytes, that lives as long as the model.</summary>
    /// <param name="bytes">Length.</param>
    /// <exception cref="ModelFormatException">The model's kernels together need more than four times the file and 128 KB.</exception>
    public AlignedMemory Allocate(long bytes) => _memory.Allocate(bytes);
}

/// <summary>Memory of a model's prepared kernels, bounded by the size of the file: operators that share a weight tensor cannot multiply it at will.</summary>
/// <param name="prepack">Whether weights may be packed where an operator can do without.</param>
/// <param name="fileBytes">Bytes of the model file.</param>
internal sealed class PreparedMemory(bool prepack, long fileBytes) : IDisposable
{
    /// <summary>
    /// What padding to whole register blocks takes in models of a few layers: a panel of 16 channels of int8 weights has less than 1 KB up to depth 52.
    /// </summary>
    private const long TinyModel = 64 << 10;

    private readonly List<AlignedMemory> _blocks = [];
    // By constant; null where nothing keeps the memory. A kernel that packed its weights does not need them.
    private readonly Dictionary<(ReadOnlyMemory<byte> Constant, Quantization Parameters), AlignedMemory?> _expanded = [];
    private (ReadOnlyMemory<byte> Constant, Quantization Parameters) _looseKey;
    private AlignedMemory? _loose;
    private long _expandedBytes;

    /// <summary>Bytes that packing for speed alone may take: float32 weights once more, int8 weights padded to at most double.</summary>
    private long Packing => (2 * (fileBytes + _expandedBytes)) + TinyModel;

    /// <summary>Bytes at which a kernel that cannot do without is refused; what packing for speed left is at least half of it.</summary>
    private long Most => 2 * Packing;

    /// <summary>Bytes of packed weights and what else kernels asked for.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes of weights that the file holds as int8 and a kernel reads as float32.</summary>
    public long KeptBytes { get; private set; }

    public bool MayPack(long bytes) => prepack && bytes >= 0 && Bytes + bytes <= Packing;

    public AlignedMemory Allocate(long bytes)
    {
        if (bytes > Most - Bytes)
        {
            throw new ModelFormatException(
                $"Prepared kernels need {Bytes} + {bytes} bytes; {Most} are allowed for a file of {fileBytes} bytes. " +
                "Merge operators that share weights, or use fewer groups: a group takes a multiple of 16 output channels.");
        }

        AlignedMemory block = new(bytes);
        _blocks.Add(block);
        Bytes += bytes;
        return block;
    }

    /// <summary>
    /// A constant of int8 weights as float32. Every constant is kept once at most, so all of them together take at most four times the file; packing may then
    /// take what it could if the file held them as float32.
    /// </summary>
    public AlignedMemory Expand(ReadOnlyMemory<byte> constant, in TensorSpec spec)
    {
        (ReadOnlyMemory<byte>, Quantization) key = (constant, spec.Quantization!);
        if (_expanded.TryGetValue(key, out AlignedMemory? memory) && memory is not null)
        {
            return memory;
        }

        Trim();
        memory = new AlignedMemory((long)spec.Shape.ElementCount * sizeof(float));
        (_looseKey, _loose) = (key, memory);
        if (_expanded.TryAdd(key, null))
        {
            _expandedBytes += memory.Bytes;
        }

        AffineQuantization.Dequantize(constant.Span, spec, MemoryMarshal.Cast<byte, float>(memory.Span));
        return memory;
    }

    /// <summary>Keeps what <see cref="Expand"/> gave.</summary>
    public AlignedMemory Keep(AlignedMemory expanded)
    {
        if (ReferenceEquals(expanded, _loose))
        {
            _blocks.Add(expanded);
            _expanded[_looseKey] = expanded;
            KeptBytes += expanded.Bytes;
            _loose = null;
        }

        return expanded;
    }

    /// <summary>Frees what nobody kept.</summary>
    public void Trim()
    {
        _loose?.Dispose();
        _loose = null;
    }

    public void Dispose()
    {
        Trim();
        foreach (AlignedMemory block in _blocks)
        {
            block.Dispose();
        }
    }
}

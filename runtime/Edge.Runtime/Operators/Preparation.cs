using System.Runtime.InteropServices;
using Edge.Format;
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

    /// <summary>Whether packing weights of this many bytes is allowed: prepacking is on and the model's budget holds it.</summary>
    /// <param name="bytes">Bytes of the packed form.</param>
    public bool MayPack(long bytes) => _memory.MayPack(bytes);

    /// <summary>Zeroed memory, aligned to 64 bytes, that lives as long as the model.</summary>
    /// <param name="bytes">Length.</param>
    public AlignedMemory Allocate(long bytes) => _memory.Allocate(bytes);
}

/// <summary>Memory of a model's prepared kernels.</summary>
internal sealed class PreparedMemory(bool prepack, long budget) : IDisposable
{
    private readonly List<AlignedMemory> _blocks = [];

    /// <summary>Bytes allocated.</summary>
    public long Bytes { get; private set; }

    public bool MayPack(long bytes) => prepack && bytes >= 0 && Bytes + bytes <= budget;

    public AlignedMemory Allocate(long bytes)
    {
        AlignedMemory block = new(bytes);
        _blocks.Add(block);
        Bytes += bytes;
        return block;
    }

    public void Dispose()
    {
        foreach (AlignedMemory block in _blocks)
        {
            block.Dispose();
        }
    }
}

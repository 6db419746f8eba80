using System.Buffers;
using System.Runtime.InteropServices;

namespace Edge.Runtime.Memory;

/// <summary>Zeroed memory outside the garbage-collected heap, aligned to 64 bytes: a cache line and the widest vector.</summary>
public sealed unsafe class AlignedMemory : IDisposable
{
    /// <summary>Alignment in bytes.</summary>
    public const int Alignment = 64;

    private void* _pointer;

    /// <summary>Allocates.</summary>
    /// <param name="bytes">Length; 0 is allowed.</param>
    /// <exception cref="OutOfMemoryException">The system has not enough memory.</exception>
    public AlignedMemory(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        _pointer = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, Alignment), Alignment);
        NativeMemory.Clear(_pointer, (nuint)Math.Max(bytes, Alignment));
        Bytes = bytes;
        if (bytes >= PressureBytes)
        {
            GC.AddMemoryPressure(bytes);
        }
    }

    /// <summary>Frees what was not disposed.</summary>
    ~AlignedMemory() => Free();

    private const int PressureBytes = 1 << 20;

    /// <summary>Length in bytes.</summary>
    public long Bytes { get; }

    /// <summary>The memory.</summary>
    /// <exception cref="ObjectDisposedException">It was freed.</exception>
    public Span<byte> Span => new(Pointer, checked((int)Bytes));

    internal byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer is null, this);
            return (byte*)_pointer;
        }
    }

    /// <summary>A part of the memory as an object; keeps the memory from being finalized, not from being disposed.</summary>
    internal Memory<byte> Slice(long offset, int length) => new Part(this, offset, length).Memory;

    /// <summary>A length rounded up to the alignment.</summary>
    /// <param name="bytes">The length.</param>
    public static long AlignUp(long bytes) => (bytes + (Alignment - 1)) & -Alignment;

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_pointer is not null)
        {
            NativeMemory.AlignedFree(_pointer);
            _pointer = null;
            if (Bytes >= PressureBytes)
            {
                GC.RemoveMemoryPressure(Bytes);
            }
        }
    }

    private sealed class Part(AlignedMemory owner, long offset, int length) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => new(owner.Pointer + offset, length);

        public override MemoryHandle Pin(int elementIndex = 0) => new(owner.Pointer + offset + elementIndex);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}

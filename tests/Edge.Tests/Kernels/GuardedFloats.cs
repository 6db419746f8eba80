using System.Runtime.InteropServices;
using Edge.Tests.Harness;

namespace Edge.Tests.Kernels;

/// <summary>Floats that end at a guard page; disposal also checks the bytes before them.</summary>
internal sealed class GuardedFloats : IDisposable
{
    private readonly GuardedMemory _memory;

    internal GuardedFloats(int length) => _memory = new(length * sizeof(float));

    internal GuardedFloats(ReadOnlySpan<float> values)
        : this(values.Length) => values.CopyTo(Span);

    internal Span<float> Span => MemoryMarshal.Cast<byte, float>(_memory.Span());

    public void Dispose()
    {
        _memory.Check("A kernel's buffer");
        _memory.Dispose();
    }
}

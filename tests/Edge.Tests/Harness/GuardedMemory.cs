using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Edge.Tests.Harness;

/// <summary>Memory that ends at a page nobody may touch: reading or writing one byte past the end kills the process instead of passing by luck.</summary>
/// <remarks>Bytes before the start (and between the end and the page, where an alignment was asked for) hold a pattern that <see cref="Check"/> verifies.
/// On Windows there is no guard page, only the pattern on both sides.</remarks>
internal sealed unsafe partial class GuardedMemory : IDisposable
{
    private const byte Pattern = 0xA5;
    private const int Margin = 128;
    private readonly byte* _mapping;
    private readonly nuint _mappingBytes;
    private readonly byte* _usable;
    private readonly int _usableBytes;
    private bool _disposed;

    /// <param name="bytes">Length; 0 is allowed.</param>
    /// <param name="alignment">Alignment of the start, a power of two. 1 puts the end exactly at the guard page.</param>
    public GuardedMemory(int bytes, int alignment = 1)
    {
        Bytes = bytes;
        int page = Environment.SystemPageSize;
        _usableBytes = (bytes + Margin + alignment + page - 1) / page * page;
        if (OperatingSystem.IsWindows())
        {
            _mapping = (byte*)NativeMemory.AlignedAlloc((nuint)_usableBytes, (nuint)page);
            _usable = _mapping;
            Pointer = Align(_usable + _usableBytes - bytes - (Margin / 2), alignment);
        }
        else
        {
            _mappingBytes = (nuint)(_usableBytes + (2 * page));
            int anonymous = OperatingSystem.IsMacOS() ? 0x1000 : 0x20;
            nint mapping = Map(0, _mappingBytes, ProtectNone, MapPrivate | anonymous, -1, 0);
            if (mapping == -1)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError());
            }

            _mapping = (byte*)mapping;
            _usable = _mapping + page;
            if (Protect((nint)_usable, (nuint)_usableBytes, ProtectReadWrite) != 0)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError());
            }

            Pointer = Align(_usable + _usableBytes - bytes, alignment);
        }

        new Span<byte>(_usable, _usableBytes).Fill(Pattern);
        Span<byte>().Clear();
    }

    public int Bytes { get; }

    public byte* Pointer { get; }

    public Span<byte> Span() => new(Pointer, Bytes);

    public Span<T> Span<T>() where T : unmanaged => new(Pointer, Bytes / sizeof(T));

    /// <summary>Fails unless every byte around the memory is as it was.</summary>
    public void Check(string what)
    {
        ReadOnlySpan<byte> before = new(_usable, (int)(Pointer - _usable));
        ReadOnlySpan<byte> after = new(Pointer + Bytes, (int)(_usable + _usableBytes - Pointer - Bytes));
        int bad = before.IndexOfAnyExcept(Pattern);
        if (bad >= 0)
        {
            throw new InvalidOperationException($"{what}: the byte {before.Length - bad} before its start was written.");
        }

        bad = after.IndexOfAnyExcept(Pattern);
        if (bad >= 0)
        {
            throw new InvalidOperationException($"{what}: the byte {bad} past its end was written.");
        }
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (OperatingSystem.IsWindows())
        {
            NativeMemory.AlignedFree(_mapping);
        }
        else
        {
            _ = Unmap((nint)_mapping, _mappingBytes);
        }
    }

    private static byte* Align(byte* pointer, int alignment) => (byte*)((nint)pointer & -alignment);

    private const int ProtectNone = 0;
    private const int ProtectReadWrite = 3;
    private const int MapPrivate = 2;

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);
}

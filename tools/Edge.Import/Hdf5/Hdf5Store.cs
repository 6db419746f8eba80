namespace Edge.Import.Hdf5;

/// <summary>The bytes of an HDF5 file, the widths of its addresses, and what reading it may still cost.</summary>
internal sealed class Hdf5Store
{
    private readonly byte[] _bytes;
    private readonly long _allowed;
    private long _stepsLeft;
    private long _spent;

    /// <summary>Takes a file.</summary>
    /// <param name="bytes">All its bytes.</param>
    /// <param name="limits">Caps.</param>
    public Hdf5Store(byte[] bytes, ImportLimits limits)
    {
        _bytes = bytes;
        _allowed = limits.ExpansionBytes(bytes.Length);
        _stepsLeft = 1_000_000L + bytes.Length;
        Limits = limits;
    }

    /// <summary>Caps.</summary>
    public ImportLimits Limits { get; }

    /// <summary>Bytes of the file.</summary>
    public long Length => _bytes.Length;

    /// <summary>Where the file's addresses count from: the superblock, behind a user block where there is one.</summary>
    public long Base { get; set; }

    /// <summary>Bytes of an address.</summary>
    public int AddressBytes { get; set; } = 8;

    /// <summary>Bytes of a length.</summary>
    public int LengthBytes { get; set; } = 8;

    /// <summary>Bytes of the file from a position on.</summary>
    /// <param name="position">Position in the file, not an address.</param>
    /// <param name="count">How many.</param>
    /// <param name="what">What they are, for the message.</param>
    public ReadOnlySpan<byte> Span(long position, long count, string what)
    {
        Check(position, count, what);
        return _bytes.AsSpan((int)position, (int)count);
    }

    /// <summary>The same as memory.</summary>
    /// <param name="position">Position in the file, not an address.</param>
    /// <param name="count">How many.</param>
    /// <param name="what">What they are, for the message.</param>
    public ReadOnlyMemory<byte> Memory(long position, long count, string what)
    {
        Check(position, count, what);
        return _bytes.AsMemory((int)position, (int)count);
    }

    /// <summary>Reads on from an address.</summary>
    /// <param name="address">An address; never the undefined one.</param>
    /// <param name="what">What lies there, for messages.</param>
    public Hdf5Cursor At(long address, string what)
    {
        long position = address + Base;
        return address >= 0 && position <= _bytes.Length
            ? new Hdf5Cursor(this, position, _bytes.Length, what)
            : throw new ModelImportException($"HDF5: {what} lies at address {(address < 0 ? "undefined" : $"{address:N0}")}; the file ends at {_bytes.Length - Base:N0}.");
    }

    /// <summary>Counts one entry, record or message. What a file says is read a bounded number of times, so cycles and crossing structures end.</summary>
    /// <param name="what">What is read, for the message.</param>
    public void Step(string what)
    {
        if (--_stepsLeft < 0)
        {
            throw new ModelImportException($"HDF5: {what} takes more steps than a file of {_bytes.Length:N0} bytes can need; its structures refer to each other in a circle or overlap.");
        }
    }

    /// <summary>Counts bytes that come into being: contents of datasets, unpacked chunks.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="what">What for, for the message.</param>
    public void Spend(long bytes, string what)
    {
        if (bytes < 0 || bytes > _allowed - _spent)
        {
            throw new ModelImportException($"HDF5: {what} takes {bytes:N0} bytes and what was read before {_spent:N0}; from a file of {_bytes.Length:N0} bytes {_allowed:N0} are allowed.");
        }

        _spent += bytes;
    }

    private void Check(long position, long count, string what)
    {
        if (position < 0 || count < 0 || position > _bytes.Length || count > _bytes.Length - position)
        {
            throw new ModelImportException($"HDF5: {what} takes {count:N0} bytes at byte {position:N0}; the file has {_bytes.Length:N0}.");
        }
    }
}

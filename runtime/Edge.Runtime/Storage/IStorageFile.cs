namespace Edge.Runtime.Storage;

/// <summary>An open file of an <see cref="IStorage"/>. Disposing closes it and flushes nothing.</summary>
public interface IStorageFile : IDisposable
{
    /// <summary>The file's length in bytes.</summary>
    /// <exception cref="StorageException">It cannot be read.</exception>
    long Length { get; }

    /// <summary>Reads at an offset until <paramref name="buffer"/> is full or the file ends.</summary>
    /// <param name="buffer">Receives the bytes.</param>
    /// <param name="offset">Offset in the file, in bytes; 0 or more.</param>
    /// <returns>Bytes read; less than the buffer's length only at the file's end.</returns>
    /// <exception cref="StorageException">The medium cannot return them.</exception>
    int Read(Span<byte> buffer, long offset);

    /// <summary>Writes all of <paramref name="data"/> at an offset; extends the file where needed.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="offset">Offset in the file, in bytes; 0 or more.</param>
    /// <exception cref="StorageException">Not everything was written; any part may be.</exception>
    void Write(ReadOnlySpan<byte> data, long offset);

    /// <summary>Returns when everything written to this file so far, by any handle, is on the medium, its length included.</summary>
    /// <exception cref="StorageException">
    /// The medium did not confirm. What was written is in doubt for good, even if a later flush succeeds: Linux marks pages
    /// clean that it failed to write. Write it again before flushing again.
    /// </exception>
    void Flush();
}

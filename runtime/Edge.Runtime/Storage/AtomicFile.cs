namespace Edge.Runtime.Storage;

/// <summary>Replaces a whole file so that it is never seen half-written.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file, replacing one of the same name.</summary>
    /// <remarks>
    /// <para>The bytes go to <c>NAME.tmp</c> and are flushed before <c>NAME</c> refers to them, so whatever <c>NAME</c> refers to after
    /// a loss of power is complete: the old file or the new one. The directory is flushed before returning, so from then on it is
    /// the new one. A loss of power may leave <c>NAME.tmp</c>; the next write of the same name replaces it.</para>
    /// <para>One writer a name at a time.</para>
    /// </remarks>
    /// <param name="storage">Where.</param>
    /// <param name="name">The file's name; <c>NAME.tmp</c> is deleted and used.</param>
    /// <param name="data">The file's bytes.</param>
    /// <exception cref="StorageException">
    /// The file could not be written; the old one is in place and the temporary file is gone. If only the last flush
    /// failed, the new one is in place and a loss of power may bring the old one back.
    /// </exception>
    public static void Write(IStorage storage, string name, ReadOnlySpan<byte> data)
    {
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentException.ThrowIfNullOrEmpty(name);
        string temporary = name + ".tmp";
        storage.Delete(temporary);                   // a longer one, left by a loss of power, would lend the new file its tail
        try
        {
            using (IStorageFile file = storage.OpenWrite(temporary))
            {
                file.Write(data, 0);
                file.Flush();
            }
            storage.Rename(temporary, name);
        }
        catch
        {
            TryDelete(storage, temporary);
            throw;
        }
        storage.FlushDirectory();
    }

    private static void TryDelete(IStorage storage, string name)
    {
        try
        {
            storage.Delete(name);
        }
        catch (StorageException)
        {
            // The first error is the one to report; the next write of the same name deletes the file.
        }
    }
}

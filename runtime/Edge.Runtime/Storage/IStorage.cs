namespace Edge.Runtime.Storage;

/// <summary>One flat directory of files: the only way in which Edge writes state.</summary>
/// <remarks>
/// What an implementation promises, and no more (a simulated disk in the tests gives exactly this and takes everything else away):
/// what was written is visible to later reads of this and other processes at once, but survives a loss of power only after
/// <see cref="IStorageFile.Flush"/> (bytes and length) and <see cref="FlushDirectory"/> (names: creation, renaming, deletion).
/// Until then any part of it may be on the medium, in any order. Every failure is a <see cref="StorageException"/>.
/// Names are plain file names, without a directory.
/// </remarks>
public interface IStorage
{
    /// <summary>Opens a file for reading; null when there is none.</summary>
    /// <param name="name">The file's name.</param>
    /// <exception cref="StorageException">It exists and cannot be opened.</exception>
    IStorageFile? OpenRead(string name);

    /// <summary>Opens a file for reading and writing; creates it empty when there is none, keeps its content when there is one.</summary>
    /// <param name="name">The file's name.</param>
    /// <exception cref="StorageException">It cannot be opened or created.</exception>
    IStorageFile OpenWrite(string name);

    /// <summary>Gives a file another name; a file of that name is replaced, and at no time is there none.</summary>
    /// <param name="from">The file's name; it must exist.</param>
    /// <param name="to">Its new name.</param>
    /// <exception cref="StorageException">It cannot be renamed; both names are as before.</exception>
    void Rename(string from, string to);

    /// <summary>Deletes a file; does nothing when there is none.</summary>
    /// <param name="name">The file's name.</param>
    /// <exception cref="StorageException">It cannot be deleted.</exception>
    void Delete(string name);

    /// <summary>Returns when every creation, renaming and deletion so far is on the medium.</summary>
    /// <exception cref="StorageException">The medium did not confirm; any of them may be lost.</exception>
    void FlushDirectory();
}

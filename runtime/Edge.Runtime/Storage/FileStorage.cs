using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Edge.Runtime.Storage;

/// <summary>A directory of the file system.</summary>
/// <remarks>
/// <para>Linux: files and the directory are flushed with <c>fsync</c>. Not with <see cref="RandomAccess.FlushToDisk"/>, which ignores
/// EROFS: that is what ext4 answers after an error shut the file system down, and the bytes are then lost.</para>
/// <para>macOS: files are flushed with <see cref="RandomAccess.FlushToDisk"/> (F_FULLFSYNC; <c>fsync</c> stops at the drive's cache),
/// the directory with <c>fsync</c>.</para>
/// <para>Windows: files are flushed with FlushFileBuffers, which also writes the file's own metadata. A directory cannot be
/// flushed, so <see cref="FlushDirectory"/> does nothing: NTFS journals names, so after a loss of power a name is entirely
/// old or entirely new, but a renaming that has returned may still be undone.</para>
/// </remarks>
public sealed partial class FileStorage : IStorage
{
    private readonly string _directory;

    /// <summary>Names an existing directory.</summary>
    /// <param name="directory">Its path. It is not created here: whoever creates it must flush its parent to make it last.</param>
    /// <exception cref="StorageException">There is no such directory.</exception>
    public FileStorage(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        _directory = Path.GetFullPath(directory);
        if (!Directory.Exists(_directory))
        {
            throw new StorageException("open", _directory, "there is no such directory",
                "Create it when the device is set up, or name another one.");
        }
    }

    /// <summary>Splits a file's path into the storage of its directory and its name in it.</summary>
    /// <param name="path">A file's path; the file need not exist, its directory must.</param>
    /// <param name="name">Receives the file's name.</param>
    /// <exception cref="StorageException">There is no such directory.</exception>
    /// <exception cref="ArgumentException">The path names no file.</exception>
    public static FileStorage ForPath(string path, out string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.GetFullPath(path);
        name = Path.GetFileName(full);
        if (name.Length == 0)
        {
            throw new ArgumentException($"'{path}' names a directory. Add a file name.", nameof(path));
        }
        return new FileStorage(Path.GetDirectoryName(full)!);
    }

    /// <inheritdoc/>
    public IStorageFile? OpenRead(string name)
    {
        string path = PathOf(name);
        try
        {
            return new OpenFile(path, File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (IsSystemError(exception))
        {
            throw Failure("open", path, exception);
        }
    }

    /// <inheritdoc/>
    public IStorageFile OpenWrite(string name)
    {
        string path = PathOf(name);
        try
        {
            return new OpenFile(path, File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
        }
        catch (Exception exception) when (IsSystemError(exception))
        {
            throw Failure("open", path, exception);
        }
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        string path = PathOf(from);
        try
        {
            File.Move(path, PathOf(to), overwrite: true);
        }
        catch (Exception exception) when (IsSystemError(exception))
        {
            throw Failure("rename", path, exception);
        }
    }

    /// <inheritdoc/>
    public void Delete(string name)
    {
        string path = PathOf(name);
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (IsSystemError(exception))
        {
            throw Failure("delete", path, exception);
        }
    }

    /// <inheritdoc/>
    public void FlushDirectory()
    {
        if (OperatingSystem.IsWindows())
        {
            return;                                  // see the remarks of the class
        }
        int descriptor;
        while ((descriptor = UnixOpen(_directory, ReadOnly)) < 0)
        {
            ThrowUnlessInterrupted("open", _directory);
        }
        try
        {
            UnixFlush(descriptor, _directory);
        }
        finally
        {
            _ = UnixClose(descriptor);               // nothing was written through it, so nothing is lost if this fails
        }
    }

    private string PathOf(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name is "." or ".." || name.AsSpan().IndexOfAny(Path.GetInvalidFileNameChars()) >= 0)
        {
            throw new ArgumentException($"'{name}' is not a plain file name. Leave out directories and the characters the system reserves.", nameof(name));
        }
        return Path.Combine(_directory, name);
    }

    private sealed class OpenFile(string path, SafeFileHandle handle) : IStorageFile
    {
        public long Length
        {
            get
            {
                try
                {
                    return RandomAccess.GetLength(handle);
                }
                catch (Exception exception) when (IsSystemError(exception))
                {
                    throw Failure("read the length of", path, exception);
                }
            }
        }

        public int Read(Span<byte> buffer, long offset)
        {
            try
            {
                int total = 0;
                while (total < buffer.Length)
                {
                    int count = RandomAccess.Read(handle, buffer[total..], offset + total);
                    if (count == 0)
                    {
                        break;
                    }
                    total += count;
                }
                return total;
            }
            catch (Exception exception) when (IsSystemError(exception))
            {
                throw Failure("read", path, exception);
            }
        }

        public void Write(ReadOnlySpan<byte> data, long offset)
        {
            try
            {
                RandomAccess.Write(handle, data, offset);
            }
            catch (Exception exception) when (IsSystemError(exception))
            {
                throw Failure("write", path, exception);
            }
        }

        public void Flush()
        {
            if (OperatingSystem.IsLinux() || OperatingSystem.IsAndroid())
            {
                UnixFlush((int)handle.DangerousGetHandle(), path);
                GC.KeepAlive(handle);
                return;
            }
            try
            {
                RandomAccess.FlushToDisk(handle);
            }
            catch (Exception exception) when (IsSystemError(exception))
            {
                throw Failure("flush", path, exception);
            }
        }

        public void Dispose() => handle.Dispose();
    }

    private static bool IsSystemError(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or NotSupportedException;

    private static StorageException Failure(string operation, string path, Exception exception) =>
        new(operation, path, exception.Message, Advice(exception is UnauthorizedAccessException ? PermissionDenied : exception.HResult), exception);

    // On Unix an IOException without a type of its own carries errno as HResult; 5, 13, 28 and 30 mean the same on every Unix.
    private static string Advice(int error) => error switch
    {
        PermissionDenied => "Give the process the right to read and write there, or choose another directory.",
        NoSpaceLeft or unchecked((int)0x80070070) or unchecked((int)0x80070027) => "Free some space and save again; what was saved before is still valid.",
        ReadOnlyFileSystem => "The file system is read-only, often after an error of the medium: see the system log, then remount it or replace the medium.",
        InputOutputError => "The medium is failing: see the system log, copy what matters and replace it.",
        _ => "What was saved before is still valid; remove the cause and save again.",
    };

    private const int ReadOnly = 0;                  // O_RDONLY
    private const int Interrupted = 4;               // EINTR
    private const int InputOutputError = 5;          // EIO
    private const int PermissionDenied = 13;         // EACCES
    private const int NoSpaceLeft = 28;              // ENOSPC
    private const int ReadOnlyFileSystem = 30;       // EROFS

    private static void UnixFlush(int descriptor, string path)
    {
        while (UnixSync(descriptor) < 0)
        {
            ThrowUnlessInterrupted("flush", path);
        }
    }

    private static void ThrowUnlessInterrupted(string operation, string path)
    {
        int error = Marshal.GetLastPInvokeError();
        if (error != Interrupted)
        {
            throw new StorageException(operation, path, $"{Marshal.GetPInvokeErrorMessage(error)} (errno {error})", Advice(error));
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnixOpen(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int UnixSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int UnixClose(int descriptor);
}

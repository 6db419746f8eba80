using System.IO.Compression;
using System.Text;

namespace Edge.Import.Keras;

/// <summary>A .keras file: a zip archive of which three entries are read, into memory. Nothing is ever unpacked to a path.</summary>
internal sealed class KerasArchive
{
    private const int MaxEntries = 4096;
    private readonly Dictionary<string, ZipArchiveEntry> _entries = new(StringComparer.Ordinal);
    private readonly long _allowed;
    private long _spent;

    /// <summary>Opens an archive.</summary>
    /// <param name="bytes">All its bytes.</param>
    /// <param name="limits">Caps.</param>
    public KerasArchive(byte[] bytes, ImportLimits limits)
    {
        _allowed = limits.ExpansionBytes(bytes.Length);
        try
        {
            ZipArchive archive = new(new MemoryStream(bytes, writable: false), ZipArchiveMode.Read);
            if (archive.Entries.Count > MaxEntries)
            {
                throw new ModelImportException($"The archive has {archive.Entries.Count:N0} entries; at most {MaxEntries:N0} are allowed.");
            }

            foreach (ZipArchiveEntry entry in archive.Entries)
            {
                string name = entry.FullName;
                if (name.StartsWith('/') || name.Contains('\\') || name.Contains(':') || name.Split('/').Contains(".."))
                {
                    throw new ModelImportException($"The archive has an entry '{name}', whose path leads out of it; names of the archive's own entries are allowed.");
                }

                if (!_entries.TryAdd(name, entry))
                {
                    throw new ModelImportException($"The archive has two entries '{name}'; names are unique.");
                }
            }
        }
        catch (Exception error) when (IsDamage(error))
        {
            throw new ModelImportException($"The archive cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Whether bytes are a zip archive.</summary>
    /// <param name="head">The first bytes.</param>
    public static bool IsZip(ReadOnlySpan<byte> head) => head.StartsWith("PK\u0003\u0004"u8);

    /// <summary>Whether a file looks like a Keras archive.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="head">Its first bytes.</param>
    public static bool Recognizes(string path, ReadOnlySpan<byte> head)
    {
        const int NameAt = 30;
        return IsZip(head) && (Path.GetExtension(path) == ".keras" || (head.Length > NameAt && (head[NameAt..].StartsWith("metadata.json"u8) || head[NameAt..].StartsWith("config.json"u8))));
    }

    /// <summary>An entry as text.</summary>
    /// <param name="name">Its name.</param>
    public string Text(string name) => Encoding.UTF8.GetString(Bytes(name));

    /// <summary>An entry as bytes.</summary>
    /// <param name="name">Its name.</param>
    public byte[] Bytes(string name)
    {
        if (!_entries.TryGetValue(name, out ZipArchiveEntry? entry))
        {
            throw new ModelImportException(
                $"The archive has no entry '{name}'; it has {string.Join(", ", _entries.Keys.Take(8))}. Save the model with model.save('model.keras'); weights in several files are not supported.");
        }

        // The stated length is the writer's word; what comes out is counted.
        long length = entry.Length;
        if (length < 0 || length > _allowed - _spent)
        {
            throw TooLarge(name, length);
        }

        try
        {
            using Stream stream = entry.Open();
            byte[] bytes = new byte[length];
            int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (read < bytes.Length || stream.ReadByte() >= 0)
            {
                throw new ModelImportException($"The archive's entry '{name}' states {length:N0} bytes and has {(read < bytes.Length ? $"{read:N0}" : "more")}.");
            }

            _spent += length;
            return bytes;
        }
        catch (Exception error) when (IsDamage(error))
        {
            throw new ModelImportException($"The archive's entry '{name}' cannot be read: {error.Message}", error);
        }
    }

    private ModelImportException TooLarge(string name, long length) =>
        new($"The archive's entry '{name}' unpacks to {length:N0} bytes and what was read before to {_spent:N0}; {_allowed:N0} are allowed.");

    private static bool IsDamage(Exception error) => error is InvalidDataException or IOException or NotSupportedException or ArgumentException;
}

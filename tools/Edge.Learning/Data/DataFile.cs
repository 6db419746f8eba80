using System.IO.Compression;

namespace Edge.Learning.Data;

/// <summary>Finds and opens files of data sets; gzip is told by its first two bytes, not by name.</summary>
internal static class DataFile
{
    // Deflate codes at most 258 bytes in 2 bits: 1032 to 1 (zlib's technical notes). What claims to be more cannot be true.
    private const long LargestExpansion = 1032;

    /// <summary>Opens a plain or gzip'ed file for reading.</summary>
    /// <param name="path">An existing file.</param>
    /// <param name="mostBytes">The plain file's length, or a bound on the unpacked length.</param>
    internal static Stream Open(string path, out long mostBytes)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            bool packed = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
            file.Position = 0;
            mostBytes = packed ? file.Length * LargestExpansion : file.Length;
            return packed ? new GZipStream(file, CompressionMode.Decompress) : file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw new DatasetException($"'{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads until <paramref name="buffer"/> is full or the file ends.</summary>
    internal static int Read(Stream stream, string path, Span<byte> buffer)
    {
        try
        {
            return stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new DatasetException($"'{path}' cannot be read: {e.Message} The file is damaged or truncated; get it again.", e);
        }
    }

    /// <summary>The first file that exists, folder by folder; or null.</summary>
    internal static string? Find(IEnumerable<string> folders, params IEnumerable<string> names) =>
        folders.SelectMany(folder => names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);

    /// <summary>A message that names the folders looked at and the files expected.</summary>
    internal static DatasetException Missing(string dataset, IEnumerable<string> folders, IEnumerable<string> expected, string advice) =>
        new($"Data set '{dataset}' was not found. Looked in {string.Join(", ", folders.Select(static f => $"'{Path.GetFullPath(f)}'"))} " +
            $"for {string.Join(", ", expected)} (each plain or with .gz). {advice}");
}

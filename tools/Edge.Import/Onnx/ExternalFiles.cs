namespace Edge.Import.Onnx;

/// <summary>Files beside a model that hold its tensors' elements. The model is untrusted and must not make the converter read anything else.</summary>
/// <param name="folder">The model's folder.</param>
/// <param name="limits">Caps.</param>
/// <remarks>Source: onnx/docs/ExternalData.md; CVE-2022-25882, CVE-2024-27318.</remarks>
internal sealed class ExternalFiles(string folder, ImportLimits limits)
{
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private long _bytes;

    /// <summary>Reads a file once.</summary>
    /// <param name="location">Its name below the model's folder.</param>
    /// <param name="what">What has its data there, for messages.</param>
    /// <exception cref="ModelImportException">The name, or a link on the way, leads out of the folder; or there is no such file.</exception>
    public byte[] Read(string location, string what)
    {
        if (_files.TryGetValue(location, out byte[]? known))
        {
            return known;
        }

        string[] parts = location.Split('/', '\\');
        if (location.AsSpan().ContainsAny('\0', ':') || Path.IsPathRooted(location) || Array.Exists(parts, static part => part is "" or "." or ".."))
        {
            throw new ModelImportException(
                $"{what} has its data in '{location}'; a plain name below the model's folder is allowed: no absolute path, no '.' or '..', no drive.");
        }

        string root = Real(Path.GetFullPath(folder));
        string path = root;
        foreach (string part in parts)
        {
            path = Real(Path.Combine(path, part));
            if (!path.StartsWith(Path.TrimEndingDirectorySeparator(root) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                throw new ModelImportException($"{what} has its data in '{location}', where '{part}' is a link out of the model's folder. Copy the data beside the model.");
            }
        }

        if (!File.Exists(path))
        {
            throw new ModelImportException($"{what} has its data in '{location}', which is not there. Put the file beside the model.");
        }

        using FileStream stream = File.OpenRead(path);
        if (HardLinks.Count(stream) > 1)
        {
            throw new ModelImportException(
                $"{what} has its data in '{location}', a file that has other names (hard links), perhaps outside the model's folder; a file of its own is allowed. Copy it.");
        }

        _bytes += stream.Length;
        if (_bytes > limits.MaxFileBytes)
        {
            throw new ModelImportException($"The external data take more than {limits.MaxFileBytes:N0} bytes; that many are allowed.");
        }

        byte[] data = new byte[stream.Length];
        stream.ReadExactly(data);
        return _files[location] = data;
    }

    /// <summary>Where a path ends when it is a link, and the path itself otherwise.</summary>
    private static string Real(string path)
    {
        FileSystemInfo entry = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        return entry.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
    }
}

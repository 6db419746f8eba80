namespace Edge.Import.TensorFlow;

/// <summary>Files of a model.</summary>
internal static class SourceFile
{
    /// <summary>All bytes of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Caps.</param>
    public static byte[] Read(string path, ImportLimits limits)
    {
        FileInfo file = new(path);
        if (!file.Exists)
        {
            throw new ModelImportException($"'{Path.GetFileName(path)}' is missing in '{Path.GetDirectoryName(path)}'.");
        }

        return file.Length <= limits.MaxFileBytes
            ? File.ReadAllBytes(path)
            : throw new ModelImportException($"'{Path.GetFileName(path)}' has {file.Length:N0} bytes; at most {limits.MaxFileBytes:N0} are allowed.");
    }
}

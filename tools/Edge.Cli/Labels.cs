using Edge.Learning.Data;

namespace Edge.Cli;

/// <summary>Files of class names: one a line, in the order of the model's outputs.</summary>
internal static class Labels
{
    private const long MostBytes = 1 << 24;

    /// <summary>Reads the names; empty lines at the end do not count.</summary>
    /// <exception cref="DatasetException">There is no name, or the file is too large.</exception>
    public static string[] Read(string path)
    {
        FileInfo file = new(path);
        if (!file.Exists)
        {
            throw new FileNotFoundException($"There is no file '{path}' (--labels).");
        }

        string[] names = file.Length <= MostBytes ? [.. File.ReadAllLines(path).Select(static line => line.Trim())]
            : throw new DatasetException($"'{path}' has {file.Length:N0} bytes; class names take at most {MostBytes:N0}.");
        int count = Array.FindLastIndex(names, static name => name.Length > 0) + 1;
        return count > 0 ? names[..count] : throw new DatasetException($"'{path}' holds no class name; one a line is needed.");
    }
}

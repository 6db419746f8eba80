using System.IO.Compression;

namespace Edge.Tests.Learning.Data;

/// <summary>A folder for files a test writes, deleted with it.</summary>
internal sealed class TempFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-data-");

    public string Path => _folder.FullName;

    public string Write(string name, byte[] content, bool gzip = false)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        using FileStream file = File.Create(path);
        using Stream target = gzip ? new GZipStream(file, CompressionLevel.Fastest) : file;
        target.Write(content);
        return path;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

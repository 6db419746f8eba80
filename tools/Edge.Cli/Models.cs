using Edge.Import;
using Edge.Runtime;
using Edge.Runtime.Storage;

namespace Edge.Cli;

/// <summary>Opening models and writing files, the same for every verb.</summary>
internal static class Models
{
    /// <summary>Loads a model, with a personalization where one is given.</summary>
    public static Model Load(string path, string? personalization = null)
    {
        if (Directory.Exists(path))
        {
            throw new FileNotFoundException($"'{path}' is a folder. Give the path of a .edge model.");
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no file '{path}'. Give the path of a .edge model.");
        }

        Model model = Model.Load(path);
        if (personalization is null)
        {
            return model;
        }

        using (model)
        {
            return model.Personalize(ReadState(personalization));
        }
    }

    /// <summary>Whether a file is a .edge model, by its first bytes.</summary>
    public static bool IsEdge(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using FileStream file = File.OpenRead(path);
        Span<byte> head = stackalloc byte[4];
        return file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head.SequenceEqual("EDGE"u8);
    }

    /// <summary>The path of a source model, which must be there.</summary>
    public static string Existing(string path) => File.Exists(path) || Directory.Exists(path) ? path : throw new FileNotFoundException(
        $"There is no file or folder '{path}'. Give a model: {string.Join(", ", ModelImporter.Formats.Select(static format => $"{format.Name} ({format.Files})"))} or .edge.");

    /// <summary>Bytes of a source model: of the file, or of all files in the folder.</summary>
    public static long SourceBytes(string path) =>
        File.Exists(path) ? new FileInfo(path).Length : new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Length);

    /// <summary>Reads what a two-slot store holds.</summary>
    public static byte[] ReadState(string path)
    {
        FileStorage storage = FileStorage.ForPath(path, out string name);
        return new TwoSlotStore(storage, name, int.MaxValue / 2).TryLoad(out byte[]? state)
            ? state
            : throw new FileNotFoundException($"There is no saved state '{path}' (files {path}.0 and {path}.1).");
    }

    /// <summary>Refuses a path that cannot be written, before long work and not after it.</summary>
    public static void CheckTarget(string path)
    {
        if (Directory.Exists(path))
        {
            throw new IOException($"'{path}' is a folder. Give the path of a file.");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Writes a file whole or not at all.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        CheckTarget(path);
        AtomicFile.Write(FileStorage.ForPath(path, out string name), name, bytes);
    }
}

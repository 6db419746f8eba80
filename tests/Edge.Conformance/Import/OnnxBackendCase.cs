using System.IO.Compression;
using System.Runtime.InteropServices;
using Edge.Compiler;
using Edge.Format;
using Edge.Import;
using Edge.Import.Onnx;
using Edge.Runtime;

namespace Edge.Conformance.Import;

/// <summary>One of the ONNX project's backend tests: a model of mostly one operator, its inputs and the outputs that every backend must give.</summary>
/// <param name="Name">Folder and name: <c>node/test_abs</c>.</param>
/// <param name="Entries">Its files by name.</param>
internal sealed record OnnxBackendCase(string Name, IReadOnlyDictionary<string, byte[]> Entries)
{
    private const double Relative = 1e-3;                    // onnx/backend/test/runner: the tolerances of ONNX's own runner
    private const double Absolute = 1e-7;

    /// <summary>Reads all cases.</summary>
    public static IReadOnlyList<OnnxBackendCase> ReadAll(string zipPath)
    {
        using ZipArchive zip = ZipFile.OpenRead(zipPath);
        return [.. zip.Entries.Where(static entry => entry.Name.Length > 0)
            .GroupBy(static entry => string.Join('/', entry.FullName.Split('/')[..2]))
            .OrderBy(static group => group.Key, StringComparer.Ordinal)
            .Select(static group => new OnnxBackendCase(
                group.Key, group.ToDictionary(entry => entry.FullName[(group.Key.Length + 1)..], Bytes)))];
    }

    /// <summary>Converts and runs the model.</summary>
    /// <returns>What is wrong, or null.</returns>
    public string? Run(string folder)
    {
        try
        {
            string path = Path.Combine(folder, "model.onnx");
            File.WriteAllBytes(path, Entries["model.onnx"]);
            return Compare(path);
        }
        catch (Exception error) when (error is ModelImportException or ModelFormatException or ShapeException or InvalidOperationException or ArgumentException)
        {
            return $"{error.GetType().Name}: {error.Message}";
        }
    }

    private string? Compare(string path)
    {
        OnnxModelMessage message = OnnxReader.ReadModel(Entries["model.onnx"], ImportLimits.Default);
        HashSet<string> initializers = [.. message.Graph.Initializers.Select(static tensor => tensor.Name)];
        OnnxValueMessage[] inputs = [.. message.Graph.Inputs.Where(input => !initializers.Contains(input.Name))];
        HashSet<string> deciding = Deciding(message.Graph);
        OnnxTensorReader reader = new(new ExternalFiles(Path.GetDirectoryName(path)!, ImportLimits.Default));
        Dictionary<string, InputValue> bound = [];
        List<byte[]> given = [];
        for (int i = 0; i < inputs.Length; i++)
        {
            (DataType type, byte[] data) = reader.Read(OnnxReader.ReadTensor(Entries[$"test_data_set_0/input_{i}.pb"], ImportLimits.Default), out int[] sizes);
            if (deciding.Contains(inputs[i].Name))
            {
                bound.Add(inputs[i].Name, new InputValue(type, new Shape(sizes), data));
            }
            else
            {
                given.Add(data);
            }
        }

        Graph graph = ModelImporter.Import(path, new ImportOptions { Values = bound });
        using Model model = Model.Load(Compile.ToBytes(graph));
        using Session session = new(model);
        int next = 0;
        foreach (byte[] data in given)
        {
            if (data.Length > 0)
            {
                data.CopyTo(session.Input<byte>(next++));
            }
        }

        session.Run();
        for (int i = 0; i < message.Graph.Outputs.Count; i++)
        {
            (DataType type, byte[] data) = reader.Read(OnnxReader.ReadTensor(Entries[$"test_data_set_0/output_{i}.pb"], ImportLimits.Default), out int[] sizes);
            if (session.OutputSpec(i).Type != type || session.OutputSpec(i).Shape != new Shape(sizes))
            {
                return $"output {i} is {session.OutputSpec(i).Type.Name()} {session.OutputSpec(i).Shape}; {type.Name()} {new Shape(sizes)} is expected";
            }

            if (Difference(type, data, session.Output<byte>(i)) is { } difference)
            {
                return $"output {i}: {difference}";
            }
        }

        return null;
    }

    /// <summary>Inputs that decide shapes or attributes: a device plans its memory before it runs, so they must be known at conversion.</summary>
    private static HashSet<string> Deciding(OnnxGraphMessage graph)
    {
        HashSet<string> names = [];
        foreach (OnnxNodeMessage node in graph.Nodes.Reverse())
        {
            OnnxOperator? op = OnnxOperators.Find(node);
            bool all = node.Outputs.Any(names.Contains);
            for (int i = 0; i < node.Inputs.Count; i++)
            {
                if (all || op?.Deciding.Contains(i) == true)
                {
                    names.Add(node.Inputs[i]);
                }
            }
        }

        return names;
    }

    private static string? Difference(DataType type, ReadOnlySpan<byte> expected, ReadOnlySpan<byte> found)
    {
        if (type != DataType.Float32)
        {
            int at = expected.CommonPrefixLength(found);
            return at == expected.Length ? null : $"element {at / type.Size()} of {expected.Length / type.Size()} differs ({type.Name()})";
        }

        ReadOnlySpan<float> want = MemoryMarshal.Cast<byte, float>(expected), have = MemoryMarshal.Cast<byte, float>(found);
        for (int i = 0; i < want.Length; i++)
        {
            bool same = want[i].Equals(have[i]) || (want[i] == have[i]) || Math.Abs((double)want[i] - have[i]) <= Absolute + (Relative * Math.Abs((double)want[i]));
            if (!same)
            {
                return $"element {i} of {want.Length} is {have[i]}; {want[i]} is expected";
            }
        }

        return null;
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using MemoryStream memory = new();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}

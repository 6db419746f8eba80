using System.Runtime.InteropServices;
using Edge.Compiler;
using Edge.Format;
using Edge.Import;
using Edge.Runtime;

namespace Edge.Tests.Import.TensorFlow;

/// <summary>Graphs written to a file, imported, compiled and run.</summary>
internal static class ImportedGraph
{
    /// <summary>Imports the bytes of a .pb file.</summary>
    public static Graph Import(byte[] file, ImportOptions? options = null)
    {
        using TempFile path = new(file);
        return ModelImporter.Import(path.Path, options);
    }

    /// <summary>Surveys the bytes of a .pb file.</summary>
    public static SourceModel Open(byte[] file, ImportOptions? options = null)
    {
        using TempFile path = new(file);
        return ModelImporter.Open(path.Path, options);
    }

    /// <summary>What the file computes.</summary>
    /// <param name="file">The .pb file.</param>
    /// <param name="inputs">Bytes of each input, in the model's order.</param>
    /// <param name="shapes">Shapes of the outputs.</param>
    /// <returns>The outputs as numbers.</returns>
    public static double[][] Run(byte[] file, byte[][] inputs, out Shape[] shapes) => Run(Import(file), inputs, out shapes);

    /// <summary>What a graph computes.</summary>
    public static double[][] Run(Graph graph, byte[][] inputs, out Shape[] shapes)
    {
        using Model model = Model.Load(Compile.ToBytes(graph));
        using Session session = new(model);
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i].CopyTo(session.Input<byte>(i));
        }

        session.Run();
        shapes = [.. graph.Outputs.Select(static output => output.Shape)];
        return [.. graph.Outputs.Select((output, i) => Numbers(output.Type, session.Output<byte>(i)))];
    }

    private static double[] Numbers(DataType type, ReadOnlySpan<byte> bytes) => type switch
    {
        DataType.Float32 => Array.ConvertAll(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), static value => (double)value),
        DataType.Int32 => Array.ConvertAll(MemoryMarshal.Cast<byte, int>(bytes).ToArray(), static value => (double)value),
        DataType.Int64 => Array.ConvertAll(MemoryMarshal.Cast<byte, long>(bytes).ToArray(), static value => (double)value),
        DataType.UInt8 or DataType.Bool => Array.ConvertAll(bytes.ToArray(), static value => (double)value),
        _ => throw new ArgumentException($"{type}"),
    };

    private sealed class TempFile : IDisposable
    {
        public TempFile(byte[] bytes)
        {
            Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"edge-{Guid.NewGuid():N}.pb");
            File.WriteAllBytes(Path, bytes);
        }

        public string Path { get; }

        public void Dispose() => File.Delete(Path);
    }
}

using Edge.Format;
using Edge.Runtime.Graph;
using Edge.Runtime.Memory;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>A file as the runtime sees it: copied into aligned memory, checked, its graph planned.</summary>
internal sealed class CheckedModel : IDisposable
{
    private readonly AlignedMemory _memory;

    private CheckedModel(AlignedMemory memory, ModelGraph graph, KeyValuePair<string, string>[] metadata)
    {
        _memory = memory;
        Graph = graph;
        Metadata = metadata;
    }

    public ModelGraph Graph { get; }

    public KeyValuePair<string, string>[] Metadata { get; }

    public static CheckedModel Open(ReadOnlySpan<byte> file, OperatorSet operators, ModelLimits limits)
    {
        AlignedMemory memory = new(file.Length);
        try
        {
            file.CopyTo(memory.Span);
            ModelView view = ModelView.Open(memory.Span, limits);
            return new CheckedModel(memory, ModelGraph.Read(view, memory, operators, limits), view.ReadMetadata());
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    public void Dispose() => _memory.Dispose();
}

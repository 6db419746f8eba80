using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>Runs a graph and shows the values of tensors inside it: a copy of the graph with those tensors as outputs, so that none of them is overwritten.</summary>
public sealed class LayerTrace : IDisposable
{
    private readonly Model _model;
    private readonly Session _session;

    /// <summary>Prepares a run.</summary>
    /// <param name="graph">The graph; unchanged.</param>
    /// <param name="tensors">Inputs or outputs of its nodes, no constants.</param>
    /// <param name="batchSize">Samples of a run; 0: as the graph states.</param>
    public LayerTrace(Graph graph, IReadOnlyList<Tensor> tensors, int batchSize = 0)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(tensors);
        Graph copy = graph.Clone(out Dictionary<Tensor, Tensor> copies);
        copy.SetOutputs([.. tensors.Select(tensor => copies[tensor])]);
        new DeadNodeRemoval().Run(copy);
        Tensors = tensors;
        _model = Model.Load(ModelEmitter.ToBytes(copy, new EmitOptions { InferenceProgram = false, StripNames = true }));
        _session = new Session(_model, new SessionOptions { BatchSize = batchSize, Threads = Environment.ProcessorCount });
    }

    /// <summary>The tensors that are shown.</summary>
    public IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>The bytes of an input of the graph, to be filled before <see cref="Run"/>.</summary>
    /// <typeparam name="T">Element type of the input, or byte.</typeparam>
    /// <param name="index">Its position.</param>
    public Span<T> Input<T>(int index) where T : unmanaged => _session.Input<T>(index);

    /// <summary>Forgets what earlier runs left in the states of the graph.</summary>
    public void Reset() => _session.Reset();

    /// <summary>Runs the graph.</summary>
    public void Run() => _session.Run();

    /// <summary>The stored elements of a tensor after <see cref="Run"/>.</summary>
    /// <typeparam name="T">Element type of the tensor, or byte.</typeparam>
    /// <param name="tensor">Position in <see cref="Tensors"/>.</param>
    public ReadOnlySpan<T> Stored<T>(int tensor) where T : unmanaged => _session.Output<T>(tensor);

    /// <summary>The real values of a tensor after <see cref="Run"/>: float32 as it is, quantized integers dequantized, plain integers and truth values as numbers.</summary>
    /// <param name="tensor">Position in <see cref="Tensors"/>.</param>
    public float[] Values(int tensor) => Real(_session.Output<byte>(tensor), _session.OutputSpec(tensor));

    /// <summary>The real values of elements.</summary>
    /// <param name="data">The elements.</param>
    /// <param name="spec">Type, shape and quantization.</param>
    public static float[] Real(ReadOnlySpan<byte> data, in TensorSpec spec)
    {
        float[] values = new float[data.Length / spec.Type.Size()];
        if (Dequantizer.IsQuantized(spec))
        {
            AffineQuantization.Dequantize(data, spec, values);
            return values;
        }

        switch (spec.Type)
        {
            case DataType.Float32: MemoryMarshal.Cast<byte, float>(data).CopyTo(values); break;
            case DataType.Int8: Convert(MemoryMarshal.Cast<byte, sbyte>(data), values); break;
            case DataType.Int16: Convert(MemoryMarshal.Cast<byte, short>(data), values); break;
            case DataType.Int32: Convert(MemoryMarshal.Cast<byte, int>(data), values); break;
            case DataType.Int64: Convert(MemoryMarshal.Cast<byte, long>(data), values); break;
            default: Convert(data, values); break;
        }

        return values;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _model.Dispose();
    }

    private static void Convert<T>(ReadOnlySpan<T> from, Span<float> to) where T : unmanaged, System.Numerics.INumberBase<T>
    {
        for (int i = 0; i < from.Length; i++)
        {
            to[i] = float.CreateSaturating(from[i]);
        }
    }
}

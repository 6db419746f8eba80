using Edge.Format;
using Edge.Runtime;

namespace Edge.Compiler;

/// <summary>Samples that show which values flow through a model in use; a few hundred that resemble real data are enough. A streaming model sees them as the frames of one stream.</summary>
public sealed class CalibrationData
{
    private readonly ReadOnlyMemory<float>[] _inputs;

    /// <summary>Takes samples.</summary>
    /// <param name="inputs">For each input of the model: all samples one after the other, prepared as the model expects them; for inputs of integers, such as indices, the numbers.</param>
    public CalibrationData(params ReadOnlySpan<ReadOnlyMemory<float>> inputs) => _inputs = inputs.ToArray();

    /// <summary>Number of samples for a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <exception cref="ShapeException">The data do not fit the inputs of the graph.</exception>
    public int Count(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        if (_inputs.Length != graph.Inputs.Count)
        {
            throw new ShapeException($"Calibration data for {_inputs.Length} inputs; the model has {graph.Inputs.Count}.");
        }

        int samples = -1;
        for (int i = 0; i < _inputs.Length; i++)
        {
            Tensor input = graph.Inputs[i];
            int elements = SampleElements(input);
            if (_inputs[i].IsEmpty || _inputs[i].Length % elements != 0 || (samples >= 0 && _inputs[i].Length / elements != samples))
            {
                throw new ShapeException($"Calibration data of input {i} have {_inputs[i].Length} values; {input} takes samples of {elements} values{(samples >= 0 ? $", {samples} as for the inputs before" : ", at least one")}.");
            }

            samples = _inputs[i].Length / elements;
        }

        return samples;
    }

    /// <summary>All values of an input.</summary>
    internal ReadOnlySpan<float> Values(int input) => _inputs[input].Span;

    /// <summary>The values of one sample of an input.</summary>
    internal ReadOnlySpan<float> Sample(Graph graph, int input, int sample)
    {
        int elements = SampleElements(graph.Inputs[input]);
        return _inputs[input].Span.Slice(sample * elements, elements);
    }

    private static int SampleElements(Tensor input) => input.Shape.Rank == 0 ? 1 : input.Shape.Product(1, input.Shape.Rank);
}

using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>Runs a float model over calibration data and shows the values of its tensors.</summary>
internal static class Calibrator
{
    /// <summary>Bins of a histogram: eight a quantization step.</summary>
    public const int Bins = 2048;

    public delegate void Observer(int tensor, ReadOnlySpan<float> values);

    /// <summary>Runs the model sample by sample, with some of its tensors as outputs, so that none of them is overwritten.</summary>
    /// <param name="graph">The graph; its outputs are replaced.</param>
    /// <param name="tensors">Float32 outputs of its nodes.</param>
    /// <param name="data">The samples.</param>
    /// <param name="observe">Called with the position in <paramref name="tensors"/> and the values, for each sample and tensor.</param>
    public static void Run(Graph graph, Tensor[] tensors, CalibrationData data, Observer observe)
    {
        if (tensors.Length == 0)
        {
            return;
        }

        graph.SetOutputs(tensors);
        using Model model = Model.Load(ModelEmitter.ToBytes(graph, new EmitOptions { InferenceProgram = false }));
        using Session session = new(model, new SessionOptions { BatchSize = 1, Threads = Environment.ProcessorCount });
        int samples = data.Count(graph);
        for (int sample = 0; sample < samples; sample++)
        {
            for (int input = 0; input < graph.Inputs.Count; input++)
            {
                ModelInputs.Store(data.Sample(graph, input, sample), graph.Inputs[input].Spec, session.Input<byte>(input));
            }

            session.Run();
            for (int tensor = 0; tensor < tensors.Length; tensor++)
            {
                observe(tensor, session.Output<float>(tensor));
            }
        }
    }

    /// <summary>The range of every float32 tensor that some nodes read or write: of inputs and node outputs on the data, of constants as they are.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="nodes">The nodes that are to become int8. What the others compute is not looked at and may be anything.</param>
    /// <param name="data">The samples.</param>
    /// <param name="options">How ranges are chosen.</param>
    public static Dictionary<Tensor, ValueRange> Ranges(Graph graph, IReadOnlyCollection<Node> nodes, CalibrationData data, QuantizerOptions options)
    {
        Tensor[] read =
        [
            .. graph.Inputs.Concat(nodes.SelectMany(static node => node.Inputs.Where((_, i) => node.Info.Role(i) == InputRole.Data || Fusable.ChannelAxis(node) is null).Concat(node.Outputs))
                .OfType<Tensor>()).Where(static tensor => tensor.Type == DataType.Float32).Distinct(),
        ];
        Tensor[] computed = [.. read.Where(static tensor => tensor.Producer is not null)];
        Tensor[] inputs = [.. read.Where(graph.IsInput)];
        Dictionary<Tensor, Histogram> histograms = read.ToDictionary(static tensor => tensor, static tensor => new Histogram(tensor.Name));
        foreach (Tensor constant in read.Where(static tensor => tensor.IsConstant))
        {
            histograms[constant].Extend(constant.Values<float>());
        }

        Pass(static (histogram, values) => histogram.Extend(values));
        if (options.Method != CalibrationMethod.MinMax)
        {
            Pass(static (histogram, values) => histogram.Count(values));
        }

        QuantizerOptions all = new() { Method = CalibrationMethod.MinMax };
        return histograms.ToDictionary(static pair => pair.Key, pair => pair.Value.Choose(pair.Key.IsConstant ? all : options));

        void Pass(Action<Histogram, ReadOnlySpan<float>> observe)
        {
            foreach (Tensor input in inputs)
            {
                observe(histograms[input], data.Values(Position(input)));
            }

            Graph copy = graph.Clone(out Dictionary<Tensor, Tensor> copies);
            Run(copy, Array.ConvertAll(computed, tensor => copies[tensor]), data, (tensor, values) => observe(histograms[computed[tensor]], values));
        }

        int Position(Tensor input) => graph.Inputs.Select(static (tensor, i) => (tensor, i)).First(pair => pair.tensor == input).i;
    }
}

using Edge.Format;
using Edge.Runtime;

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
        using Session session = new(model, new SessionOptions { BatchSize = 1 });
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

    /// <summary>The range of every float32 tensor: of inputs and node outputs on the data, of constants as they are.</summary>
    public static Dictionary<Tensor, ValueRange> Ranges(Graph graph, CalibrationData data, QuantizerOptions options)
    {
        Tensor[] computed = [.. graph.Nodes.SelectMany(static node => node.Outputs).Where(static tensor => tensor.Type == DataType.Float32)];
        Histogram[] histograms = Array.ConvertAll(computed, static tensor => new Histogram(tensor.Name));
        int[] real = [.. Enumerable.Range(0, graph.Inputs.Count).Where(input => graph.Inputs[input].Type == DataType.Float32)];
        Histogram[] inputs = [.. real.Select(input => new Histogram(graph.Inputs[input].Name))];
        Pass(static (histogram, values) => histogram.Extend(values));
        if (options.Method != CalibrationMethod.MinMax)
        {
            Pass(static (histogram, values) => histogram.Count(values));
        }

        Dictionary<Tensor, ValueRange> ranges = [];
        for (int i = 0; i < inputs.Length; i++)
        {
            ranges[graph.Inputs[real[i]]] = inputs[i].Choose(options);
        }

        for (int i = 0; i < computed.Length; i++)
        {
            ranges[computed[i]] = histograms[i].Choose(options);
        }

        foreach (Tensor constant in graph.Nodes.SelectMany(static node => node.Inputs).OfType<Tensor>().Where(static tensor => tensor.IsConstant && tensor.Type == DataType.Float32))
        {
            Histogram histogram = new(constant.Name);
            histogram.Extend(constant.Values<float>());
            ranges[constant] = histogram.Choose(new QuantizerOptions { Method = CalibrationMethod.MinMax });
        }

        return ranges;

        void Pass(Action<Histogram, ReadOnlySpan<float>> observe)
        {
            for (int i = 0; i < inputs.Length; i++)
            {
                observe(inputs[i], data.Values(real[i]));
            }

            Graph copy = graph.Clone(out Dictionary<Tensor, Tensor> copies);
            Run(copy, Array.ConvertAll(computed, tensor => copies[tensor]), data, (tensor, values) => observe(histograms[tensor], values));
        }
    }
}

using Edge.Format;
using Edge.Learning.Data;
using Edge.Learning.FineTuning;
using Edge.Learning.Metrics;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Learning;

/// <summary>How good a compiled model is on a data set.</summary>
/// <param name="Accuracy">Share of samples named rightly, 0 … 1; NaN for regression.</param>
/// <param name="Loss">Mean loss: cross-entropy in nats, or the mean squared error for regression.</param>
/// <param name="Samples">Number of samples.</param>
public sealed record ModelEvaluation(double Accuracy, double Loss, int Samples);

/// <summary>Measures compiled models, float32 or quantized, the way a device runs them: through a <see cref="Session"/>.</summary>
public static class ModelEvaluator
{
    private const int MaxBatch = 32;

    /// <summary>Runs the model on every sample.</summary>
    /// <param name="model">One float32, int8 or uint8 input; its first output is what is measured.</param>
    /// <param name="data">Samples; normalized as the model's metadata states, else as the data set states.</param>
    /// <param name="threads">Threads, 1 or more; results do not depend on it.</param>
    /// <param name="progress">Called with the finished share, 0 … 1; may be null.</param>
    /// <exception cref="DatasetException">The samples do not fit the model.</exception>
    public static ModelEvaluation Measure(Model model, Dataset data, int threads = 1, Action<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        if (model.Inputs.Count != 1 || model.Inputs[0].Spec.Shape.Product(1, model.Inputs[0].Spec.Shape.Rank) != data.SampleLength)
        {
            throw new DatasetException($"The model takes {string.Join(", ", model.Inputs.Select(i => i.Spec))}; a sample of '{data.Name}' has {data.SampleLength} values.");
        }

        data = data.WithNormalization(ModelNormalization.Of(model) ?? data.Normalization);
        int batch = Math.Min(MaxBatch, data.Count);
        using Session session = Open(model, ref batch, threads);
        int width = session.OutputSpec(0).Shape.ElementCount / batch;
        int[] indices = new int[batch];
        float[] features = new float[batch * data.SampleLength];
        float[] outputs = new float[batch * width];
        Scorer scorer = new(model, data, width);
        for (int start = 0; start < data.Count; start += batch)
        {
            for (int i = 0; i < batch; i++)
            {
                indices[i] = Math.Min(start + i, data.Count - 1);     // a last short batch repeats its last sample, which is not counted again
            }

            data.CopyBatch(indices, features);
            Write(session, features);
            session.Reset();                         // samples have nothing to do with one another, also where the model remembers
            session.Run();
            Read(session, outputs);
            for (int i = 0; i < batch && start + i < data.Count; i++)
            {
                scorer.Add(start + i, outputs.AsSpan(i * width, width));
            }

            progress?.Invoke(Math.Min(1, (double)(start + batch) / data.Count));
        }

        return scorer.Result();
    }

    /// <summary>Writes real values into a session's input, quantized where the input is.</summary>
    public static void Write(Session session, ReadOnlySpan<float> values)
    {
        ArgumentNullException.ThrowIfNull(session);
        TensorSpec spec = session.InputSpec(0);
        switch (spec.Type)
        {
            case DataType.Float32: values.CopyTo(session.Input<float>()); break;
            case DataType.Int8: Quantize(values, spec.Quantization!, sbyte.MinValue, sbyte.MaxValue, session.Input<byte>()); break;
            case DataType.UInt8: Quantize(values, spec.Quantization!, byte.MinValue, byte.MaxValue, session.Input<byte>()); break;
            default: throw new NotSupportedException($"The model's input is {spec}; float32, int8 and uint8 inputs can be measured.");
        }
    }

    /// <summary>Reads a session's first output as real values.</summary>
    public static void Read(Session session, Span<float> values)
    {
        ArgumentNullException.ThrowIfNull(session);
        TensorSpec spec = session.OutputSpec(0);
        if (spec.Type == DataType.Float32)
        {
            session.Output<float>().CopyTo(values);
            return;
        }

        if (spec.Quantization is not { } quantization || spec.Type is not (DataType.Int8 or DataType.UInt8))
        {
            throw new NotSupportedException($"The model's output is {spec}; float32 and quantized int8 and uint8 outputs can be measured.");
        }

        ReadOnlySpan<byte> stored = session.Output<byte>();
        for (int i = 0; i < stored.Length; i++)
        {
            values[i] = quantization.Scale * ((spec.Type == DataType.Int8 ? (sbyte)stored[i] : stored[i]) - quantization.ZeroPoint);
        }
    }

    private static void Quantize(ReadOnlySpan<float> values, Quantization to, int lowest, int highest, Span<byte> stored)
    {
        for (int i = 0; i < values.Length; i++)
        {
            stored[i] = (byte)Math.Clamp((int)MathF.Round(values[i] / to.Scale, MidpointRounding.AwayFromZero) + to.ZeroPoint, lowest, highest);
        }
    }

    private static Session Open(Model model, ref int batch, int threads)
    {
        try
        {
            return new Session(model, new SessionOptions { BatchSize = batch, Threads = threads });
        }
        catch (ShapeException)
        {
            batch = model.Inputs[0].Spec.Shape[0];                     // a model that works with its stored batch size only
            return new Session(model, new SessionOptions { Threads = threads });
        }
    }

    private sealed class Scorer
    {
        private readonly Dataset _data;
        private readonly bool _softmax;
        private readonly bool _sigmoid;
        private readonly double _floor;
        private double _right;
        private double _loss;
        private int _samples;

        public Scorer(Model model, Dataset data, int width)
        {
            _data = data;
            OperatorDescription? producer = model.Operators.LastOrDefault(op => op.Kind is not ("Dequantize" or "Quantize" or "Requantize" or "Reshape"));
            string last = producer?.Kind ?? "";

            // A quantized probability can be exactly 0 and then stands for anything below half a step; a float one is cut as Keras does.
            _floor = producer?.Outputs[0].Spec.Quantization is { } quantization ? quantization.Scale / 2 : 1e-7;
            if (data.HasClasses && width > 1 && width < data.ClassNames.Count)
            {
                throw new DatasetException($"The model gives {width} classes; '{data.Name}' has {data.ClassNames.Count}.");
            }

            // A model that ends in logits is measured on the probabilities they stand for.
            _softmax = width > 1 && last != "Softmax";
            _sigmoid = width == 1 && data.HasClasses && last != "Sigmoid";
        }

        public void Add(int sample, Span<float> output)
        {
            _samples++;
            if (!_data.HasClasses)
            {
                ReadOnlySpan<float> target = _data.Target(sample);
                double sum = 0;
                for (int i = 0; i < output.Length; i++)
                {
                    sum += (output[i] - target[i]) * (double)(output[i] - target[i]);
                }

                _loss += sum / output.Length;
                _right = double.NaN;
                return;
            }

            int label = _data.Label(sample);
            double probability;
            if (output.Length == 1)
            {
                double one = _sigmoid ? 1 / (1 + Math.Exp(-output[0])) : output[0];
                _right += (one > 0.5) == (label == 1) ? 1 : 0;
                probability = label == 1 ? one : 1 - one;
            }
            else
            {
                _right += Metric.ArgMax(output) == label ? 1 : 0;
                probability = _softmax ? Softmax(output, label) : output[label];
            }

            _loss -= Math.Log(Math.Max(probability, _floor));
        }

        public ModelEvaluation Result() => new(_right / _samples, _loss / _samples, _samples);

        private static double Softmax(ReadOnlySpan<float> logits, int label)
        {
            double largest = logits[Metric.ArgMax(logits)];
            double sum = 0;
            foreach (float logit in logits)
            {
                sum += Math.Exp(logit - largest);
            }

            return Math.Exp(logits[label] - largest) / sum;
        }
    }
}

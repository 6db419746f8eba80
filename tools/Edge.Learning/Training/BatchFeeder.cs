using Edge.Learning.Data;
using Edge.Learning.Metrics;
using Edge.Runtime;
using Edge.Runtime.Training;

namespace Edge.Learning.Training;

/// <summary>Gathers batches of a data set and hands them to a trainer, without allocating.</summary>
internal sealed class BatchFeeder
{
    private readonly Trainer _trainer;
    private readonly Dataset _data;
    private readonly float[] _features;
    private readonly int[] _labels = [];
    private readonly float[] _targets = [];
    private readonly bool _classes;
    private readonly int _width;
    private readonly int _targetLength;
    private int _count;

    /// <param name="trainer">Learns and predicts.</param>
    /// <param name="data">The samples.</param>
    /// <param name="batchSize">Most samples at a time.</param>
    /// <param name="sampleLength">Values per sample that the model takes.</param>
    /// <param name="width">Values per sample that the model gives.</param>
    /// <exception cref="DatasetException">The samples do not fit the model or the loss.</exception>
    public BatchFeeder(Trainer trainer, Dataset data, int batchSize, int sampleLength, int width)
    {
        _trainer = trainer;
        _data = data;
        _width = width;
        _classes = trainer.Loss == Loss.SoftmaxCrossEntropy;
        if (data.Count == 0 || data.SampleLength != sampleLength)
        {
            throw new DatasetException($"Data set '{data.Name}' has {data.Count} samples of {data.SampleLength} values; the model takes {sampleLength} values a sample, and at least one sample is needed.");
        }

        if (_classes)
        {
            if (!data.HasClasses || data.ClassNames.Count > width)
            {
                throw new DatasetException($"Data set '{data.Name}' has {(data.HasClasses ? $"{data.ClassNames.Count} classes" : "float targets")}; softmax cross-entropy over {width} outputs needs class ids of at most {width} classes.");
            }

            _labels = new int[batchSize];
        }
        else
        {
            _targetLength = data.HasClasses ? 1 : data.TargetLength;
            if (_targetLength != width || (data.HasClasses && data.ClassNames.Count > 2))
            {
                throw new DatasetException($"Data set '{data.Name}' has {(data.HasClasses ? $"{data.ClassNames.Count} classes" : $"{data.TargetLength} targets a sample")}; {LossNames.Name(trainer.Loss)} on {width} outputs needs {width} float targets a sample{(width == 1 ? ", or two classes" : "")}.");
            }

            _targets = new float[batchSize * width];
        }

        _features = new float[batchSize * sampleLength];
    }

    /// <summary>One training step.</summary>
    public float Step(ReadOnlySpan<int> indices)
    {
        ReadOnlySpan<float> features = Gather(indices);
        return _classes ? _trainer.Step(features, _labels.AsSpan(0, _count)) : _trainer.Step(features, _targets.AsSpan(0, _count * _targetLength));
    }

    /// <summary>Loss and prediction only.</summary>
    public float Evaluate(ReadOnlySpan<int> indices)
    {
        ReadOnlySpan<float> features = Gather(indices);
        return _classes ? _trainer.Evaluate(features, _labels.AsSpan(0, _count)) : _trainer.Evaluate(features, _targets.AsSpan(0, _count * _targetLength));
    }

    /// <summary>Measures the prediction of the last batch.</summary>
    public double Sum(Metric metric) => _classes
        ? metric.Sum(_trainer.Prediction, _labels.AsSpan(0, _count), _width)
        : metric.Sum(_trainer.Prediction, _targets.AsSpan(0, _count * _targetLength), _width);

    private ReadOnlySpan<float> Gather(ReadOnlySpan<int> indices)
    {
        _count = indices.Length;
        Span<float> features = _features.AsSpan(0, _count * _data.SampleLength);
        if (_classes)
        {
            _data.CopyBatch(indices, features, _labels.AsSpan(0, _count));
        }
        else
        {
            _data.CopyBatch(indices, features, _targets.AsSpan(0, _count * _targetLength));
        }

        return features;
    }
}

using Edge.Learning.Data;
using Edge.Learning.Metrics;
using Edge.Runtime;

namespace Edge.Learning.Training;

/// <summary>Measures a trainer's present parameters on a data set; after the first pass a pass allocates only its result.</summary>
internal sealed class Evaluator
{
    private readonly BatchFeeder _feeder;
    private readonly Metric[] _metrics;
    private readonly double[] _sums;
    private readonly int[] _order;
    private readonly int _batchSize;

    public Evaluator(Trainer trainer, Dataset data, Metric[] metrics)
    {
        _batchSize = trainer.BatchSize;
        _feeder = new BatchFeeder(trainer, data, _batchSize, trainer.SampleLength, trainer.OutputLength);
        _metrics = metrics;
        _sums = new double[metrics.Length];
        _order = [.. Enumerable.Range(0, data.Count)];
    }

    public Evaluation Run()
    {
        double loss = 0;
        Array.Clear(_sums);
        for (int start = 0; start < _order.Length; start += _batchSize)
        {
            ReadOnlySpan<int> indices = _order.AsSpan(start, Math.Min(_batchSize, _order.Length - start));
            loss += (double)_feeder.Evaluate(indices) * indices.Length;
            for (int m = 0; m < _metrics.Length; m++)
            {
                _sums[m] += _feeder.Sum(_metrics[m]);
            }
        }

        KeyValuePair<string, double>[] values = new KeyValuePair<string, double>[_metrics.Length + 1];
        values[0] = new("loss", loss / _order.Length);
        for (int m = 0; m < _metrics.Length; m++)
        {
            values[m + 1] = new(_metrics[m].Name, _sums[m] / _order.Length);
        }

        return new Evaluation(values);
    }
}

using System.Diagnostics;
using Edge.Learning.Callbacks;
using Edge.Learning.Data;
using Edge.Learning.Metrics;
using Edge.Runtime;
using Edge.Runtime.Training;

namespace Edge.Learning.Training;

/// <summary>One call of <see cref="Network.Fit"/>. A step allocates nothing; what callbacks do is theirs.</summary>
internal sealed class FitRun : IDisposable
{
    private readonly Network _network;
    private readonly FitOptions _options;
    private readonly Model _model;
    private readonly BatchFeeder _feeder;
    private readonly Evaluator? _validation;
    private readonly Metric[] _metrics;
    private readonly Callback[] _callbacks;
    private readonly int[] _order;
    private readonly double[] _sums;                 // over the epoch so far: loss, then each metric
    private readonly FitContext _context;
    private readonly Stopwatch _clock = new();
    private int _epoch;                              // epochs finished
    private int _batch;                              // steps finished in the next one
    private double _secondsBefore;                   // spent on that epoch before an interruption

    public FitRun(Network network, Dataset train, FitOptions options)
    {
        Check(options);
        _network = network;
        _options = options;
        _metrics = [.. network.Metrics];
        _callbacks = [.. options.Callbacks];
        _sums = new double[_metrics.Length + 1];
        _order = new int[train.Count];
        int batchSize = Math.Max(1, Math.Min(options.BatchSize, Math.Max(train.Count, options.Validation?.Count ?? 0)));
        _model = network.TrainingModel();
        try
        {
            Trainer = new Trainer(_model, new TrainerOptions
            {
                Optimizer = network.Optimizer!,
                Loss = network.Loss,
                BatchSize = batchSize,
                Threads = options.Threads,
                ClipNorm = options.ClipNorm,
                Seed = options.Seed,
                Schedule = options.Schedule,
            });
        }
        catch
        {
            _model.Dispose();
            throw;
        }

        try
        {
            network.CopyTo(Trainer);
            _feeder = new BatchFeeder(Trainer, train, batchSize, Trainer.SampleLength, Trainer.OutputLength);
            _validation = options.Validation is null ? null : new Evaluator(Trainer, options.Validation, _metrics);
            Batches = (train.Count + batchSize - 1) / batchSize;
            if (train.Count % batchSize != 0)
            {
                Trainer.Prepare(train.Count % batchSize);
            }

            _context = new FitContext(this, network, new History()) { Epochs = options.Epochs, Batches = Batches };
            _epoch = options.InitialEpoch;
            if (options.Resume is { } checkpoint)
            {
                Restore(checkpoint, train.Count);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public Trainer Trainer { get; }

    private int Batches { get; }

    public History Run()
    {
        foreach (Callback callback in _callbacks)
        {
            callback.OnTrainBegin(_context);
        }

        try
        {
            while (_epoch < _options.Epochs && !_context.StopTraining)
            {
                RunEpoch();
            }
        }
        finally
        {
            _network.CopyFrom(Trainer);
        }

        foreach (Callback callback in _callbacks)
        {
            callback.OnTrainEnd(_context);
        }

        return _context.History;
    }

    public TrainingCheckpoint Checkpoint() => new()
    {
        Epoch = _epoch,
        Batch = _batch,
        Seed = _options.Seed,
        BatchSize = _options.BatchSize,
        Samples = _order.Length,
        Shuffle = _options.ShuffleEachEpoch,
        Optimizer = _network.Optimizer!.Name,
        Stopped = _context.StopTraining,
        Seconds = _batch == 0 ? 0 : _secondsBefore + _clock.Elapsed.TotalSeconds,
        Sums = (double[])_sums.Clone(),
        History = [.. _context.History.Epochs],
        Callbacks = [.. Stateful().Select(static callback => (callback.GetType().Name, callback.Save()))],
        Trainer = Trainer.SaveCheckpoint(),
    };

    public void Dispose()
    {
        Trainer.Dispose();
        _model.Dispose();
    }

    private void RunEpoch()
    {
        _context.Epoch = _epoch + 1;
        _context.Batch = _batch;
        _clock.Restart();
        EpochOrder.Fill(_order, _options.Seed, _options.ShuffleEachEpoch ? _epoch : 0);
        if (_batch == 0)
        {
            Array.Clear(_sums);
            _secondsBefore = 0;
            foreach (Callback callback in _callbacks)
            {
                callback.OnEpochBegin(_context);
            }
        }

        while (_batch < Batches)
        {
            _options.Cancellation.ThrowIfCancellationRequested();
            RunStep();
            if (_batch < Batches)
            {
                SafePoint();
            }
        }

        EndEpoch();
        SafePoint();
    }

    private void RunStep()
    {
        int start = _batch * _options.BatchSize;
        ReadOnlySpan<int> indices = _order.AsSpan(start, Math.Min(_options.BatchSize, _order.Length - start));
        float loss = _feeder.Step(indices);
        _sums[0] += (double)loss * indices.Length;
        for (int m = 0; m < _metrics.Length; m++)
        {
            _sums[m + 1] += _feeder.Sum(_metrics[m]);
        }

        _batch++;
        _context.Batch = _batch;
        _context.Loss = loss;
        _context.MeanLoss = _sums[0] / (start + indices.Length);
        foreach (Callback callback in _callbacks)
        {
            callback.OnBatchEnd(_context);
        }
    }

    private void EndEpoch()
    {
        List<KeyValuePair<string, double>> values = [new("loss", _sums[0] / _order.Length)];
        for (int m = 0; m < _metrics.Length; m++)
        {
            values.Add(new(_metrics[m].Name, _sums[m + 1] / _order.Length));
        }

        if (_validation is not null)
        {
            foreach ((string name, double value) in _validation.Run().Values)
            {
                values.Add(new("val_" + name, value));
            }
        }

        _context.History.Add(new EpochRecord(_epoch + 1, values, _secondsBefore + _clock.Elapsed.TotalSeconds));
        foreach (Callback callback in _callbacks)
        {
            callback.OnEpochEnd(_context);
        }

        _epoch++;
        _batch = 0;
    }

    // All callbacks have seen the step by now, so a checkpoint holds one consistent state of them.
    private void SafePoint()
    {
        foreach (Callback callback in _callbacks)
        {
            callback.OnSafePoint(_context);
        }
    }

    private void Restore(TrainingCheckpoint checkpoint, int samples)
    {
        if (checkpoint.Seed != _options.Seed || checkpoint.BatchSize != _options.BatchSize || checkpoint.Samples != samples || checkpoint.Shuffle != _options.ShuffleEachEpoch ||
            checkpoint.Optimizer != _network.Optimizer!.Name || checkpoint.Sums.Length != _sums.Length)
        {
            throw new ArgumentException(
                $"The checkpoint was made with seed {checkpoint.Seed}, batch size {checkpoint.BatchSize}, {checkpoint.Samples} samples, shuffle {checkpoint.Shuffle}, {checkpoint.Optimizer}, {checkpoint.Sums.Length - 1} metrics; " +
                $"this training has seed {_options.Seed}, batch size {_options.BatchSize}, {samples} samples, shuffle {_options.ShuffleEachEpoch}, {_network.Optimizer!.Name}, {_metrics.Length} metrics. Resume with the same.");
        }

        Callback[] stateful = [.. Stateful()];
        if (!checkpoint.Callbacks.Select(static entry => entry.Type).SequenceEqual(stateful.Select(static callback => callback.GetType().Name)))
        {
            throw new ArgumentException($"The checkpoint was made with callbacks that remember something: {List(checkpoint.Callbacks.Select(static entry => entry.Type))}; this training has {List(stateful.Select(static callback => callback.GetType().Name))}. Resume with the same, in the same order.");
        }

        Trainer.LoadCheckpoint(checkpoint.Trainer);
        for (int i = 0; i < stateful.Length; i++)
        {
            stateful[i].Load(checkpoint.Callbacks[i].State);
        }

        foreach (EpochRecord epoch in checkpoint.History)
        {
            _context.History.Add(epoch);
        }

        checkpoint.Sums.CopyTo(_sums, 0);
        _epoch = checkpoint.Epoch;
        _batch = checkpoint.Batch;
        _secondsBefore = checkpoint.Seconds;
        _context.StopTraining = checkpoint.Stopped;

        static string List(IEnumerable<string> names) => $"[{string.Join(", ", names)}]";
    }

    private IEnumerable<Callback> Stateful() => _callbacks.Where(static callback => callback.Save().Length > 0);

    private static void Check(FitOptions options)
    {
        if (options.Epochs < 0 || options.InitialEpoch < 0 || options.BatchSize < 1 || options.Threads < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(options), $"Epochs {options.Epochs}, initial epoch {options.InitialEpoch}, batch size {options.BatchSize}, threads {options.Threads}; epochs start at 0, the others at 1.");
        }
    }
}

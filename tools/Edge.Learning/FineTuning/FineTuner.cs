using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Edge.Learning.Data;
using Edge.Learning.Metrics;
using Edge.Learning.Training;
using Edge.Runtime;
using Edge.Runtime.Storage;
using Edge.Runtime.Training;

namespace Edge.Learning.FineTuning;

/// <summary>Lets a finished model learn from a few samples, as a device does.</summary>
public static class FineTuner
{
    /// <summary>Trains, and measures before and afterwards.</summary>
    /// <param name="model">The model; it never changes.</param>
    /// <param name="samples">What to learn from, raw: the model's own normalization is applied where it states one.</param>
    /// <param name="options">Scheme, optimizer, epochs; the defaults when null.</param>
    /// <param name="test">What accuracy is measured on; <paramref name="samples"/> when null, which says little about new samples.</param>
    /// <returns>Measures, time and the personalization.</returns>
    /// <exception cref="DatasetException">The samples do not fit the model or its loss.</exception>
    /// <exception cref="ArgumentException">The options do not fit the model.</exception>
    public static FineTuneResult Tune(Model model, Dataset samples, FineTuneOptions? options = null, Dataset? test = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(samples);
        options ??= new FineTuneOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Epochs, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1, nameof(options));
        if (ModelNormalization.Of(model) is { } normalization)
        {
            samples = samples.WithNormalization(normalization);
            test = test?.WithNormalization(normalization);
        }

        int batchSize = Math.Max(1, Math.Min(options.BatchSize, samples.Count));
        using Trainer trainer = new(model, new TrainerOptions
        {
            Optimizer = options.Optimizer,
            Scheme = options.Scheme,
            Loss = options.Loss,
            BatchSize = batchSize,
            Threads = options.Threads,
            Seed = options.Seed,
        });
        long bytes = trainer.TotalBytes;
        BatchFeeder feeder = new(trainer, samples, batchSize, trainer.SampleLength, trainer.OutputLength);
        Evaluator evaluator = new(trainer, test ?? samples, MetricsOf(trainer.Loss));
        Evaluation before = evaluator.Run();

        int[] order = new int[samples.Count];
        double[] losses = new double[options.Epochs];
        long start = Stopwatch.GetTimestamp();
        for (int epoch = 0; epoch < losses.Length; epoch++)
        {
            EpochOrder.Fill(order, options.Seed, epoch);
            for (int first = 0; first < order.Length; first += batchSize)
            {
                ReadOnlySpan<int> indices = order.AsSpan(first, Math.Min(batchSize, order.Length - first));
                losses[epoch] += (double)feeder.Step(indices) * indices.Length / order.Length;
            }

            options.Progress?.Invoke((epoch + 1.0) / losses.Length);
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        byte[] personalization = trainer.SavePersonalization();
        if (options.SavePath is { } path)
        {
            Store(path).Save(personalization);
        }

        return new FineTuneResult(before, evaluator.Run(), losses, trainer.StepCount, elapsed, bytes, personalization);
    }

    /// <summary>Reads the newest valid personalization that <see cref="Tune"/> saved.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="personalization">Receives the bytes for <see cref="Model.Personalize"/>.</param>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="StorageException">It cannot be read.</exception>
    public static bool TryLoad(string path, [NotNullWhen(true)] out byte[]? personalization) => Store(path).TryLoad(out personalization);

    private static TwoSlotStore Store(string path) => new(FileStorage.ForPath(path, out string name), name, Array.MaxLength);

    private static Metric[] MetricsOf(Loss loss) => loss switch
    {
        Loss.SoftmaxCrossEntropy => [new Accuracy()],
        Loss.BinaryCrossEntropy => [new BinaryAccuracy("accuracy")],
        _ => [new MeanAbsoluteError()],
    };
}

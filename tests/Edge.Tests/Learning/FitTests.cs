using System.Text.Json;
using Edge.Compiler;
using Edge.Learning;
using Edge.Learning.Callbacks;
using Edge.Learning.Data;
using Edge.Learning.Layers;
using Edge.Learning.Metrics;
using Edge.Learning.Training;
using Edge.Runtime;
using Edge.Runtime.Training;
using Edge.Tests.Learning.Data;

namespace Edge.Tests.Learning;

public sealed class FitTests
{
    private static readonly Dataset s_moons = TwoMoons.Generate(150, 0.1f, 1);
    private static readonly Dataset s_held = TwoMoons.Generate(50, 0.1f, 2);

    [Fact]
    public void ASmallNetworkLearnsAndPredictsWhatItMeasures()
    {
        Network network = Make();
        network.Compile(new Adam(0.05f), Loss.SoftmaxCrossEntropy, new Accuracy());
        History history = network.Fit(s_moons, Options(epochs: 60) with { Validation = s_held });
        Assert.Equal(60, history.Epochs.Count);
        double[] losses = history.Values("loss");
        Assert.True(losses[^1] < 0.25 * losses[0], $"{losses[0]} to {losses[^1]}");
        Evaluation test = network.Evaluate(s_held, batchSize: 7);
        Assert.True(test["accuracy"] >= 0.95, test.ToString());
        Assert.Equal(history.Values("val_loss")[^1], test.Loss, 1e-6);      // another batch size adds up in another order
        Assert.Equal(history.Values("val_accuracy")[^1], test["accuracy"]);
        float[] predictions = network.Predict(s_held);
        double right = Enumerable.Range(0, s_held.Count).Count(i => Metric.ArgMax(predictions.AsSpan(2 * i, 2)) == s_held.Label(i));
        Assert.Equal(test["accuracy"], right / s_held.Count, 1e-12);
    }

    [Fact]
    public void ThreadsDoNotChangeABit()
    {
        Network one = Make();
        Network two = Make();
        double[] first = one.Fit(s_moons, Options(epochs: 3) with { Threads = 1 }).Values("loss");
        double[] second = two.Fit(s_moons, Options(epochs: 3) with { Threads = 2 }).Values("loss");
        Assert.Equal(first, second);
        Assert.Equal(one.Parameters.Select(static p => p.Values), two.Parameters.Select(static p => p.Values));
    }

    [Theory]
    [InlineData(7)]                                  // in the middle of epoch 2 of 5 steps each
    [InlineData(10)]                                 // at the end of epoch 2
    [InlineData(1)]
    public void AnInterruptedRunGoesOnToTheBit(int steps)
    {
        using TempFolder folder = new();
        string path = Path.Combine(folder.Path, "training");
        FitOptions options = Options(epochs: 4) with { Validation = s_held, Schedule = new CosineDecay(20), ClipNorm = 1 };
        Callback[] Callbacks(List<float> losses, int interruptAt) =>
            [new EarlyStopping("val_loss", 10, restoreBest: true), new CheckpointEvery(path, 1), new Recorder(losses, interruptAt)];

        List<float> whole = [];
        Network reference = Make();
        History expected = reference.Fit(s_moons, options with { Callbacks = Callbacks(whole, int.MaxValue) });

        List<float> parts = [];
        Network victim = Make();
        Assert.Throws<PowerCutException>(() => victim.Fit(s_moons, options with { Callbacks = Callbacks(parts, steps + 1) }));
        parts.RemoveAt(steps);                       // the step that was not saved
        TrainingCheckpoint checkpoint = TrainingCheckpoint.Load(path)!;
        Network resumed = Make(seed: 99);            // the checkpoint brings all values
        History history = resumed.Fit(s_moons, options with { Resume = checkpoint, Callbacks = Callbacks(parts, int.MaxValue) });

        Assert.Equal(whole, parts);
        Assert.Equal(expected.Epochs.Select(static e => e.Epoch), history.Epochs.Select(static e => e.Epoch));
        foreach (string name in new[] { "loss", "accuracy", "val_loss", "val_accuracy" })
        {
            Assert.Equal(expected.Values(name), history.Values(name));
        }

        Assert.Equal(reference.Parameters.Select(static p => p.Values), resumed.Parameters.Select(static p => p.Values));
    }

    [Fact]
    public void ACheckpointIsRefusedWhereItDoesNotBelong()
    {
        TrainingCheckpoint? checkpoint = null;
        Make().Fit(s_moons, Options(epochs: 1) with { Validation = s_held, Callbacks = [new EarlyStopping(), new Keeper(c => checkpoint = c)] });
        byte[] bytes = checkpoint!.ToArray();
        TrainingCheckpoint again = TrainingCheckpoint.Read(bytes);
        Assert.Equal(1, again.Epoch);
        Assert.Equal(0, again.Batch);
        Assert.Contains("seed 5", Assert.Throws<ArgumentException>(() => Make().Fit(s_moons, Options(2) with { Seed = 6, Resume = again })).Message, StringComparison.Ordinal);
        Assert.Contains("EarlyStopping", Assert.Throws<ArgumentException>(() => Make().Fit(s_moons, Options(2) with { Resume = again })).Message, StringComparison.Ordinal);
        Sequential other = new(new Input(2), new Dense(3), new Dense(2));
        other.Compile(new Adam(0.01f), Loss.SoftmaxCrossEntropy, new Accuracy());
        Assert.Throws<Edge.Format.ModelFormatException>(() => other.Fit(s_moons, Options(2) with { Validation = s_held, Resume = again, Callbacks = [new EarlyStopping()] }));
        bytes[20] ^= 1;
        Assert.Throws<InvalidDataException>(() => TrainingCheckpoint.Read(bytes));
    }

    [Fact]
    public void ALoopOfStepsAllocatesNothing()
    {
        AllocationCheck check = new();
        Make().Fit(s_moons, Options(epochs: 4) with { Callbacks = [check, new ProgressCallback(check)] });
        Assert.True(check.Steps >= 12);
        Assert.Equal(0, check.Bytes);
    }

    [Fact]
    public void TrainingStopsWhenNothingImproves()
    {
        Network network = Make();
        EarlyStopping stop = new("val_loss", patience: 2, restoreBest: true);
        // A rate this high makes the loss rise after some steps, so the best epoch lies behind.
        network.Compile(new Sgd(5f), Loss.SoftmaxCrossEntropy, new Accuracy());
        History history = network.Fit(s_moons, Options(epochs: 50) with { Validation = s_held, Callbacks = [stop] });
        double[] losses = history.Values("val_loss");
        Assert.True(losses.Length < 50);
        Assert.Equal(losses.Length - 2, stop.BestEpoch);
        Assert.Equal(losses.Min(), losses[stop.BestEpoch - 1]);
        Assert.Equal(losses.Min(), network.Evaluate(s_held, Options(1).BatchSize).Loss, 1e-12);
        Assert.Contains("val_loss", Assert.Throws<ArgumentException>(() => Make().Fit(s_moons, Options(2) with { Callbacks = [new EarlyStopping()] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheHistoryIsWrittenAsTableAndJson()
    {
        using TempFolder folder = new();
        string csv = Path.Combine(folder.Path, "history.csv");
        string json = Path.Combine(folder.Path, "history.json");
        History history = Make().Fit(s_moons, Options(epochs: 2) with { Callbacks = [new HistoryLogger(csv), new HistoryLogger(json)] });
        string[] lines = File.ReadAllLines(csv);
        Assert.Equal("epoch,loss,accuracy,seconds", lines[0]);
        Assert.Equal(3, lines.Length);
        Assert.Equal(history.Values("loss")[1], double.Parse(lines[2].Split(',')[1], System.Globalization.CultureInfo.InvariantCulture));
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(json));
        Assert.Equal(2, document.RootElement.GetArrayLength());
        Assert.Equal(history.Values("accuracy")[0], document.RootElement[0].GetProperty("accuracy").GetDouble());
    }

    [Fact]
    public void TheBestModelIsWrittenAsAFile()
    {
        using TempFolder folder = new();
        string path = Path.Combine(folder.Path, "best.edge");
        Network network = Make();
        network.Fit(s_moons, Options(epochs: 5) with { Validation = s_held, Callbacks = [new BestCheckpoint(path), new EarlyStopping("val_loss", 100, restoreBest: true)] });
        using Model model = Model.Load(path);
        Assert.Equal("outer\ninner", model.Metadata["labels"]);
        using Session session = new(model);
        float[] output = new float[2];
        session.Run([0.5f, 0.25f], output);
        Assert.Equal(network.Predict([0.5f, 0.25f]), output);
    }

    [Fact]
    public void TheRateFollowsTheEpochHook()
    {
        List<float> rates = [];
        Make().Fit(s_moons, Options(epochs: 3) with { Callbacks = [new LearningRateScheduler(static (epoch, rate) => epoch == 1 ? rate : rate / 2), new RateRecorder(rates)] });
        Assert.Equal([0.01f, 0.005f, 0.0025f], rates);
    }

    [Fact]
    public void InitialEpochGoesOnWithOtherOrders()
    {
        Network whole = Plain();
        whole.Fit(s_moons, Options(epochs: 4));
        Network parts = Plain();
        parts.Fit(s_moons, Options(epochs: 2));
        History rest = parts.Fit(s_moons, Options(epochs: 4) with { InitialEpoch = 2 });
        Assert.Equal(3, rest.Epochs[0].Epoch);
        Assert.Equal(whole.Parameters.Select(static p => p.Values), parts.Parameters.Select(static p => p.Values));

        // An optimizer without state and no dropout: two calls are one run.
        static Network Plain()
        {
            Sequential network = new(1, new Input(2), new Dense(8, ActivationKind.Relu), new Dense(2));
            network.Compile(new Sgd(0.1f), Loss.SoftmaxCrossEntropy);
            return network;
        }
    }

    [Fact]
    public void RegressionAndBinaryTargetsWork()
    {
        float[] x = [.. Enumerable.Range(0, 64).Select(static i => (i / 32f) - 1)];
        Dataset line = new("line", "y = 2x - 1", [1], x, [.. x.Select(static v => (2 * v) - 1)]);
        Sequential linear = new(new Input(1), new Dense(1));
        linear.Compile(new Sgd(0.2f), Loss.MeanSquaredError, new Edge.Learning.Metrics.MeanSquaredError(), new MeanAbsoluteError());
        History history = linear.Fit(line, new FitOptions { Epochs = 40, BatchSize = 16, Threads = 1 });
        Assert.True(history.Values("mean_squared_error")[^1] < 1e-6, history.ToCsv());
        Assert.Equal(history.Values("loss")[^1], history.Values("mean_squared_error")[^1], 1e-9);
        Assert.Equal(2, linear.Parameter("dense/weights").Values[0], 1e-3);
        Assert.Equal("regression", linear.Export().Metadata["task"]);

        Sequential binary = new(1, new Input(2), new Dense(16, ActivationKind.Relu), new Dense(16, ActivationKind.Relu), new Dense(1, ActivationKind.Sigmoid));
        binary.Compile(new Adam(0.02f), Loss.BinaryCrossEntropy, Metric.Parse("accuracy", Loss.BinaryCrossEntropy));
        binary.Fit(s_moons, Options(epochs: 60));
        Evaluation held = binary.Evaluate(s_held);
        Assert.True(held["accuracy"] >= 0.95, held.ToString());
        Assert.Equal(1, binary.Export().Nodes.Count(static node => node.Info.Name == "Sigmoid"));
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        Assert.Throws<InvalidOperationException>(() => new Sequential(new Input(2), new Dense(2)).Fit(s_moons, Options(1)));
        Sequential narrow = new(new Input(2), new Dense(1));
        narrow.Compile(new Sgd(0.1f), Loss.SoftmaxCrossEntropy);
        Assert.Contains("2 classes", Assert.Throws<DatasetException>(() => narrow.Fit(s_moons, Options(1))).Message, StringComparison.Ordinal);
        Sequential wide = new(new Input(3), new Dense(2));
        wide.Compile(new Sgd(0.1f), Loss.SoftmaxCrossEntropy);
        Assert.Contains("2 values", Assert.Throws<DatasetException>(() => wide.Fit(s_moons, Options(1))).Message, StringComparison.Ordinal);
        Sequential sigmoid = new(new Input(2), new Dense(2, ActivationKind.Sigmoid));
        Assert.Throws<ArgumentException>(() => sigmoid.Compile(new Sgd(0.1f), Loss.SoftmaxCrossEntropy));
        Assert.Throws<ArgumentException>(() => sigmoid.Compile(new Sgd(0.1f), Loss.Auto));
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => Make().Fit(s_moons, Options(1) with { Cancellation = source.Token }));
    }

    [Fact]
    public void MetricsBreakTiesTowardsTheLowestClass()
    {
        Assert.Equal(0, Metric.ArgMax([0.5f, 0.5f]));
        Assert.Equal(1, new Accuracy().Sum([0.5f, 0.5f, 0.1f, 0.9f], [1, 1], 2));
        Assert.Equal(2, new Accuracy().Sum([0.5f, 0.5f, 0.1f, 0.9f], [1f, 0f, 0f, 1f], 2));
        Assert.Equal(2, new BinaryAccuracy().Sum([0.5f, 0.6f, 0.7f], [0f, 1f, 0f], 1));
        Assert.Equal(5, new MeanAbsoluteError().Sum([1f, 2f, 3f, 4f], [0f, 0f, 0f, 0f], 2));
    }

    private static FitOptions Options(int epochs) => new() { Epochs = epochs, BatchSize = 32, Seed = 5, Threads = 1 };

    // Dropout is in, so that its masks must resume too; 150 samples make 4 whole batches and one of 22.
    private static Network Make(ulong seed = 1)
    {
        Sequential network = new(seed, new Input(2), new Dense(16, ActivationKind.Relu), new Dropout(0.1f), new Dense(2));
        network.Compile(new Adam(0.01f), Loss.SoftmaxCrossEntropy, new Accuracy());
        return network;
    }

    private sealed class PowerCutException : Exception;

    private sealed class Recorder(List<float> losses, int interruptAt) : Callback
    {
        public override void OnBatchEnd(FitContext context)
        {
            losses.Add(context.Loss);
            if (context.Step == interruptAt)
            {
                throw new PowerCutException();
            }
        }
    }

    private sealed class RateRecorder(List<float> rates) : Callback
    {
        public override void OnEpochEnd(FitContext context) => rates.Add(context.LearningRate);
    }

    private sealed class Keeper(Action<TrainingCheckpoint> keep) : Callback
    {
        public override void OnSafePoint(FitContext context) => keep(context.Checkpoint());
    }

    private sealed class AllocationCheck : Callback, IProgress<TrainingProgress>
    {
        private long _last = -1;

        public long Bytes { get; private set; }

        public int Steps { get; private set; }

        public override void OnEpochBegin(FitContext context) => _last = -1;

        public override void OnBatchEnd(FitContext context)
        {
            long now = GC.GetAllocatedBytesForCurrentThread();
            if (_last >= 0 && context.Epoch > 1)     // the first epoch compiles
            {
                Bytes += now - _last;
                Steps++;
            }

            _last = GC.GetAllocatedBytesForCurrentThread();
        }

        public void Report(TrainingProgress value)
        {
        }
    }
}

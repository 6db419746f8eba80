using Edge.Compiler;
using Edge.Format;
using Edge.Learning;
using Edge.Learning.Layers;
using Edge.Runtime;
using Edge.Runtime.Training;
using Edge.Tests.Compiler;

namespace Edge.Tests.Runtime;

public sealed class TrainerTests
{
    private const int Batch = 12;
    private const int Classes = 5;

    [Fact]
    public void Threads_do_not_change_a_bit_of_training()
    {
        using Model model = Network();
        byte[]? expected = null;
        float[] losses = [];
        for (int threads = 1; threads <= 3; threads++)
        {
            using Trainer trainer = new(model, Options() with { Threads = threads });
            float[] current = Steps(trainer, 0, 20);
            byte[] state = trainer.SaveCheckpoint();
            expected ??= state;
            losses = threads == 1 ? current : losses;
            Assert.Equal(losses, current);
            Assert.True(expected.AsSpan().SequenceEqual(state), $"With {threads} threads the state differs after 20 steps.");
        }

        Assert.True(losses[^1] < losses[0], $"{losses[0]} to {losses[^1]}");
    }

    [Fact]
    public void A_resumed_training_goes_on_to_the_bit()
    {
        using Model model = Network();
        using Trainer whole = new(model, Options());
        float[] expected = Steps(whole, 0, 20);

        using Trainer first = new(model, Options());
        float[] begin = Steps(first, 0, 11);
        byte[] checkpoint = first.SaveCheckpoint();
        using Trainer second = new(model, Options() with { Threads = 2 });
        Steps(second, 3, 2);                          // another past, which the checkpoint replaces
        second.LoadCheckpoint(checkpoint);
        Assert.Equal(11, second.StepCount);
        Assert.Equal(expected, (float[])[.. begin, .. Steps(second, 11, 9)]);
        Assert.True(whole.SaveCheckpoint().AsSpan().SequenceEqual(second.SaveCheckpoint()));
        Assert.Equal(whole.SavePersonalization(), second.SavePersonalization());
    }

    [Fact]
    public void A_damaged_or_foreign_checkpoint_is_refused_and_changes_nothing()
    {
        using Model model = Network();
        using Trainer trainer = new(model, Options());
        Steps(trainer, 0, 3);
        byte[] checkpoint = trainer.SaveCheckpoint();
        Steps(trainer, 3, 2);
        byte[] now = trainer.SaveCheckpoint();
        for (int i = 0; i < checkpoint.Length; i += 1 + (checkpoint.Length / 97))
        {
            byte[] damaged = [.. checkpoint];
            damaged[i] ^= 0x10;
            Assert.Throws<ModelFormatException>(() => trainer.LoadCheckpoint(damaged));
            Assert.Throws<ModelFormatException>(() => trainer.LoadCheckpoint(checkpoint.AsSpan(0, i)));
        }

        Assert.Throws<ModelFormatException>(() => trainer.LoadCheckpoint((byte[])[.. checkpoint, 0]));
        using Model other = RecipeModels.Load("moons");
        using Trainer foreign = new(other, new TrainerOptions());
        Assert.Contains("belongs to model", Assert.Throws<ModelFormatException>(() => trainer.LoadCheckpoint(foreign.SaveCheckpoint())).Message, StringComparison.Ordinal);
        foreach (TrainerOptions options in (TrainerOptions[])[Options() with { Optimizer = new AdamW(0.01f) }, Options() with { Scheme = UpdateScheme.LastLayers(1) }, Options() with { Optimizer = new Sgd(0.01f) }])
        {
            using Trainer different = new(model, options);
            Assert.Contains("optimizer", Assert.Throws<ModelFormatException>(() => trainer.LoadCheckpoint(different.SaveCheckpoint())).Message, StringComparison.Ordinal);
        }

        Assert.Equal(5, trainer.StepCount);
        Assert.True(now.AsSpan().SequenceEqual(trainer.SaveCheckpoint()));
    }

    [Fact]
    public void A_label_that_is_no_class_is_refused_and_changes_nothing()
    {
        using Model model = Network();
        using Trainer trainer = new(model, Options());
        Steps(trainer, 0, 2);
        byte[] before = trainer.SaveCheckpoint();
        (float[] inputs, int[] labels) = Samples(2);
        foreach (int wrong in (int[])[-1, Classes, int.MaxValue])
        {
            labels[Batch - 1] = wrong;
            Assert.Contains($"0 … {Classes - 1}", Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Step(inputs, labels)).Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Evaluate(inputs, labels));
        }

        Assert.Equal(2, trainer.StepCount);
        Assert.True(before.AsSpan().SequenceEqual(trainer.SaveCheckpoint()), "Running statistics or parameters moved.");
    }

    [Fact]
    public void Wrong_lengths_and_types_are_refused_with_the_numbers()
    {
        using Model model = Network();
        using Trainer trainer = new(model, Options());
        int sample = trainer.SampleLength;
        Assert.Equal((10 * 10 * 3, Classes, Batch), (sample, trainer.OutputLength, trainer.BatchSize));
        Assert.Contains($"The inputs have {sample + 1} elements; 1 … {Batch} samples of {sample}", Assert.Throws<ShapeException>(() => trainer.Step(new float[sample + 1], new int[1])).Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => trainer.Step([], Array.Empty<int>()));
        Assert.Contains($"1 … {Batch} samples", Assert.Throws<ShapeException>(() => trainer.Step(new float[(Batch + 1) * sample], new int[Batch + 1])).Message, StringComparison.Ordinal);
        Assert.Contains("1 targets of type int32 for 2 samples", Assert.Throws<ShapeException>(() => trainer.Step(new float[2 * sample], new int[1])).Message, StringComparison.Ordinal);
        Assert.Contains("takes int32", Assert.Throws<ShapeException>(() => trainer.Step(new float[sample], new float[1])).Message, StringComparison.Ordinal);
        Assert.Contains("7 elements; 2 samples give 10", Assert.Throws<ShapeException>(() => trainer.Predict(new float[2 * sample], new float[7])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Trainer(model, new TrainerOptions { BatchSize = 0 }));
        Assert.Throws<ArgumentException>(() => new Trainer(model, new TrainerOptions { Threads = 0 }));
        Assert.Throws<ArgumentException>(() => new Trainer(model, new TrainerOptions { ClipNorm = float.NaN }));
        Assert.Equal(0, trainer.StepCount);
    }

    [Fact]
    public void A_model_of_two_inputs_is_refused()
    {
        Graph graph = new();
        Tensor a = graph.AddInput("a", new Shape(1, 3));
        Tensor b = graph.AddInput("b", new Shape(1, 3));
        graph.AddOutput(Networks.Dense(graph, "dense", graph.Add(default(Edge.Runtime.Operators.Add), a, b), 2));
        using Model model = Model.Load(ModelEmitter.ToBytes(graph));
        Assert.Contains("2 inputs", Assert.Throws<ArgumentException>(() => new Trainer(model, new TrainerOptions { Loss = Loss.MeanSquaredError })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trainer_outlives_its_model_and_nothing_outlives_the_trainer()
    {
        Model model = Network();
        Trainer trainer = new(model, Options() with { Threads = 2 });
        model.Dispose();
        Steps(trainer, 0, 2);
        Assert.NotEmpty(trainer.SavePersonalization());
        trainer.Dispose();
        trainer.Dispose();
        (float[] inputs, int[] labels) = Samples(0);
        Assert.Throws<ObjectDisposedException>(() => trainer.Step(inputs, labels));
        Assert.Throws<ObjectDisposedException>(() => trainer.Evaluate(inputs, labels));
        Assert.Throws<ObjectDisposedException>(() => trainer.Predict(inputs, new float[Batch * Classes]));
        Assert.Throws<ObjectDisposedException>(() => trainer.Parameter(0).Length);
        Assert.Throws<ObjectDisposedException>(() => trainer.Prediction.Length);
        Assert.Throws<ObjectDisposedException>(trainer.SaveCheckpoint);
        Assert.Throws<ObjectDisposedException>(trainer.SavePersonalization);
        Assert.Throws<ObjectDisposedException>(() => new Trainer(model, Options()));
    }

    [Fact]
    public void A_shorter_batch_is_the_mean_over_its_samples()
    {
        using Model model = RecipeModels.Load("mnist-mlp-512");
        using Trainer wide = new(model, new TrainerOptions { BatchSize = 8, Optimizer = new Sgd(0.1f) });
        using Trainer narrow = new(model, new TrainerOptions { BatchSize = 3, Optimizer = new Sgd(0.1f) });
        float[] inputs = GraphRunner.Values(3 * 784, 4, 0, 1);
        int[] labels = [3, 1, 4];
        Assert.Equal(narrow.Step(inputs, labels), wide.Step(inputs, labels));
        Assert.Equal(30, wide.Prediction.Length);
        Assert.Equal(narrow.SavePersonalization(), wide.SavePersonalization());
    }

    [Fact]
    public void Clipping_by_value_cuts_each_gradient_and_by_norm_scales_all_alike()
    {
        using Model model = RecipeModels.Load("mnist-mlp-512");
        float[] inputs = GraphRunner.Values(4 * 784, 4, 0, 1);
        int[] labels = [3, 1, 4, 1];
        float[][] plain = Gradients(new TrainerOptions());
        double norm = Math.Sqrt(plain.Sum(static gradient => gradient.Sum(static value => (double)value * value)));
        float largest = plain.Max(static gradient => gradient.Max(Math.Abs));

        float[][] cut = Change(new TrainerOptions { ClipValue = largest / 4 });
        float[][] scaled = Change(new TrainerOptions { ClipNorm = (float)norm / 3 });
        float[][] untouched = Change(new TrainerOptions { ClipNorm = (float)norm * 1.01f });
        for (int p = 0; p < plain.Length; p++)
        {
            for (int i = 0; i < plain[p].Length; i++)
            {
                Assert.Equal(Math.Clamp(plain[p][i], -largest / 4, largest / 4), cut[p][i], 1e-6);
                Assert.Equal(plain[p][i] / 3, scaled[p][i], 1e-6);
                Assert.Equal(plain[p][i], untouched[p][i], 1e-6);
            }
        }

        float[][] Gradients(TrainerOptions options)
        {
            using Trainer trainer = new(model, options with { BatchSize = 4, Optimizer = new Sgd(1) });
            float[][] gradients = new float[trainer.Parameters.Count][];
            trainer.ObserveGradient = (parameter, gradient) => gradients[parameter] = gradient.ToArray();
            trainer.Step(inputs, labels);
            return gradients;
        }

        // At rate 1 a step takes the gradient off the parameters.
        float[][] Change(TrainerOptions options)
        {
            using Trainer trainer = new(model, options with { BatchSize = 4, Optimizer = new Sgd(1) });
            float[][] before = [.. Enumerable.Range(0, trainer.Parameters.Count).Select(p => trainer.Parameter(p).ToArray())];
            trainer.Step(inputs, labels);
            return [.. before.Select((values, p) => values.Zip(trainer.Parameter(p).ToArray(), static (old, now) => old - now).ToArray())];
        }
    }

    [Fact]
    public void A_schedule_sets_the_rate_of_each_step()
    {
        using Model model = RecipeModels.Load("moons");
        float[] inputs = [0.5f, -0.25f];
        float[] targets = [1];
        LearningRateSchedule schedule = new LinearWarmup(3, new StepDecay(2, 0.5f));
        using Trainer scheduled = new(model, new TrainerOptions { Optimizer = new Sgd(0.1f), Schedule = schedule });
        using Trainer manual = new(model, new TrainerOptions { Optimizer = new Sgd(0.1f) });
        for (int step = 1; step <= 8; step++)
        {
            manual.LearningRate = schedule.Rate(step, 0.1f);
            Assert.Equal(manual.Step(inputs, targets), scheduled.Step(inputs, targets));
        }

        Assert.Equal(manual.SavePersonalization(), scheduled.SavePersonalization());
        Assert.Equal(0.1f, scheduled.LearningRate);
    }

    [Fact]
    public void Evaluation_changes_nothing_and_agrees_with_the_step()
    {
        using Model model = RecipeModels.Load("mnist-mlp-512");
        using Trainer trainer = new(model, new TrainerOptions { BatchSize = 4 });
        float[] inputs = GraphRunner.Values(4 * 784, 4, 0, 1);
        int[] labels = [3, 1, 4, 1];
        byte[] before = trainer.SaveCheckpoint();
        float loss = trainer.Evaluate(inputs, labels);
        float[] predicted = new float[40];
        trainer.Predict(inputs, predicted);
        Assert.Equal(before, trainer.SaveCheckpoint());
        Assert.Equal(loss, trainer.Step(inputs, labels));
        Assert.Equal(predicted, trainer.Prediction.ToArray());
        Assert.Equal(4, predicted.Sum(), 1e-5);
        using Session session = new(model, new SessionOptions { BatchSize = 4 });
        float[] inferred = new float[40];
        session.Run(inputs, inferred);
        GraphRunner.AssertNear([inferred], [predicted], 1e-6);
    }

    /// <summary>A convolution with batch normalization, dropout and a classifier, as training sees it: nothing folded.</summary>
    private static Model Network()
    {
        Sequential network = new(
            3, new Input(10, 10, 3), new Conv2D(16, 3), new BatchNormalization(), new Activation(ActivationKind.Relu), new MaxPooling2D(), new Flatten(),
            new Dropout(0.25f), new Dense(32, ActivationKind.Relu), new Dense(Classes));
        network.Compile(new Adam(0.01f), Loss.SoftmaxCrossEntropy);
        return Model.Load(ModelEmitter.ToBytes(network.ToGraph()));
    }

    private static TrainerOptions Options() => new() { Optimizer = new Adam(0.005f), BatchSize = Batch, Seed = 77, ClipNorm = 5, Schedule = new CosineDecay(40) };

    /// <summary>Samples of a step, the same for the same step: the class is a bright channel or corner.</summary>
    private static (float[] Inputs, int[] Labels) Samples(int step)
    {
        float[] inputs = GraphRunner.Values(Batch * 300, (ulong)(step % 4), -0.5f, 0.5f);
        int[] labels = new int[Batch];
        for (int i = 0; i < Batch; i++)
        {
            labels[i] = (i + step) % Classes;
            for (int k = 0; k < 60; k++)
            {
                inputs[(i * 300) + (60 * labels[i]) + k] += 1;
            }
        }

        return (inputs, labels);
    }

    private static float[] Steps(Trainer trainer, int first, int count)
    {
        float[] losses = new float[count];
        for (int i = 0; i < count; i++)
        {
            (float[] inputs, int[] labels) = Samples(first + i);
            losses[i] = trainer.Step(inputs, labels);
        }

        return losses;
    }
}

using Edge.Learning.Recipes;
using Edge.Runtime;
using Edge.Runtime.Training;
using Edge.Tests.Compiler;

namespace Edge.Tests.Runtime;

/// <summary>Counts over the whole process, so nothing else may run beside it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AllocationCollection
{
    public const string Name = "allocations of the process";
}

/// <summary>After load nothing is allocated, on no thread, and no garbage collection happens: ten thousand runs and ten thousand training steps of the recipes' networks.</summary>
[Collection(AllocationCollection.Name)]
public sealed class AllocationTests
{
    private const int Calls = 10_000;

    [Theory]
    [InlineData("moons", false, 1)]
    [InlineData("moons", false, 2)]
    [InlineData("moons", true, 1)]
    [InlineData("mnist-mlp-128", false, 1)]
    [InlineData("mnist-mlp-128", false, 2)]
    [InlineData("mnist-mlp-128", true, 2)]
    [InlineData("mnist-mlp-512", false, 1)]
    [InlineData("mnist-mlp-512", false, 2)]
    [InlineData("mnist-mlp-512", true, 2)]
    [InlineData("mnist-cnn", false, 1)]
    [InlineData("mnist-cnn", false, 2)]
    [InlineData("mnist-cnn", true, 1)]
    [InlineData("mnist-cnn", true, 2)]
    public void A_run_allocates_nothing(string recipe, bool int8, int threads)
    {
        using Model model = RecipeModels.Load(recipe, int8);
        using Session session = new(model, new SessionOptions { Threads = threads });
        float[] input = GraphRunner.Values(session.Input<float>().Length, 1, 0, 1);
        float[] output = new float[session.Output<float>().Length];
        Check(() => session.Run(input, output));
    }

    [Theory]
    [InlineData("moons", false, "full", 8, 1)]
    [InlineData("moons", false, "full", 8, 2)]
    [InlineData("moons", true, "full", 8, 1)]
    [InlineData("mnist-mlp-128", false, "full", 1, 1)]
    [InlineData("mnist-mlp-128", false, "full", 1, 2)]
    [InlineData("mnist-mlp-128", true, "last:1", 1, 2)]
    [InlineData("mnist-mlp-512", false, "full", 1, 1)]
    [InlineData("mnist-mlp-512", false, "full", 1, 2)]
    [InlineData("mnist-mlp-512", true, "last:1", 1, 2)]
    [InlineData("mnist-cnn", false, "full", 1, 1)]
    [InlineData("mnist-cnn", false, "full", 1, 2)]
    [InlineData("mnist-cnn", true, "last:2", 1, 1)]
    [InlineData("mnist-cnn", true, "last:2", 1, 2)]
    public void A_training_step_allocates_nothing(string recipe, bool int8, string scheme, int batch, int threads)
    {
        using Model model = RecipeModels.Load(recipe, int8);
        using Trainer trainer = new(model, new TrainerOptions
        {
            Optimizer = Recipe.Load(recipe).Build().Optimizer!,
            Scheme = UpdateScheme.Parse(scheme),
            BatchSize = batch,
            Threads = threads,
        });
        float[] inputs = GraphRunner.Values(batch * trainer.SampleLength, 1, 0, 1);
        if (trainer.Loss == Loss.SoftmaxCrossEntropy)
        {
            int[] labels = [.. Enumerable.Range(0, batch).Select(static i => i % 10)];
            Check(() => trainer.Step(inputs, labels));
        }
        else
        {
            float[] targets = [.. Enumerable.Range(0, batch).Select(static i => (float)(i % 2))];
            Check(() => trainer.Step(inputs, targets));
        }

        Assert.True(trainer.StepCount > Calls);
    }

    [Fact]
    public void Clipping_schedules_and_batches_of_changing_size_allocate_nothing()
    {
        using Model model = RecipeModels.Load("moons");
        using Trainer trainer = new(model, new TrainerOptions { Optimizer = new AdamW(0.01f), BatchSize = 8, ClipNorm = 1, ClipValue = 0.5f, Schedule = new LinearWarmup(100, new CosineDecay(20_000)) });
        float[] inputs = GraphRunner.Values(16, 1);
        float[] targets = [0, 1, 0, 1, 0, 1, 0, 1];
        trainer.Prepare(3);
        Check(() =>
        {
            trainer.Step(inputs, targets);
            trainer.Step(inputs.AsSpan(0, 6), targets.AsSpan(0, 3));
            trainer.Evaluate(inputs, targets);
        });
    }

    private static void Check(Action call)
    {
        // Compiled in the highest tier before counting: methods are recompiled in the background after 30 calls and 100 ms.
        for (int i = 0; i < 200; i++)
        {
            call();
        }

        Thread.Sleep(250);
        for (int i = 0; i < 200; i++)
        {
            call();
        }

        // The test runner's own threads may allocate in between; what a call allocates comes back in every attempt.
        long bytes = 0;
        int collections = 0;
        for (int attempt = 0; attempt < 3; attempt++)
        {
            int collectionsBefore = Collections();
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < Calls; i++)
            {
                call();
            }

            bytes = GC.GetTotalAllocatedBytes(precise: true) - before;
            collections = Collections() - collectionsBefore;
            if (bytes == 0 && collections == 0)
            {
                return;
            }
        }

        Assert.Fail($"{Calls} calls allocate {bytes} bytes over all threads, with {collections} garbage collections.");
    }

    private static int Collections() => GC.CollectionCount(0) + GC.CollectionCount(1) + GC.CollectionCount(2);
}

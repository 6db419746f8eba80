using Edge.Learning;
using Edge.Learning.Layers;
using Edge.Runtime;
using Edge.Runtime.Training;

namespace Edge.Tests.Learning;

/// <summary>Recurrent layers learn what lies some steps back.</summary>
public sealed class SequenceTests
{
    private const int Steps = 8;
    private const int Words = 4;
    private const int Batch = 16;

    [Theory]
    [InlineData("rnn")]
    [InlineData("lstm")]
    [InlineData("gru")]
    public void AWordAtTheStartIsRememberedToTheEnd(string kind)
    {
        Layer layer = kind switch { "rnn" => new SimpleRnn(12), "lstm" => new Lstm(12), _ => new Gru(12) };
        Network network = new Sequential(new Input(Steps), new Embedding(Words, 6), layer, new Dense(Words));
        network.Compile(new Adam(0.02f), Loss.SoftmaxCrossEntropy);
        using Model model = network.TrainingModel();
        using Trainer trainer = new(model, new TrainerOptions { Optimizer = network.Optimizer!, Loss = network.Loss, BatchSize = Batch });
        network.CopyTo(trainer);
        for (int step = 0; step < 250; step++)
        {
            (float[] words, int[] first) = Sentences((ulong)step);
            trainer.Step(words, first);
        }

        (float[] unseen, int[] labels) = Sentences(1_000_000);
        trainer.Evaluate(unseen, labels);
        int right = 0;
        for (int i = 0; i < Batch; i++)
        {
            ReadOnlySpan<float> row = trainer.Prediction.Slice(i * Words, Words);
            right += row[labels[i]] > 0.5f ? 1 : 0;
        }

        Assert.True(right == Batch, $"{kind}: {right} of {Batch} first words were remembered.");
    }

    private static (float[] Words, int[] First) Sentences(ulong stream)
    {
        CounterRandom random = new(7, stream);
        float[] words = new float[Batch * Steps];
        int[] first = new int[Batch];
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = random.Int32((ulong)i, Words);
        }

        for (int i = 0; i < Batch; i++)
        {
            first[i] = (int)words[i * Steps];
        }

        return (words, first);
    }
}

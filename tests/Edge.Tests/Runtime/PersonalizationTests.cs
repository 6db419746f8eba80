using Edge.Compiler;
using Edge.Format;
using Edge.Learning.Recipes;
using Edge.Runtime;
using Edge.Runtime.Training;
using Edge.Tests.Compiler;

namespace Edge.Tests.Runtime;

/// <summary>What a trainer learned comes back: as the same predictions, from a session of the personalized model, whatever was lifted to float32.</summary>
public sealed class PersonalizationTests
{
    private const int Samples = 6;
    private static readonly float[] s_inputs = GraphRunner.Values(Samples * 784, 8, 0, 1);
    private static readonly int[] s_labels = [3, 1, 4, 1, 5, 9];

    [Theory]
    [InlineData(false, "full")]
    [InlineData(false, "last:1")]
    [InlineData(false, "last:2")]
    [InlineData(false, "bias")]
    [InlineData(true, "full")]
    [InlineData(true, "last:1")]
    [InlineData(true, "last:2")]
    [InlineData(true, "bias")]
    public void A_personalized_model_predicts_what_the_trainer_predicts(bool int8, string scheme)
    {
        using Model model = RecipeModels.Load("mnist-cnn", int8);
        float[] before = Predict(model);
        (byte[] delta, float[] expected) = Tune(model, scheme, 8);
        using Model personal = model.Personalize(delta);
        GraphRunner.AssertNear([expected], [Predict(personal)], 1e-4);
        Assert.Equal(before, Predict(model));
        Assert.True(GraphRunner.Snr(expected, before) < 20, "The model hardly changed.");
        Assert.Equal(model.Identity, personal.Identity);

        // It is trained further as if it had never been saved, and one personalization then holds all.
        (byte[] further, float[] then) = Tune(personal, scheme, 4);
        using Model both = model.Personalize(further);
        GraphRunner.AssertNear([then], [Predict(both)], 1e-4);
    }

    [Fact]
    public void A_second_scheme_adds_to_the_first()
    {
        using Model model = RecipeModels.Load("mnist-cnn", int8: true);
        (byte[] last, _) = Tune(model, "last:1", 6);
        using Model first = model.Personalize(last);
        (byte[] all, float[] expected) = Tune(first, "last:2", 6);
        using Model second = model.Personalize(all);
        GraphRunner.AssertNear([expected], [Predict(second)], 1e-4);
        (byte[] narrow, float[] again) = Tune(second, "last:1", 2);
        using Model third = model.Personalize(narrow);
        GraphRunner.AssertNear([again], [Predict(third)], 1e-4);
    }

    [Fact]
    public void Int8_layers_before_a_float_tail_stay_int8()
    {
        Graph graph = Recipe.Load("mnist-cnn").Build().Export();
        Graph mixed = Quantizer.Quantize(graph, new CalibrationData(GraphRunner.Values(16 * 784, 3, 0, 1)), new QuantizerOptions { FloatLastLayers = 1 }).Graph;
        using Model model = Model.Load(ModelEmitter.ToBytes(mixed));
        (byte[] delta, float[] expected) = Tune(model, "last:1", 8);
        using Model personal = model.Personalize(delta);
        GraphRunner.AssertNear([expected], [Predict(personal)], 1e-6);
        Assert.Equal(model.InferenceBytes, personal.InferenceBytes);
        Assert.Equal(model.Operators.Select(static op => op.Kind), personal.Operators.Select(static op => op.Kind));
    }

    [Fact]
    public void A_personalized_model_outlives_the_one_it_was_made_from()
    {
        Model model = RecipeModels.Load("mnist-cnn", int8: true);
        (byte[] delta, float[] expected) = Tune(model, "last:1", 4);
        using Model personal = model.Personalize(delta);
        model.Dispose();
        GraphRunner.AssertNear([expected], [Predict(personal)], 1e-4);
        Assert.Throws<ObjectDisposedException>(() => model.Personalize(delta));
    }

    [Fact]
    public void Damaged_or_foreign_bytes_are_refused()
    {
        using Model model = RecipeModels.Load("moons");
        using Trainer trainer = new(model, new TrainerOptions());
        byte[] delta = trainer.SavePersonalization();
        for (int i = 0; i < delta.Length; i++)
        {
            byte[] damaged = [.. delta];
            damaged[i] ^= 0x04;
            Assert.Throws<ModelFormatException>(() => model.Personalize(damaged));
            Assert.Throws<ModelFormatException>(() => model.Personalize(delta.AsSpan(0, i)));
        }

        Assert.Throws<ModelFormatException>(() => model.Personalize((byte[])[.. delta, 0]));
        using Model other = RecipeModels.Load("mnist-mlp-128");
        Assert.Contains(model.Identity, Assert.Throws<ModelFormatException>(() => other.Personalize(delta)).Message, StringComparison.Ordinal);
    }

    private static (byte[] Delta, float[] Predictions) Tune(Model model, string scheme, int steps)
    {
        using Trainer trainer = new(model, new TrainerOptions { Optimizer = new Adam(0.01f), Scheme = UpdateScheme.Parse(scheme), BatchSize = Samples });
        for (int i = 0; i < steps; i++)
        {
            trainer.Step(s_inputs, s_labels);
        }

        float[] predictions = new float[Samples * 10];
        trainer.Predict(s_inputs, predictions);
        return (trainer.SavePersonalization(), predictions);
    }

    private static float[] Predict(Model model)
    {
        using Session session = new(model, new SessionOptions { BatchSize = Samples });
        float[] predictions = new float[Samples * 10];
        session.Run(s_inputs, predictions);
        return predictions;
    }
}

using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;

namespace Edge.Tests.Runtime;

/// <summary>A model with integer inputs and outputs is tuned with float samples and keeps its interface.</summary>
public sealed class QuantizedInterfaceTests
{
    private static readonly Quantization s_input = new(0.05f, 4);
    private static readonly Quantization s_hidden = new(0.04f, -128);
    private static readonly Quantization s_logits = new(0.1f, 12);

    [Theory]
    [InlineData(DataType.Int8, "last:1")]
    [InlineData(DataType.Int8, "full")]
    [InlineData(DataType.UInt8, "full")]
    public void A_model_with_a_quantized_input_learns_from_float_samples(DataType type, string scheme)
    {
        using Model model = Model.Load(Int8Interface(type));
        using Trainer trainer = new(model, new TrainerOptions { Optimizer = new Sgd(0.05f), Scheme = UpdateScheme.Parse(scheme), BatchSize = 2 });
        float[] samples = [2, -1.5f, 0.5f, -0.15f, 1.85f, -1];
        float before = trainer.Evaluate(samples, (int[])[2, 0]);

        // The samples as the input's own steps stand for them give the same bits: rounding to them is all that is lost.
        float[] rounded = [.. samples.Select(static x => MathF.Round(x / 0.05f, MidpointRounding.AwayFromZero) * 0.05f)];
        Assert.Equal(before, trainer.Evaluate(rounded, (int[])[2, 0]));
        Assert.NotEqual(before, trainer.Evaluate([0, 0, 0, 0, 0, 0], (int[])[2, 0]));
        for (int i = 0; i < 50; i++)
        {
            trainer.Step(samples, (int[])[2, 0]);
        }

        float after = trainer.Evaluate(samples, (int[])[2, 0]);
        Assert.True(after < 0.5f * before, $"The loss went from {before} to {after}.");
    }

    [Fact]
    public void A_personalized_int8_model_keeps_its_interface()
    {
        using Model model = Model.Load(Int8Interface(DataType.Int8));
        using Trainer trainer = new(model, new TrainerOptions { Optimizer = new Sgd(0.05f), Scheme = UpdateScheme.LastLayers(1) });
        for (int i = 0; i < 50; i++)
        {
            trainer.Step([2, -1.5f, 0.5f], (int[])[2]);
        }

        using Model personal = model.Personalize(trainer.SavePersonalization());
        Assert.Equal(model.Inputs.Select(static x => x.Spec.ToString()), personal.Inputs.Select(static x => x.Spec.ToString()));
        Assert.Equal(model.Outputs.Select(static x => (x.Name, x.Spec.Type, x.Spec.Quantization!.Scale)), personal.Outputs.Select(static x => (x.Name, x.Spec.Type, x.Spec.Quantization!.Scale)));
        using Session session = new(personal);
        sbyte[] output = new sbyte[3], hidden = new sbyte[4];
        ((sbyte[])[44, -26, 14]).CopyTo(session.Input<sbyte>());
        session.Run();
        session.Output<sbyte>(0).CopyTo(output);
        session.Output<sbyte>(1).CopyTo(hidden);
        float[] expected = new float[3];
        trainer.Predict([2, -1.5f, 0.5f], expected);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(expected[i], (output[i] + 128) / 256f, 1.01f / 256);
        }

        // The other output is computed before what was trained: same bits as before.
        using Session original = new(model);
        ((sbyte[])[44, -26, 14]).CopyTo(original.Input<sbyte>());
        original.Run();
        Assert.Equal(original.Output<sbyte>(1).ToArray(), hidden);
        Assert.NotEqual(original.Output<sbyte>(0).ToArray(), output);
    }

    private static byte[] Int8Interface(DataType type)
    {
        Edge.Compiler.Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 3), type, type == DataType.UInt8 ? new Quantization(0.05f, 132) : s_input);
        if (type == DataType.UInt8)
        {
            x = graph.Add("requantize", default(Requantize), Int8(s_input, 1, 3), x);
        }

        Tensor hidden = graph.Add(
            "hidden", new Dense(Activation.Relu), Int8(s_hidden, 1, 4), x,
            graph.Constant<sbyte>("w1", new Shape(4, 3), Weights(12), new(0.01f, 0)), graph.Constant<int>("b1", new Shape(4), [300, -200, 100, 500]));
        Tensor logits = graph.Add(
            "logits", default(Dense), Int8(s_logits, 1, 3), hidden,
            graph.Constant<sbyte>("w2", new Shape(3, 4), Weights(12), new(0.01f, 0)), graph.Constant<int>("b2", new Shape(3), new int[3]));
        graph.AddOutput(graph.Add("softmax", default(Softmax), Int8(new(1f / 256, -128), 1, 3), logits));
        graph.AddOutput(hidden);
        return ModelEmitter.ToBytes(graph);
    }

    private static sbyte[] Weights(int count) => [.. Enumerable.Range(0, count).Select(static i => (sbyte)((i * 53 % 201) - 100))];

    private static TensorSpec Int8(Quantization quantization, params ReadOnlySpan<int> sizes) => new(DataType.Int8, new Shape(sizes), quantization);
}

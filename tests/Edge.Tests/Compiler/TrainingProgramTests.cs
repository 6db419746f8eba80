using System.Runtime.InteropServices;
using Edge.Compiler;
using Edge.Format;
using Edge.Fuzz;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;

namespace Edge.Tests.Compiler;

/// <summary>A training program in a file is taken, trains as a planned one does, and is proved before use.</summary>
public sealed class TrainingProgramTests
{
    [Theory]
    [InlineData("full", 4, false)]
    [InlineData("last:1", 1, false)]
    [InlineData("bias", 2, true)]
    public void A_stored_program_trains_like_a_planned_one(string scheme, int batch, bool clips)
    {
        TrainingProgram program = new(UpdateScheme.Parse(scheme), batch, Loss.SoftmaxCrossEntropy, clips);
        byte[] with = ModelEmitter.ToBytes(Network(), new EmitOptions { TrainingPrograms = [program] });
        ModelView view = ModelView.Open(with, ModelLimits.Default);
        Assert.Equal([ProgramKind.Infer, ProgramKind.Train], view.Programs.ToArray().Select(static record => record.Kind));
        Assert.Equal(Losses(ModelEmitter.ToBytes(Network()), program), Losses(with, program));
    }

    [Fact]
    public void A_program_whose_buffers_overlap_is_refused()
    {
        TrainingProgram program = new(UpdateScheme.All, 2, Loss.SoftmaxCrossEntropy);
        EdgeFile file = EdgeFile.Parse(ModelEmitter.ToBytes(Network(), new EmitOptions { InferenceProgram = false, TrainingPrograms = [program] }));

        // The value of the input and the value of the first layer, both alive in the first step, at the same place; lengths stay as they are.
        file.Edit(SectionKind.Buffers, static bytes =>
        {
            Span<BufferRecord> buffers = MemoryMarshal.Cast<byte, BufferRecord>(bytes.AsSpan());
            buffers[1].Offset = buffers[0].Offset;
        });
        using Model forged = Model.Load(file.ToArray());
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => new Trainer(forged, Options(program)));
        Assert.Contains("overlap", error.Message);
    }

    private static TrainerOptions Options(TrainingProgram program) => new()
    {
        Scheme = program.Scheme,
        BatchSize = program.BatchSize,
        Loss = program.Loss,
        ClipNorm = program.ClipsNorm ? 0.5f : 0,
        Optimizer = new Sgd(0.1f, 0.9f),
    };

    private static float[] Losses(byte[] file, TrainingProgram program)
    {
        using Model model = Model.Load(file);
        using Trainer trainer = new(model, Options(program));
        CounterRandom random = new(3);
        float[] samples = new float[program.BatchSize * 4];
        int[] labels = new int[program.BatchSize];
        float[] losses = new float[8];
        for (int step = 0; step < losses.Length; step++)
        {
            for (int i = 0; i < samples.Length; i++)
            {
                samples[i] = random.Uniform((ulong)((step * 100) + i), -1, 1);
            }

            for (int i = 0; i < labels.Length; i++)
            {
                labels[i] = random.Int32((ulong)((step * 100) + 50 + i), 3);
            }

            losses[step] = trainer.Step(samples, labels);
        }

        return losses;
    }

    private static Edge.Compiler.Graph Network()
    {
        Edge.Compiler.Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 4));
        Tensor hidden = graph.Add("hidden", new Dense(Activation.Relu), x, Constant(graph, "w1", 1, 8, 4), Constant(graph, "b1", 2, 8));
        Tensor logits = graph.Add("logits", new Dense(), hidden, Constant(graph, "w2", 3, 3, 8), Constant(graph, "b2", 4, 3));
        graph.AddOutput(graph.Add("probabilities", new Softmax(), logits));
        return graph;
    }

    private static Tensor Constant(Edge.Compiler.Graph graph, string name, ulong stream, params ReadOnlySpan<int> sizes)
    {
        Shape shape = new(sizes);
        float[] values = new float[shape.ElementCount];
        CounterRandom random = new(9, stream);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = random.Uniform((ulong)i, -0.7f, 0.7f);
        }

        return graph.Constant<float>(name, shape, values);
    }
}

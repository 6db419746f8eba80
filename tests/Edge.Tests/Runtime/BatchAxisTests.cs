using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;

namespace Edge.Tests.Runtime;

/// <summary>A trainer copies samples by count, so axis 0 of what goes in and out must be the samples.</summary>
public sealed class BatchAxisTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(1000)]
    public void A_model_whose_output_has_no_samples_on_its_first_axis_is_refused(int batch)
    {
        Edge.Compiler.Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(2, 3));
        Tensor y = graph.Add("dense", default(Dense), x, graph.Constant<float>("w", new Shape(2, 3), new float[6]));
        graph.AddOutput(graph.Add("mean", new ReduceMean(IntList.Create([0]), true), y));
        using Model model = Model.Load(ModelEmitter.ToBytes(graph));
        if (batch == 1)
        {
            using Trainer one = new(model, new TrainerOptions { Loss = Loss.MeanSquaredError });
            Assert.Equal(0.5f, one.Step([1, 2, 3], (float[])[0, 1]));
            return;
        }

        ShapeException error = Assert.Throws<ShapeException>(() => new Trainer(model, new TrainerOptions { Loss = Loss.MeanSquaredError, BatchSize = batch }));
        Assert.Contains("axis 0", error.Message, StringComparison.Ordinal);
    }
}

using System.Diagnostics;
using System.Runtime.InteropServices;
using Edge.Compiler;
using Edge.Import;
using Edge.Runtime;
using Edge.Tests.Harness;

namespace Edge.Conformance.Import;

/// <summary>The SavedModel of the MLPerf Tiny keyword model.</summary>
public sealed class TensorFlowTests
{
    private const float Tolerance = 1e-5f;

    // Computed in double by PyTorch from the tensors of the checkpoint, which a reader of its own read. The outputs of the .tflite model of that name say nothing
    // about this one: its weights come from another training run (not one value of its last bias is in the checkpoint).
    private static readonly float[][] s_expected =
    [
        [2.39836551e-07f, 9.13694043e-08f, 0.000859173267f, 5.04286233e-05f, 3.75452553e-07f, 1.47890695e-09f, 3.41566579e-08f, 8.79948433e-09f, 9.76897196e-09f, 0.999035492f, 4.63711572e-09f, 5.41409138e-05f],
        [0.00385256159f, 0.345106694f, 5.22589087e-06f, 0.520812784f, 1.87490161e-05f, 8.61357934e-06f, 1.41759668e-05f, 0.000111556073f, 1.59110703e-05f, 3.1841449e-05f, 4.03180836e-09f, 0.130021883f],
        [0.0408820885f, 0.045450959f, 0.0249147804f, 0.023482762f, 0.0665445755f, 0.0486828466f, 0.0210119402f, 0.0209779722f, 0.0628836937f, 0.0192469312f, 0.00772554458f, 0.618195906f],
        [3.23257204e-05f, 0.000702793212f, 1.24249362e-05f, 0.00026169433f, 6.28338339e-05f, 0.000506526111f, 0.000830589312f, 2.88460854e-05f, 8.19216217e-05f, 0.000445212575f, 0.994852985f, 0.00218184718f],
        [1.07796793e-12f, 2.03722323e-10f, 5.52255489e-15f, 9.77644998e-13f, 8.52150106e-15f, 2.27336092e-12f, 1.20962497e-11f, 2.02915205e-15f, 6.03163118e-26f, 8.47535563e-09f, 1.29261662e-19f, 0.999999991f],
        [2.23888133e-16f, 3.13206029e-10f, 5.27074187e-16f, 3.69643762e-13f, 3.84915246e-17f, 1.63837402e-17f, 4.89353115e-12f, 2.40116876e-15f, 1.05639633e-26f, 7.18072259e-08f, 6.83308852e-20f, 0.999999928f],
        [0.0182029085f, 0.00445824695f, 0.132105311f, 0.0076876471f, 0.00140095965f, 0.000723654029f, 0.0168485049f, 0.0062022954f, 0.0242388684f, 0.00726491946f, 5.41974023e-05f, 0.780812487f],
        [0.0037184871f, 0.00421183871f, 0.393087579f, 0.00786051683f, 0.00471229665f, 0.000707833915f, 0.0988915819f, 0.0206623637f, 0.0393324771f, 0.0110515239f, 0.000104930158f, 0.415658571f],
    ];

    private static readonly TimeSpan s_mostTime = TimeSpan.FromSeconds(5);

    [Fact]
    public void The_keyword_model_computes_what_its_checkpoint_says()
    {
        string folder = SharedData.Require("models/tensorflow/kws_ref_model");
        string golden = SharedData.Require("golden/kws_ref_model_float32");
        Stopwatch watch = Stopwatch.StartNew();
        Graph graph = ModelImporter.Import(folder);
        byte[] file = Compile.ToBytes(graph);
        Assert.True(watch.Elapsed < s_mostTime, $"The conversion took {watch.Elapsed}.");
        Assert.Equal("input_1: float32 [1, 49, 10, 1]", graph.Inputs.Single().ToString());
        Assert.Equal("dense: float32 [1, 12]", graph.Outputs.Single().ToString());

        // Every batch normalization, bias and activation is inside a layer.
        Assert.Equal(
            ["AveragePool2D 1", "Conv2D 5", "Dense 1", "DepthwiseConv2D 4", "Reshape 1", "Softmax 1"],
            Graph.FromModel(file).Nodes.GroupBy(static node => node.Info.Name).Select(static group => $"{group.Key} {group.Count()}").Order(StringComparer.Ordinal));

        using Model model = Model.Load(file);
        using Session session = new(model);
        for (int sample = 0; sample < s_expected.Length; sample++)
        {
            File.ReadAllBytes(Path.Combine(golden, $"in_{sample}.bin")).CopyTo(MemoryMarshal.AsBytes(session.Input<float>(0)));
            session.Run();
            float[] actual = session.Output<float>(0).ToArray();
            for (int i = 0; i < actual.Length; i++)
            {
                Assert.True(MathF.Abs(s_expected[sample][i] - actual[i]) <= Tolerance, $"Sample {sample}, class {i}: {actual[i]} instead of {s_expected[sample][i]}.");
            }
        }
    }

    [Fact]
    public void The_survey_lists_the_operators_of_the_called_functions()
    {
        SourceModel model = ModelImporter.Open(SharedData.Require("models/tensorflow/kws_ref_model/saved_model.pb"));
        Assert.Equal("TensorFlow", model.Format);
        Assert.Equal("input_1: float32 [?, 49, 10, 1]", model.Inputs.Single().ToString());
        Assert.Equal("dense: float32 [?, 12]", model.Outputs.Single().ToString());
        Assert.All(model.Operators, static op => Assert.NotEqual(OperatorSupport.Missing, op.Support));
        Assert.Equal(5, model.Operators.Count(static op => op.Kind == "Conv2D"));
        Assert.Contains(model.Operators, static op => op.Name.StartsWith("StatefulPartitionedCall/", StringComparison.Ordinal));
    }
}

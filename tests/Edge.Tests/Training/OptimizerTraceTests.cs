using Edge.Runtime.Threading;
using Edge.Runtime.Training;
using Edge.Tests.Harness;

namespace Edge.Tests.Training;

/// <summary>Replays recorded PyTorch runs with a naive network in double: only the optimizer under test is ours, so a difference is its.</summary>
public sealed class OptimizerTraceTests
{
    private static readonly string[] Parameters = ["0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"];

    [Theory]
    [InlineData("mlp_sgd")]
    [InlineData("mlp_momentum")]
    [InlineData("mlp_nesterov")]
    [InlineData("mlp_rmsprop")]
    [InlineData("mlp_adam")]
    [InlineData("mlp_adamw")]
    public void ARecordedRunIsRepeated(string name)
    {
        RecordedRun run = RecordedRun.Load(name);
        Optimizer rule = run.Optimizer();
        float[][] values = [.. Parameters.Select(parameter => run.Tensor<float>("initial." + parameter))];
        float[][] state = [.. values.Select(value => new float[rule.StateCount * value.Length])];
        for (int step = 1; step <= run.Losses.Length; step++)
        {
            float[][] gradients = [.. values.Select(static value => new float[value.Length])];
            double loss = Differentiate(values, gradients, run.Tensor<float>($"batch.{step - 1}.x"), run.Tensor<int>($"batch.{step - 1}.y"));
            Assert.Equal(run.Losses[step - 1], loss, 2e-5);
            for (int p = 0; p < values.Length; p++)
            {
                rule.Update(new ParameterUpdate(values[p], gradients[p], state[p], rule.LearningRate, step, WorkerTeam.Single));
            }
        }

        for (int p = 0; p < values.Length; p++)
        {
            float[] final = run.Tensor<float>("final." + Parameters[p]);
            for (int i = 0; i < final.Length; i++)
            {
                Assert.True(Math.Abs(final[i] - values[p][i]) < 2e-5, $"{name}, {Parameters[p]}[{i}]: {values[p][i]:R}, recorded {final[i]:R}.");
            }
        }
    }

    // Dense, ReLU, dense, tanh, dense, then softmax cross entropy averaged over the batch; weights are [out, in].
    private static double Differentiate(float[][] values, float[][] gradients, float[] inputs, int[] labels)
    {
        double loss = 0;
        int inputSize = inputs.Length / labels.Length;
        double[][] sums = [.. gradients.Select(static gradient => new double[gradient.Length])];
        for (int n = 0; n < labels.Length; n++)
        {
            double[] x = [.. inputs.AsSpan(n * inputSize, inputSize).ToArray().Select(static v => (double)v)];
            double[] a = [.. Dense(values[0], values[1], x).Select(static v => Math.Max(v, 0))];
            double[] b = [.. Dense(values[2], values[3], a).Select(Math.Tanh)];
            double[] logits = Dense(values[4], values[5], b);
            double total = logits.Sum(Math.Exp);
            loss -= (logits[labels[n]] - Math.Log(total)) / labels.Length;
            double[] slope = [.. logits.Select((v, k) => ((Math.Exp(v) / total) - (k == labels[n] ? 1 : 0)) / labels.Length)];
            slope = [.. DenseGradient(values[4], sums[4], sums[5], b, slope).Select((v, k) => v * (1 - (b[k] * b[k])))];
            slope = [.. DenseGradient(values[2], sums[2], sums[3], a, slope).Select((v, k) => a[k] > 0 ? v : 0)];
            _ = DenseGradient(values[0], sums[0], sums[1], x, slope);
        }

        for (int p = 0; p < sums.Length; p++)
        {
            for (int i = 0; i < sums[p].Length; i++)
            {
                gradients[p][i] = (float)sums[p][i];
            }
        }

        return loss;
    }

    private static double[] Dense(float[] weight, float[] bias, double[] x)
    {
        double[] y = new double[bias.Length];
        for (int o = 0; o < y.Length; o++)
        {
            y[o] = bias[o];
            for (int i = 0; i < x.Length; i++)
            {
                y[o] += weight[(o * x.Length) + i] * x[i];
            }
        }

        return y;
    }

    private static double[] DenseGradient(float[] weight, double[] weightGradient, double[] biasGradient, double[] x, double[] slope)
    {
        double[] back = new double[x.Length];
        for (int o = 0; o < slope.Length; o++)
        {
            biasGradient[o] += slope[o];
            for (int i = 0; i < x.Length; i++)
            {
                weightGradient[(o * x.Length) + i] += slope[o] * x[i];
                back[i] += slope[o] * weight[(o * x.Length) + i];
            }
        }

        return back;
    }
}

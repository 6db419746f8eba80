using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>
/// y = (x − mean) / √(variance + ε) · gamma + beta for each channel. x [..., C], gamma, beta, running mean and running variance [C] → [..., C]; float32.
/// </summary>
/// <param name="Epsilon">Added to the variance; at least 0.</param>
/// <param name="Momentum">Part of the running statistics that a training step keeps: 0 … 1.</param>
/// <param name="UnbiasedVariance">Whether the running variance takes n / (n − 1) times the batch's variance, as PyTorch's does, or the variance itself, as Keras' does.</param>
/// <remarks>
/// A training step that trains the operator normalizes by mean and biased variance of the batch (all axes but the last) and moves the running statistics:
/// running = running · momentum + batch · (1 − momentum). Otherwise the running statistics are constants, in the backward phase too.
/// Source: Ioffe, Szegedy 2015, arXiv:1502.03167; ONNX BatchNormalization-15. PyTorch's momentum is 1 − <paramref name="Momentum"/>.
/// </remarks>
public readonly record struct BatchNorm(float Epsilon, float Momentum, bool UnbiasedVariance = true) : IOperator<BatchNorm>, IDifferentiable
{
    private const int Gamma = 1;
    private const int Beta = 2;
    private const int RunningMean = 3;
    private const int RunningVariance = 4;

    /// <inheritdoc/>
    public static OperatorInfo Info { get; } =
        new("BatchNorm", 19, [InputRole.Data, InputRole.Weight, InputRole.Bias, InputRole.State, InputRole.State], MinInputs: 5);

    /// <inheritdoc/>
    public static BatchNorm Read(ref AttributeReader attributes) =>
        new(attributes.Single("epsilon", 0), attributes.Single("momentum", 0, 1), attributes.Bool("unbiasedVariance"));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Single(Epsilon);
        attributes.Single(Momentum);
        attributes.Bool(UnbiasedVariance);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        int channels = ShapeRules.Channels(shapes, "gamma", "beta", "the running mean", "the running variance");
        int parts = BatchNormKernel.Parts(shapes.Shape(0).ElementCount / channels, channels);
        return new OperatorPlan(shapes.Input(0))
        {
            InPlaceInputs = 1,
            GradientInPlace = true,
            OverwritesGradients = true,

            // The factor of each channel. Training also keeps mean and inverse deviation, and the parts' sums behind them.
            ScratchBytes = channels * sizeof(float),
            SavedBytes = checked((2 + (2 * parts)) * channels * sizeof(float)),
            BackwardScratchBytes = checked((5 + (2 * parts)) * channels * sizeof(float)),
        };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        ReadOnlySpan<float> x = io.Input(0);
        ReadOnlySpan<float> gamma = io.Input(Gamma);
        int channels = gamma.Length;
        int rows = x.Length / channels;
        ReadOnlySpan<float> mean = io.Input(RunningMean);
        ReadOnlySpan<float> variance = io.Input(RunningVariance);
        Span<float> scale = io.Scratch<float>();
        if (io.Saves)
        {
            Span<float> savedMean = io.Saved<float>()[..channels];
            Span<float> savedInverse = io.Saved<float>().Slice(channels, channels);
            if (io.Training)
            {
                BatchNormKernel.Statistics(io.Team, rows, channels, x, savedMean, savedInverse, io.Saved<float>()[(2 * channels)..]);
                MoveRunning(io.State(RunningMean), io.State(RunningVariance), savedMean, savedInverse, rows);
            }
            else
            {
                mean.CopyTo(savedMean);
                variance.CopyTo(savedInverse);
            }

            for (int c = 0; c < channels; c++)
            {
                savedInverse[c] = Inverse(savedInverse[c]);
                scale[c] = gamma[c] * savedInverse[c];
            }

            mean = savedMean;
        }
        else
        {
            for (int c = 0; c < channels; c++)
            {
                scale[c] = gamma[c] * Inverse(variance[c]);
            }
        }

        BatchNormKernel.Normalize(io.Team, rows, channels, x, mean, scale, io.Input(Beta), io.Output(0));
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => (wanted & 3) != 0 ? Keep.Input0 : Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        ReadOnlySpan<float> gamma = io.Input(Gamma);
        ReadOnlySpan<float> dy = io.OutputGradient(0);
        int channels = gamma.Length;
        int rows = dy.Length / channels;
        if (!io.Wants(0) && !io.Wants(Gamma))
        {
            // The input was not kept: the gradient of beta alone is a sum of dy.
            SumTo.Run(io.Team, new BroadcastShape([channels], [rows, channels]), dy, default, 1, io.InputGradient(Beta), io.Accumulate(Beta));
            return;
        }

        ReadOnlySpan<float> mean = io.Saved<float>()[..channels];
        ReadOnlySpan<float> inverse = io.Saved<float>().Slice(channels, channels);
        Span<float> scratch = io.Scratch<float>();
        Span<float> sums = scratch[..(2 * channels)];
        Span<float> scale = scratch.Slice(2 * channels, channels);
        Span<float> offset = scratch.Slice(3 * channels, channels);
        Span<float> slope = scratch.Slice(4 * channels, channels);
        if (io.Training || io.Wants(Gamma) || io.Wants(Beta))
        {
            BatchNormKernel.Sums(io.Team, rows, channels, io.Input(0), mean, inverse, dy, sums, scratch[(5 * channels)..]);
        }

        if (io.Wants(Beta))
        {
            Elementwise.Copy(io.Team, sums[..channels], io.InputGradient(Beta), io.Accumulate(Beta));
        }

        if (io.Wants(Gamma))
        {
            Elementwise.Copy(io.Team, sums[channels..], io.InputGradient(Gamma), io.Accumulate(Gamma));
        }

        if (!io.Wants(0))
        {
            return;
        }

        // With z = (x − mean) · inverse and batch statistics: dx = gamma · inverse · (dy − Σdy / n − z · Σ(dy z) / n); with constant ones only the first term.
        for (int c = 0; c < channels; c++)
        {
            scale[c] = gamma[c] * inverse[c];
            if (io.Training)
            {
                offset[c] = scale[c] * (sums[c] / rows);
                slope[c] = scale[c] * inverse[c] * (sums[channels + c] / rows);
            }
        }

        ReadOnlySpan<float> x = io.Training ? io.Input(0) : default;
        BatchNormKernel.InputGradient(io.Team, rows, channels, x, mean, scale, offset, slope, dy, io.InputGradient(0), io.Accumulate(0));
    }

    private float Inverse(float variance) => (float)(1 / Math.Sqrt(variance + (double)Epsilon));

    private void MoveRunning(Span<float> mean, Span<float> variance, ReadOnlySpan<float> batchMean, ReadOnlySpan<float> batchVariance, int rows)
    {
        float correction = UnbiasedVariance && rows > 1 ? (float)(rows / (rows - 1.0)) : 1;
        for (int c = 0; c < mean.Length; c++)
        {
            mean[c] = (mean[c] * Momentum) + (batchMean[c] * (1 - Momentum));
            variance[c] = (variance[c] * Momentum) + (batchVariance[c] * correction * (1 - Momentum));
        }
    }
}

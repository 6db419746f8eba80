using Edge.Format;

namespace Edge.Runtime.Operators;

/// <summary>
/// y[…, c] = x[…, c] · (bias + alpha · Σ x[…, k]²)^−beta, the sum over the channels k = c − ⌊(size − 1) / 2⌋ … c + ⌈(size − 1) / 2⌉ that exist; float32 of any shape,
/// channels last.
/// </summary>
/// <param name="Size">Channels of the sum, at least 1: 2 · radius + 1 of TFLite.</param>
/// <param name="Alpha">Weight of the sum. ONNX divides its alpha by the size.</param>
/// <param name="Beta">The exponent.</param>
/// <param name="Bias">Positive, or the power may not exist.</param>
/// <remarks>Sources: Krizhevsky et al. 2012; ONNX LRN-13 (in NHWC); TFLite LOCAL_RESPONSE_NORMALIZATION.</remarks>
public readonly record struct LocalResponseNormalization(int Size, float Alpha, float Beta, float Bias) : IOperator<LocalResponseNormalization>, IDifferentiable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("LocalResponseNormalization", 70);

    private int Before => (Size - 1) / 2;

    private int After => Size / 2;

    /// <inheritdoc/>
    public static LocalResponseNormalization Read(ref AttributeReader attributes) =>
        new(attributes.Int32("size", 1, Window.Most), attributes.Single("alpha"), attributes.Single("beta"), attributes.Single("bias"));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32(Size);
        attributes.Single(Alpha);
        attributes.Single(Beta);
        attributes.Single(Bias);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.RequireType(0, DataType.Float32);
        TensorSpec input = shapes.Input(0);
        shapes.Require(input.Shape.Rank >= 1, $"the input is {input}; [..., channels] is allowed.");
        shapes.Require(Size is >= 1 and <= Window.Most, $"the size is {Size}; 1 … {Window.Most} is allowed.");
        shapes.Require(
            float.IsFinite(Alpha) && float.IsFinite(Beta) && float.IsFinite(Bias), $"alpha is {Alpha}, beta {Beta} and bias {Bias}; numbers are allowed.");
        shapes.Require(input.Shape[-1] <= int.MaxValue / 8, $"the input {input} has more than {int.MaxValue / 8} channels.");
        return new OperatorPlan(input) { BackwardScratchBytes = 2 * input.Shape[-1] * sizeof(float), OverwritesGradients = true };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        int channels = io.InputShape(0)[-1];
        ReadOnlySpan<float> x = io.Input(0);
        Span<float> y = io.Output(0);
        for (int row = 0; row < x.Length; row += channels)
        {
            ReadOnlySpan<float> from = x.Slice(row, channels);
            for (int c = 0; c < channels; c++)
            {
                y[row + c] = from[c] * MathF.Pow(Base(from, c), -Beta);
            }
        }
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.Input0;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (!io.Wants(0))
        {
            return;
        }

        // With b the base: dx_j = dy_j · b_j^−beta − 2 · alpha · beta · x_j · Σ dy_i · x_i · b_i^(−beta − 1), over the i whose sum has j.
        int channels = io.InputShape(0)[-1];
        ReadOnlySpan<float> x = io.Input(0), dy = io.OutputGradient(0);
        Span<float> dx = io.InputGradient(0), powers = io.Scratch<float>()[..channels], parts = io.Scratch<float>()[channels..];
        for (int row = 0; row < x.Length; row += channels)
        {
            ReadOnlySpan<float> from = x.Slice(row, channels);
            for (int c = 0; c < channels; c++)
            {
                float value = Base(from, c);
                powers[c] = MathF.Pow(value, -Beta);
                parts[c] = dy[row + c] * from[c] * powers[c] / value;
            }

            for (int c = 0; c < channels; c++)
            {
                float sum = 0;
                for (int i = Math.Max(0, c - After); i <= Math.Min(channels - 1, c + Before); i++)
                {
                    sum += parts[i];
                }

                float gradient = (dy[row + c] * powers[c]) - (2 * Alpha * Beta * from[c] * sum);
                dx[row + c] = io.Accumulate(0) ? dx[row + c] + gradient : gradient;
            }
        }
    }

    private float Base(ReadOnlySpan<float> row, int channel)
    {
        float sum = 0;
        for (int i = Math.Max(0, channel - Before); i <= Math.Min(row.Length - 1, channel + After); i++)
        {
            sum += row[i] * row[i];
        }

        return Bias + (Alpha * sum);
    }
}

using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>In training: every element is 0 with probability <paramref name="Rate"/>, else divided by 1 − <paramref name="Rate"/>. Otherwise y = x. Any shape; float32.</summary>
/// <param name="Rate">Part of the elements to drop: 0 ≤ rate &lt; 1.</param>
/// <remarks>The mask is a pure function of seed, step, operator and element, so the backward phase draws it again and nothing is kept.
/// Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting" (in its inverted form).</remarks>
public readonly record struct Dropout(float Rate) : IOperator<Dropout>, IDifferentiable
{
    private const float LargestRate = 0.999999f;

    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("Dropout", 21);

    /// <inheritdoc/>
    public static Dropout Read(ref AttributeReader attributes) => new(attributes.Single("rate", 0, LargestRate));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes) => attributes.Single(Rate);

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.RequireType(0, DataType.Float32);
        shapes.Require(Rate is >= 0 and <= LargestRate, $"the rate is {Rate}; 0 ≤ rate < 1 is allowed.");
        return OperatorPlan.Elementwise(shapes.Input(0));
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        if (io.Training && Rate > 0)
        {
            DropoutKernel.Run(io.Team, Rate, io.Random, io.Input(0), io.Output(0), accumulate: false);
        }
        else
        {
            Elementwise.Copy(io.Team, io.Input(0), io.Output(0), accumulate: false);
        }
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => Keep.None;

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        if (io.Training && Rate > 0)
        {
            DropoutKernel.Run(io.Team, Rate, io.Random, io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));
        }
        else
        {
            Elementwise.Copy(io.Team, io.OutputGradient(0), io.InputGradient(0), io.Accumulate(0));
        }
    }
}

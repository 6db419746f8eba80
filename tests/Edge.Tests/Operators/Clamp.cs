using Edge.Runtime.Operators;

namespace Edge.Tests.Operators;

/// <summary>Fused activations in double.</summary>
internal static class Clamp
{
    public static double Of(Activation activation, double value) => activation switch
    {
        Activation.Relu => Math.Max(value, 0),
        Activation.Relu6 => Math.Clamp(value, 0, 6),
        Activation.ReluN1To1 => Math.Clamp(value, -1, 1),
        _ => value,
    };
}

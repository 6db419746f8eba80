using Edge.Format;

namespace Edge.Compiler;

/// <summary>How far one tensor of a model lies from its counterpart in another, over all samples.</summary>
/// <param name="Name">The tensor, as the reference calls it.</param>
/// <param name="Operator">What computes it in the other model.</param>
/// <param name="Shape">Its shape in the reference.</param>
/// <param name="ReferenceType">Its element type in the reference.</param>
/// <param name="Type">Its element type in the other model.</param>
/// <param name="MaxError">Largest absolute difference of real values.</param>
/// <param name="Snr">10 log₁₀(Σ reference² / Σ difference²) in decibels: +∞ where nothing differs, NaN where a value is not finite.</param>
/// <param name="Cosine">Cosine of the angle between both as vectors; 1 where they point the same way, NaN where one is 0 throughout.</param>
/// <param name="IsOutput">Whether it is an output of the reference.</param>
public sealed record LayerDifference(
    string Name, string Operator, Shape Shape, DataType ReferenceType, DataType Type, double MaxError, double Snr, double Cosine, bool IsOutput);

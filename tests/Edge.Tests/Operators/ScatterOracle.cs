using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Tests.Operators;

/// <summary>What the tests of ScatterNd and ScatterElements share.</summary>
internal static class ScatterOracle
{
    public static readonly Scattering[] All = Enum.GetValues<Scattering>();

    /// <summary>A value after an update.</summary>
    public static double Combine(Scattering scattering, double value, double update) => scattering switch
    {
        Scattering.Add => value + update,
        Scattering.Multiply => value * update,
        Scattering.Maximum => Math.Max(value, update),
        Scattering.Minimum => Math.Min(value, update),
        _ => update,
    };

    /// <summary>Whether the combination can be computed in the type.</summary>
    public static bool Allowed(Scattering scattering, DataType type) => scattering == Scattering.Replace || type != DataType.Bool;
}

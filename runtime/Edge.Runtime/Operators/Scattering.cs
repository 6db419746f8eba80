namespace Edge.Runtime.Operators;

/// <summary>What <see cref="ScatterNd"/> and <see cref="ScatterElements"/> do where an update meets a value.</summary>
public enum Scattering : byte
{
    /// <summary>The update takes the value's place; of several, the last one.</summary>
    Replace = 0,

    /// <summary>Sum.</summary>
    Add = 1,

    /// <summary>Product.</summary>
    Multiply = 2,

    /// <summary>The larger one.</summary>
    Maximum = 3,

    /// <summary>The smaller one.</summary>
    Minimum = 4,
}

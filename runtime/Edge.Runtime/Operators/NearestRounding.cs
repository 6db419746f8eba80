namespace Edge.Runtime.Operators;

/// <summary>Which element is nearest to a place between two; for <see cref="Resize"/>.</summary>
public enum NearestRounding : byte
{
    /// <summary>The closer one, at a tie the one before: ONNX round_prefer_floor.</summary>
    RoundPreferFloor = 0,

    /// <summary>The closer one, at a tie the one after: ONNX round_prefer_ceil, and TensorFlow with align_corners.</summary>
    RoundPreferCeiling = 1,

    /// <summary>The one before: ONNX floor, and TensorFlow otherwise.</summary>
    Floor = 2,

    /// <summary>The one after: ONNX ceil.</summary>
    Ceiling = 3,
}

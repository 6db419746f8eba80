namespace Edge.Compiler;

/// <summary>How the range of an activation follows from calibration.</summary>
public enum CalibrationMethod
{
    /// <summary>The values between two percentiles: <see cref="QuantizerOptions.Percentile"/> and its counterpart at the lower end.</summary>
    Percentile = 0,

    /// <summary>All values seen.</summary>
    MinMax = 1,

    /// <summary>The range with the least mean square error of quantization on a histogram of the values seen.</summary>
    MeanSquareError = 2,
}

/// <summary>The type of quantized activations; weights are int8 beside both.</summary>
public enum ActivationPrecision
{
    /// <summary>Int8 with scale and zero point, int32 biases: smallest and fastest.</summary>
    Int8 = 0,

    /// <summary>Int16 symmetric, int64 biases ("16x8" in TensorFlow Lite): nearly the accuracy of weight-only quantization, twice the memory of int8 activations.</summary>
    Int16 = 1,
}

/// <summary>What a caller of the quantized model sees.</summary>
public enum QuantizedInterface
{
    /// <summary>Float32 inputs and outputs: the model quantizes and dequantizes itself.</summary>
    Float32 = 0,

    /// <summary>Inputs and outputs of the activations' type (int8, or int16) with the scale and zero point stated in the model.</summary>
    Int8 = 1,
}

/// <summary>How <see cref="Quantizer"/> works.</summary>
public sealed record QuantizerOptions
{
    /// <summary>The type of activations.</summary>
    public ActivationPrecision Activations { get; init; }

    /// <summary>How int8 activation ranges are chosen. Int16 ranges hold all values seen: there cutting values off costs more than finer steps save.</summary>
    public CalibrationMethod Method { get; init; } = CalibrationMethod.Percentile;

    /// <summary>For <see cref="CalibrationMethod.Percentile"/>: percent of the values that lie below the upper end, and above the lower one; above 50, at most 100.</summary>
    public double Percentile { get; init; } = 99.99;

    /// <summary>Whether the mean error that rounded weights make in each channel is taken back in the bias.</summary>
    public bool BiasCorrection { get; init; } = true;

    /// <summary>What inputs and outputs are.</summary>
    public QuantizedInterface Interface { get; init; } = QuantizedInterface.Float32;

    /// <summary>Names of nodes that stay float32.</summary>
    public IReadOnlyList<string> KeepFloat { get; init; } = [];

    /// <summary>Number of last layers, with all that follows them, that stay float32: for accuracy, or to be trained on the device.</summary>
    public int FloatLastLayers { get; init; }
}

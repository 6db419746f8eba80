using Edge.Compiler;
using Edge.Learning.Data;
using Edge.Learning.Recipes;
using Edge.Tests.Harness;

namespace Edge.Conformance.Learning;

/// <summary>The recipe mnist-cnn, trained once when the first test asks, and its int8 form.</summary>
public sealed class TrainedCnn
{
    public const int CalibrationSamples = 500;

    private readonly Lazy<RecipeResult> _result = new(static () => RecipeRunner.Train(Recipe.Load("mnist-cnn"), Path.GetDirectoryName(SharedData.Require("mnist"))!));
    private readonly Lazy<QuantizationResult> _quantized;
    private readonly Lazy<byte[]> _float32;
    private readonly Lazy<byte[]> _int8;

    public TrainedCnn()
    {
        _quantized = new(() => Quantizer.Quantize(Result.Network.Export(), Calibration(Data.Train)));
        _float32 = new(() => ModelEmitter.ToBytes(Result.Network.Export()));
        _int8 = new(() => ModelEmitter.ToBytes(Quantized.Graph));
    }

    public RecipeResult Result => _result.Value;

    public TrainTest Data => Result.Data;

    public QuantizationResult Quantized => _quantized.Value;

    /// <summary>The float32 model file.</summary>
    public byte[] Float32 => _float32.Value;

    /// <summary>The int8 model file, with float32 input and output.</summary>
    public byte[] Int8 => _int8.Value;

    /// <summary>Samples that training saw: the test images stay unseen.</summary>
    private static CalibrationData Calibration(Dataset train)
    {
        Dataset chosen = train.Take(CalibrationSamples, seed: 1, stratified: true);
        float[] values = new float[chosen.Count * chosen.SampleLength];
        for (int i = 0; i < chosen.Count; i++)
        {
            chosen.CopyFeatures(i, values.AsSpan(i * chosen.SampleLength, chosen.SampleLength));
        }

        return new CalibrationData(values);
    }
}

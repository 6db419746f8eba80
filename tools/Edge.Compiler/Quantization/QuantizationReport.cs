using System.Globalization;
using System.Text;

namespace Edge.Compiler;

/// <summary>One operator that became int8.</summary>
/// <param name="Name">Its node.</param>
/// <param name="Operator">Its kind.</param>
/// <param name="Range">The range chosen for its output.</param>
/// <param name="Scale">Scale of its output.</param>
/// <param name="ZeroPoint">Zero point of its output.</param>
/// <param name="WeightSnr">Signal-to-noise ratio of its weights in decibels; NaN for an operator without weights.</param>
/// <param name="WeightBytesBefore">Bytes of its float32 weights and bias.</param>
/// <param name="WeightBytesAfter">Bytes of its int8 weights, int32 bias and scales.</param>
/// <param name="BiasCorrection">Largest change of a channel's bias, in real units.</param>
public sealed record QuantizedOperator(
    string Name, string Operator, ValueRange Range, float Scale, int ZeroPoint, double WeightSnr, long WeightBytesBefore, long WeightBytesAfter, double BiasCorrection);

/// <summary>One operator that stayed float32.</summary>
/// <param name="Name">Its node.</param>
/// <param name="Operator">Its kind.</param>
/// <param name="Reason">Why.</param>
public sealed record FloatOperator(string Name, string Operator, string Reason);

/// <summary>What quantization did.</summary>
public sealed record QuantizationReport
{
    /// <summary>Operators that became int8, in execution order.</summary>
    public required IReadOnlyList<QuantizedOperator> Quantized { get; init; }

    /// <summary>Operators that stayed float32, in execution order, with the reason: an empty list means that all arithmetic is int8.</summary>
    public required IReadOnlyList<FloatOperator> Float { get; init; }

    /// <summary>Bytes of the optimized float32 model's file.</summary>
    public required long FileBytesBefore { get; init; }

    /// <summary>Bytes of the quantized model's file.</summary>
    public required long FileBytesAfter { get; init; }

    /// <summary>The report as text, a line for each operator.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"{"operator",-18} {"name",-24} {"range",-24} {"scale",12} {"zero",5} {"weight SNR",10} {"bytes",18}");
        foreach (QuantizedOperator op in Quantized)
        {
            string range = string.Create(CultureInfo.InvariantCulture, $"{op.Range.Min:G5} … {op.Range.Max:G5}");
            string snr = double.IsNaN(op.WeightSnr) ? "" : string.Create(CultureInfo.InvariantCulture, $"{op.WeightSnr:F1} dB");
            string bytes = op.WeightBytesBefore == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{op.WeightBytesBefore} → {op.WeightBytesAfter}");
            text.AppendLine(CultureInfo.InvariantCulture, $"{op.Operator,-18} {op.Name,-24} {range,-24} {op.Scale,12:G6} {op.ZeroPoint,5} {snr,10} {bytes,18}");
        }

        foreach (FloatOperator op in Float)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{op.Operator,-18} {op.Name,-24} stays float32: {op.Reason}");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"file: {FileBytesBefore} → {FileBytesAfter} bytes");
        return text.ToString();
    }
}

/// <summary>A quantized graph and how it came about.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="Report">What was done.</param>
public sealed record QuantizationResult(Graph Graph, QuantizationReport Report);

using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Compiler;
using Edge.Format;
using Spectre.Console;

namespace Edge.Cli.Conversion;

/// <summary>Differences of two models, layer by layer, as text and JSON.</summary>
internal static class DifferenceTable
{
    /// <summary>Prints the differences and returns them as JSON.</summary>
    public static JsonArray Show(IReadOnlyList<LayerDifference> differences, Report report)
    {
        JsonArray layers = [];
        Table table = Tables.Plain("layer", "operator", "type", "shape", "SNR dB", "max error", "cosine");
        foreach (int column in (int[])[4, 5, 6])
        {
            table.Columns[column].RightAligned();
        }

        foreach (LayerDifference layer in differences)
        {
            layers.Add(Json(layer));
            string types = layer.ReferenceType == layer.Type ? layer.Type.Name() : $"{layer.ReferenceType.Name()} → {layer.Type.Name()}";
            table.AddRow(
                Tables.Short(layer.Name), layer.Operator, types, string.Join("×", layer.Shape.Axes.ToArray()), Decibels(layer.Snr),
                string.Create(CultureInfo.InvariantCulture, $"{layer.MaxError:G4}"), string.Create(CultureInfo.InvariantCulture, $"{layer.Cosine:0.00000}"));
        }

        report.Console.Write(table);
        return layers;
    }

    /// <summary>Decibels; equal values have no noise.</summary>
    public static string Decibels(double ratio) => double.IsPositiveInfinity(ratio) ? "equal" : string.Create(CultureInfo.InvariantCulture, $"{ratio:0.0}");

    /// <summary>One difference as JSON; a ratio without noise is null, and <c>equal</c> is true.</summary>
    public static JsonObject Json(LayerDifference layer) => new()
    {
        ["name"] = layer.Name,
        ["operator"] = layer.Operator,
        ["reference_type"] = layer.ReferenceType.Name(),
        ["type"] = layer.Type.Name(),
        ["shape"] = new JsonArray([.. layer.Shape.Axes.ToArray().Select(static size => JsonValue.Create(size))]),
        ["equal"] = layer.MaxError == 0,
        ["snr_db"] = Report.Number(layer.Snr),
        ["max_error"] = Report.Number(layer.MaxError),
        ["cosine"] = Report.Number(layer.Cosine),
        ["output"] = layer.IsOutput,
    };
}

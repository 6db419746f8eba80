using System.Globalization;
using Edge.Learning.Data;
using Edge.Runtime;

namespace Edge.Learning;

/// <summary>Reads what a model's metadata says about its data.</summary>
public static class ModelMetadata
{
    /// <summary>How raw values become inputs (<c>input.0.scale</c>, <c>input.0.offset</c>), or null where the model does not say.</summary>
    /// <param name="model">The model.</param>
    /// <exception cref="FormatException">The numbers are malformed.</exception>
    public static Normalization? Normalization(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Metadata.TryGetValue("input.0.scale", out string? scale)
            ? new Normalization(Numbers(scale), Numbers(model.Metadata.GetValueOrDefault("input.0.offset", "0")))
            : null;
    }

    /// <summary>The data set the model was trained on (<c>dataset</c>), or null.</summary>
    /// <param name="model">The model.</param>
    public static string? Dataset(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Metadata.GetValueOrDefault("dataset");
    }

    private static float[] Numbers(string text) => [.. text.Split(',').Select(static part => float.Parse(part, NumberStyles.Float, CultureInfo.InvariantCulture))];
}

using System.Globalization;
using Edge.Learning.Data;
using Edge.Runtime;

namespace Edge.Learning.FineTuning;

/// <summary>How a model wants its input: the metadata keys <c>input.0.scale</c> and <c>input.0.offset</c>.</summary>
public static class ModelNormalization
{
    /// <summary>What turns raw values into the model's features.</summary>
    /// <param name="model">The model.</param>
    /// <returns>Null if the model does not state it.</returns>
    /// <exception cref="DatasetException">The metadata is malformed.</exception>
    public static Normalization? Of(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Of(model.Metadata);
    }

    /// <summary>What turns raw values into the features of a model with these metadata.</summary>
    /// <param name="metadata">The metadata.</param>
    /// <returns>Null if they do not state it.</returns>
    /// <exception cref="DatasetException">The metadata is malformed.</exception>
    public static Normalization? Of(IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        if (!metadata.TryGetValue("input.0.scale", out string? scale))
        {
            return null;
        }

        string offset = metadata.GetValueOrDefault("input.0.offset", "0");
        try
        {
            float[] scales = Numbers(scale);
            float[] offsets = Numbers(offset);
            return new Normalization(scales, offsets.Length == 1 ? [.. Enumerable.Repeat(offsets[0], scales.Length)] : offsets);
        }
        catch (Exception error) when (error is FormatException or ArgumentException)
        {
            throw new DatasetException($"The model states input.0.scale '{scale}' and input.0.offset '{offset}'; one finite number each is allowed, or as many as channels, separated by commas.", error);
        }
    }

    private static float[] Numbers(string text) => Array.ConvertAll(text.Split(','), static part => float.Parse(part, NumberStyles.Float, CultureInfo.InvariantCulture));
}

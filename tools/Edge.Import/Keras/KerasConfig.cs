using System.Text;
using System.Text.Json;

namespace Edge.Import.Keras;

/// <summary>An object of a Keras configuration, read with checks that name the place.</summary>
/// <param name="element">The JSON object; undefined: an empty one.</param>
/// <param name="where">What it configures, for messages.</param>
internal readonly struct KerasConfig(JsonElement element, string where)
{
    private const int NestingForEachLevel = 8;
    private const int MostNumber = 1 << 24;

    /// <summary>The JSON object.</summary>
    public JsonElement Element => element;

    /// <summary>What it configures.</summary>
    public string Where => where;

    /// <summary>Parses a configuration. Python's NaN and Infinity, which are no JSON, are taken as texts.</summary>
    /// <param name="json">The text.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="limits">Caps.</param>
    public static JsonElement Parse(string json, string what, ImportLimits limits)
    {
        // One level of layers takes several of JSON.
        int depth = limits.MaxNesting * NestingForEachLevel;
        byte[] text = Encoding.UTF8.GetBytes(QuoteNumbers(json));
        try
        {
            // Escaped halves of characters are found here, not where a name is read.
            Utf8JsonReader reader = new(text, new JsonReaderOptions { MaxDepth = depth });
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                {
                    reader.GetString();
                }
            }

            return JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = depth }).RootElement;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new ModelImportException($"{what} is no JSON that can be read ({error.Message}); objects nested up to {depth} deep are allowed.", error);
        }
    }

    /// <summary>Whether a value is there and not null.</summary>
    /// <param name="name">Its name.</param>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>A value; null where it is not there or null.</summary>
    /// <param name="name">Its name.</param>
    public JsonElement? Find(string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? Plain(value) : null;

    /// <summary>A value without what Keras wraps around tuples, arrays and tensors: <c>{"class_name": "__numpy__", "config": {"value": [1, 2]}}</c> is <c>[1, 2]</c>.</summary>
    /// <param name="value">The value.</param>
    public static JsonElement Plain(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("class_name", out JsonElement kind) || kind.ValueKind != JsonValueKind.String)
        {
            return value;
        }

        return kind.GetString() switch
        {
            "__tuple__" when value.TryGetProperty("items", out JsonElement items) => items,
            "__tuple__" or "__numpy__" or "__tensor__" when value.TryGetProperty("config", out JsonElement config) && config.ValueKind == JsonValueKind.Object &&
                config.TryGetProperty("value", out JsonElement inner) => inner,
            _ => value,
        };
    }

    /// <summary>An object; an empty one where it is not there.</summary>
    /// <param name="name">Its name.</param>
    public KerasConfig Object(string name) => new(Find(name) ?? default, $"{where}, {name}");

    /// <summary>Text, or what stands for it when it is not there.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="fallback">What stands for it.</param>
    public string Text(string name, string fallback) => Find(name) is not { } value ? fallback
        : value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(name, value, "text is needed");

    /// <summary>A truth value.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="fallback">What stands for it when it is not there.</param>
    public bool Flag(string name, bool fallback) => Find(name) is not { } value ? fallback : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number when value.TryGetInt32(out int number) => number != 0,
        _ => throw Wrong(name, value, "true or false is needed"),
    };

    /// <summary>A whole number.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="fallback">What stands for it when it is not there; null: it must be there.</param>
    /// <param name="least">The least allowed.</param>
    /// <param name="most">The most allowed.</param>
    public int Integer(string name, int? fallback = null, int least = 1, int most = MostNumber) => Find(name) is not { } value
        ? fallback ?? throw new ModelImportException($"{where}: '{name}' is not stated; a whole number is needed.")
        : Integer(name, value, least, most);

    /// <summary>A number.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="fallback">What stands for it when it is not there.</param>
    public float Number(string name, float fallback) => Find(name) is { } value ? Number(name, value) : fallback;

    /// <summary>Numbers, of a list of lists too; one number stands for a list of one.</summary>
    /// <param name="name">Their name.</param>
    public float[] Numbers(string name)
    {
        List<float> numbers = [];
        if (Find(name) is { } value)
        {
            Collect(this, value);
        }

        return [.. numbers];

        void Collect(KerasConfig config, JsonElement item)
        {
            if (item.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement child in item.EnumerateArray())
                {
                    Collect(config, child);
                }
            }
            else
            {
                numbers.Add(config.Number(name, item));
            }
        }
    }

    /// <summary>A list of whole numbers; one number stands for all of them.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="count">How many; −1: any number.</param>
    /// <param name="fallback">What stands for each when the list is not there; null: it must be there.</param>
    /// <param name="least">The least allowed.</param>
    /// <param name="most">The most allowed.</param>
    public int[] Integers(string name, int count, int? fallback = null, int least = 1, int most = MostNumber)
    {
        if (Find(name) is not { } value)
        {
            int each = fallback ?? throw new ModelImportException($"{where}: '{name}' is not stated; {(count < 0 ? "whole numbers are" : $"{count} whole numbers are")} needed.");
            return [.. Enumerable.Repeat(each, Math.Max(0, count))];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            return [.. Enumerable.Repeat(Integer(name, value, least, most), count < 0 ? 1 : count)];
        }

        List<int> numbers = [];
        foreach (JsonElement item in value.EnumerateArray())
        {
            numbers.Add(Integer(name, item, least, most));
        }

        return count < 0 || numbers.Count == count ? [.. numbers] : throw Wrong(name, value, $"{count} numbers are needed");
    }

    /// <summary>Pairs of whole numbers from 0 on: <c>2</c>, <c>[2, 3]</c> and <c>[[1, 2], [3, 4]]</c> are known, for both sides of each axis.</summary>
    /// <param name="name">Their name.</param>
    /// <param name="axes">How many pairs.</param>
    /// <param name="fallback">What stands for each number when they are not there.</param>
    public (int Before, int After)[] Pairs(string name, int axes, int fallback)
    {
        if (Find(name) is not { } value)
        {
            return [.. Enumerable.Repeat((fallback, fallback), axes)];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            int both = Integer(name, value, 0, MostNumber);
            return [.. Enumerable.Repeat((both, both), axes)];
        }

        JsonElement[] items = [.. value.EnumerateArray()];
        if (axes == 1 && items.Length == 2 && items[0].ValueKind == JsonValueKind.Number)
        {
            return [(Integer(name, items[0], 0, MostNumber), Integer(name, items[1], 0, MostNumber))];
        }

        if (items.Length != axes)
        {
            throw Wrong(name, value, $"{axes} pairs are needed");
        }

        (int Before, int After)[] pairs = new (int, int)[axes];
        for (int i = 0; i < axes; i++)
        {
            if (items[i].ValueKind == JsonValueKind.Array)
            {
                JsonElement[] sides = [.. items[i].EnumerateArray()];
                pairs[i] = sides.Length == 2
                    ? (Integer(name, sides[0], 0, MostNumber), Integer(name, sides[1], 0, MostNumber))
                    : throw Wrong(name, value, "two numbers for each axis are needed");
            }
            else
            {
                int both = Integer(name, items[i], 0, MostNumber);
                pairs[i] = (both, both);
            }
        }

        return pairs;
    }

    /// <summary>The exception for a value that is not what it must be.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">The value.</param>
    /// <param name="needed">What is needed.</param>
    public ModelImportException Wrong(string name, JsonElement value, string needed)
    {
        string text = value.GetRawText();
        return new ModelImportException($"{where}: '{name}' is {(text.Length > 80 ? text[..80] + "…" : text)}; {needed}.");
    }

    private int Integer(string name, JsonElement value, int least, int most)
    {
        bool whole = value.ValueKind == JsonValueKind.Number;
        int number = 0;
        if (whole && !value.TryGetInt32(out number))
        {
            whole = value.TryGetDouble(out double real) && real == Math.Truncate(real) && Math.Abs(real) <= int.MaxValue;
            number = whole ? (int)real : 0;
        }

        return whole && number >= least && number <= most ? number : throw Wrong(name, value, $"a whole number from {least:N0} to {most:N0} is needed");
    }

    private float Number(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetDouble(out double number) => (float)number,
        JsonValueKind.String when value.GetString() is "Infinity" => float.PositiveInfinity,
        JsonValueKind.String when value.GetString() is "-Infinity" => float.NegativeInfinity,

        // Keras 2 wrote NumPy numbers as objects.
        JsonValueKind.Object when value.TryGetProperty("value", out JsonElement inner) && inner.ValueKind == JsonValueKind.Number && inner.TryGetDouble(out double number) => (float)number,
        _ => throw Wrong(name, value, "a number is needed"),
    };

    private static string QuoteNumbers(string json)
    {
        if (!json.Contains("NaN", StringComparison.Ordinal) && !json.Contains("Infinity", StringComparison.Ordinal))
        {
            return json;
        }

        StringBuilder text = new(json.Length + 16);
        bool inside = false;
        for (int i = 0; i < json.Length; i++)
        {
            string? word = inside ? null : json.AsSpan(i) switch
            {
                ['N', 'a', 'N', ..] => "NaN",
                ['I', 'n', 'f', 'i', 'n', 'i', 't', 'y', ..] => "Infinity",
                ['-', 'I', 'n', 'f', 'i', 'n', 'i', 't', 'y', ..] => "-Infinity",
                _ => null,
            };
            if (word is not null)
            {
                text.Append('"').Append(word).Append('"');
                i += word.Length - 1;
                continue;
            }

            text.Append(json[i]);
            if (inside && json[i] == '\\' && i + 1 < json.Length)
            {
                text.Append(json[++i]);
            }
            else if (json[i] == '"')
            {
                inside = !inside;
            }
        }

        return text.ToString();
    }
}

using System.Globalization;
using System.Text.Json;

namespace Edge.Learning.Recipes;

/// <summary>One object of a recipe, read field by field; what nobody asked for is a typing error and refused by <see cref="Close"/>.</summary>
internal sealed class RecipeObject
{
    private readonly JsonElement _element;
    private readonly string _where;
    private readonly List<string> _known = [];

    public RecipeObject(JsonElement element, string where)
    {
        _where = where;
        _element = element.ValueKind == JsonValueKind.Object ? element : throw new RecipeException($"{where} is {Show(element)}; an object {{ … }} is needed.");
    }

    public bool Has(string name) => Find(name) is not null;

    public JsonElement Required(string name) => Find(name) ?? throw new RecipeException($"{_where}: '{name}' is missing.");

    public string Text(string name, string? fallback = null)
    {
        JsonElement? value = Find(name);
        return value is null && fallback is not null ? fallback
            : (value ?? Required(name)) is { ValueKind: JsonValueKind.String } text ? text.GetString()!
            : throw Wrong(name, value!.Value, "a text");
    }

    public int Int32(string name, int lowest, int? fallback = null)
    {
        JsonElement? value = Find(name);
        return value is null && fallback is not null ? fallback.Value
            : (value ?? Required(name)) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out int whole) && whole >= lowest ? whole
            : throw Wrong(name, value!.Value, $"a whole number of {lowest.ToString(CultureInfo.InvariantCulture)} or more");
    }

    public ulong UInt64(string name, ulong fallback) => Find(name) is not { } value ? fallback
        : value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong whole) ? whole
        : throw Wrong(name, value, "a whole number of 0 or more");

    public float Single(string name, float? fallback = null)
    {
        JsonElement? value = Find(name);
        return value is null && fallback is not null ? fallback.Value
            : (value ?? Required(name)) is { ValueKind: JsonValueKind.Number } number && number.TryGetSingle(out float real) && float.IsFinite(real) ? real
            : throw Wrong(name, value!.Value, "a number");
    }

    public double Fraction(string name, double fallback) => Find(name) is not { } value ? fallback
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double real) && real is >= 0 and < 1 ? real
        : throw Wrong(name, value, "a fraction, at least 0 and below 1");

    public bool Boolean(string name, bool fallback) => Find(name) is not { } value ? fallback
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Wrong(name, value, "true or false");

    public int[] Int32s(string name, int lowest)
    {
        JsonElement value = Required(name);
        if (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out int whole) || whole < lowest))
        {
            throw Wrong(name, value, $"a list of whole numbers of {lowest.ToString(CultureInfo.InvariantCulture)} or more");
        }

        return [.. value.EnumerateArray().Select(static item => item.GetInt32())];
    }

    public string[] Texts(string name, string[] fallback) => Find(name) is not { } value ? fallback
        : value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(static item => item.GetString()!)]
            : throw Wrong(name, value, "a list of texts");

    /// <summary>A text that must be one of a list.</summary>
    public string Choice(string name, IReadOnlyList<string> allowed, string? fallback = null)
    {
        string value = Text(name, fallback);
        return allowed.Contains(value) ? value : throw new RecipeException($"{_where}: '{name}' is '{value}'; {string.Join(", ", allowed)} are allowed.");
    }

    public RecipeException Wrong(string name, JsonElement found, string allowed) => new($"{_where}: '{name}' is {Show(found)}; {allowed} is needed.");

    /// <summary>Refuses fields that nobody asked for.</summary>
    public void Close()
    {
        foreach (JsonProperty property in _element.EnumerateObject())
        {
            if (!_known.Contains(property.Name))
            {
                throw new RecipeException($"{_where}: '{property.Name}' is unknown; allowed are {string.Join(", ", _known)}.");
            }
        }
    }

    private static string Show(JsonElement element)
    {
        string text = element.GetRawText();
        return text.Length <= 40 ? text : text[..40] + "…";
    }

    private JsonElement? Find(string name)
    {
        if (!_known.Contains(name))
        {
            _known.Add(name);
        }

        return _element.TryGetProperty(name, out JsonElement value) ? value : null;
    }
}

using System.Globalization;
using System.Text;

namespace Edge.Learning.Data;

/// <summary>Reads tables of numbers with a label column: features [columns − 1], labels as classes or regression targets.</summary>
/// <remarks>Fields as in RFC 4180: quotes around a field, doubled inside; a quoted field may span lines. UTF-8, invariant culture, plain or
/// gzip'ed. Blank lines are skipped. A missing value is refused with its line and column: what to put there is not a reader's decision.</remarks>
public static class Csv
{
    private const int MostAutoClasses = 100;
    private static readonly char[] Separators = [',', ';', '\t', '|'];
    private static readonly string[] MissingMarks = ["", "?", "NA", "N/A", "NaN", "null", "None"];

    /// <summary>Loads a whole table; features are the raw numbers (see <see cref="Normalization.Standardize"/>).</summary>
    /// <exception cref="DatasetException">The file is missing or malformed; the message names line and column.</exception>
    public static Dataset Load(string path, CsvOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new CsvOptions();
        return Parse(ReadText(path, options.MostBytes), path, options);
    }

    internal static Dataset Parse(string text, string path, CsvOptions options)
    {
        char separator = options.Separator ?? DetectSeparator(text);
        List<Row> rows = Split(text, separator, path);
        if (rows.Count == 0)
        {
            throw new DatasetException($"'{path}' holds no rows.");
        }

        Row first = rows[0];
        int columns = first.Cells.Length;
        if (columns < 2)
        {
            throw new DatasetException($"'{path}' has one column with the separator {Show(separator)}; at least one feature and a label are needed. Is the separator another? Set it in the options.");
        }

        int label = LabelPosition(first, path, options);
        bool header = options.HasHeader ?? options.LabelColumn is not null || !AnyNumber(first, label);
        if (header)
        {
            rows.RemoveAt(0);
        }

        if (rows.Count == 0)
        {
            throw new DatasetException($"'{path}' holds a header and no rows.");
        }

        int width = columns - 1;
        if ((long)rows.Count * width > Array.MaxLength)
        {
            throw new DatasetException($"'{path}' holds {rows.Count} rows of {width} features; at most {Array.MaxLength} values are allowed.");
        }

        float[] features = new float[rows.Count * width];
        string[] labels = new string[rows.Count];
        for (int r = 0; r < rows.Count; r++)
        {
            Row row = rows[r];
            if (row.Cells.Length != columns)
            {
                throw new DatasetException($"'{path}' line {row.Line}: {row.Cells.Length} fields, but the first row has {columns}.");
            }

            for (int c = 0, f = r * width; c < columns; c++)
            {
                if (c != label)
                {
                    features[f++] = Number(row, c, header ? first : null, path);
                }
            }

            labels[r] = row.Cells[label].Trim();
            if (IsMissing(labels[r]))
            {
                throw new DatasetException($"'{path}' line {row.Line}, {ColumnName(label, header ? first : null)}: the label is missing; remove the row or fill it in.");
            }
        }

        // The file's name alone: a source may end up in a model's metadata, and folders are nobody's business there.
        string name = Path.GetFileNameWithoutExtension(path), source = $"table {Path.GetFileName(path)}";
        bool numbers = rows.TrueForAll(row => IsNumber(row.Cells[label]));
        bool whole = numbers && labels.All(static l => long.TryParse(l, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _));
        bool classes = options.ClassNames is not null || options.Target switch
        {
            CsvTarget.Classes => true,
            CsvTarget.Regression => false,
            _ => !numbers || (whole && labels.Distinct(StringComparer.Ordinal).Take(MostAutoClasses + 1).Count() <= MostAutoClasses),
        };
        if (!classes)
        {
            float[] targets = [.. rows.Select(row => Number(row, label, header ? first : null, path))];
            return new Dataset(name, source, [width], features, targets);
        }

        string[] classNames = options.ClassNames is not null ? [.. options.ClassNames]
            : options.ClassOrder == CsvClassOrder.Sorted ? [.. labels.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]
            : whole ? [.. labels.Distinct(StringComparer.Ordinal).OrderBy(static l => long.Parse(l, CultureInfo.InvariantCulture))]
            : [.. labels.Distinct(StringComparer.Ordinal)];
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int c = 0; c < classNames.Length; c++)
        {
            if (!ids.TryAdd(classNames[c], c))
            {
                throw new DatasetException($"Class '{classNames[c]}' is named twice in the options.");
            }
        }

        int[] classIds = new int[labels.Length];
        for (int r = 0; r < labels.Length; r++)
        {
            if (!ids.TryGetValue(labels[r], out classIds[r]))
            {
                throw new DatasetException($"'{path}' line {rows[r].Line}: label '{labels[r]}' is none of the classes {string.Join(", ", classNames)}.");
            }
        }

        return new Dataset(name, source, [width], features, classIds, classNames);
    }

    private static int LabelPosition(Row first, string path, CsvOptions options)
    {
        int columns = first.Cells.Length;
        if (options.LabelColumn is { } name)
        {
            if (options.HasHeader == false)
            {
                throw new DatasetException($"The label column '{name}' is given by name, but the options say that there is no header; give its position.");
            }

            string[] names = Array.ConvertAll(first.Cells, static c => c.Trim());
            int position = Array.IndexOf(names, name);
            return position >= 0 && Array.LastIndexOf(names, name) == position
                ? position
                : throw new DatasetException($"'{path}': the label column '{name}' is {(position < 0 ? "not in the header" : "in the header twice")}: {string.Join(", ", names)}.");
        }

        int index = options.LabelIndex < 0 ? columns + options.LabelIndex : options.LabelIndex;
        return (uint)index < (uint)columns
            ? index
            : throw new DatasetException($"'{path}' has {columns} columns; label position {options.LabelIndex} is not among {-columns} .. {columns - 1}.");
    }

    private static float Number(Row row, int column, Row? header, string path)
    {
        string cell = row.Cells[column].Trim();
        if (float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value))
        {
            return value;
        }

        throw new DatasetException($"'{path}' line {row.Line}, {ColumnName(column, header)}: " + (IsMissing(cell)
            ? $"the value is missing ('{cell}'); remove the row or fill it in."
            : $"'{Shorten(cell)}' is not a finite number; features are numbers with a decimal point, so turn text into numbers first."));
    }

    private static bool AnyNumber(Row row, int label)
    {
        for (int c = 0; c < row.Cells.Length; c++)
        {
            if (c != label && IsNumber(row.Cells[c]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsNumber(string cell) => float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value);

    private static bool IsMissing(string cell) => MissingMarks.Contains(cell, StringComparer.OrdinalIgnoreCase);

    private static string ColumnName(int column, Row? header) => header is null ? $"column {column + 1}" : $"column {column + 1} ('{Shorten(header.Cells[column])}')";

    private static string Shorten(string text) => text.Length <= 40 ? text : string.Concat(text.AsSpan(0, 40), "…");

    private static string Show(char separator) => separator == '\t' ? "tab" : $"'{separator}'";

    private static char DetectSeparator(string text)
    {
        int[] counts = new int[Separators.Length];
        bool quoted = false, content = false;
        foreach (char c in text)
        {
            if (c == '"')
            {
                quoted = !quoted;
            }
            else if (!quoted && c is '\n' or '\r')
            {
                if (content)
                {
                    break;
                }
            }
            else if (!quoted && Array.IndexOf(Separators, c) is >= 0 and int s)
            {
                counts[s]++;
            }

            content |= !char.IsWhiteSpace(c);
        }

        return Separators[Array.IndexOf(counts, counts.Max())];
    }

    private static List<Row> Split(string text, char separator, string path)
    {
        var rows = new List<Row>();
        var cells = new List<string>();
        var cell = new StringBuilder();
        int line = 1, at = 0;
        while (at < text.Length)
        {
            int rowLine = line;
            cells.Clear();
            bool more;
            bool quotedRow = false;
            do
            {
                cell.Clear();
                bool quoted = at < text.Length && text[at] == '"';
                quotedRow |= quoted;
                if (quoted)
                {
                    at = Quoted(text, at + 1, cell, ref line, path);
                }
                else
                {
                    int start = at;
                    while (at < text.Length && text[at] != separator && text[at] is not ('\n' or '\r'))
                    {
                        at++;
                    }

                    cell.Append(text, start, at - start);
                }

                more = at < text.Length && text[at] == separator;
                if (!more && at < text.Length && text[at] is not ('\n' or '\r'))
                {
                    throw new DatasetException($"'{path}' line {line}: '{text[at]}' after a closing quote; a separator or the end of the line must follow, and a quote inside is written twice.");
                }

                at += more ? 1 : 0;
                cells.Add(cell.ToString());
            }
            while (more);

            if (at < text.Length)
            {
                at += text[at] == '\r' && at + 1 < text.Length && text[at + 1] == '\n' ? 2 : 1;
                line++;
            }

            if (cells.Count > 1 || quotedRow || !string.IsNullOrWhiteSpace(cells[0]))
            {
                rows.Add(new Row(rowLine, [.. cells]));
            }
        }

        return rows;
    }

    // Returns the position after the closing quote.
    private static int Quoted(string text, int at, StringBuilder cell, ref int line, string path)
    {
        int opened = line;
        for (; at < text.Length; at++)
        {
            if (text[at] == '"')
            {
                if (at + 1 == text.Length || text[at + 1] != '"')
                {
                    return at + 1;
                }

                at++;
            }

            line += text[at] == '\n' ? 1 : 0;
            cell.Append(text[at]);
        }

        throw new DatasetException($"'{path}' line {opened}: a quoted field is not closed before the end of the file.");
    }

    private static string ReadText(string path, long mostBytes)
    {
        if (!File.Exists(path))
        {
            throw new DatasetException($"There is no file '{Path.GetFullPath(path)}'.");
        }

        using Stream stream = DataFile.Open(path, out _);
        using var unpacked = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = DataFile.Read(stream, path, buffer)) != 0;)
        {
            if (unpacked.Length + read > mostBytes)
            {
                throw new DatasetException($"'{path}' is larger than {mostBytes} bytes; raise the limit in the options if that is meant.");
            }

            unpacked.Write(buffer, 0, read);
        }

        try
        {
            ReadOnlySpan<byte> bytes = unpacked.GetBuffer().AsSpan(0, (int)unpacked.Length);
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new DatasetException($"'{path}' is not UTF-8 text (byte {e.Index}); save it as UTF-8.", e);
        }
    }

    private sealed record Row(int Line, string[] Cells);
}

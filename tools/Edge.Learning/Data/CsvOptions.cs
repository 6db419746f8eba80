namespace Edge.Learning.Data;

/// <summary>What the label column of a table holds.</summary>
public enum CsvTarget
{
    /// <summary>Text, or whole numbers of at most 100 distinct values, are classes; other numbers are a regression target.</summary>
    Auto,

    /// <summary>Each distinct value is a class.</summary>
    Classes,

    /// <summary>Numbers to predict.</summary>
    Regression,
}

/// <summary>Which class gets which id.</summary>
public enum CsvClassOrder
{
    /// <summary>In order of first appearance; but labels that are all whole numbers ascend, so 0, 1, 2 keep their ids.</summary>
    FirstAppearance,

    /// <summary>In ordinal order of the text.</summary>
    Sorted,
}

/// <summary>How a table is read. The defaults fit a table with numbers in all columns and a label in the last.</summary>
public sealed record CsvOptions
{
    /// <summary>Most bytes of a file, unpacked. Default: 256 MiB.</summary>
    public long MostBytes { get; init; } = 256L << 20;

    /// <summary>Name of the label column, which needs a header. Default: <see cref="LabelIndex"/> decides.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>0-based position of the label column; negative counts from the end. Default: −1, the last.</summary>
    public int LabelIndex { get; init; } = -1;

    /// <summary>Whether the first row names the columns. Default: it does when none of its feature cells is a number.</summary>
    public bool? HasHeader { get; init; }

    /// <summary>The separator. Default: the one of comma, semicolon, tab, bar that occurs most in the first row.</summary>
    public char? Separator { get; init; }

    /// <summary>What the labels are.</summary>
    public CsvTarget Target { get; init; }

    /// <summary>Which class gets which id, unless <see cref="ClassNames"/> says it.</summary>
    public CsvClassOrder ClassOrder { get; init; }

    /// <summary>The classes in id order, such as those of a training file for its test file; another label is an error.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }
}

using System.Text;
using Edge.Learning.Data;

namespace Edge.Tests.Learning.Data;

public sealed class CsvTests
{
    private static Dataset Parse(string text, CsvOptions? options = null) => Csv.Parse(text, "t.csv", options ?? new CsvOptions());

    private static float[] Features(Dataset dataset)
    {
        float[] features = new float[dataset.Count * dataset.SampleLength];
        dataset.CopyBatch([.. Enumerable.Range(0, dataset.Count)], features);
        return features;
    }

    private static int[] Labels(Dataset dataset) => [.. Enumerable.Range(0, dataset.Count).Select(dataset.Label)];

    [Theory]
    [InlineData("x,y,kind\n1.5,-2,b\n3e2,4,a\n5,6,b\n")]
    [InlineData("x;y;kind\r\n1.5;-2;b\r\n3e2;4;a\r\n\r\n5;6;b")]
    [InlineData("x\ty\tkind\n1.5\t-2\tb\n3e2\t4\ta\n5\t6\tb\n")]
    [InlineData("1.5|-2|b\n 3e2 | 4 | a \n5|6|b\n")]
    [InlineData("\"x, the first\",\"y\",\"kind\"\n\"1.5\",\"-2\",\"b\"\n3e2,4,a\n5,6,\"b\"\n")]
    public void Separator_header_and_quotes_are_found(string text)
    {
        Dataset dataset = Parse(text);
        Assert.Equal([1.5f, -2, 300, 4, 5, 6], Features(dataset));
        Assert.Equal(["b", "a"], dataset.ClassNames);
        Assert.Equal([0, 1, 0], Labels(dataset));
        Assert.Equal([2], dataset.SampleShape.ToArray());
    }

    [Fact]
    public void Quoted_fields_hold_separators_quotes_and_lines()
    {
        Dataset dataset = Parse("1,\"a,\"\"b\"\"\nc\"\n2,d\nx,e\n".Replace("x", "3", StringComparison.Ordinal));
        Assert.Equal(["a,\"b\"\nc", "d", "e"], dataset.ClassNames);
        Assert.Contains("line 4, column 1", Assert.Throws<DatasetException>(() => Parse("1,\"a\nb\"\n2,d\nx,e\n")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Label_column_and_class_order_can_be_chosen()
    {
        const string Text = "kind,x,y\nb,1,2\na,3,4\n";
        Dataset dataset = Parse(Text, new CsvOptions { LabelColumn = "kind", ClassOrder = CsvClassOrder.Sorted });
        Assert.Equal(["a", "b"], dataset.ClassNames);
        Assert.Equal([1, 0], Labels(dataset));
        Assert.Equal([1f, 2, 3, 4], Features(dataset));
        Assert.Equal([0, 1], Labels(Parse(Text, new CsvOptions { LabelIndex = 0 })));
        Assert.Equal([0, 1], Labels(Parse(Text, new CsvOptions { LabelIndex = -3 })));
        Assert.Equal([2, 1], Labels(Parse(Text, new CsvOptions { LabelIndex = 0, ClassNames = ["c", "a", "b"] })));
    }

    [Fact]
    public void Whole_numbers_are_classes_in_their_order_and_others_a_target()
    {
        Dataset classes = Parse("1,10\n2,9\n3,0\n");
        Assert.Equal(["0", "9", "10"], classes.ClassNames);
        Assert.Equal([2, 1, 0], Labels(classes));
        Dataset regression = Parse("1,0.5\n2,3\n");
        Assert.False(regression.HasClasses);
        Assert.Equal(0.5f, regression.Target(0)[0]);
        Assert.Equal(9f, Parse("1,10\n2,9\n", new CsvOptions { Target = CsvTarget.Regression }).Target(1)[0]);
        Assert.Equal(["0.5", "3"], Parse("1,0.5\n2,3\n", new CsvOptions { Target = CsvTarget.Classes }).ClassNames);
    }

    [Theory]
    [InlineData("x,y,k\n1,2,a\n3,,b\n", "line 3, column 2 ('y'): the value is missing")]
    [InlineData("x,y,k\n1,2,a\n3,NA,b\n", "line 3, column 2 ('y'): the value is missing")]
    [InlineData("1,2,a\n3,4,\n", "line 2, column 3: the label is missing")]
    [InlineData("x,y,k\n1,2,a\n3,four,b\n", "'four' is not a finite number")]
    [InlineData("1,2,a\n3,1e99,b\n", "'1e99' is not a finite number")]
    [InlineData("1,2,a\n3,\"1,5\",b\n", "'1,5' is not a finite number")]
    [InlineData("1,2,a\n3,4\n", "line 2: 2 fields, but the first row has 3")]
    [InlineData("1,2,a\n3,4,b,5\n", "line 2: 4 fields, but the first row has 3")]
    [InlineData("1,2,\"a\n3,4,b\n", "line 1: a quoted field is not closed")]
    [InlineData("1,2,\"a\"b\n", "after a closing quote")]
    [InlineData("x,y,k\n", "a header and no rows")]
    [InlineData("", "no rows")]
    [InlineData("\n \n", "no rows")]
    [InlineData("1\n2\n", "one column")]
    public void Malformed_tables_are_refused(string text, string message) =>
        Assert.Contains(message, Assert.Throws<DatasetException>(() => Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Wrong_options_are_refused()
    {
        Assert.Throws<DatasetException>(() => Parse("x,k\n1,a\n", new CsvOptions { LabelColumn = "z" }));
        Assert.Throws<DatasetException>(() => Parse("x,x\n1,a\n", new CsvOptions { LabelColumn = "x" }));
        Assert.Throws<DatasetException>(() => Parse("x,k\n1,a\n", new CsvOptions { LabelColumn = "k", HasHeader = false }));
        Assert.Throws<DatasetException>(() => Parse("x,k\n1,a\n", new CsvOptions { LabelIndex = 2 }));
        Assert.Throws<DatasetException>(() => Parse("1,a\n2,b\n", new CsvOptions { ClassNames = ["a"] }));
        Assert.Throws<DatasetException>(() => Parse("1,a\n", new CsvOptions { ClassNames = ["a", "a"] }));
    }

    [Fact]
    public void Files_are_utf8_plain_or_packed_and_bounded()
    {
        using var folder = new TempFolder();
        byte[] text = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes("1,rød\n2,grün\n")];
        foreach (bool gzip in new[] { false, true })
        {
            Assert.Equal(["rød", "grün"], Csv.Load(folder.Write("t.csv", text, gzip)).ClassNames);
        }

        string path = folder.Write("t.csv", text);
        Assert.Contains("larger than 10 bytes", Assert.Throws<DatasetException>(() => Csv.Load(path, new CsvOptions { MostBytes = 10 })).Message, StringComparison.Ordinal);
        string latin = folder.Write("l.csv", [(byte)'1', (byte)',', 0xF8, (byte)'\n']);
        Assert.Contains("not UTF-8", Assert.Throws<DatasetException>(() => Csv.Load(latin)).Message, StringComparison.Ordinal);
        Assert.Throws<DatasetException>(() => Csv.Load(Path.Combine(folder.Path, "none.csv")));
    }
}

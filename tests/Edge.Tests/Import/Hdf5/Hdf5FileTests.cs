using System.IO.Compression;
using Edge.Import;
using Edge.Import.Hdf5;

namespace Edge.Tests.Import.Hdf5;

/// <summary>Files written by HDF5 itself (assets/make.py): every superblock, kind of group, chunk index, filter and element type that the reader knows.</summary>
public sealed class Hdf5FileTests
{
    /// <summary>The files, without their ending.</summary>
    public static readonly string[] Files =
        ["earliest", "latest", "userblock", "chunked-earliest", "chunked-latest", "dense-earliest", "dense-latest", "external-storage"];

    /// <summary>The bytes of a file of the folder assets.</summary>
    public static byte[] Asset(string name)
    {
        using FileStream packed = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Import", "Hdf5", "assets", name + ".h5.gz"));
        using GZipStream stream = new(packed, CompressionMode.Decompress);
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    internal static Hdf5File Open(string name) => Hdf5File.Open(Asset(name), ImportLimits.Default);

    [Theory]
    [InlineData("earliest")]
    [InlineData("latest")]
    [InlineData("userblock")]
    public void Reads_every_element_type_in_both_byte_orders(string name)
    {
        Hdf5File file = Open(name);
        foreach (string type in (string[])["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
        {
            foreach (string order in (string[])["little", "big"])
            {
                Hdf5Dataset data = file.Root.Find($"types/{order}/{type}")!.Dataset();
                Assert.Equal([3, 5], data.Sizes);
                Assert.Equal(Ramp(15, signed: type[0] != 'u'), data.Singles());
            }
        }

        Assert.Equal([2.5f], file.Root.Find("scalar")!.Dataset().Singles());
        Assert.Empty(file.Root.Find("scalar")!.Dataset().Sizes);
        Assert.Equal([1f, 0, 1], file.Root.Find("flags")!.Dataset().Singles());
        Assert.Equal([1f, -2.5f], file.Root.Find("bfloat16")!.Dataset().Singles());
        Assert.Equal([1.5f, 1.5f, 1.5f, 1.5f], file.Root.Find("unwritten")!.Dataset().Singles());
        Assert.Equal(["one", "deux", "три"], file.Root.Find("texts")!.Dataset().Texts());
    }

    [Theory]
    [InlineData("earliest")]
    [InlineData("latest")]
    [InlineData("userblock")]
    public void Reads_text_attributes(string name)
    {
        Hdf5Object root = Open(name).Root;
        Assert.Equal(["text of any length: é"], root.Attributes["variable"].Texts());
        Assert.Equal(["fixed text"], root.Attributes["fixed"].Texts());
        Assert.Equal(["kernel:0", "a/longer/name:0"], root.Attributes["list"].Texts());
        Assert.Equal(["alpha", "beta"], root.Attributes["variable list"].Texts());
        Assert.Empty(root.Attributes["empty"].Texts());
    }

    [Theory]
    [InlineData("earliest")]
    [InlineData("latest")]
    [InlineData("userblock")]
    public void Follows_links_inside_the_file_and_no_others(string name)
    {
        Hdf5Object root = Open(name).Root;
        Assert.Equal(Ramp(15, signed: true), root.Find("hard")!.Dataset().Singles());
        Assert.Equal(Ramp(15, signed: true), root.Find("soft")!.Dataset().Singles());
        Assert.Null(root.Find("nothing"));
        Assert.Null(root.Find("types/nothing/f4"));
        Assert.Contains("circle", Assert.Throws<ModelImportException>(() => root.Find("circle")).Message, StringComparison.Ordinal);
        Assert.Contains("/etc/passwd", Assert.Throws<ModelImportException>(() => root.Find("external")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chunked-earliest")]
    [InlineData("chunked-latest")]
    public void Reads_chunks_of_every_index_and_filter(string name)
    {
        Hdf5Object root = Open(name).Root;
        foreach (string data in (string[])["single", "single-gzip", "plain", "gzip", "shuffle", "fletcher", "growing", "growing-gzip", "both", "both-gzip", "limited", "implicit", "compact"])
        {
            Hdf5Dataset dataset = root.Find(data)!.Dataset();
            Assert.Equal([13, 10], dataset.Sizes);
            Assert.True(Ramp(130, signed: true).AsSpan().SequenceEqual(dataset.Singles()), data);
        }

        float[] holes = root.Find("holes")!.Dataset().Singles();
        Assert.Equal(-7, holes[0]);
        Assert.Equal(-100, holes[33]);
        Assert.Equal(-96, holes[(4 * 9) + 7]);
    }

    [Fact]
    public void Reads_arrays_of_chunks_in_pages()
    {
        Hdf5Object root = Open("chunked-latest").Root;
        Assert.Equal(Ramp(1500, signed: true), root.Find("many")!.Dataset().Singles());
        Assert.Equal(Ramp(700, signed: false), root.Find("growing-long")!.Dataset().Singles());
    }

    [Fact]
    public void Names_the_filter_it_cannot_undo()
    {
        Hdf5Object root = Open("chunked-latest").Root;
        Assert.Contains("lzf", Assert.Throws<ModelImportException>(() => root.Find("lzf")!.Dataset().Singles()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dense-earliest")]
    [InlineData("dense-latest")]
    public void Reads_large_groups_and_many_attributes(string name)
    {
        Hdf5Object root = Open(name).Root;
        Hdf5Object many = root.Find("many")!;
        Assert.Equal(300, many.Links.Count);
        for (int i = 0; i < 300; i++)
        {
            Assert.Equal([i % 2], many.Find($"link {i}")!.Dataset().Singles());
        }

        for (int i = 0; i < 40; i++)
        {
            Assert.Equal([$"value {i}"], many.Attributes[$"attribute {i}"].Texts());
        }

        if (name == "dense-latest")
        {
            string[] large = many.Attributes["large"].Texts();
            Assert.Equal(100, large.Length);
            Assert.All(large, static text => Assert.Equal(new string('x', 700), text));
        }
    }

    /// <summary>CVE-2026-1669: data of another file must not become a weight.</summary>
    [Fact]
    public void Refuses_external_storage()
    {
        Hdf5Object stolen = Open("external-storage").Root.Find("stolen")!;
        Assert.Contains("external storage", Assert.Throws<ModelImportException>(() => stolen.Dataset()).Message, StringComparison.Ordinal);
    }

    /// <summary>The ramp of make.py.</summary>
    private static float[] Ramp(int count, bool signed) => [.. Enumerable.Range(0, count).Select(i => (float)((i % 251) - (signed ? 100 : 0)))];
}

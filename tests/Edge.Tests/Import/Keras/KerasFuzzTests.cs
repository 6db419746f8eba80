using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Edge.Fuzz;
using Edge.Import;
using Edge.Import.Hdf5;
using Edge.Import.Keras;
using Edge.Tests.Import.Hdf5;

namespace Edge.Tests.Import.Keras;

/// <summary>Damaged HDF5 files, .h5 models and .keras archives.</summary>
public sealed partial class KerasFuzzTests
{
    private const int Cases = 2000;
    private static readonly string[] Values =
        ["-1", "0", "1", "2", "3", "7", "64", "65536", "2147483647", "-2147483648", "1e999", "1e-30", "0.5", "null", "true", "\"\"", "\"same\"", "\"layer\"", "\"Lambda\"", "[]", "[[]]", "{}", "[1,2]", "[0,0,0]", "NaN", "-Infinity"];

    [Fact]
    public void Damaged_HDF5_is_refused()
    {
        byte[][] seeds = [.. Hdf5FileTests.Files.Select(Hdf5FileTests.Asset)];
        int read = SourceMutator.Run(Cases, random => SourceMutator.Damage(random, random.Pick(seeds)), static file => ReadAll(Hdf5File.Open(file, ImportLimits.Default)));
        Assert.InRange(read, 1, Cases - 1);
    }

    [Fact]
    public void Damaged_h5_models_are_refused()
    {
        byte[][] seeds = [.. KerasLayerTests.AllNames.Where(static name => name.EndsWith(".h5", StringComparison.Ordinal)).Select(KerasLayerTests.File)];
        int imported = SourceMutator.Run(Cases, random => SourceMutator.Damage(random, random.Pick(seeds)), static file => Import(() => KerasFormat.OpenLegacy(file, new ImportOptions())));
        Assert.InRange(imported, 1, Cases - 1);
    }

    [Fact]
    public void Damaged_archives_are_refused()
    {
        byte[][] seeds = [.. KerasLayerTests.AllNames.Where(static name => name.EndsWith(".keras", StringComparison.Ordinal)).Select(KerasLayerTests.File)];
        int imported = SourceMutator.Run(
            Cases,
            random => random.OneIn(3) ? SourceMutator.Damage(random, random.Pick(seeds)) : WithConfig(random.Pick(seeds), config => Edit(random, config)),
            static file => Import(() => KerasFormat.OpenArchive(file, new ImportOptions())));
        Assert.InRange(imported, 1, Cases - 1);
    }

    /// <summary>An archive with another configuration.</summary>
    public static byte[] WithConfig(byte[] file, Func<string, string> edit)
    {
        using MemoryStream result = new();
        using (ZipArchive source = new(new MemoryStream(file), ZipArchiveMode.Read), target = new(result, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (ZipArchiveEntry entry in source.Entries)
            {
                using Stream from = entry.Open();
                using MemoryStream content = new();
                from.CopyTo(content);
                byte[] bytes = entry.FullName == "config.json" ? Encoding.UTF8.GetBytes(edit(Encoding.UTF8.GetString(content.ToArray()))) : content.ToArray();
                using Stream to = target.CreateEntry(entry.FullName, CompressionLevel.Fastest).Open();
                to.Write(bytes);
            }
        }

        return result.ToArray();
    }

    /// <summary>Other values in a few places of a configuration.</summary>
    private static string Edit(FuzzRandom random, string config)
    {
        for (int i = random.Below(3); i >= 0; i--)
        {
            MatchCollection places = Token().Matches(config);
            Match place = random.Pick(places);
            string value = random.OneIn(3) ? random.Pick(places).Value : random.Pick(Values);
            config = config[..place.Index] + value + config[(place.Index + place.Length)..];
        }

        return config;
    }

    private static void Import(Func<KerasModel> open) => ModelImporter.Guard("damaged", () =>
    {
        KerasModel model = open();
        return model.Operators.Any(static op => op.Support == OperatorSupport.Missing) ? throw new ModelImportException("missing") : model.Build();
    });

    /// <summary>Everything that can be reached from the root, groups at most once.</summary>
    private static void ReadAll(Hdf5File file)
    {
        HashSet<Hdf5Object> seen = [];
        Stack<Hdf5Object> open = new([file.Root]);
        while (open.TryPop(out Hdf5Object? next))
        {
            if (!seen.Add(next))
            {
                continue;
            }

            foreach (Hdf5Attribute attribute in next.Attributes.Values)
            {
                Try(() => attribute.Texts());
            }

            if (next.IsDataset)
            {
                Try(() => next.Dataset().Singles());
                continue;
            }

            foreach (string name in next.Links.Keys)
            {
                Try(() =>
                {
                    if (next.Find(name) is { } found)
                    {
                        open.Push(found);
                    }

                    return name;
                });
            }
        }

        // A file holds parts that are refused when it is whole, too.
        static void Try<T>(Func<T> read)
        {
            try
            {
                read();
            }
            catch (ModelImportException)
            {
            }
        }
    }

    [GeneratedRegex("""(?<=[:,\[]\s*)(-?\d[\d.eE+-]*|"(?:[^"\\]|\\.)*"(?!\s*:)|null|true|false)""")]
    private static partial Regex Token();
}

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Edge.Format;
using Edge.Fuzz;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Tests.Format;

/// <summary>format/SPEC.md says what the code does: sizes, fields, enumerations, limits, and an example down to the byte.</summary>
public sealed class SpecTests
{
    private const string ExampleStart = "<!-- example: written by SpecTests -->\n";
    private const string ExampleEnd = "<!-- /example -->";

    private static readonly string SpecPath = FindSpec();

    public static TheoryData<string> Records => [.. Layouts().Keys];

    [Theory]
    [MemberData(nameof(Records))]
    public void Tables_state_every_field_of_a_record(string record)
    {
        RecordLayout layout = Layouts()[record];
        string heading = $"### {record} ({layout.Bytes} bytes)";
        string[] rows = Rows(heading);

        Assert.Equal(
            layout.Fields.Select(static field => $"{field.Offset} | {field.Type} | {field.Name}"),
            rows.Select(static row => string.Join(" | ", row.Split('|', StringSplitOptions.TrimEntries)[1..4])));
    }

    [Fact]
    public void Tables_state_every_section_kind_and_data_type()
    {
        Assert.Equal(
            Enum.GetValues<SectionKind>().Select(static kind => $"{(uint)kind} | {kind}"),
            Rows("### Section kinds").Select(static row => string.Join(" | ", row.Split('|', StringSplitOptions.TrimEntries)[1..3])));
        Assert.Equal(
            Enum.GetValues<DataType>().Where(static type => type != DataType.None).Select(static type => $"{(byte)type} | {type.Name()} | {type.Size()}"),
            Rows("### Data types").Select(static row => string.Join(" | ", row.Split('|', StringSplitOptions.TrimEntries)[1..4])));
    }

    [Fact]
    public void The_table_of_limits_states_the_defaults()
    {
        ModelLimits limits = ModelLimits.Default;
        IEnumerable<string> expected = typeof(ModelLimits).GetProperties()
            .Where(static property => property.CanWrite && property.Name.StartsWith("Max", StringComparison.Ordinal))
            .Select(property => string.Create(CultureInfo.InvariantCulture, $"{property.Name} | {property.GetValue(limits)}"));

        Assert.Equal(expected, Rows("## Limits").Select(static row => string.Join(" | ", row.Split('|', StringSplitOptions.TrimEntries)[1..3])));
    }

    [Fact]
    public void The_example_is_what_the_writer_writes_and_computes_what_the_text_says()
    {
        byte[] file = Example();
        string dump = $"```text\n{Dump(file)}```\n";
        string spec = File.ReadAllText(SpecPath);
        int start = spec.IndexOf(ExampleStart, StringComparison.Ordinal) + ExampleStart.Length;
        int end = spec.IndexOf(ExampleEnd, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("EDGE_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(SpecPath, spec[..start] + dump + spec[end..]);
            spec = File.ReadAllText(SpecPath);
            end = spec.IndexOf(ExampleEnd, StringComparison.Ordinal);
        }

        Assert.Equal(dump, spec[start..end]);

        using Model model = Model.Load(file);
        using Session session = new(model);
        float[] y = new float[1];
        session.Run([3f, 1f], y);
        Assert.Equal((3 * 0.5f) + (1 * -2f) + 0.25f, y[0]);
        Assert.True(model.VerifyIdentity());
    }

    private static Dictionary<string, RecordLayout> Layouts()
    {
        Dictionary<string, RecordLayout> layouts = new() { [RecordLayout.Header.Name] = RecordLayout.Header, [RecordLayout.Section.Name] = RecordLayout.Section };
        foreach (RecordLayout layout in RecordLayout.BySection.Values.Where(static layout => layout.Name.EndsWith("Record", StringComparison.Ordinal)))
        {
            layouts.Add(layout.Name, layout);
        }

        return layouts;
    }

    private static byte[] Example()
    {
        SeedModel model = new();
        int x = model.Input(1, 2);
        int w = model.Constant(new TensorSpec(DataType.Float32, new Shape(1, 2)), MemoryMarshal.AsBytes([0.5f, -2f]).ToArray());
        int b = model.Constant(new TensorSpec(DataType.Float32, new Shape(1)), MemoryMarshal.AsBytes([0.25f]).ToArray());
        return model.Output(model.Add(new Dense(), [x, w, b])).Metadata("task", "regression").Build();
    }

    private static string Dump(byte[] file)
    {
        StringBuilder text = new();
        Part("Header", 0, FileHeader.Size);
        EdgeFile parts = EdgeFile.Parse(file);
        Part("Section table", FileHeader.Size, EdgeFile.TableEnd(parts.Sections.Count));
        foreach (SectionRecord section in ModelView.Open(file, ModelLimits.Default).Sections)
        {
            Part($"{section.Kind}, length {section.Length}", (int)section.Offset, (int)(section.Offset + section.Length));
        }

        return text.ToString();

        void Part(string title, int start, int end)
        {
            text.Append(CultureInfo.InvariantCulture, $"{title}\n");
            bool skipping = false;
            for (int at = start; at < end; at += 16)
            {
                ReadOnlySpan<byte> line = file.AsSpan(at, Math.Min(16, end - at));
                bool zeros = !line.ContainsAnyExcept((byte)0) && line.Length == 16 && at + 16 < end;
                if (zeros && skipping)
                {
                    continue;
                }

                if (zeros && at > start)
                {
                    text.Append("*\n");
                    skipping = true;
                    continue;
                }

                skipping = false;
                text.Append(CultureInfo.InvariantCulture, $"{at:x4}  ");
                foreach (byte value in line)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{value:x2} ");
                }

                text.Append(' ', (3 * (16 - line.Length)) + 1);
                foreach (byte value in line)
                {
                    text.Append(value is >= 0x20 and < 0x7F ? (char)value : '.');
                }

                text.Append('\n');
            }
        }
    }

    /// <summary>The rows of the first table below a heading, without its two head rows.</summary>
    private static string[] Rows(string heading)
    {
        string spec = File.ReadAllText(SpecPath);
        int start = spec.IndexOf(heading + "\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"SPEC.md has no heading '{heading}'.");
        string[] lines = spec[(start + heading.Length)..].Split('\n');
        int first = Array.FindIndex(lines, static line => line.StartsWith('|'));
        int last = Array.FindIndex(lines, first, static line => !line.StartsWith('|'));
        return lines[(first + 2)..last];
    }

    private static string FindSpec()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "format", "SPEC.md");
            if (File.Exists(path))
            {
                return path;
            }
        }

        throw new FileNotFoundException($"format/SPEC.md lies in no folder above {AppContext.BaseDirectory}.");
    }
}

using System.Buffers.Binary;
using Edge.Format;
using Edge.Fuzz;

namespace Edge.Tests.Format;

/// <summary>A file that uses every section, and ways to spoil it. Its operators mean nothing: the format does not know them.</summary>
internal static class TestModel
{
    public static byte[] Build(bool stripNames = false)
    {
        ModelWriter writer = new() { StripNames = stripNames };
        int whole = writer.AddQuantization([0.5f], [3]);
        int rows = writer.AddQuantization([1, 2, 3, 4], [-1, 0, 1, 2], axis: 0);
        writer.AddTensor("x", DataType.Float32, new Shape(2, 3));
        writer.AddConstant("w", DataType.Float32, new Shape(4, 3), new byte[48]);
        writer.AddConstant("q", DataType.Int8, new Shape(4, 2), [1, 2, 3, 4, 5, 6, 7, 8], rows);
        writer.AddConstant("b", DataType.Bool, new Shape(3), [0, 1, 1]);
        writer.AddTensor("y", DataType.Int8, new Shape(2, 4), whole);
        writer.AddTensor("größe", DataType.Float32, new Shape(2, 4));
        writer.AddOperator("first", 900, 1, [0, 1, -1], [5], [1, 2, 3, 4, 5, 6, 7, 8]);
        writer.AddOperator("", 901, 2, [5, 2, 3], [4], [9, 9, 9, 9]);
        writer.SetInterface([0], [4, 5]);
        writer.AddMetadata("task", "classification");
        writer.AddMetadata("labels", "eins\nzwei\ndreißig\nvier");
        writer.AddProgram(
            new ProgramRecord { Kind = ProgramKind.Infer, Batch = 2, ArenaBytes = 128 },
            [new StepRecord { Index = 0 }, new StepRecord { Index = 1 }],
            [new BufferRecord { Index = 0, Bytes = 24 }, new BufferRecord { Index = 5, Offset = 64, Bytes = 32 }]);
        writer.AddProgram(new ProgramRecord { Kind = ProgramKind.Train, Scheme = 2, Batch = 1, ArenaBytes = 64 }, [new StepRecord { Index = 1, Phase = StepPhase.Backward, GradientMask = 1 }], [new BufferRecord { Kind = BufferKind.Gradient, Bytes = 1 }]);
        return writer.ToArray();
    }

    public static EdgeFile Parts() => EdgeFile.Parse(Build());

    /// <summary>The file with one field of one record changed, and right checksums.</summary>
    public static byte[] With(SectionKind kind, int record, string field, long value, ushort minor = 0)
    {
        EdgeFile file = Parts();
        file.Minor = minor;
        file.Edit(kind, bytes => Set(bytes.AsSpan(record * RecordLayout.BySection[kind].Bytes), RecordLayout.BySection[kind], field, value));
        return file.ToArray();
    }

    /// <summary>The file with one field of the header changed, and the right checksum.</summary>
    public static byte[] WithHeader(string field, long value)
    {
        byte[] file = Build();
        int tableEnd = TableEnd(file);
        Set(file, RecordLayout.Header, field, value);
        EdgeFile.FixHeader(file, tableEnd);
        return file;
    }

    /// <summary>The file with one field of one entry of the section table changed, and the right header checksum.</summary>
    public static byte[] WithSection(int section, string field, long value)
    {
        byte[] file = Build();
        Set(file.AsSpan(EdgeFile.TableEnd(section)), RecordLayout.Section, field, value);
        EdgeFile.FixHeader(file, TableEnd(file));
        return file;
    }

    /// <summary>The file with a section's bytes replaced, and right checksums.</summary>
    public static byte[] WithBytes(SectionKind kind, Func<byte[], byte[]> edit)
    {
        EdgeFile file = Parts();
        FileSection section = file.Find(kind)!;
        section.Bytes = edit(section.Bytes);
        return file.ToArray();
    }

    /// <summary>The file with one byte of a section changed, and right checksums.</summary>
    public static byte[] WithByte(SectionKind kind, int position, byte value)
    {
        EdgeFile file = Parts();
        file.Edit(kind, bytes => bytes[position] = value);
        return file.ToArray();
    }

    /// <summary>The file whose table leaves out the last byte.</summary>
    public static byte[] WithUnlistedByte()
    {
        byte[] file = Build();
        int last = Parts().Sections.Count - 1;
        ReadOnlySpan<byte> bytes = Parts().Sections[last].Bytes.AsSpan()[..^1];
        Set(file.AsSpan(EdgeFile.TableEnd(last)), RecordLayout.Section, "Length", bytes.Length);
        Set(file.AsSpan(EdgeFile.TableEnd(last)), RecordLayout.Section, "Crc", Crc32C.Compute(bytes));
        EdgeFile.FixHeader(file, TableEnd(file));
        return file;
    }

    public static byte[] Edited(Action<EdgeFile> edit)
    {
        EdgeFile file = Parts();
        edit(file);
        return file.ToArray();
    }

    public static int TableEnd(ReadOnlySpan<byte> file) => EdgeFile.TableEnd(BinaryPrimitives.ReadInt32LittleEndian(file[16..]));

    private static void Set(Span<byte> record, RecordLayout layout, string name, long value)
    {
        // "Sizes.1" is the second value of an array.
        string[] parts = name.Split('.');
        RecordField field = layout.Fields.Single(field => field.Name == parts[0]);
        int width = parts.Length > 1 ? sizeof(int) : field.Bytes;
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        bytes[..width].CopyTo(record[(field.Offset + (parts.Length > 1 ? width * int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : 0))..]);
    }
}

using System.Buffers.Binary;
using Edge.Format;

namespace Edge.Fuzz;

/// <summary>One section of a file that is taken apart.</summary>
public sealed class FileSection(SectionKind kind, SectionFlags flags, byte[] bytes)
{
    public SectionKind Kind { get; set; } = kind;

    public SectionFlags Flags { get; set; } = flags;

    /// <summary>The bytes; replaced, never written to, because copies of a file share them.</summary>
    public byte[] Bytes { get; set; } = bytes;
}

/// <summary>A file taken apart into sections, to be edited and put together again with right offsets, lengths and checksums.</summary>
/// <remarks>Written from SPEC.md without the library's writer, so that it can make what the writer refuses to.</remarks>
public sealed class EdgeFile
{
    private const int Alignment = 64;
    private readonly byte[] _header;

    private EdgeFile(byte[] header, List<FileSection> sections)
    {
        _header = header;
        Sections = sections;
    }

    public List<FileSection> Sections { get; }

    public ushort Minor
    {
        get => BinaryPrimitives.ReadUInt16LittleEndian(_header.AsSpan(6));
        set => BinaryPrimitives.WriteUInt16LittleEndian(_header.AsSpan(6), value);
    }

    /// <summary>Takes a well-formed file apart.</summary>
    public static EdgeFile Parse(ReadOnlySpan<byte> file)
    {
        List<FileSection> sections = [];
        int count = BinaryPrimitives.ReadInt32LittleEndian(file[16..]);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> record = file.Slice(FileHeader.Size + (i * SectionRecord.Size), SectionRecord.Size);
            int offset = (int)BinaryPrimitives.ReadUInt64LittleEndian(record[8..]);
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(record[16..]);
            sections.Add(new FileSection(
                (SectionKind)BinaryPrimitives.ReadUInt32LittleEndian(record), (SectionFlags)BinaryPrimitives.ReadUInt32LittleEndian(record[4..]), file.Slice(offset, length).ToArray()));
        }

        return new EdgeFile(file[..FileHeader.Size].ToArray(), sections);
    }

    /// <summary>A copy that shares the sections' bytes.</summary>
    public EdgeFile Clone() => new((byte[])_header.Clone(), Sections.ConvertAll(static section => new FileSection(section.Kind, section.Flags, section.Bytes)));

    public FileSection? Find(SectionKind kind) => Sections.Find(section => section.Kind == kind);

    /// <summary>Replaces a section's bytes with an edited copy.</summary>
    public void Edit(SectionKind kind, Action<byte[]> edit)
    {
        FileSection section = Find(kind) ?? throw new InvalidOperationException($"The file has no section {kind}.");
        byte[] bytes = (byte[])section.Bytes.Clone();
        edit(bytes);
        section.Bytes = bytes;
    }

    /// <summary>The file: sections at the next multiple of 64 in their order, right checksums, the identity that was there.</summary>
    public byte[] ToArray()
    {
        int tableEnd = TableEnd(Sections.Count);
        int position = tableEnd;
        foreach (FileSection section in Sections)
        {
            position = AlignUp(position) + section.Bytes.Length;
        }

        byte[] file = new byte[position];
        _header.CopyTo(file, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(8), (ulong)file.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(16), (uint)Sections.Count);
        position = tableEnd;
        for (int i = 0; i < Sections.Count; i++)
        {
            position = AlignUp(position);
            Span<byte> record = file.AsSpan(FileHeader.Size + (i * SectionRecord.Size), SectionRecord.Size);
            BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)Sections[i].Kind);
            BinaryPrimitives.WriteUInt32LittleEndian(record[4..], (uint)Sections[i].Flags);
            BinaryPrimitives.WriteUInt64LittleEndian(record[8..], (ulong)position);
            BinaryPrimitives.WriteUInt64LittleEndian(record[16..], (ulong)Sections[i].Bytes.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(record[24..], Crc32C.Compute(Sections[i].Bytes));
            Sections[i].Bytes.CopyTo(file, position);
            position += Sections[i].Bytes.Length;
        }

        FixHeader(file, tableEnd);
        return file;
    }

    /// <summary>Bytes of header and section table.</summary>
    public static int TableEnd(int sections) => FileHeader.Size + (sections * SectionRecord.Size);

    /// <summary>Puts the right checksum over header and section table.</summary>
    public static void FixHeader(Span<byte> file, int tableEnd)
    {
        Span<byte> field = file.Slice(20, sizeof(uint));
        field.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(field, Crc32C.Compute(file[..tableEnd]));
    }

    private static int AlignUp(int value) => (value + (Alignment - 1)) & -Alignment;
}

using System.Buffers.Binary;
using Edge.Format;

namespace Edge.Fuzz;

/// <summary>Makes damaged files. Most have right checksums, so that they reach what lies behind them.</summary>
public sealed class Mutator
{
    private static readonly uint[] Words =
    [
        0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 32, 63, 64, 65, 127, 128, 129, 255, 256, 1000, 4095, 4096, 32767, 32768, 65535, 65536, 1 << 20, 1 << 24, 1 << 30,
        int.MaxValue - 64, int.MaxValue - 63, int.MaxValue - 1, int.MaxValue, 0x80000000, 0x80000001, uint.MaxValue, uint.MaxValue - 1, uint.MaxValue - 2, uint.MaxValue - 7,
        0x3F800000, 0xBF800000, 0x7F800000, 0xFF800000, 0x7FC00000, 0x00000001, 0x7F7FFFFF, 0x00800000, 0x33800000, 0x3F000000,
    ];

    private static readonly string[] Texts = ["", "1", "-1", "nan", "1e999", "1,2,3", "softmax_cross_entropy", "binary_cross_entropy", "mean_squared_error", "\0", "classification"];

    private readonly IReadOnlyList<EdgeFile> _seeds;
    private readonly byte[][] _files;

    public Mutator(IReadOnlyList<byte[]> seeds)
    {
        _files = [.. seeds];
        _seeds = [.. seeds.Select(static seed => EdgeFile.Parse(seed))];
    }

    /// <summary>The file of a case.</summary>
    public byte[] Make(FuzzRandom random)
    {
        int seed = random.Below(_files.Length);
        if (random.OneIn(8))
        {
            return Raw(random, seed);
        }

        EdgeFile file = _seeds[seed].Clone();
        int edits = 1;
        while (edits < 6 && random.OneIn(3))
        {
            edits++;
        }

        for (int i = 0; i < edits; i++)
        {
            Structured(random, file);
        }

        byte[] bytes = file.ToArray();
        if (random.OneIn(16))
        {
            EditTable(random, bytes, file.Sections.Count);
        }

        return bytes;
    }

    /// <summary>Damages state (a personalization or a checkpoint: bytes that end in their CRC-32C); mostly puts a right checksum.</summary>
    /// <param name="random">Decides what.</param>
    /// <param name="state">The well-formed bytes.</param>
    /// <param name="headerBytes">Bytes before the payload, where most edits go.</param>
    public static byte[] MakeState(FuzzRandom random, byte[] state, int headerBytes)
    {
        byte[] bytes = (byte[])state.Clone();
        for (int i = random.Below(3); i >= 0; i--)
        {
            if (bytes.Length < 8 || random.OneIn(8))
            {
                bytes = random.OneIn(2) ? bytes[..random.Below(bytes.Length + 1)] : [.. bytes, .. new byte[1 + random.Below(40)]];
                continue;
            }

            // Past the magic, and mostly past the identity too: both refuse everything.
            int most = random.OneIn(2) ? Math.Min(headerBytes + 32, bytes.Length) : bytes.Length;
            int least = random.OneIn(8) ? 0 : Math.Min(40, most - 1);
            EditWord(random, bytes, (least + random.Below(most - least)) & -4, sizeof(int));
        }

        if (bytes.Length >= sizeof(uint) && !random.OneIn(16))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - sizeof(uint)), Crc32C.Compute(bytes.AsSpan(0, bytes.Length - sizeof(uint))));
        }

        return bytes;
    }

    /// <summary>Damage of the kind that disks and networks do: checksums mostly refuse it.</summary>
    private byte[] Raw(FuzzRandom random, int seed)
    {
        byte[] file = (byte[])_files[seed].Clone();
        switch (random.Below(6))
        {
            case 0:
                for (int i = random.Below(8); i >= 0; i--)
                {
                    file[random.Below(file.Length)] ^= (byte)(1 << random.Below(8));
                }

                return file;
            case 1:
                EditWord(random, file, random.Below(file.Length), 1 << random.Below(4));
                return file;
            case 2:
                return file[..random.Below(file.Length + 1)];
            case 3:
                return [.. file, .. new byte[1 + random.Below(200)]];
            case 4:
                byte[] other = random.Pick(_files);
                int cut = random.Below(Math.Min(file.Length, other.Length));
                return [.. file.AsSpan(0, cut), .. other.AsSpan(cut)];
            default:
                // Header and table edits with a right checksum over both.
                EditTable(random, file, BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(16)));
                return file;
        }
    }

    private void Structured(FuzzRandom random, EdgeFile file)
    {
        switch (random.Below(20))
        {
            case 0 or 1 or 2 or 3 or 4:
                EditField(random, file);
                break;
            case 5 or 6 or 7:
                EditBytes(random, file, SectionKind.Attributes);
                break;
            case 8:
                EditBytes(random, file, SectionKind.QuantizationData);
                break;
            case 9 or 10 or 11:
                ChangeSizes(random, file);
                break;
            case 12:
                file.Sections.RemoveAll(static section => section.Kind is SectionKind.Programs or SectionKind.Steps or SectionKind.Buffers);
                break;
            case 13:
                EditSections(random, file);
                break;
            case 14:
                MoveRecords(random, file);
                break;
            case 15:
                EditBytes(random, file, SectionKind.Names);
                break;
            case 16:
                EditMetadata(random, file);
                break;
            case 17:
                EditBytes(random, file, SectionKind.Weights);
                break;
            case 18:
                ChangeOperator(random, file);
                break;
            default:
                Splice(random, file);
                break;
        }
    }

    private static void EditField(FuzzRandom random, EdgeFile file)
    {
        FileSection section = random.Pick(file.Sections);
        if (section.Bytes.Length == 0)
        {
            return;
        }

        byte[] bytes = (byte[])section.Bytes.Clone();
        section.Bytes = bytes;
        if (!RecordLayout.BySection.TryGetValue(section.Kind, out RecordLayout? layout) || bytes.Length < layout.Bytes)
        {
            EditWord(random, bytes, random.Below(bytes.Length), 1 << random.Below(4));
            return;
        }

        RecordField field = random.Pick(layout.Fields);
        int records = bytes.Length / layout.Bytes;
        int record = random.Below(records);
        int width = field.Bytes > 8 ? sizeof(int) : field.Bytes;
        int inside = field.Bytes > 8 ? random.Below(field.Bytes / sizeof(int)) * sizeof(int) : 0;
        Span<byte> target = bytes.AsSpan((record * layout.Bytes) + field.Offset + inside, width);
        if (random.OneIn(3))
        {
            bytes.AsSpan((random.Below(records) * layout.Bytes) + field.Offset + inside, width).CopyTo(target);     // a plausible value: another record's
        }
        else
        {
            EditWord(random, target, 0, width);
        }
    }

    /// <summary>Replaces a value of 1, 2, 4 or 8 bytes by an interesting one, or by one close to what was there.</summary>
    private static void EditWord(FuzzRandom random, Span<byte> bytes, int position, int width)
    {
        Span<byte> target = bytes.Slice(position, Math.Min(width, bytes.Length - position));
        Span<byte> wide = stackalloc byte[sizeof(ulong)];
        wide.Clear();
        target.CopyTo(wide);
        ulong old = BinaryPrimitives.ReadUInt64LittleEndian(wide);
        ulong value = random.Below(8) switch
        {
            0 or 1 => random.Pick(Words),
            2 => ((ulong)random.Pick(Words) << 32) | random.Pick(Words),
            3 => old + 1 + (ulong)random.Below(4),
            4 => old - 1 - (ulong)random.Below(4),
            5 => old ^ (1ul << random.Below(8 * target.Length)),
            6 => random.OneIn(2) ? old * 2 : old / 2,
            _ => (ulong)random.Below(16),
        };
        BinaryPrimitives.WriteUInt64LittleEndian(wide, value);
        wide[..target.Length].CopyTo(target);
    }

    private static void EditBytes(FuzzRandom random, EdgeFile file, SectionKind kind)
    {
        FileSection? section = file.Find(kind);
        if (section is null || section.Bytes.Length == 0)
        {
            return;
        }

        byte[] bytes = (byte[])section.Bytes.Clone();
        section.Bytes = bytes;
        int word = random.Below((bytes.Length + 3) / 4) * 4;
        switch (random.Below(6))
        {
            case 0:
                bytes[random.Below(bytes.Length)] = (byte)random.Next();
                break;
            case 1:
                section.Bytes = bytes[..random.Below(bytes.Length)];
                break;
            case 2:
                section.Bytes = [.. bytes, .. new byte[1 + random.Below(8)]];
                break;
            default:
                EditWord(random, bytes, word, sizeof(int));
                break;
        }
    }

    /// <summary>Gives every axis of one size another one, in all tensors: so that shape rules may agree and the file gets far.</summary>
    private static void ChangeSizes(FuzzRandom random, EdgeFile file)
    {
        FileSection? tensors = file.Find(SectionKind.Tensors);
        if (tensors is null || tensors.Bytes.Length < TensorRecord.Size)
        {
            return;
        }

        byte[] bytes = (byte[])tensors.Bytes.Clone();
        tensors.Bytes = bytes;
        int records = bytes.Length / TensorRecord.Size;
        Span<byte> sizes = bytes.AsSpan((random.Below(records) * TensorRecord.Size) + 24, 32);
        int rank = bytes[(random.Below(records) * TensorRecord.Size) + 1];
        int old = BinaryPrimitives.ReadInt32LittleEndian(sizes[(4 * random.Below(Math.Clamp(rank, 1, 8)))..]);
        int young = random.OneIn(4) ? (int)random.Pick(Words) : 1 + random.Below(12);
        for (int i = 0; i < records; i++)
        {
            // Mostly activations only: a constant's bytes would no longer fit.
            bool constant = (bytes[(i * TensorRecord.Size) + 2] & 1) != 0;
            for (int axis = 0; axis < 8 && (!constant || random.OneIn(8)); axis++)
            {
                Span<byte> size = bytes.AsSpan((i * TensorRecord.Size) + 24 + (4 * axis), sizeof(int));
                if (old != 0 && BinaryPrimitives.ReadInt32LittleEndian(size) == old)
                {
                    BinaryPrimitives.WriteInt32LittleEndian(size, young);
                }
            }
        }
    }

    private void EditSections(FuzzRandom random, EdgeFile file)
    {
        int index = random.Below(file.Sections.Count);
        FileSection section = file.Sections[index];
        switch (random.Below(8))
        {
            case 0:
                file.Sections.RemoveAt(index);
                if (file.Sections.Count == 0)
                {
                    file.Sections.Add(section);
                }

                break;
            case 1:
                file.Sections.Add(new FileSection(section.Kind, section.Flags, section.Bytes));
                break;
            case 2:
                int other = random.Below(file.Sections.Count);
                (file.Sections[index], file.Sections[other]) = (file.Sections[other], file.Sections[index]);
                break;
            case 3:
                section.Bytes = [];
                break;
            case 4:
                section.Kind = (SectionKind)(random.OneIn(2) ? (uint)random.Below(20) : random.Pick(Words));
                break;
            case 5:
                section.Flags = (SectionFlags)random.Pick(Words);
                break;
            case 6:
                file.Sections.Insert(index, new FileSection((SectionKind)(15 + random.Below(100)), random.OneIn(3) ? SectionFlags.Required : SectionFlags.None, new byte[random.Below(100)]));
                break;
            default:
                file.Minor = (ushort)random.Below(3);
                break;
        }
    }

    /// <summary>Removes, doubles or exchanges records of a table.</summary>
    private static void MoveRecords(FuzzRandom random, EdgeFile file)
    {
        FileSection section = random.Pick(file.Sections);
        int size = RecordLayout.BySection.TryGetValue(section.Kind, out RecordLayout? layout) ? layout.Bytes : sizeof(int);
        int records = section.Bytes.Length / size;
        if (records == 0)
        {
            return;
        }

        int first = random.Below(records) * size;
        int second = random.Below(records) * size;
        byte[] bytes = section.Bytes;
        switch (random.Below(3))
        {
            case 0:
                section.Bytes = [.. bytes.AsSpan(0, first), .. bytes.AsSpan(first + size)];
                break;
            case 1:
                section.Bytes = [.. bytes.AsSpan(0, first), .. bytes.AsSpan(second, size), .. bytes.AsSpan(first)];
                break;
            default:
                bytes = (byte[])bytes.Clone();
                section.Bytes.AsSpan(first, size).CopyTo(bytes.AsSpan(second));
                section.Bytes.AsSpan(second, size).CopyTo(bytes.AsSpan(first));
                section.Bytes = bytes;
                break;
        }
    }

    private static void EditMetadata(FuzzRandom random, EdgeFile file)
    {
        if (random.OneIn(2))
        {
            EditBytes(random, file, SectionKind.Metadata);
            return;
        }

        // A well-formed section with strange values.
        string[] keys = ["input.0.offset", "input.0.scale", "labels", "task", "training.loss"];
        List<byte> header = [];
        List<byte> text = [];
        int count = 0;
        foreach (string key in keys)
        {
            if (random.OneIn(2))
            {
                string value = random.Pick(Texts);
                header.AddRange(BitConverter.GetBytes(key.Length));
                header.AddRange(BitConverter.GetBytes(value.Length));
                text.AddRange(System.Text.Encoding.ASCII.GetBytes(key + value));
                count++;
            }
        }

        file.Sections.RemoveAll(static section => section.Kind == SectionKind.Metadata);
        file.Sections.Add(new FileSection(SectionKind.Metadata, SectionFlags.None, [.. BitConverter.GetBytes(count), .. header, .. text]));
    }

    /// <summary>Makes an operator another one that takes the same attributes or none: its shape rule then meets inputs it was not made for.</summary>
    private static void ChangeOperator(FuzzRandom random, EdgeFile file)
    {
        FileSection? operators = file.Find(SectionKind.Operators);
        if (operators is null || operators.Bytes.Length < OperatorRecord.Size)
        {
            return;
        }

        byte[] bytes = (byte[])operators.Bytes.Clone();
        operators.Bytes = bytes;
        int record = random.Below(bytes.Length / OperatorRecord.Size) * OperatorRecord.Size;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(record), (ushort)random.Below(80));
    }

    private void Splice(FuzzRandom random, EdgeFile file)
    {
        FileSection foreign = random.Pick(random.Pick(_seeds).Sections);
        FileSection? own = file.Find(foreign.Kind);
        if (own is null)
        {
            file.Sections.Add(new FileSection(foreign.Kind, foreign.Flags, foreign.Bytes));
        }
        else if (random.OneIn(2))
        {
            own.Bytes = foreign.Bytes;
        }
        else
        {
            int size = RecordLayout.BySection.TryGetValue(foreign.Kind, out RecordLayout? layout) ? layout.Bytes : sizeof(int);
            int cut = random.Below((Math.Min(own.Bytes.Length, foreign.Bytes.Length) / size) + 1) * size;
            own.Bytes = [.. own.Bytes.AsSpan(0, cut), .. foreign.Bytes.AsSpan(cut)];
        }
    }

    private static void EditTable(FuzzRandom random, byte[] file, int sections)
    {
        int tableEnd = Math.Min(EdgeFile.TableEnd(sections), file.Length);
        bool header = random.OneIn(3) || sections == 0;
        RecordField field = random.Pick(header ? RecordLayout.Header.Fields : RecordLayout.Section.Fields);
        int start = header ? 0 : EdgeFile.TableEnd(random.Below(sections));
        int width = Math.Min(field.Bytes, 8);
        EditWord(random, file.AsSpan(start + field.Offset, width), 0, width);
        EdgeFile.FixHeader(file, tableEnd);
    }
}

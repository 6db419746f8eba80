using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Edge.Format;

/// <summary>A checked view of a .edge file: its tables are read in place, nothing is copied or parsed into objects.</summary>
/// <remarks>
/// <see cref="Open(ReadOnlySpan{byte}, ModelLimits)"/> proves the structure: sections, checksums, ranges, indices, sizes. What needs
/// knowledge of operators (arity, attributes, shapes, programs) is checked by the runtime. Layout: format/SPEC.md.
/// </remarks>
public readonly ref struct ModelView
{
    private const int Alignment = 64;

    private readonly ReadOnlySpan<byte> _file;
    private readonly ReadOnlySpan<byte> _quantizationData;
    private readonly ReadOnlySpan<byte> _attributes;
    private readonly ReadOnlySpan<byte> _names;
    private readonly ReadOnlySpan<byte> _metadata;
    private readonly GraphRecord _graph;

    private ModelView(ReadOnlySpan<byte> file, ModelLimits limits)
    {
        _file = file;
        if (!BitConverter.IsLittleEndian)
        {
            throw new ModelFormatException("This machine is big-endian; .edge files are read in place on little-endian machines only.");
        }

        if (file.Length > limits.MaxFileBytes)
        {
            throw new ModelFormatException($"The file has {file.Length} bytes; the limit is {limits.MaxFileBytes} (ModelLimits.MaxFileBytes).");
        }

        if (file.Length < FileHeader.Size)
        {
            throw new ModelFormatException($"The file has {file.Length} bytes; a header alone has {FileHeader.Size}. It is empty, truncated or not a .edge file.");
        }

        Header = MemoryMarshal.Read<FileHeader>(file);
        CheckHeader(Header, file.Length, limits);
        long tableBytes = FileHeader.Size + ((long)Header.SectionCount * SectionRecord.Size);
        if (tableBytes > file.Length)
        {
            throw new ModelFormatException($"Section table: {Header.SectionCount} sections end at byte {tableBytes}, the file at {file.Length}. It is truncated, or the section count is wrong.");
        }

        int tableEnd = (int)tableBytes;
        uint crc = HeaderCrc(file[..tableEnd]);
        if (crc != Header.HeaderCrc)
        {
            throw new ModelFormatException($"Header: checksum is 0x{crc:X8}, 0x{Header.HeaderCrc:X8} is stated. The file is damaged.");
        }

        CheckReserved(Header.Reserved, "Header");
        Sections = MemoryMarshal.Cast<byte, SectionRecord>(file[FileHeader.Size..tableEnd]);
        ulong position = (ulong)tableEnd;
        uint seen = 0;
        ReadOnlySpan<byte> graph = default;
        for (int i = 0; i < Sections.Length; i++)
        {
            SectionRecord section = Sections[i];
            ReadOnlySpan<byte> bytes = CheckSection(file, section, i, ref position);
            CheckReserved(section.Reserved, "Section", i);
            CheckReserved((uint)(section.Flags & ~SectionFlags.Required), "Section", i, "bit 0 (required) is the only flag");
            if ((uint)section.Kind is 0 or > (uint)SectionKind.Signature)
            {
                if ((section.Flags & SectionFlags.Required) != 0)
                {
                    throw new ModelFormatException($"Section {i}: kind {(uint)section.Kind} is required to understand the file and unknown to format version {FileHeader.CurrentMajor}.{FileHeader.CurrentMinor}. Use a newer Edge.");
                }

                continue;
            }

            uint bit = 1u << (int)section.Kind;
            if ((seen & bit) != 0)
            {
                throw new ModelFormatException($"Section {i}: a second section of kind {section.Kind}; one is allowed.");
            }

            seen |= bit;
            switch (section.Kind)
            {
                case SectionKind.Graph: graph = bytes; break;
                case SectionKind.Tensors: Tensors = Table<TensorRecord>(bytes, section.Kind, TensorRecord.Size, limits.MaxTensors); break;
                case SectionKind.Quantizations: Quantizations = Table<QuantizationRecord>(bytes, section.Kind, QuantizationRecord.Size, limits.MaxTensors); break;
                case SectionKind.QuantizationData: _quantizationData = bytes; break;
                case SectionKind.Operators: Operators = Table<OperatorRecord>(bytes, section.Kind, OperatorRecord.Size, limits.MaxOperators); break;
                case SectionKind.Indices: Indices = Table<int>(bytes, section.Kind, sizeof(int), int.MaxValue); break;
                case SectionKind.Attributes: _attributes = bytes; break;
                case SectionKind.Weights: Weights = bytes; break;
                case SectionKind.Programs: Programs = Table<ProgramRecord>(bytes, section.Kind, ProgramRecord.Size, limits.MaxPrograms); break;
                case SectionKind.Steps: Steps = Table<StepRecord>(bytes, section.Kind, StepRecord.Size, int.MaxValue); break;
                case SectionKind.Buffers: Buffers = Table<BufferRecord>(bytes, section.Kind, BufferRecord.Size, int.MaxValue); break;
                case SectionKind.Names: _names = bytes; break;
                case SectionKind.Metadata: _metadata = bytes; break;
                default: break;
            }
        }

        if (position != (ulong)file.Length)
        {
            throw new ModelFormatException($"The last section ends at byte {position}, the file at {file.Length}; no bytes may follow.");
        }

        if (graph.Length != GraphRecord.Size)
        {
            throw new ModelFormatException($"Section Graph has {graph.Length} bytes; it is needed and has {GraphRecord.Size}.");
        }

        _graph = MemoryMarshal.Read<GraphRecord>(graph);
        CheckQuantizations();
        CheckTensors(limits);
        CheckOperators();
        CheckPrograms(limits);
        CheckNames();
        CheckMetadata(limits);
    }

    /// <summary>The header.</summary>
    public FileHeader Header { get; }

    /// <summary>The section table.</summary>
    public ReadOnlySpan<SectionRecord> Sections { get; }

    /// <summary>All tensors.</summary>
    public ReadOnlySpan<TensorRecord> Tensors { get; }

    /// <summary>Quantization parameters.</summary>
    public ReadOnlySpan<QuantizationRecord> Quantizations { get; }

    /// <summary>Operators in execution order.</summary>
    public ReadOnlySpan<OperatorRecord> Operators { get; }

    /// <summary>Tensor indices that operators and the graph refer to.</summary>
    public ReadOnlySpan<int> Indices { get; }

    /// <summary>Constant data.</summary>
    public ReadOnlySpan<byte> Weights { get; }

    /// <summary>Programs; may be empty.</summary>
    public ReadOnlySpan<ProgramRecord> Programs { get; }

    /// <summary>Steps of all programs.</summary>
    public ReadOnlySpan<StepRecord> Steps { get; }

    /// <summary>Buffers of all programs.</summary>
    public ReadOnlySpan<BufferRecord> Buffers { get; }

    /// <summary>Tensor indices of the model's inputs.</summary>
    public ReadOnlySpan<int> Inputs => Indices.Slice((int)_graph.FirstInput, (int)_graph.InputCount);

    /// <summary>Tensor indices of the model's outputs.</summary>
    public ReadOnlySpan<int> Outputs => Indices.Slice((int)_graph.FirstOutput, (int)_graph.OutputCount);

    /// <summary>Checks a file's structure and opens a view of it.</summary>
    /// <param name="file">All bytes of the file, from an address that is a multiple of 4; they must not change while the view is used.</param>
    /// <param name="limits">Caps.</param>
    /// <exception cref="ModelFormatException">The file is malformed, damaged, unsupported or beyond the limits.</exception>
    /// <exception cref="ArgumentException"><paramref name="file"/> starts at an address that is no multiple of 4.</exception>
    public static ModelView Open(ReadOnlySpan<byte> file, ModelLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);

        // Tables are read in place as 4-byte values, and 32-bit Arm traps on unaligned floats. Arrays and native memory are aligned: only a slice can be odd.
        return Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref MemoryMarshal.GetReference(file)) % sizeof(uint) == 0
            ? new ModelView(file, limits)
            : throw new ArgumentException("The file starts at an address that is no multiple of 4. Copy it to the start of an array first.", nameof(file));
    }

    /// <summary>A tensor's shape.</summary>
    /// <param name="tensor">Its index.</param>
    public Shape TensorShape(int tensor)
    {
        TensorRecord record = Tensors[tensor];
        return new Shape(((ReadOnlySpan<int>)record.Sizes)[..record.Rank]);
    }

    /// <summary>A constant's stored bytes; empty for other tensors.</summary>
    /// <param name="tensor">Its index.</param>
    public ReadOnlySpan<byte> TensorData(int tensor)
    {
        TensorRecord record = Tensors[tensor];
        return (record.Flags & TensorFlags.Constant) == 0 ? default : Weights.Slice((int)record.DataOffset, (int)record.DataBytes);
    }

    /// <summary>The scales of a quantization record.</summary>
    /// <param name="quantization">Its index.</param>
    public ReadOnlySpan<float> Scales(int quantization)
    {
        QuantizationRecord record = Quantizations[quantization];
        return MemoryMarshal.Cast<byte, float>(_quantizationData.Slice((int)record.ScalesOffset, (int)record.Count * sizeof(float)));
    }

    /// <summary>The zero points of a quantization record; empty when all are 0.</summary>
    /// <param name="quantization">Its index.</param>
    public ReadOnlySpan<int> ZeroPoints(int quantization)
    {
        QuantizationRecord record = Quantizations[quantization];
        return record.ZeroPointsOffset == QuantizationRecord.NoZeroPoints
            ? default
            : MemoryMarshal.Cast<byte, int>(_quantizationData.Slice((int)record.ZeroPointsOffset, (int)record.Count * sizeof(int)));
    }

    /// <summary>An operator's input tensors; −1 is an optional input left out.</summary>
    /// <param name="index">The operator's index.</param>
    public ReadOnlySpan<int> OperatorInputs(int index) => Indices.Slice((int)Operators[index].FirstIndex, Operators[index].InputCount);

    /// <summary>An operator's output tensors.</summary>
    /// <param name="index">The operator's index.</param>
    public ReadOnlySpan<int> OperatorOutputs(int index) =>
        Indices.Slice((int)Operators[index].FirstIndex + Operators[index].InputCount, Operators[index].OutputCount);

    /// <summary>An operator's attribute bytes.</summary>
    /// <param name="index">The operator's index.</param>
    public ReadOnlySpan<byte> OperatorAttributes(int index) =>
        _attributes.Slice((int)Operators[index].AttributesOffset, (int)Operators[index].AttributesBytes);

    /// <summary>A tensor's name, or an empty string where names were stripped.</summary>
    /// <param name="index">The tensor's index.</param>
    public string TensorName(int index) => Name(index);

    /// <summary>An operator's name, or an empty string where names were stripped.</summary>
    /// <param name="index">The operator's index.</param>
    public string OperatorName(int index) => Name(Tensors.Length + index);

    /// <summary>All metadata pairs, in file order.</summary>
    public KeyValuePair<string, string>[] ReadMetadata()
    {
        ReadOnlySpan<uint> lengths = MetadataLengths(out ReadOnlySpan<byte> text);
        KeyValuePair<string, string>[] pairs = new KeyValuePair<string, string>[lengths.Length / 2];
        for (int i = 0; i < pairs.Length; i++)
        {
            string key = Encoding.UTF8.GetString(text[..(int)lengths[2 * i]]);
            text = text[(int)lengths[2 * i]..];
            pairs[i] = new(key, Encoding.UTF8.GetString(text[..(int)lengths[(2 * i) + 1]]));
            text = text[(int)lengths[(2 * i) + 1]..];
        }

        return pairs;
    }

    /// <summary>Bytes of one section, or 0 where the file has none.</summary>
    /// <param name="kind">The section.</param>
    public long SectionBytes(SectionKind kind)
    {
        foreach (SectionRecord section in Sections)
        {
            if (section.Kind == kind)
            {
                return (long)section.Length;
            }
        }

        return 0;
    }

    /// <summary>Whether the stored identity is the SHA-256 of the content. Not part of <see cref="Open"/>: hashing may load a system library.</summary>
    public bool VerifyIdentity()
    {
        ContentId actual = ModelIdentity.Compute(_file, Sections);
        ContentId stated = Header.Identity;
        return ((ReadOnlySpan<byte>)actual).SequenceEqual(stated);
    }

    internal static uint HeaderCrc(ReadOnlySpan<byte> headerAndTable)
    {
        // The field itself counts as zero: checksum the part before it, four zero bytes, the part after it.
        int field = FileHeaderCrcOffset;
        uint crc = Crc32C.Compute(headerAndTable[..field]);
        crc = Crc32C.Compute([0, 0, 0, 0], crc);
        return Crc32C.Compute(headerAndTable[(field + 4)..], crc);
    }

    internal const int FileHeaderCrcOffset = 20;

    private static void CheckHeader(in FileHeader header, int fileBytes, ModelLimits limits)
    {
        if (header.Magic != FileHeader.MagicValue)
        {
            throw new ModelFormatException($"The file starts with 0x{header.Magic:X8}; a .edge file starts with 'EDGE' (0x{FileHeader.MagicValue:X8}).");
        }

        if (header.Major != FileHeader.CurrentMajor)
        {
            throw new ModelFormatException($"The file has format version {header.Major}.{header.Minor}; this library reads {FileHeader.CurrentMajor}.x. Convert the model again or use a matching Edge.");
        }

        if (header.FileBytes != (ulong)fileBytes)
        {
            throw new ModelFormatException($"The header states {header.FileBytes} bytes, the file has {fileBytes}. It is truncated or has grown.");
        }

        if (header.SectionCount > (uint)limits.MaxSections)
        {
            throw new ModelFormatException($"The file has {header.SectionCount} sections; the limit is {limits.MaxSections} (ModelLimits.MaxSections).");
        }
    }

    private static ReadOnlySpan<byte> CheckSection(ReadOnlySpan<byte> file, SectionRecord section, int index, scoped ref ulong position)
    {
        // Sections follow each other in table order, each at the next multiple of 64: no overlap and no hole to hide in.
        ulong start = AlignUp(position);
        if (section.Offset != start)
        {
            throw new ModelFormatException($"Section {index} ({section.Kind}) starts at byte {section.Offset}; the one before it ends at {position}, so it must start at {start}.");
        }

        if (start > (ulong)file.Length || section.Length > (ulong)file.Length - start)
        {
            throw new ModelFormatException($"Section {index} ({section.Kind}) has {section.Length} bytes from byte {start}; the file ends at {file.Length}.");
        }

        if (file[(int)position..(int)start].ContainsAnyExcept((byte)0))
        {
            throw new ModelFormatException($"The bytes between {position} and {start}, before section {index} ({section.Kind}), are not zero.");
        }

        ReadOnlySpan<byte> bytes = file.Slice((int)start, (int)section.Length);
        uint crc = Crc32C.Compute(bytes);
        if (crc != section.Crc)
        {
            throw new ModelFormatException($"Section {index} ({section.Kind}): checksum is 0x{crc:X8}, 0x{section.Crc:X8} is stated. The file is damaged.");
        }

        position = start + section.Length;
        return bytes;
    }

    private static ReadOnlySpan<T> Table<T>(ReadOnlySpan<byte> bytes, SectionKind kind, int recordBytes, int limit) where T : unmanaged
    {
        if (bytes.Length % recordBytes != 0)
        {
            throw new ModelFormatException($"Section {kind} has {bytes.Length} bytes, which is no multiple of its record size {recordBytes}.");
        }

        return bytes.Length / recordBytes <= limit
            ? MemoryMarshal.Cast<byte, T>(bytes)
            : throw new ModelFormatException($"Section {kind} has {bytes.Length / recordBytes} records; the limit is {limit} (ModelLimits).");
    }

    private static ulong AlignUp(ulong value) => (value + (Alignment - 1)) & ~(ulong)(Alignment - 1);

    /// <summary>Proves that a range starts where the one before it ended and lies inside its table; moves <paramref name="next"/> behind it.</summary>
    /// <remarks>Ranges that may not overlap make every loop over them linear in the file: many records cannot share one long list.</remarks>
    private static void CheckRange(string owner, int index, string what, ulong first, ulong count, int length, ref ulong next)
    {
        if (first != next || count > (ulong)length - next)
        {
            throw new ModelFormatException($"{Label(owner, index)}: {count} {what} from {first} of {length}; they must start at {next}, where those before end, and lie inside.");
        }

        next += count;
    }

    private static void CheckEnd(string section, ulong used, int length)
    {
        if (used != (ulong)length)
        {
            throw new ModelFormatException($"Section {section}: {used} of {length} entries are in use; all must be.");
        }
    }

    private static string Label(string owner, int index) => index < 0 ? owner : $"{owner} {index}";

    /// <summary>Refuses what this version does not define, unless a later minor version may have defined it.</summary>
    private void CheckReserved(ulong value, string owner, int index = -1, string allowed = "reserved fields are 0")
    {
        if (value != 0 && Header.Minor <= FileHeader.CurrentMinor)
        {
            throw new ModelFormatException($"{Label(owner, index)}: 0x{value:X} in a reserved field or flag; in format version {FileHeader.CurrentMajor}.{FileHeader.CurrentMinor} {allowed}.");
        }
    }

    private static void CheckIndices(string owner, int position, string what, ReadOnlySpan<int> indices, int count, bool optional)
    {
        foreach (int index in indices)
        {
            if ((uint)index >= (uint)count && !(optional && index == -1))
            {
                throw new ModelFormatException($"{Label(owner, position)} {what}: tensor index {index}; there are {count} tensors{(optional ? " (−1 for none)" : "")}.");
            }
        }
    }

    private void CheckQuantizations()
    {
        ulong next = 0;
        for (int i = 0; i < Quantizations.Length; i++)
        {
            QuantizationRecord record = Quantizations[i];
            if (record.Axis is < -1 or >= Shape.MaxRank || record.Count == 0 || (record.Axis == -1 && record.Count != 1))
            {
                throw new ModelFormatException($"Quantization {i}: axis {record.Axis} with {record.Count} scales; axis −1 has one scale, an axis 0 … {Shape.MaxRank - 1} at least one.");
            }

            CheckRange("Quantization", i, "bytes of scales", record.ScalesOffset, sizeof(float) * (ulong)record.Count, _quantizationData.Length, ref next);
            foreach (float scale in Scales(i))
            {
                if (!(scale > 0) || !float.IsFinite(scale))
                {
                    throw new ModelFormatException($"Quantization {i}: scale {scale}; scales are positive and finite.");
                }
            }

            if (record.ZeroPointsOffset != QuantizationRecord.NoZeroPoints)
            {
                CheckRange("Quantization", i, "bytes of zero points", record.ZeroPointsOffset, sizeof(int) * (ulong)record.Count, _quantizationData.Length, ref next);
            }
        }

        CheckEnd(nameof(SectionKind.QuantizationData), next, _quantizationData.Length);
    }

    private void CheckTensors(ModelLimits limits)
    {
        ulong weightsEnd = 0;
        byte[]? zeroPointsChecked = null;
        for (int i = 0; i < Tensors.Length; i++)
        {
            TensorRecord record = Tensors[i];
            int elementBytes = record.Type.Size();
            if (elementBytes == 0)
            {
                throw new ModelFormatException($"Tensor {i}: data type {record.Type.Name()} is not supported by format version {FileHeader.CurrentMajor}.{FileHeader.CurrentMinor}.");
            }

            if (record.Rank > Shape.MaxRank)
            {
                throw new ModelFormatException($"Tensor {i}: rank {record.Rank}; at most {Shape.MaxRank} is allowed.");
            }

            long bytes = elementBytes;
            for (int axis = 0; axis < Shape.MaxRank; axis++)
            {
                int size = record.Sizes[axis];
                if (axis >= record.Rank ? size != 0 : size < 1)
                {
                    throw new ModelFormatException($"Tensor {i}: axis {axis} of rank {record.Rank} has size {size}; sizes start at 1, and axes beyond the rank are 0.");
                }

                // Both factors are below 2³¹ and the running product is capped each time, so it cannot overflow.
                bytes = axis < record.Rank ? bytes * size : bytes;
                if (bytes > limits.MaxTensorBytes)
                {
                    throw new ModelFormatException($"Tensor {i} exceeds {limits.MaxTensorBytes} bytes (ModelLimits.MaxTensorBytes).");
                }
            }

            CheckReserved(record.Reserved, "Tensor", i);
            CheckReserved((uint)(record.Flags & ~TensorFlags.Constant), "Tensor", i, "bit 0 (constant) is the only flag");
            CheckTensorQuantization(i, record, ref zeroPointsChecked);
            CheckTensorData(i, record, bytes, ref weightsEnd);
        }

        CheckEnd(nameof(SectionKind.Weights), weightsEnd, Weights.Length);
    }

    private void CheckTensorQuantization(int i, in TensorRecord record, ref byte[]? zeroPointsChecked)
    {
        if (record.Quantization == -1)
        {
            return;
        }

        if ((uint)record.Quantization >= (uint)Quantizations.Length)
        {
            throw new ModelFormatException($"Tensor {i}: quantization {record.Quantization}; there are {Quantizations.Length} (−1 for none).");
        }

        QuantizationRecord quantization = Quantizations[record.Quantization];
        if (record.Type is DataType.Float32 or DataType.Bool or DataType.Int64)
        {
            throw new ModelFormatException($"Tensor {i}: {record.Type.Name()} with quantization parameters; only int8, uint8, int16 and int32 have them.");
        }

        if (quantization.Axis >= 0 && (quantization.Axis >= record.Rank || record.Sizes[quantization.Axis] != quantization.Count))
        {
            throw new ModelFormatException($"Tensor {i}: {quantization.Count} scales along axis {quantization.Axis} of {TensorShape(i)}; one scale for each index of an existing axis is needed.");
        }

        ReadOnlySpan<int> zeroPoints = ZeroPoints(record.Quantization);
        if (zeroPoints.Length > 1)
        {
            // Many tensors may share one long list; it is checked once for each type. Only asymmetric per-axis quantization, which is rare, pays for the note.
            zeroPointsChecked ??= new byte[Quantizations.Length];
            byte bit = (byte)(1 << ((int)record.Type & 7));
            if ((zeroPointsChecked[record.Quantization] & bit) != 0)
            {
                return;
            }

            zeroPointsChecked[record.Quantization] |= bit;
        }

        (int lowest, int highest) = record.Type switch
        {
            DataType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
            DataType.UInt8 => (byte.MinValue, byte.MaxValue),
            DataType.Int16 => (short.MinValue, short.MaxValue),
            _ => (0, 0),
        };
        foreach (int zeroPoint in zeroPoints)
        {
            if (zeroPoint < lowest || zeroPoint > highest)
            {
                throw new ModelFormatException($"Tensor {i}: zero point {zeroPoint}; {record.Type.Name()} allows {lowest} … {highest}.");
            }
        }
    }

    private void CheckTensorData(int i, in TensorRecord record, long bytes, ref ulong weightsEnd)
    {
        if ((record.Flags & TensorFlags.Constant) == 0)
        {
            if (record.DataOffset != 0 || record.DataBytes != 0 || record.Encoding != WeightEncoding.Raw)
            {
                throw new ModelFormatException($"Tensor {i} is no constant and states {record.DataBytes} bytes of data at {record.DataOffset} in encoding {(byte)record.Encoding}; all three must be 0.");
            }

            return;
        }

        if (record.Encoding != WeightEncoding.Raw)
        {
            throw new ModelFormatException($"Tensor {i}: weight encoding {(byte)record.Encoding} is unknown to this version; it reads raw (0).");
        }

        if (record.DataBytes != (ulong)bytes)
        {
            throw new ModelFormatException($"Tensor {i}: {record.DataBytes} bytes of data for {record.Type.Name()} {TensorShape(i)}, which takes {bytes}.");
        }

        ulong start = AlignUp(weightsEnd);
        if (record.DataOffset != start || start > (ulong)Weights.Length || record.DataBytes > (ulong)Weights.Length - start)
        {
            throw new ModelFormatException($"Tensor {i}: {record.DataBytes} bytes at {record.DataOffset} of the {Weights.Length} bytes of weights; they must start at {start}, the next multiple of {Alignment} after the constant before, and lie inside.");
        }

        if (Weights[(int)weightsEnd..(int)start].ContainsAnyExcept((byte)0))
        {
            throw new ModelFormatException($"Tensor {i}: the bytes between {weightsEnd} and {start} of the weights, before its data, are not zero.");
        }

        weightsEnd = start + record.DataBytes;
        if (record.Type == DataType.Bool && TensorData(i).ContainsAnyExceptInRange((byte)0, (byte)1))
        {
            throw new ModelFormatException($"Tensor {i}: a bool constant holds a byte other than 0 and 1.");
        }
    }

    private void CheckOperators()
    {
        ulong nextIndex = 0;
        ulong nextAttribute = 0;
        for (int i = 0; i < Operators.Length; i++)
        {
            OperatorRecord record = Operators[i];
            CheckReserved(record.Reserved, "Operator", i);
            CheckRange("Operator", i, "tensor indices", record.FirstIndex, (ulong)record.InputCount + record.OutputCount, Indices.Length, ref nextIndex);
            CheckRange("Operator", i, "attribute bytes", record.AttributesOffset, record.AttributesBytes, _attributes.Length, ref nextAttribute);
            CheckIndices("Operator", i, "inputs", OperatorInputs(i), Tensors.Length, optional: true);
            CheckIndices("Operator", i, "outputs", OperatorOutputs(i), Tensors.Length, optional: false);
        }

        CheckRange("Graph", -1, "inputs", _graph.FirstInput, _graph.InputCount, Indices.Length, ref nextIndex);
        CheckRange("Graph", -1, "outputs", _graph.FirstOutput, _graph.OutputCount, Indices.Length, ref nextIndex);
        CheckIndices("Graph", -1, "inputs", Inputs, Tensors.Length, optional: false);
        CheckIndices("Graph", -1, "outputs", Outputs, Tensors.Length, optional: false);
        CheckEnd(nameof(SectionKind.Indices), nextIndex, Indices.Length);
        CheckEnd(nameof(SectionKind.Attributes), nextAttribute, _attributes.Length);
    }

    private void CheckPrograms(ModelLimits limits)
    {
        ulong nextStep = 0;
        ulong nextBuffer = 0;
        for (int i = 0; i < Programs.Length; i++)
        {
            ProgramRecord record = Programs[i];
            if (record.Kind > ProgramKind.Train || record.Scheme > ProgramRecord.HighestScheme)
            {
                throw new ModelFormatException($"Program {i}: kind {(byte)record.Kind} and scheme {record.Scheme}; kinds 0 … {(byte)ProgramKind.Train} and schemes 0 … {ProgramRecord.HighestScheme} are defined.");
            }

            if (record.Batch is 0 or > int.MaxValue)
            {
                throw new ModelFormatException($"Program {i}: batch {record.Batch}; 1 … {int.MaxValue} is allowed.");
            }

            CheckReserved(record.Reserved, "Program", i);
            CheckReserved(record.Flags & ~ProgramRecord.UpdatesLast, "Program", i, "bit 0 (updates last) is the only flag");
            CheckRange("Program", i, "steps", record.FirstStep, record.StepCount, Steps.Length, ref nextStep);
            CheckRange("Program", i, "buffers", record.FirstBuffer, record.BufferCount, Buffers.Length, ref nextBuffer);
            if (record.ArenaBytes > (ulong)limits.MaxArenaBytes)
            {
                throw new ModelFormatException($"Program {i}: arena of {record.ArenaBytes} bytes; the limit is {limits.MaxArenaBytes} (ModelLimits.MaxArenaBytes).");
            }

            ulong end = 0;
            foreach (BufferRecord buffer in Buffers.Slice((int)record.FirstBuffer, (int)record.BufferCount))
            {
                CheckReserved(buffer.Reserved | (uint)buffer.Reserved2, "A buffer of program", i);
                if (buffer.Kind > BufferKind.Saved || buffer.Offset % Alignment != 0 || buffer.Offset > record.ArenaBytes || buffer.Bytes > record.ArenaBytes - buffer.Offset)
                {
                    throw new ModelFormatException($"Program {i}: buffer {buffer.Kind} {buffer.Index} has {buffer.Bytes} bytes at {buffer.Offset} of an arena of {record.ArenaBytes}; kinds are 0 … {(byte)BufferKind.Saved}, offsets multiples of {Alignment}, and buffers lie inside.");
                }

                end = Math.Max(end, AlignUp(buffer.Offset + buffer.Bytes));
            }

            if (record.ArenaBytes != end)
            {
                throw new ModelFormatException($"Program {i}: arena of {record.ArenaBytes} bytes; its buffers end at {end}, and the arena has no byte more.");
            }
        }

        for (int i = 0; i < Steps.Length; i++)
        {
            CheckReserved(Steps[i].Reserved | (uint)Steps[i].Reserved2, "Step", i);
            if (Steps[i].Phase > StepPhase.Update)
            {
                throw new ModelFormatException($"Step {i}: phase {(byte)Steps[i].Phase}; 0 … {(byte)StepPhase.Update} are defined.");
            }
        }

        CheckEnd(nameof(SectionKind.Steps), nextStep, Steps.Length);
        CheckEnd(nameof(SectionKind.Buffers), nextBuffer, Buffers.Length);
    }

    private void CheckNames()
    {
        if (_names.IsEmpty)
        {
            return;
        }

        int count = Tensors.Length + Operators.Length;
        long header = (count + 1L) * sizeof(uint);
        if (_names.Length < header)
        {
            throw new ModelFormatException($"Section Names has {_names.Length} bytes; the offsets of {count} names take {header}.");
        }

        ReadOnlySpan<uint> offsets = MemoryMarshal.Cast<byte, uint>(_names[..(int)header]);
        uint previous = 0;
        for (int i = 0; i < offsets.Length; i++)
        {
            if (offsets[i] < previous || (i == 0 && offsets[i] != 0) || offsets[i] > _names.Length - header)
            {
                throw new ModelFormatException($"Section Names: name {i} starts at {offsets[i]} after {previous}; offsets start at 0, rise and stay inside {_names.Length - header} bytes of text.");
            }

            if (!Utf8.IsValid(_names.Slice((int)header + (int)previous, (int)(offsets[i] - previous))))
            {
                throw new ModelFormatException($"Section Names: name {i - 1} is not valid UTF-8.");
            }

            previous = offsets[i];
        }

        if (previous != _names.Length - header)
        {
            throw new ModelFormatException($"Section Names: the last name ends at {previous} of {_names.Length - header} bytes of text.");
        }
    }

    private string Name(int index)
    {
        if (_names.IsEmpty)
        {
            return "";
        }

        int header = (Tensors.Length + Operators.Length + 1) * sizeof(uint);
        ReadOnlySpan<uint> offsets = MemoryMarshal.Cast<byte, uint>(_names[..header]);
        return Encoding.UTF8.GetString(_names.Slice(header + (int)offsets[index], (int)(offsets[index + 1] - offsets[index])));
    }

    private void CheckMetadata(ModelLimits limits)
    {
        if (_metadata.IsEmpty)
        {
            return;
        }

        ReadOnlySpan<uint> lengths = MetadataLengths(out ReadOnlySpan<byte> text);
        if (lengths.Length / 2 > limits.MaxMetadataPairs)
        {
            throw new ModelFormatException($"Section Metadata has {lengths.Length / 2} pairs; the limit is {limits.MaxMetadataPairs} (ModelLimits.MaxMetadataPairs).");
        }

        ulong total = 0;
        foreach (uint length in lengths)
        {
            total += length;
        }

        if (total != (ulong)text.Length)
        {
            throw new ModelFormatException($"Section Metadata: its {lengths.Length / 2} pairs take {total} bytes of text; {text.Length} are there.");
        }

        ReadOnlySpan<byte> previous = default;
        for (int i = 0; i < lengths.Length; i += 2)
        {
            ReadOnlySpan<byte> key = text[..(int)lengths[i]];
            ReadOnlySpan<byte> value = text.Slice(key.Length, (int)lengths[i + 1]);
            text = text[(key.Length + value.Length)..];
            if (!Utf8.IsValid(key) || !Utf8.IsValid(value))
            {
                throw new ModelFormatException($"Section Metadata: pair {i / 2} is not valid UTF-8.");
            }

            // Rising keys: unique without a set, and one order for the same pairs. An empty key can only fail here, as nothing sorts before it.
            if (previous.SequenceCompareTo(key) >= 0)
            {
                throw new ModelFormatException($"Section Metadata: key {i / 2}, '{Encoding.UTF8.GetString(key)}', follows '{Encoding.UTF8.GetString(previous)}'; keys are not empty, unique and in rising order of their bytes.");
            }

            previous = key;
        }
    }

    private ReadOnlySpan<uint> MetadataLengths(out ReadOnlySpan<byte> text)
    {
        text = default;
        if (_metadata.IsEmpty)
        {
            return default;
        }

        uint count = _metadata.Length < sizeof(uint) ? uint.MaxValue : MemoryMarshal.Read<uint>(_metadata);
        ulong header = sizeof(uint) + (2UL * sizeof(uint) * count);
        if (header > (ulong)_metadata.Length)
        {
            throw new ModelFormatException($"Section Metadata has {_metadata.Length} bytes; its pair count asks for at least {header}.");
        }

        text = _metadata[(int)header..];
        return MemoryMarshal.Cast<byte, uint>(_metadata[sizeof(uint)..(int)header]);
    }
}

using System.Reflection;
using System.Runtime.CompilerServices;
using Edge.Format;

namespace Edge.Fuzz;

/// <summary>One field of a record: where it lies and what it is called in SPEC.md.</summary>
public sealed record RecordField(string Name, int Offset, int Bytes, string Type);

/// <summary>The fields of each record, taken from the structs themselves: what the fuzzer edits and SPEC.md is compared with.</summary>
public sealed record RecordLayout(string Name, int Bytes, IReadOnlyList<RecordField> Fields)
{
    public static RecordLayout Header { get; } = Of<FileHeader>();

    public static RecordLayout Section { get; } = Of<SectionRecord>();

    /// <summary>Layouts of the sections that are arrays of records.</summary>
    public static IReadOnlyDictionary<SectionKind, RecordLayout> BySection { get; } = new Dictionary<SectionKind, RecordLayout>
    {
        [SectionKind.Graph] = Of<GraphRecord>(),
        [SectionKind.Tensors] = Of<TensorRecord>(),
        [SectionKind.Quantizations] = Of<QuantizationRecord>(),
        [SectionKind.Operators] = Of<OperatorRecord>(),
        [SectionKind.Indices] = new RecordLayout("int32", sizeof(int), [new RecordField("Index", 0, sizeof(int), "i32")]),
        [SectionKind.Programs] = Of<ProgramRecord>(),
        [SectionKind.Steps] = Of<StepRecord>(),
        [SectionKind.Buffers] = Of<BufferRecord>(),
    };

    private static RecordLayout Of<T>() where T : unmanaged
    {
        List<RecordField> fields = [];
        int offset = 0;
        foreach (FieldInfo field in typeof(T).GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            (string type, int bytes) = Describe(field.FieldType);
            fields.Add(new RecordField(field.Name, offset, bytes, type));
            offset += bytes;                        // the records are packed, in the order in which they are declared
        }

        if (offset != Unsafe.SizeOf<T>())
        {
            throw new InvalidOperationException($"{typeof(T).Name} has {Unsafe.SizeOf<T>()} bytes, its fields {offset}.");
        }

        return new RecordLayout(typeof(T).Name, offset, fields);
    }

    private static (string Type, int Bytes) Describe(Type type)
    {
        if (type.GetCustomAttribute<InlineArrayAttribute>() is { } array)
        {
            (string element, int bytes) = Describe(type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic)[0].FieldType);
            return ($"{element}[{array.Length}]", bytes * array.Length);
        }

        return Type.GetTypeCode(type) switch
        {
            TypeCode.Byte => ("u8", 1),
            TypeCode.UInt16 => ("u16", 2),
            TypeCode.UInt32 => ("u32", 4),
            TypeCode.Int32 => ("i32", 4),
            TypeCode.UInt64 => ("u64", 8),
            _ => throw new InvalidOperationException($"{type} is not described."),
        };
    }
}

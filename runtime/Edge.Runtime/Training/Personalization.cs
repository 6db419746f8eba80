using System.Buffers.Binary;
using Edge.Format;
using Edge.Runtime.Graph;

namespace Edge.Runtime.Training;

/// <summary>What fine-tuning changed in a model: from which operator on it is float32, and the new values of its constants.</summary>
/// <remarks>
/// Bytes, little-endian: "EDGD", version (u16) 1, zero (u16), identity of the model (32 bytes), first changed operator (u32), number of tensors (u32); then for each tensor its
/// index (u32), element count (u32) and float32 values; at the end CRC-32C of all that (u32).
/// </remarks>
internal sealed class Personalization
{
    private const uint Magic = 0x44474445;
    private const ushort Version = 1;
    private const int HeaderBytes = 48;

    /// <summary>The first operator that changes: from it on all run in float32, and read the new contents of their constants.</summary>
    public required int FirstNode { get; init; }

    /// <summary>New float32 contents by tensor of the file.</summary>
    public required IReadOnlyDictionary<int, byte[]> Parameters { get; init; }

    /// <summary>The bytes.</summary>
    public byte[] ToArray(string identity)
    {
        using MemoryStream stream = new();
        Span<byte> header = stackalloc byte[HeaderBytes];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], Version);
        Convert.FromHexString(identity).CopyTo(header[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[40..], (uint)FirstNode);
        BinaryPrimitives.WriteUInt32LittleEndian(header[44..], (uint)Parameters.Count);
        stream.Write(header);
        Span<byte> entry = stackalloc byte[8];
        List<int> tensors = [.. Parameters.Keys];
        tensors.Sort();
        foreach (int tensor in tensors)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)tensor);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], (uint)(Parameters[tensor].Length / sizeof(float)));
            stream.Write(entry);
            stream.Write(Parameters[tensor]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(entry, Crc32C.Compute(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        stream.Write(entry[..4]);
        return stream.ToArray();
    }

    /// <summary>Reads and checks the bytes.</summary>
    /// <exception cref="ModelFormatException">They are damaged or belong to another model.</exception>
    public static Personalization Read(ReadOnlySpan<byte> bytes, Model model)
    {
        if (bytes.Length < HeaderBytes + 4 || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
        {
            throw new ModelFormatException($"The personalization has {bytes.Length} bytes and does not start with 'EDGD'; it is no personalization or was truncated.");
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) != Version)
        {
            throw new ModelFormatException($"The personalization has version {BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..])}; this library reads {Version}.");
        }

        uint crc = Crc32C.Compute(bytes[..^4]);
        uint stated = BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]);
        if (crc != stated)
        {
            throw new ModelFormatException($"Personalization: checksum is 0x{crc:X8}, 0x{stated:X8} is stated. It is damaged.");
        }

        string identity = Convert.ToHexString(bytes.Slice(8, 32)).ToLowerInvariant();
        if (identity != model.Identity)
        {
            throw new ModelFormatException($"The personalization belongs to model {identity}; this is model {model.Identity}. Load it with the model it was made from.");
        }

        ModelGraph graph = model.BaseGraph;
        uint first = BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..]);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[44..]);
        if (first > (uint)graph.Nodes.Length || count > (uint)graph.Tensors.Length)
        {
            throw new ModelFormatException($"Personalization: first operator {first} and {count} tensors; the model has {graph.Nodes.Length} operators and {graph.Tensors.Length} tensors.");
        }

        Dictionary<int, byte[]> parameters = [];
        ReadOnlySpan<byte> rest = bytes[HeaderBytes..^4];
        for (uint i = 0; i < count; i++)
        {
            uint tensor = rest.Length < 8 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(rest);
            uint elements = rest.Length < 8 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            if (tensor >= (uint)graph.Tensors.Length || !graph.Tensors[(int)tensor].IsConstant || elements != (uint)graph.Tensors[(int)tensor].Spec.Shape.ElementCount ||
                (ulong)rest.Length < 8 + (4UL * elements) || !parameters.TryAdd((int)tensor, rest.Slice(8, (int)elements * sizeof(float)).ToArray()))
            {
                throw new ModelFormatException($"Personalization: entry {i} has tensor {tensor} with {elements} values; it must be a constant of the model, with all its values, once.");
            }

            rest = rest[(8 + ((int)elements * sizeof(float)))..];
        }

        return rest.IsEmpty
            ? new Personalization { FirstNode = (int)first, Parameters = parameters }
            : throw new ModelFormatException($"Personalization: {rest.Length} bytes are left over.");
    }
}

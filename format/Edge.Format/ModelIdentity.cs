using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Edge.Format;

/// <summary>The SHA-256 that names a model's content.</summary>
internal static class ModelIdentity
{
    /// <summary>
    /// Hashes kind (4 bytes), length (8 bytes) and bytes of every section but names and signature, in file order: so a model keeps
    /// its identity when its names are stripped or a signature is added.
    /// </summary>
    internal static ContentId Compute(ReadOnlySpan<byte> file, ReadOnlySpan<SectionRecord> sections)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> prefix = stackalloc byte[12];
        foreach (SectionRecord section in sections)
        {
            if (section.Kind is SectionKind.Names or SectionKind.Signature)
            {
                continue;
            }

            BinaryPrimitives.WriteUInt32LittleEndian(prefix, (uint)section.Kind);
            BinaryPrimitives.WriteUInt64LittleEndian(prefix[4..], section.Length);
            hash.AppendData(prefix);
            hash.AppendData(file.Slice((int)section.Offset, (int)section.Length));
        }

        ContentId id = default;
        hash.GetHashAndReset(id);
        return id;
    }
}

using System.Text;
using Edge.Format;
using Edge.Runtime.Storage;

namespace Edge.Learning.Training;

/// <summary>An interrupted training: parameters, optimizer state, place within the epoch, history and what callbacks remember.</summary>
/// <remarks>
/// Bytes, little-endian: "EDGF", version (u16) 1, then the fields in the order of <see cref="ToArray"/>, strings with a length prefix (UTF-8), at the end CRC-32C of all that (u32).
/// </remarks>
public sealed class TrainingCheckpoint
{
    private const uint Magic = 0x46474445;
    private const ushort Version = 1;

    /// <summary>Epochs finished.</summary>
    public required int Epoch { get; init; }

    /// <summary>Steps finished in the epoch after those.</summary>
    public required int Batch { get; init; }

    /// <summary>Seed of the order of samples and of dropout.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Samples per step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Samples per epoch.</summary>
    public required int Samples { get; init; }

    /// <summary>Whether each epoch visits the samples in another order.</summary>
    public required bool Shuffle { get; init; }

    /// <summary>The update rule's name.</summary>
    public required string Optimizer { get; init; }

    internal bool Stopped { get; init; }

    internal double Seconds { get; init; }

    /// <summary>Sums over the epoch so far: loss, then each metric.</summary>
    internal double[] Sums { get; init; } = [];

    internal EpochRecord[] History { get; init; } = [];

    /// <summary>State of each callback that remembers something, in order.</summary>
    internal (string Type, byte[] State)[] Callbacks { get; init; } = [];

    internal byte[] Trainer { get; init; } = [];

    /// <summary>Reads the newest valid checkpoint that <see cref="Save"/> wrote.</summary>
    /// <param name="path">The path it was saved under.</param>
    /// <returns>Null if there is none.</returns>
    /// <exception cref="InvalidDataException">The state is no training checkpoint.</exception>
    /// <exception cref="StorageException">It cannot be read.</exception>
    public static TrainingCheckpoint? Load(string path) => Store(path).TryLoad(out byte[]? bytes) ? Read(bytes) : null;

    /// <summary>Saves so that a loss of power at any moment leaves this checkpoint or the one before it.</summary>
    /// <param name="path">Its path; two files of this name with ".0" and ".1" behind it are used.</param>
    /// <exception cref="StorageException">It could not be saved.</exception>
    public void Save(string path) => Store(path).Save(ToArray());

    /// <summary>Reads a checkpoint.</summary>
    /// <param name="bytes">What <see cref="ToArray"/> gave.</param>
    /// <exception cref="InvalidDataException">The bytes are damaged or something else.</exception>
    public static TrainingCheckpoint Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 10 || Crc32C.Compute(bytes[..^4]) != BitConverter.ToUInt32(bytes[^4..]))
        {
            throw new InvalidDataException($"The training checkpoint of {bytes.Length} bytes is cut or damaged: its checksum does not agree. Resume from another one, or begin anew.");
        }

        using BinaryReader reader = new(new MemoryStream(bytes[..^4].ToArray()), Encoding.UTF8);
        uint magic = reader.ReadUInt32();
        ushort version = reader.ReadUInt16();
        if (magic != Magic || version != Version)
        {
            throw new InvalidDataException($"The bytes start with 0x{magic:X8}, version {version}; a training checkpoint starts with 'EDGF', version {Version}.");
        }

        try
        {
            return new TrainingCheckpoint
            {
                Epoch = reader.ReadInt32(),
                Batch = reader.ReadInt32(),
                Seed = reader.ReadUInt64(),
                BatchSize = reader.ReadInt32(),
                Samples = reader.ReadInt32(),
                Shuffle = reader.ReadBoolean(),
                Optimizer = reader.ReadString(),
                Stopped = reader.ReadBoolean(),
                Seconds = reader.ReadDouble(),
                Sums = ReadArray(reader, static r => r.ReadDouble()),
                History = ReadArray(reader, static r => new EpochRecord(r.ReadInt32(), ReadArray(r, static v => KeyValuePair.Create(v.ReadString(), v.ReadDouble())), r.ReadDouble())),
                Callbacks = ReadArray(reader, static r => (r.ReadString(), ReadBytes(r))),
                Trainer = ReadBytes(reader),
            };
        }
        catch (EndOfStreamException error)
        {
            throw new InvalidDataException("The training checkpoint ends too early; it was written by something else.", error);
        }
    }

    /// <summary>The checkpoint as bytes.</summary>
    public byte[] ToArray()
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream, Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(Epoch);
        writer.Write(Batch);
        writer.Write(Seed);
        writer.Write(BatchSize);
        writer.Write(Samples);
        writer.Write(Shuffle);
        writer.Write(Optimizer);
        writer.Write(Stopped);
        writer.Write(Seconds);
        WriteArray(writer, Sums, static (w, sum) => w.Write(sum));
        WriteArray(writer, History, static (w, epoch) =>
        {
            w.Write(epoch.Epoch);
            WriteArray(w, epoch.Values, static (v, pair) =>
            {
                v.Write(pair.Key);
                v.Write(pair.Value);
            });
            w.Write(epoch.Seconds);
        });
        WriteArray(writer, Callbacks, static (w, callback) =>
        {
            w.Write(callback.Type);
            w.Write(callback.State.Length);
            w.Write(callback.State);
        });
        writer.Write(Trainer.Length);
        writer.Write(Trainer);
        writer.Write(Crc32C.Compute(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        return stream.ToArray();
    }

    private static TwoSlotStore Store(string path) => new(FileStorage.ForPath(path, out string name), name, Array.MaxLength);

    private static T[] ReadArray<T>(BinaryReader reader, Func<BinaryReader, T> read)
    {
        int count = reader.ReadInt32();
        if (count < 0 || count > reader.BaseStream.Length)
        {
            throw new InvalidDataException($"The training checkpoint states {count} entries; it was written by something else.");
        }

        T[] values = new T[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = read(reader);
        }

        return values;
    }

    private static byte[] ReadBytes(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        byte[] bytes = reader.ReadBytes(Math.Max(0, count));
        return bytes.Length == count ? bytes : throw new EndOfStreamException();
    }

    private static void WriteArray<T>(BinaryWriter writer, IReadOnlyList<T> values, Action<BinaryWriter, T> write)
    {
        writer.Write(values.Count);
        foreach (T value in values)
        {
            write(writer, value);
        }
    }
}

using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Edge.Format;

namespace Edge.Runtime.Storage;

/// <summary>A named piece of state that survives a loss of power at any moment: the old one or the new one, always valid.</summary>
/// <remarks>
/// <para>The state NAME lives in two files, <c>NAME.0</c> and <c>NAME.1</c>, the slots. A slot is a header of 32 bytes, little-endian,
/// and the payload; bytes after it are left over from a longer one and mean nothing:</para>
/// <code>
/// offset  size  field
///      0     8  magic: "EDGESLOT"
///      8     4  format version: 1
///     12     4  payload length in bytes
///     16     8  sequence number: one more than in the other slot at the time of writing, modulo 2^64
///     24     4  CRC-32C of the payload
///     28     4  CRC-32C of bytes 0 to 27
///     32     …  payload
/// </code>
/// <para>A slot is valid if both checksums hold. The state is the valid slot with the higher sequence number, the newest.
/// A save overwrites the other slot, the target, in place, flushes it, and flushes the directory if the target's name may not be
/// on the medium yet. Slots are not replaced by renaming: that would need a flush of the directory at every save.</para>
/// <para><b>Why it holds.</b> Call a slot settled if its bytes and its name are on the medium. Invariant: while a target is being
/// overwritten, the newest slot is settled, or the target holds nothing that a caller was told is saved.
/// (1) Until the target's flush returns, the medium may hold any mixture of the target's old and new sectors. A mixture fails a checksum
/// (up to a chance of 2^-32) unless it is equal to the old or the new slot, so a load finds the newest, or the new payload.
/// (2) After the flushes the target is settled with the highest number: a load finds the new payload, and the invariant holds for
/// the next save, whose target is the other slot.
/// (3) A process that starts does not know what is settled: a process killed between write and flush leaves a slot
/// that reads as valid and is not on the medium, and the other slot is then the only one that is. So the first save of an instance that
/// finds a valid target flushes the newest slot and the directory before it touches the target. A target that is absent or
/// damaged needs no such flush: it holds nothing.
/// (4) If a save fails, the target is taken back (its header is cleared, or the file deleted if the save created it) and stays the target:
/// nobody takes bytes for settled whose flush failed.</para>
/// <para>One instance a name, one thread at a time, one writing process. The checksums detect damage, not malice.</para>
/// </remarks>
public sealed class TwoSlotStore
{
    private const int HeaderBytes = 32;
    private const uint FormatVersion = 1;
    private const int ChunkBytes = 4096;

    private readonly IStorage _storage;
    private readonly string[] _names;
    private readonly bool[] _nameSettled = new bool[2];     // the slot's directory entry is known to be on the medium
    private int _settled = -1;                              // the slot known to be newest and on the medium; −1: not known
    private ulong _sequence;                                // its sequence number
    private bool _flushFailed;                              // of the newest slot: its bytes must be written again

    private static ReadOnlySpan<byte> Magic => "EDGESLOT"u8;

    /// <summary>Names a state; nothing is read or written yet.</summary>
    /// <param name="storage">Where the slots live.</param>
    /// <param name="name">The state's name, such as "user.edgedelta"; the slots' names are it and ".0" or ".1".</param>
    /// <param name="maxPayloadBytes">The largest payload to save or to believe in, in bytes. A larger slot counts as damaged.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxPayloadBytes"/> is negative or above <see cref="Array.MaxLength"/>.</exception>
    public TwoSlotStore(IStorage storage, string name, int maxPayloadBytes)
    {
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfNegative(maxPayloadBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxPayloadBytes, Array.MaxLength);
        _storage = storage;
        _names = [name + ".0", name + ".1"];
        MaxPayloadBytes = maxPayloadBytes;
    }

    /// <summary>The largest payload to save or to believe in, in bytes.</summary>
    public int MaxPayloadBytes { get; }

    /// <summary>Replaces the state. When this returns, the new state survives a loss of power.</summary>
    /// <param name="payload">The new state; may be empty.</param>
    /// <exception cref="ArgumentException">The payload is longer than <see cref="MaxPayloadBytes"/>; nothing was changed.</exception>
    /// <exception cref="StorageException">
    /// The state could not be saved. The old one is still there and is what <see cref="TryLoad"/> finds; only after a loss of power
    /// may it be the new one. Save again when the cause is removed.
    /// </exception>
    public void Save(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > MaxPayloadBytes)
        {
            throw new ArgumentException(
                $"The payload has {payload.Length} bytes; this store holds up to {MaxPayloadBytes}. Save less or open the store with a higher limit.", nameof(payload));
        }
        int target = ChooseTarget();
        bool created;                                // also when someone deleted a slot that was settled
        using (IStorageFile? existing = _storage.OpenRead(_names[target]))
        {
            created = existing is null;
        }
        try
        {
            using (IStorageFile file = _storage.OpenWrite(_names[target]))
            {
                Span<byte> header = stackalloc byte[HeaderBytes];
                WriteHeader(header, unchecked(_sequence + 1), payload);
                file.Write(header, 0);
                file.Write(payload, HeaderBytes);
                file.Flush();
            }
            if (created || !_nameSettled[target])
            {
                _storage.FlushDirectory();
                _nameSettled[target] = true;
            }
        }
        catch
        {
            TakeBack(target, created);
            throw;
        }
        _settled = target;
        _sequence++;
    }

    /// <summary>Reads the newest valid state.</summary>
    /// <param name="payload">Receives a new array with the state, or null.</param>
    /// <returns>False if nothing was ever saved, or nothing valid is left.</returns>
    /// <exception cref="StorageException">
    /// A slot exists and could not be opened; or one could not be read and the other is not valid. A slot that cannot be read does
    /// not keep the other one from being loaded: a failing medium has damaged it.
    /// </exception>
    public bool TryLoad([NotNullWhen(true)] out byte[]? payload)
    {
        payload = null;
        Slot first = Inspect(0);
        Slot second = Inspect(1);
        int newest = Newest(first, second);
        if (newest < 0)
        {
            return false;
        }
        Slot slot = newest == 0 ? first : second;
        using IStorageFile? file = _storage.OpenRead(_names[newest]);
        byte[] bytes = new byte[slot.Length];
        if (file is null || file.Read(bytes, HeaderBytes) != bytes.Length || Crc32C.Compute(bytes) != slot.Checksum)
        {
            throw new StorageException("load", _names[newest], "it changed while it was being read",
                "Let only one process and one thread use this state at a time.");
        }
        payload = bytes;
        return true;
    }

    /// <summary>The slot to overwrite; when it holds a state, the other one is settled before this returns.</summary>
    private int ChooseTarget()
    {
        if (_settled >= 0)
        {
            return 1 - _settled;
        }
        Slot first = Inspect(0);
        Slot second = Inspect(1);
        int newest = Newest(first, second);
        if (newest < 0)
        {
            _sequence = 0;
            return 0;
        }
        _sequence = (newest == 0 ? first : second).Sequence;
        Slot target = newest == 0 ? second : first;
        if (target.IsValid || target.Error is not null)
        {
            Settle(newest);
        }
        return 1 - newest;
    }

    private void Settle(int newest)
    {
        using (IStorageFile file = _storage.OpenWrite(_names[newest]))
        {
            if (_flushFailed)
            {
                // The same bytes again: whatever subset of sectors the medium takes, none becomes worse.
                byte[] chunk = new byte[ChunkBytes];
                int count;
                for (long offset = 0; (count = file.Read(chunk, offset)) > 0; offset += count)
                {
                    file.Write(chunk.AsSpan(0, count), offset);
                }
            }
            _flushFailed = true;
            file.Flush();
            _flushFailed = false;
        }
        _storage.FlushDirectory();
        Array.Fill(_nameSettled, true);
        _settled = newest;
    }

    private void TakeBack(int target, bool created)
    {
        try
        {
            if (created)
            {
                _storage.Delete(_names[target]);
            }
            else
            {
                using IStorageFile file = _storage.OpenWrite(_names[target]);
                file.Write(new byte[HeaderBytes], 0);
            }
        }
        catch (StorageException)
        {
            // The first error is the one to report. This instance goes on with the same target either way, if it has a settled slot.
        }
    }

    /// <summary>The valid slot with the higher sequence number, slot 0 if they are equal; −1 if none is valid.</summary>
    /// <exception cref="StorageException">None is valid, and one could not be read.</exception>
    private static int Newest(in Slot first, in Slot second)
    {
        if (first.IsValid && second.IsValid)
        {
            // Serial number arithmetic (RFC 1982): slots that follow one another do so across the wrap to zero as well.
            return unchecked((long)(second.Sequence - first.Sequence)) > 0 ? 1 : 0;
        }
        if (first.IsValid || second.IsValid)
        {
            return first.IsValid ? 0 : 1;
        }
        return (first.Error ?? second.Error) is { } error ? throw error : -1;
    }

    private readonly record struct Slot(bool IsValid, ulong Sequence, int Length, uint Checksum, StorageException? Error);

    private Slot Inspect(int index)
    {
        using IStorageFile? file = _storage.OpenRead(_names[index]);
        if (file is null)
        {
            return default;
        }
        try
        {
            Span<byte> header = stackalloc byte[HeaderBytes];
            if (file.Read(header, 0) < HeaderBytes || !TryReadHeader(header, out Slot slot) || slot.Length > file.Length - HeaderBytes)
            {
                return default;
            }
            byte[] chunk = new byte[Math.Min(ChunkBytes, slot.Length)];
            uint checksum = 0;
            for (int offset = 0; offset < slot.Length;)
            {
                int count = file.Read(chunk.AsSpan(0, Math.Min(chunk.Length, slot.Length - offset)), HeaderBytes + (long)offset);
                if (count == 0)
                {
                    return default;
                }
                checksum = Crc32C.Compute(chunk.AsSpan(0, count), checksum);
                offset += count;
            }
            return checksum == slot.Checksum ? slot : default;
        }
        catch (StorageException error)
        {
            return new Slot { Error = error };
        }
    }

    private static void WriteHeader(Span<byte> header, ulong sequence, ReadOnlySpan<byte> payload)
    {
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], FormatVersion);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], payload.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(header[24..], Crc32C.Compute(payload));
        BinaryPrimitives.WriteUInt32LittleEndian(header[28..], Crc32C.Compute(header[..28]));
    }

    private bool TryReadHeader(ReadOnlySpan<byte> header, out Slot slot)
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[12..]);
        bool valid = header.StartsWith(Magic)
            && BinaryPrimitives.ReadUInt32LittleEndian(header[8..]) == FormatVersion
            && BinaryPrimitives.ReadUInt32LittleEndian(header[28..]) == Crc32C.Compute(header[..28])
            && length <= (uint)MaxPayloadBytes;
        slot = valid
            ? new Slot(true, BinaryPrimitives.ReadUInt64LittleEndian(header[16..]), (int)length, BinaryPrimitives.ReadUInt32LittleEndian(header[24..]), null)
            : default;
        return valid;
    }
}

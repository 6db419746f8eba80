using Edge.Runtime.Storage;

namespace Edge.Tests.Harness;

/// <summary>A disk that keeps exactly what <see cref="IStorage"/> promises over a loss of power, and nothing more.</summary>
/// <remarks>
/// Bytes: since a file's last flush, each sector of 512 bytes is on the medium as it was then or as it was after any later write, each
/// sector for itself; a sector never flushed may also be zeros or junk. Length: as it was then or after any later write. Names: since the last directory
/// flush, each name refers to what it did then or to what it did after any later operation, each name for itself.
/// So writes are dropped, torn and reordered in every combination; only what a sector or a name never was is excluded.
/// </remarks>
internal sealed class SimulatedDisk : IStorage
{
    public const int SectorBytes = 512;

    private readonly Dictionary<string, List<Inode?>> _names = [];   // first: on the medium; last: what processes see
    private Func<int, string, bool>? _killWhen;
    private bool _killed;

    /// <summary>Every operation so far, in order: what a test prints and counts.</summary>
    public List<string> Operations { get; } = [];

    /// <summary>Called before each operation with its index in <see cref="Operations"/>.</summary>
    public Action<int>? BeforeOperation { get; set; }

    /// <summary>
    /// Says of an operation, by its index and text in <see cref="Operations"/>, whether it fails. A write that fails has
    /// written half its bytes.
    /// </summary>
    public Func<int, string, bool>? FailWhen { get; set; }

    /// <summary>
    /// Says of an operation whether the process is killed before it: then it and all later ones throw <see cref="KilledException"/>
    /// and do nothing, until this is set again, for the next process.
    /// </summary>
    public Func<int, string, bool>? KillWhen
    {
        get => _killWhen;
        set
        {
            _killWhen = value;
            _killed = false;
        }
    }

    /// <summary>A flush that fails marks the file's sectors clean although none is on the medium, as Linux does.</summary>
    public bool FailedFlushForgets { get; set; }

    /// <summary>Index of the flush (of files and directory together, counted from 0) that returns without doing anything; −1 for none.</summary>
    public int DropFlush { get; set; } = -1;

    /// <summary>Flushes so far.</summary>
    public int Flushes { get; private set; }

    /// <summary>The names a process sees.</summary>
    public IEnumerable<string> Files => _names.Where(name => name.Value[^1] is not null).Select(name => name.Key).Order(StringComparer.Ordinal);

    /// <summary>What a process sees of a file; null when there is none.</summary>
    public byte[]? ReadAll(string name) => Current(name)?.Seen();

    /// <summary>Puts a file on the medium.</summary>
    public void Place(string name, byte[] content)
    {
        _names[name] = [new Inode(content)];
    }

    public IStorageFile? OpenRead(string name)
    {
        Begin($"open {name}");
        return Current(name) is { } inode ? new OpenFile(this, name, inode) : null;
    }

    public IStorageFile OpenWrite(string name)
    {
        Begin($"open or create {name}");
        if (Current(name) is not { } inode)
        {
            inode = new Inode([]);
            Refer(name, inode);
        }
        return new OpenFile(this, name, inode);
    }

    public void Rename(string from, string to)
    {
        Begin($"rename {from} to {to}");
        Inode inode = Current(from) ?? throw Error("rename", from, "there is no such file");
        Refer(to, inode);
        Refer(from, null);
    }

    public void Delete(string name)
    {
        Begin($"delete {name}");
        if (Current(name) is not null)
        {
            Refer(name, null);
        }
    }

    public void FlushDirectory()
    {
        Begin("flush directory");
        if (FlushIsKept())
        {
            foreach (List<Inode?> history in _names.Values)
            {
                history.RemoveRange(0, history.Count - 1);
            }
        }
    }

    /// <summary>
    /// The disks a loss of power may leave now: all of them if they are at most <paramref name="bound"/>, else that many, chosen by
    /// <paramref name="random"/>, after the one where nothing and the one where everything since the last flushes is on the medium.
    /// </summary>
    public IEnumerable<SimulatedDisk> CrashStates(int bound, Random random)
    {
        (List<string> names, List<Inode> inodes, List<int> options) = Choices();
        int[] choice = new int[options.Count];
        if (options.Aggregate(1.0, (count, option) => count * option) > bound)
        {
            yield return Build(names, inodes, choice);
            for (int i = 0; i < choice.Length; i++)
            {
                choice[i] = options[i] - 1;
            }
            yield return Build(names, inodes, choice);
            for (int sample = 0; sample < bound; sample++)
            {
                for (int i = 0; i < choice.Length; i++)
                {
                    choice[i] = random.Next(options[i]);
                }
                yield return Build(names, inodes, choice);
            }
            yield break;
        }
        while (true)
        {
            yield return Build(names, inodes, choice);
            int digit = 0;
            while (digit < choice.Length && ++choice[digit] == options[digit])
            {
                choice[digit++] = 0;
            }
            if (digit == choice.Length)
            {
                yield break;
            }
        }
    }

    /// <summary>One disk that a loss of power may leave now.</summary>
    public SimulatedDisk Crash(Random random)
    {
        (List<string> names, List<Inode> inodes, List<int> options) = Choices();
        return Build(names, inodes, [.. options.Select(count => random.Next(count))]);
    }

    // One digit a name, then for each file one for its length and one a sector. The last option is always the latest state.
    private (List<string> Names, List<Inode> Inodes, List<int> Options) Choices()
    {
        List<string> names = [.. _names.Keys.Order(StringComparer.Ordinal)];
        List<Inode> inodes = [.. names.SelectMany(name => _names[name]).OfType<Inode>().Distinct()];
        List<int> options = [.. names.Select(name => _names[name].Count)];
        foreach (Inode inode in inodes)
        {
            options.Add(inode.Lengths.Count);
            options.AddRange(inode.Sectors.Select(sector => sector.Count));
        }
        return (names, inodes, options);
    }

    private SimulatedDisk Build(List<string> names, List<Inode> inodes, int[] choice)
    {
        var disk = new SimulatedDisk();
        int digit = names.Count;
        var survivors = new Dictionary<Inode, Inode>();
        foreach (Inode inode in inodes)
        {
            byte[] content = new byte[inode.Lengths[choice[digit++]]];
            for (int i = 0; i < inode.Sectors.Count; i++)
            {
                byte[] sector = inode.Sectors[i][choice[digit++]];
                int start = i * SectorBytes;
                if (start < content.Length)
                {
                    sector.AsSpan(0, Math.Min(SectorBytes, content.Length - start)).CopyTo(content.AsSpan(start));
                }
            }
            survivors.Add(inode, new Inode(content));
        }
        for (int i = 0; i < names.Count; i++)
        {
            Inode? inode = _names[names[i]][choice[i]];
            disk._names[names[i]] = [inode is null ? null : survivors[inode]];
        }
        return disk;
    }

    private Inode? Current(string name) => _names.TryGetValue(name, out List<Inode?>? history) ? history[^1] : null;

    private void Refer(string name, Inode? inode)
    {
        if (!_names.TryGetValue(name, out List<Inode?>? history))
        {
            _names[name] = history = [null];
        }
        history.Remove(inode);                       // an option once; the latest comes last
        history.Add(inode);
    }

    private void Begin(string operation)
    {
        if (!TryBegin(operation))
        {
            throw Injected(operation);
        }
    }

    /// <summary>False if the operation must fail.</summary>
    private bool TryBegin(string operation)
    {
        _killed |= KillWhen is not null && KillWhen(Operations.Count, operation);
        if (_killed)
        {
            throw new KilledException();
        }
        BeforeOperation?.Invoke(Operations.Count);
        Operations.Add(operation);
        return FailWhen is null || !FailWhen(Operations.Count - 1, operation);
    }

    private bool FlushIsKept() => Flushes++ != DropFlush;

    private static StorageException Injected(string operation) => Error(operation, "simulated disk", "the test wants it so");

    private static StorageException Error(string operation, string path, string reason) => new(operation, path, reason, "Save again.");

    private sealed class Inode
    {
        private static readonly byte[] Zeros = new byte[SectorBytes];
        private static readonly byte[] Junk = [.. Enumerable.Repeat((byte)0xE5, SectorBytes)];

        private byte[] _seen;
        private int _length;

        public Inode(byte[] content)
        {
            _seen = (byte[])content.Clone();
            _length = content.Length;
            Lengths = [content.Length];
            for (int start = 0; start < content.Length; start += SectorBytes)
            {
                Sectors.Add([SeenSector(start / SectorBytes)]);
            }
        }

        /// <summary>First: on the medium. Last: what processes see, unless a failed flush forgot it.</summary>
        public List<int> Lengths { get; }

        /// <summary>For each sector the same.</summary>
        public List<List<byte[]>> Sectors { get; } = [];

        public int Length => _length;

        public byte[] Seen() => _seen.AsSpan(0, _length).ToArray();

        public int Read(Span<byte> buffer, long offset)
        {
            int count = (int)Math.Clamp(_length - offset, 0, buffer.Length);
            _seen.AsSpan(0, _length).Slice((int)Math.Min(offset, _length), count).CopyTo(buffer);
            return count;
        }

        public void Write(ReadOnlySpan<byte> data, int offset)
        {
            int end = offset + data.Length;
            if (end > _seen.Length)
            {
                Array.Resize(ref _seen, end);
            }
            data.CopyTo(_seen.AsSpan(offset));
            if (end > _length)
            {
                _length = end;
            }
            if (Lengths[^1] != _length)
            {
                Lengths.Remove(_length);
                Lengths.Add(_length);
            }
            while (Sectors.Count * SectorBytes < _length)
            {
                Sectors.Add([Zeros, Junk]);
            }
            for (int i = offset / SectorBytes; data.Length > 0 && i * SectorBytes < end; i++)
            {
                byte[] sector = SeenSector(i);
                Sectors[i].RemoveAll(other => other.AsSpan().SequenceEqual(sector));
                Sectors[i].Add(sector);
            }
        }

        public void Flush()
        {
            KeepOnly(Lengths, ^1);
            foreach (List<byte[]> sector in Sectors)
            {
                KeepOnly(sector, ^1);
            }
        }

        public void Forget()
        {
            KeepOnly(Lengths, 0);
            foreach (List<byte[]> sector in Sectors)
            {
                KeepOnly(sector, 0);
            }
        }

        private static void KeepOnly<T>(List<T> history, Index kept)
        {
            T value = history[kept];
            history.Clear();
            history.Add(value);
        }

        private byte[] SeenSector(int index)
        {
            byte[] sector = new byte[SectorBytes];
            int start = index * SectorBytes;
            _seen.AsSpan(start, Math.Min(SectorBytes, _length - start)).CopyTo(sector);
            return sector;
        }
    }

    private sealed class OpenFile(SimulatedDisk disk, string name, Inode inode) : IStorageFile
    {
        private bool _closed;

        public long Length
        {
            get
            {
                ObjectDisposedException.ThrowIf(_closed, this);
                disk.Begin($"length {name}");
                return inode.Length;
            }
        }

        public int Read(Span<byte> buffer, long offset)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            disk.Begin($"read {name} at {offset}");
            return inode.Read(buffer, offset);
        }

        public void Write(ReadOnlySpan<byte> data, long offset)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            string operation = $"write {name} at {offset}";
            if (!disk.TryBegin(operation))
            {
                inode.Write(data[..(data.Length / 2)], (int)offset);
                throw Injected(operation);
            }
            inode.Write(data, (int)offset);
        }

        public void Flush()
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            string operation = $"flush {name}";
            if (!disk.TryBegin(operation))
            {
                if (disk.FailedFlushForgets)
                {
                    inode.Forget();
                }
                throw Injected(operation);
            }
            if (disk.FlushIsKept())
            {
                inode.Flush();
            }
        }

        public void Dispose() => _closed = true;
    }
}

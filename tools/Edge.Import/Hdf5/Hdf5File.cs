using System.Numerics;

namespace Edge.Import.Hdf5;

/// <summary>
/// An HDF5 file, read only: superblocks 0 … 3, both kinds of groups, attributes, and datasets compact, contiguous or chunked through every chunk index, with
/// deflate, shuffle and Fletcher-32. What lies in other files is refused, and every read is checked against the file's bounds.
/// </summary>
/// <remarks>Source: HDF5 File Format Specification Version 3.0, support.hdfgroup.org. Checksums of metadata are not verified: structure is checked instead.</remarks>
internal sealed class Hdf5File
{
    private static ReadOnlySpan<byte> Magic => [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0D, 0x0A, 0x1A, 0x0A];

    private readonly Dictionary<long, Hdf5Object> _objects = [];
    private readonly Dictionary<long, Dictionary<uint, (long Position, long Bytes)>> _globalHeaps = [];

    private Hdf5File(Hdf5Store store) => Store = store;

    /// <summary>The file's bytes.</summary>
    public Hdf5Store Store { get; }

    /// <summary>The group that everything else is found from.</summary>
    public Hdf5Object Root { get; private set; } = null!;

    /// <summary>Whether bytes are the beginning of an HDF5 file without a user block.</summary>
    /// <param name="head">The first bytes.</param>
    public static bool IsHdf5(ReadOnlySpan<byte> head) => head.StartsWith(Magic);

    /// <summary>Opens a file.</summary>
    /// <param name="bytes">All its bytes.</param>
    /// <param name="limits">Caps.</param>
    /// <exception cref="ModelImportException">It is no HDF5 file, or of an unknown version.</exception>
    public static Hdf5File Open(byte[] bytes, ImportLimits limits)
    {
        Hdf5File file = new(new Hdf5Store(bytes, limits));
        file.ReadSuperblock(FindSuperblock(bytes));
        return file;
    }

    /// <summary>The object whose header lies at an address. The same header is the same object.</summary>
    /// <param name="address">The address.</param>
    /// <param name="path">The path it was found under, for messages.</param>
    public Hdf5Object ObjectAt(long address, string path)
    {
        if (!_objects.TryGetValue(address, out Hdf5Object? found))
        {
            found = new Hdf5Object(this, address, path);
            _objects.Add(address, found);
        }

        return found;
    }

    /// <summary>A piece of variable-length data.</summary>
    /// <param name="heap">Address of the global heap collection.</param>
    /// <param name="index">Its number there.</param>
    /// <param name="what">What it is, for messages.</param>
    public ReadOnlySpan<byte> GlobalHeapObject(long heap, uint index, string what)
    {
        if (!_globalHeaps.TryGetValue(heap, out Dictionary<uint, (long Position, long Bytes)>? objects))
        {
            objects = ReadGlobalHeap(heap, what);
            _globalHeaps.Add(heap, objects);
        }

        return objects.TryGetValue(index, out (long Position, long Bytes) place)
            ? Store.Span(place.Position, place.Bytes, what)
            : throw new ModelImportException($"HDF5: {what} is object {index} of the global heap at address {heap:N0}, which has {objects.Count} others.");
    }

    private static long FindSuperblock(byte[] bytes)
    {
        // A user block before the superblock has 0, 512, 1024, 2048 … bytes.
        for (long at = 0; at + Magic.Length <= bytes.Length; at = at == 0 ? 512 : at * 2)
        {
            if (bytes.AsSpan((int)at).StartsWith(Magic))
            {
                return at;
            }
        }

        throw new ModelImportException("HDF5: no superblock was found at byte 0, 512, 1024, …: this is no HDF5 file.");
    }

    private void ReadSuperblock(long position)
    {
        Hdf5Cursor cursor = new(Store, position, Store.Length, "the superblock");
        cursor.Skip(Magic.Length);
        byte version = cursor.Version(0, 3);
        if (version < 2)
        {
            cursor.Skip(4);
        }

        Store.AddressBytes = Width(cursor.Byte());
        Store.LengthBytes = Width(cursor.Byte());
        cursor.Skip(version switch { 0 => 9, 1 => 13, _ => 1 });
        long start = cursor.Address();
        Store.Base = start < 0 ? position : start;
        cursor.Skip((version < 2 ? 3 : 2) * Store.AddressBytes);
        if (version < 2)
        {
            cursor.Skip(Store.AddressBytes);             // the root group's name
        }

        Root = ObjectAt(cursor.Address(), "/");

        int Width(byte width) => width is 2 or 4 or 8 ? width : throw cursor.Malformed($"states addresses or lengths of {width} bytes; 2, 4 and 8 are known");
    }

    private Dictionary<uint, (long Position, long Bytes)> ReadGlobalHeap(long address, string what)
    {
        Hdf5Cursor cursor = Store.At(address, $"the global heap of {what}");
        long start = cursor.Position;
        cursor.Signature("GCOL"u8);
        cursor.Version(1, 1);
        cursor.Skip(3);
        long size = cursor.Length();
        long header = cursor.Position - start;
        Hdf5Cursor objects = cursor.Part(size - header, cursor.What);
        Dictionary<uint, (long Position, long Bytes)> found = [];
        while (objects.Left >= 8 + Store.LengthBytes)
        {
            Store.Step(cursor.What);
            uint index = objects.UInt16();
            objects.Skip(6);
            long bytes = objects.Length();
            if (index == 0)
            {
                break;                                   // free space up to the end
            }

            found[index] = (objects.Position, bytes);
            objects.Skip(bytes);
            objects.Skip(Math.Min(objects.Left, -bytes & 7));
        }

        return found;
    }

    /// <summary>Bytes that hold any number up to a limit.</summary>
    /// <param name="limit">The limit; at least 1.</param>
    public static int WidthFor(long limit) => (BitOperations.Log2((ulong)Math.Max(1, limit)) / 8) + 1;
}

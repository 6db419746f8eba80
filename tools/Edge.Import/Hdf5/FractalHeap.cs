using System.Numerics;

namespace Edge.Import.Hdf5;

/// <summary>A heap of links or attributes: blocks whose sizes double from row to row, with huge objects beside them.</summary>
internal sealed class FractalHeap
{
    private const int MaxDepth = 64;
    private readonly Hdf5Store _store;
    private readonly string _what;
    private readonly long _hugeTree;
    private readonly int _width;
    private readonly long _startBytes;
    private readonly long _maxDirectBytes;
    private readonly int _offsetWidth;
    private readonly int _lengthWidth;
    private readonly long _root;
    private readonly int _rootRows;
    private Dictionary<ulong, (long Address, long Bytes)>? _huge;

    /// <summary>Reads a heap's header.</summary>
    /// <param name="store">The file.</param>
    /// <param name="address">Its address.</param>
    /// <param name="owner">The object it belongs to, for messages.</param>
    public FractalHeap(Hdf5Store store, long address, string owner)
    {
        _store = store;
        _what = $"the fractal heap of '{owner}'";
        Hdf5Cursor header = store.At(address, _what);
        header.Signature("FRHP"u8);
        header.Version(0, 0);
        IdBytes = header.UInt16();
        int filterBytes = header.UInt16();
        header.Skip(1);
        long maxManaged = header.UInt32();
        header.Length();
        _hugeTree = header.Address();
        header.Length();
        header.Address();
        header.Skip(8 * store.LengthBytes);
        _width = header.UInt16();
        _startBytes = header.Length();
        _maxDirectBytes = header.Length();
        int maxBits = header.UInt16();
        header.Skip(2);
        _root = header.Address();
        _rootRows = header.UInt16();
        if (filterBytes > 0)
        {
            throw new ModelImportException($"HDF5: {_what} is compressed, which is not supported. Write the file again without filters on groups.");
        }

        if (_width == 0 || !BitOperations.IsPow2(_width) || !IsSize(_startBytes) || !IsSize(_maxDirectBytes) || _maxDirectBytes < _startBytes || maxBits is < 1 or > 64)
        {
            throw header.Malformed($"has blocks of {_startBytes:N0} … {_maxDirectBytes:N0} bytes, {_width} a row; powers of two are needed");
        }

        _offsetWidth = (maxBits + 7) / 8;
        _lengthWidth = Math.Min(Hdf5File.WidthFor(_maxDirectBytes), Hdf5File.WidthFor(maxManaged));

        static bool IsSize(long bytes) => bytes is > 0 and <= int.MaxValue && BitOperations.IsPow2(bytes);
    }

    /// <summary>Bytes of an object's identifier.</summary>
    public int IdBytes { get; }

    /// <summary>Finds an object.</summary>
    /// <param name="id">Its identifier.</param>
    public Hdf5Cursor Find(Hdf5Cursor id)
    {
        byte head = id.Byte();
        switch ((head >> 4) & 3)
        {
            case 0:
                long offset = id.Count(_offsetWidth);
                return Managed(offset, id.Count(_lengthWidth));
            case 1:
                return Huge(id);
            case 2:
                return id.Part((head & 15) + 1, _what);
            default:
                throw id.Malformed($"names an object of unknown kind 0x{head:X2}");
        }
    }

    private Hdf5Cursor Huge(Hdf5Cursor id)
    {
        if (IdBytes >= 1 + _store.AddressBytes + _store.LengthBytes)
        {
            long address = id.Address();
            return _store.At(address, _what).Part(id.Length(), _what);
        }

        if (_huge is null)
        {
            _huge = [];
            foreach (Hdf5Cursor record in BTree2.Records(_store, _hugeTree, _what))
            {
                Hdf5Cursor fields = record;
                long address = fields.Address();
                long bytes = fields.Length();
                _huge[fields.Number(_store.LengthBytes)] = (address, bytes);
            }
        }

        ulong key = id.Number(Math.Min(IdBytes - 1, _store.LengthBytes));
        return _huge.TryGetValue(key, out (long Address, long Bytes) place)
            ? _store.At(place.Address, _what).Part(place.Bytes, _what)
            : throw id.Malformed($"names the huge object {key}, which is not there");
    }

    private Hdf5Cursor Managed(long offset, long bytes)
    {
        long block = _root;
        long size = _startBytes;
        int rows = _rootRows;
        int directRows = BitOperations.Log2((ulong)_maxDirectBytes) - BitOperations.Log2((ulong)_startBytes) + 2;
        for (int depth = 0; rows > 0; depth++)
        {
            int row = offset < _startBytes * _width ? 0 : BitOperations.Log2((ulong)offset) - BitOperations.Log2((ulong)(_startBytes * _width)) + 1;
            if (row >= rows || depth >= MaxDepth)
            {
                throw new ModelImportException($"HDF5: {_what} has no byte {offset:N0} in its {rows} rows.");
            }

            size = row == 0 ? _startBytes : _startBytes << (row - 1);
            long rowStart = row == 0 ? 0 : (_startBytes * _width) << (row - 1);
            long column = (offset - rowStart) / size;
            Hdf5Cursor node = _store.At(block, _what);
            node.Signature("FHIB"u8);
            node.Version(0, 0);
            node.Skip(_store.AddressBytes + _offsetWidth + (((long)row * _width) + column) * _store.AddressBytes);
            block = node.Address();
            offset -= rowStart + (column * size);
            rows = row < directRows ? 0 : BitOperations.Log2((ulong)size) - BitOperations.Log2((ulong)(_startBytes * _width)) + 1;
        }

        Hdf5Cursor direct = _store.At(block, _what);
        if (offset + bytes > size || offset < 0)
        {
            throw direct.Malformed($"has an object of {bytes:N0} bytes at {offset:N0} in a block of {size:N0}");
        }

        Hdf5Cursor content = direct;
        content.Signature("FHDB"u8);
        direct.Skip(offset);
        return direct.Part(bytes, _what);
    }
}

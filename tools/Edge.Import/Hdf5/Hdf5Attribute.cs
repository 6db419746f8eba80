using System.Text;

namespace Edge.Import.Hdf5;

/// <summary>A named value of a group or dataset. It is read when it is asked for.</summary>
internal sealed class Hdf5Attribute
{
    private const int MaxTypeNesting = 8;
    private readonly Hdf5Object _owner;
    private readonly Hdf5Cursor _type;
    private readonly Hdf5Cursor _space;
    private readonly Hdf5Cursor _data;

    private Hdf5Attribute(Hdf5Object owner, string name, Hdf5Cursor type, Hdf5Cursor space, Hdf5Cursor data)
    {
        _owner = owner;
        Name = name;
        _type = type;
        _space = space;
        _data = data;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Reads where the parts of an attribute lie.</summary>
    /// <param name="owner">The object that has it.</param>
    /// <param name="content">The attribute message.</param>
    public static Hdf5Attribute Read(Hdf5Object owner, Hdf5Cursor content)
    {
        byte version = content.Version(1, 3);
        byte flags = content.Byte();
        int nameBytes = content.UInt16();
        int typeBytes = content.UInt16();
        int spaceBytes = content.UInt16();
        content.Skip(version == 3 ? 1 : 0);
        string name = Encoding.UTF8.GetString(content.Bytes(nameBytes)).TrimEnd('\0');
        Pad(ref content, version, nameBytes);
        Hdf5Cursor type = content.Part(typeBytes, $"the type of attribute '{name}' of '{owner.Path}'");
        Pad(ref content, version, typeBytes);
        Hdf5Cursor space = content.Part(spaceBytes, $"the sizes of attribute '{name}' of '{owner.Path}'");
        Pad(ref content, version, spaceBytes);
        if (version > 1 && (flags & 1) != 0)
        {
            type = owner.Shared(MessageKind.Datatype, type);
        }

        if (version > 1 && (flags & 2) != 0)
        {
            space = owner.Shared(MessageKind.Dataspace, space);
        }

        return new Hdf5Attribute(owner, name, type, space, content);
    }

    /// <summary>Its texts.</summary>
    public string[] Texts()
    {
        string what = $"attribute '{Name}' of '{_owner.Path}'";
        Hdf5Cursor typeContent = _type;
        Hdf5Type type = Hdf5Type.Read(ref typeContent, MaxTypeNesting);
        long count = Hdf5Space.Count(Hdf5Space.Read(_space).Sizes, what);
        foreach (int axis in type.Axes)
        {
            count = checked(count * axis);
        }

        // An empty list of names is written as an empty list of float64.
        if (count == 0)
        {
            return [];
        }

        Hdf5Cursor data = _data;
        long bytes = checked(count * type.Bytes);
        long position = data.Position;
        data.Skip(bytes);
        return new Hdf5Values(_owner.File, type, _owner.File.Store.Memory(position, bytes, what), what).Texts();
    }

    private static void Pad(ref Hdf5Cursor content, byte version, int bytes) => content.Skip(version == 1 ? -bytes & 7 : 0);
}

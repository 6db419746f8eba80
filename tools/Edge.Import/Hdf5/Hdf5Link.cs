using System.Text;

namespace Edge.Import.Hdf5;

/// <summary>How a link names its object.</summary>
internal enum LinkKind
{
    /// <summary>By address.</summary>
    Hard,

    /// <summary>By a path in the same file.</summary>
    Soft,

    /// <summary>By a path in another file.</summary>
    External,

    /// <summary>In a way that an application defines.</summary>
    UserDefined,
}

/// <summary>A link of a group.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">How it names its object.</param>
/// <param name="Address">Address of the object's header; of hard links.</param>
/// <param name="Target">Path of the object, behind the file's name in an external link.</param>
internal sealed record Hdf5Link(string Name, LinkKind Kind, long Address, string Target)
{
    private const byte Soft = 1;
    private const byte External = 64;

    /// <summary>Reads a link message.</summary>
    /// <param name="content">Its content.</param>
    /// <param name="group">The group, for messages.</param>
    public static Hdf5Link Read(Hdf5Cursor content, string group)
    {
        content.Version(1, 1);
        byte flags = content.Byte();
        byte type = (flags & 8) != 0 ? content.Byte() : (byte)0;
        content.Skip(((flags & 4) != 0 ? 8 : 0) + ((flags & 16) != 0 ? 1 : 0));
        string name = Encoding.UTF8.GetString(content.Bytes(content.Count(1 << (flags & 3))));
        switch (type)
        {
            case 0:
                return new Hdf5Link(name, LinkKind.Hard, content.Address(), "");
            case Soft:
                return new Hdf5Link(name, LinkKind.Soft, -1, Encoding.UTF8.GetString(content.Bytes(content.UInt16())));
            case External:
                Hdf5Cursor value = content.Part(content.UInt16(), $"the external link '{name}' of '{group}'");
                value.Skip(1);
                string file = value.Text();
                return new Hdf5Link(name, LinkKind.External, -1, $"{file}:{value.Text()}");
            default:
                return new Hdf5Link(name, LinkKind.UserDefined, -1, "");
        }
    }
}

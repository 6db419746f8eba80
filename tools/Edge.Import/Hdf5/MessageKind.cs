namespace Edge.Import.Hdf5;

/// <summary>Kinds of header messages that are read.</summary>
internal enum MessageKind
{
    /// <summary>Nothing.</summary>
    Nil = 0,

    /// <summary>Sizes of the axes.</summary>
    Dataspace = 1,

    /// <summary>Where a group's links lie.</summary>
    LinkInfo = 2,

    /// <summary>Type of the elements.</summary>
    Datatype = 3,

    /// <summary>Value of elements never written, old form.</summary>
    OldFillValue = 4,

    /// <summary>Value of elements never written.</summary>
    FillValue = 5,

    /// <summary>A link of a group.</summary>
    Link = 6,

    /// <summary>Files that hold the data.</summary>
    ExternalFiles = 7,

    /// <summary>Where the data lies.</summary>
    Layout = 8,

    /// <summary>Filters that the data went through.</summary>
    FilterPipeline = 11,

    /// <summary>A named value.</summary>
    Attribute = 12,

    /// <summary>More messages elsewhere.</summary>
    Continuation = 16,

    /// <summary>An old group's links.</summary>
    SymbolTable = 17,

    /// <summary>Where further attributes lie.</summary>
    AttributeInfo = 21,
}

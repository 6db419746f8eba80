namespace Edge.Import.Hdf5;

/// <summary>How chunks cover a dataset.</summary>
internal sealed class ChunkGrid
{
    // Numbers count over the sizes up to which axes may grow; an axis that may grow without end counts slowest.
    private readonly long[] _numbered;
    private readonly int _slowest;

    /// <summary>Makes a grid.</summary>
    /// <param name="sizes">Sizes of the dataset.</param>
    /// <param name="most">Sizes up to which its axes may grow; −1: any.</param>
    /// <param name="chunk">Sizes of a chunk.</param>
    /// <param name="element">Bytes of an element.</param>
    /// <param name="dataset">The dataset, for messages.</param>
    public ChunkGrid(long[] sizes, long[] most, long[] chunk, int element, string dataset)
    {
        Sizes = sizes;
        Chunk = chunk;
        Element = element;
        Dataset = dataset;
        Counts = new long[sizes.Length];
        _numbered = new long[sizes.Length];
        _slowest = Math.Max(0, Array.IndexOf(most, -1));
        long bytes = element;
        Numbers = 1;
        for (int i = 0; i < sizes.Length; i++)
        {
            if (chunk[i] < 1 || bytes > int.MaxValue / chunk[i])
            {
                throw new ModelImportException($"HDF5: dataset '{dataset}' has chunks of [{string.Join(", ", chunk)}] elements; sizes from 1 on and less than 2 GiB are allowed.");
            }

            bytes *= chunk[i];
            Counts[i] = ((sizes[i] - 1) / chunk[i]) + 1;
            _numbered[i] = Math.Max(Counts[i], most[i] <= 0 ? 0 : ((most[i] - 1) / chunk[i]) + 1);
            Numbers = checked(Numbers * _numbered[i]);
        }

        ChunkBytes = (int)bytes;
    }

    /// <summary>The dataset.</summary>
    public string Dataset { get; }

    /// <summary>Sizes of the dataset.</summary>
    public long[] Sizes { get; }

    /// <summary>Sizes of a chunk.</summary>
    public long[] Chunk { get; }

    /// <summary>Chunks along each axis.</summary>
    public long[] Counts { get; }

    /// <summary>One past the highest number that a chunk may have.</summary>
    public long Numbers { get; }

    /// <summary>Bytes of an element.</summary>
    public int Element { get; }

    /// <summary>Bytes of a chunk.</summary>
    public int ChunkBytes { get; }

    /// <summary>Place of a chunk along each axis, by its number in an array of chunks.</summary>
    /// <param name="number">The number.</param>
    public long[] PlaceOf(long number)
    {
        long[] place = new long[Counts.Length];
        for (int i = place.Length - 1; i >= 0; i--)
        {
            // The axes in order, the slowest taken out and put in front.
            int axis = i > _slowest ? i : i > 0 ? i - 1 : _slowest;
            place[axis] = number % _numbered[axis];
            number /= _numbered[axis];
        }

        return place;
    }
}

using System.Globalization;

namespace Edge.Learning.Data;

/// <summary>CIFAR-10: 32×32 colour images of ten classes.</summary>
/// <remarks>Source: Krizhevsky 2009, "Learning multiple layers of features from tiny images"; the binary version's layout: per image a
/// label byte, then 1,024 red, 1,024 green and 1,024 blue bytes, each row by row.</remarks>
public static class Cifar10
{
    private const int Side = 32;
    private const int Plane = Side * Side;
    private const int Record = 1 + (3 * Plane);

    // Twice the whole original set in one file.
    private const int MostRecords = 120_000;

    private static readonly string[] StandardNames = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// <summary>Loads the binary version, plain or gzip'ed, from <paramref name="directory"/> or its folder <c>cifar10</c> or
    /// <c>cifar-10-batches-bin</c>: the training batches 1 to 5 that are present, at least one, and the test batch.</summary>
    /// <returns>Samples [32, 32, 3], RGB.</returns>
    /// <exception cref="DatasetException">A file is missing or malformed.</exception>
    public static TrainTest Load(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string[] folders = [directory, Path.Combine(directory, "cifar10"), Path.Combine(directory, "cifar-10-batches-bin")];
        string[] training =
        [
            .. Enumerable.Range(1, 5)
                .Select(n => Locate(folders, $"data_batch_{n.ToString(CultureInfo.InvariantCulture)}.bin"))
                .OfType<string>()
        ];
        string? test = Locate(folders, "test_batch.bin");
        if (training.Length == 0 || test is null)
        {
            throw DataFile.Missing("cifar10", folders, ["data_batch_1.bin .. data_batch_5.bin", "test_batch.bin"], "Put the CIFAR-10 binary version there.");
        }

        string[] names = Names(DataFile.Find(folders, "batches.meta.txt"));
        return new TrainTest(Read(training, names), Read([test], names));
    }

    private static string? Locate(string[] folders, string name) => DataFile.Find(folders, name, name + ".gz");

    private static Dataset Read(string[] paths, string[] names)
    {
        byte[] pixels = new byte[1024 * 3 * Plane];
        var labels = new List<int>(1024);
        byte[] record = new byte[Record];
        foreach (string path in paths)
        {
            using Stream stream = DataFile.Open(path, out _);
            int first = labels.Count;
            for (int read; (read = DataFile.Read(stream, path, record)) != 0;)
            {
                int index = labels.Count - first;
                if (read != Record)
                {
                    throw new DatasetException($"'{path}' ends {read} bytes into image {index}; images are {Record} bytes each, so it is truncated or not the CIFAR-10 binary version.");
                }

                if (record[0] >= names.Length)
                {
                    throw new DatasetException($"'{path}': image {index} has label {record[0]}; 0 .. {names.Length - 1} are allowed.");
                }

                if (labels.Count == MostRecords)
                {
                    throw new DatasetException($"'{path}' and those before hold more than {MostRecords} images; the original has 60,000.");
                }

                int start = labels.Count * 3 * Plane;
                if (start == pixels.Length)
                {
                    Array.Resize(ref pixels, pixels.Length * 2);
                }

                labels.Add(record[0]);
                Interleave(record.AsSpan(1), pixels.AsSpan(start, 3 * Plane));
            }

            if (labels.Count == first)
            {
                throw new DatasetException($"'{path}' is empty; it should hold images of {Record} bytes.");
            }
        }

        Array.Resize(ref pixels, labels.Count * 3 * Plane);
        return new Dataset("cifar10", $"CIFAR-10 ({string.Join(", ", paths.Select(Path.GetFileName))})", [Side, Side, 3], pixels, [.. labels], names);
    }

    private static void Interleave(ReadOnlySpan<byte> planes, Span<byte> pixels)
    {
        for (int i = 0; i < Plane; i++)
        {
            pixels[3 * i] = planes[i];
            pixels[(3 * i) + 1] = planes[Plane + i];
            pixels[(3 * i) + 2] = planes[(2 * Plane) + i];
        }
    }

    private static string[] Names(string? path)
    {
        if (path is null)
        {
            return StandardNames;
        }

        byte[] buffer = new byte[4096];
        using Stream stream = DataFile.Open(path, out _);
        int read = DataFile.Read(stream, path, buffer);
        string[] names = System.Text.Encoding.UTF8.GetString(buffer.AsSpan(0, read))
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return read < buffer.Length && names.Length == StandardNames.Length
            ? names
            : throw new DatasetException($"'{path}' holds {names.Length} lines; it should name the ten classes, one per line.");
    }
}

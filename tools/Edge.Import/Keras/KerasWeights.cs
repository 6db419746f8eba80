using System.Text.RegularExpressions;
using Edge.Import.Hdf5;

namespace Edge.Import.Keras;

/// <summary>A weight that a layer has.</summary>
/// <param name="Name">Its name in the layer.</param>
/// <param name="IsTrainable">Whether a training step changes it; Keras saves those first.</param>
internal readonly record struct WeightName(string Name, bool IsTrainable = true);

/// <summary>Weights that lie together in a .keras file.</summary>
/// <param name="Places">Where they lie below the layer; several where versions of Keras differ.</param>
/// <param name="Weights">The weights, in order.</param>
internal sealed record WeightGroup(string[] Places, IReadOnlyList<WeightName> Weights);

/// <summary>Finds the weights of layers in a file.</summary>
internal abstract class KerasWeights
{
    private readonly Dictionary<KerasLayer, IReadOnlyDictionary<string, Hdf5Dataset>> _layers = [];

    /// <summary>The weights of a layer by name.</summary>
    /// <param name="layer">The layer.</param>
    public IReadOnlyDictionary<string, Hdf5Dataset> Of(KerasLayer layer) =>
        _layers.TryGetValue(layer, out IReadOnlyDictionary<string, Hdf5Dataset>? weights) ? weights : throw new ModelImportException($"{layer.Config.Where} has no weights in the file.");

    /// <summary>States the weights of a layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="weights">Its weights.</param>
    protected void Set(KerasLayer layer, IReadOnlyDictionary<string, Hdf5Dataset> weights) => _layers[layer] = weights;
}

/// <summary>The weights in the form of .h5 files: a group for each layer with a list of names; those of a nested model lie together.</summary>
/// <remarks>Source: keras/src/legacy/saving/legacy_h5_format.py.</remarks>
internal sealed class LegacyWeights : KerasWeights
{
    /// <summary>Finds the weights of a network.</summary>
    /// <param name="group">The group <c>model_weights</c>.</param>
    /// <param name="network">The network.</param>
    public LegacyWeights(Hdf5Object group, KerasNetwork network)
    {
        foreach (KerasLayer layer in network.Layers)
        {
            if (!LayerKinds.HasWeights(layer))
            {
                continue;
            }

            Hdf5Object own = group.Find(layer.Name) ?? throw new ModelImportException($"{layer.Config.Where} has no group '{layer.Name}' among the weights.");
            List<(string Name, Hdf5Dataset Data)> entries = [];
            foreach (string name in Names(own, "weight_names"))
            {
                Hdf5Object found = own.Find(name) ?? throw new ModelImportException($"{layer.Config.Where}: the weight '{name}' is listed but not there.");
                entries.Add((name, found.Dataset()));
            }

            Assign(layer, entries);
        }
    }

    /// <summary>A list of names: one attribute, or several with numbers behind where it was too long for one.</summary>
    /// <param name="group">The group.</param>
    /// <param name="name">The attribute's name.</param>
    public static List<string> Names(Hdf5Object group, string name)
    {
        List<string> names = [];
        if (group.Attributes.TryGetValue(name, out Hdf5Attribute? whole))
        {
            names.AddRange(whole.Texts());
        }

        for (int i = 0; whole is null && group.Attributes.TryGetValue($"{name}{i}", out Hdf5Attribute? part); i++)
        {
            names.AddRange(part.Texts());
        }

        return names;
    }

    private void Assign(KerasLayer layer, List<(string Name, Hdf5Dataset Data)> entries)
    {
        IReadOnlyList<KerasLayer> parts = LayerKinds.PartsOf(layer);
        if (parts.Count > 0)
        {
            AssignParts(layer, [.. parts.Where(LayerKinds.HasWeights)], entries);
            return;
        }

        WeightName[] wanted = [.. LayerKinds.WeightsOf(layer).SelectMany(static group => group.Weights)];
        if (entries.Count != wanted.Length)
        {
            throw new ModelImportException(
                $"{layer.Config.Where} has {entries.Count} weights in the file ({string.Join(", ", entries.Select(static entry => entry.Name))}); {wanted.Length} are needed ({string.Join(", ", wanted.Select(static weight => weight.Name))}).");
        }

        Dictionary<string, Hdf5Dataset> weights = new(StringComparer.Ordinal);
        string[] last = [.. entries.Select(static entry => entry.Name[(entry.Name.LastIndexOf('/') + 1)..].Split(':')[0])];
        bool byName = last.Distinct().Count() == last.Length && wanted.All(weight => last.Contains(weight.Name));
        WeightName[] order = [.. wanted.Where(static weight => weight.IsTrainable), .. wanted.Where(static weight => !weight.IsTrainable)];
        for (int i = 0; i < order.Length; i++)
        {
            weights.Add(order[i].Name, entries[byName ? Array.IndexOf(last, order[i].Name) : i].Data);
        }

        Set(layer, weights);
    }

    /// <summary>Divides the weights of a nested model or wrapper among its layers.</summary>
    private void AssignParts(KerasLayer owner, KerasLayer[] layers, List<(string Name, Hdf5Dataset Data)> entries)
    {
        int[] counts = [.. layers.Select(static layer => Trainable(layer, true).Count + Trainable(layer, false).Count)];
        List<(string Name, Hdf5Dataset Data)>[] shares = [.. layers.Select(layer => entries.FindAll(entry => entry.Name.Split('/').Contains(layer.Name)))];
        bool byName = owner.Network is not null && entries.Count == counts.Sum();
        for (int i = 0; i < layers.Length; i++)
        {
            byName &= shares[i].Count == counts[i];
        }

        if (!byName)
        {
            // All that are trained, layer by layer, then all that are not.
            int next = 0;
            shares = [.. layers.Select(static _ => new List<(string, Hdf5Dataset)>())];
            foreach (bool trainable in (ReadOnlySpan<bool>)[true, false])
            {
                for (int i = 0; i < layers.Length; i++)
                {
                    int count = Trainable(layers[i], trainable).Count;
                    shares[i].AddRange(entries.Skip(next).Take(count));
                    next += count;
                }
            }

            if (next != entries.Count)
            {
                throw new ModelImportException($"{owner.Config.Where} has {entries.Count} weights in the file; its layers need {next}.");
            }
        }

        for (int i = 0; i < layers.Length; i++)
        {
            Assign(layers[i], shares[i]);
        }
    }

    private static List<WeightName> Trainable(KerasLayer layer, bool trainable)
    {
        List<WeightName> names = [];
        IReadOnlyList<KerasLayer> parts = LayerKinds.PartsOf(layer);
        if (parts.Count == 0)
        {
            return [.. LayerKinds.WeightsOf(layer).SelectMany(static group => group.Weights).Where(weight => (weight.IsTrainable && layer.IsTrainable) == trainable)];
        }

        foreach (KerasLayer part in parts)
        {
            names.AddRange(Trainable(part, trainable));
        }

        return names;
    }
}

/// <summary>The weights in the form of .keras files: numbered datasets under paths made from the classes of the layers.</summary>
/// <remarks>Source: keras/src/saving/saving_lib.py, keras/src/utils/naming.py.</remarks>
internal sealed partial class ArchiveWeights : KerasWeights
{
    // The first releases with this format called the list of layers otherwise.
    private readonly string _list;

    /// <summary>Finds the weights of a network.</summary>
    /// <param name="root">The root of <c>model.weights.h5</c>.</param>
    /// <param name="network">The network.</param>
    public ArchiveWeights(Hdf5Object root, KerasNetwork network)
    {
        _list = root.Find("layers") is null && root.Find("_layer_checkpoint_dependencies") is not null ? "_layer_checkpoint_dependencies" : "layers";
        Read(root, network);
    }

    /// <summary>A class as a path names it: <c>MaxPooling2D</c> is <c>max_pooling2d</c>.</summary>
    /// <param name="name">The class.</param>
    public static string SnakeCase(string name) =>
        LowerUpper().Replace(WordStart().Replace(NoLetter().Replace(name, ""), "$1_$2"), "$1_$2").ToLowerInvariant();

    private void Read(Hdf5Object group, KerasNetwork network)
    {
        Dictionary<string, int> used = new(StringComparer.Ordinal);
        foreach (KerasLayer layer in network.Layers)
        {
            if (layer.IsFunction || (network.IsSequential && layer.Class == "InputLayer"))
            {
                continue;
            }

            string name = SnakeCase(layer.Class);
            int times = used.GetValueOrDefault(name);
            used[name] = times + 1;
            if (!LayerKinds.HasWeights(layer))
            {
                continue;
            }

            string path = times == 0 ? $"{_list}/{name}" : $"{_list}/{name}_{times}";
            Hdf5Object own = group.Find(path) ?? throw new ModelImportException($"{layer.Config.Where} has no weights in the file: '{group.Path}' has no '{path}'.");
            ReadAny(own, layer);
        }
    }

    private void ReadAny(Hdf5Object group, KerasLayer layer)
    {
        if (layer.Network is { } nested)
        {
            Read(group, nested);
            return;
        }

        IReadOnlyList<string> places = LayerKinds.PlacesOf(layer);
        IReadOnlyList<KerasLayer> parts = LayerKinds.PartsOf(layer);
        for (int i = 0; i < parts.Count; i++)
        {
            if (LayerKinds.HasWeights(parts[i]))
            {
                ReadAny(group.Find(places[i]) ?? throw new ModelImportException($"{parts[i].Config.Where} has no weights in the file: '{group.Path}' has no '{places[i]}'."), parts[i]);
            }
        }

        if (parts.Count == 0)
        {
            ReadLayer(group, layer);
        }
    }

    private void ReadLayer(Hdf5Object group, KerasLayer layer)
    {
        Dictionary<string, Hdf5Dataset> weights = new(StringComparer.Ordinal);
        foreach (WeightGroup part in LayerKinds.WeightsOf(layer))
        {
            if (part.Weights.Count == 0)
            {
                continue;
            }

            string[] places = [.. part.Places.Select(static place => place.Length == 0 ? "vars" : $"{place}/vars")];
            Hdf5Object own = places.Select(group.Find).FirstOrDefault(static found => found is not null)
                ?? throw new ModelImportException($"{layer.Config.Where} has no weights in the file: '{group.Path}' has no {string.Join(" and no ", places.Select(static place => $"'{place}'"))}.");
            WeightName[] order = [.. part.Weights.Where(static weight => weight.IsTrainable), .. part.Weights.Where(static weight => !weight.IsTrainable)];
            for (int i = 0; i < order.Length; i++)
            {
                Hdf5Object found = own.Find($"{i}") ?? throw new ModelImportException($"{layer.Config.Where}: '{own.Path}' has no '{i}', its {order[i].Name}.");
                weights.Add(order[i].Name, found.Dataset());
            }
        }

        Set(layer, weights);
    }

    [GeneratedRegex(@"\W+")]
    private static partial Regex NoLetter();

    [GeneratedRegex("(.)([A-Z][a-z]+)")]
    private static partial Regex WordStart();

    [GeneratedRegex("([a-z])([A-Z])")]
    private static partial Regex LowerUpper();
}

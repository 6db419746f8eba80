using Edge.Format;
using Edge.Learning.Layers;
using Edge.Runtime;

namespace Edge.Learning;

/// <summary>The values of a network's parameters, in the order in which its layers ask for them.</summary>
internal sealed class ParameterStore(ulong seed)
{
    // Keeps initial values apart from every other use of the same seed.
    private const ulong Stream = 0x494E495400000000;

    private readonly Dictionary<string, NetworkParameter> _byName = new(StringComparer.Ordinal);
    private readonly List<NetworkParameter> _all = [];

    public IReadOnlyList<NetworkParameter> All => _all;

    public NetworkParameter? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The values by that name; initialized the first time.</summary>
    public float[] Get(string name, Shape shape, Initializer initializer, int fanIn, int fanOut, bool trainable)
    {
        if (!_byName.TryGetValue(name, out NetworkParameter? parameter))
        {
            parameter = new NetworkParameter(name, shape, trainable);
            initializer.Fill(parameter.Values, fanIn, fanOut, new CounterRandom(seed, Stream + (uint)_all.Count));
            _byName.Add(name, parameter);
            _all.Add(parameter);
        }

        return parameter.Values;
    }
}

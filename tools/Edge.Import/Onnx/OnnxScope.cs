using Edge.Compiler;

namespace Edge.Import.Onnx;

/// <summary>The values that nodes of one graph or function see by name: its own, and for the branch of an If those around it.</summary>
/// <param name="parent">What is around it, or null.</param>
internal sealed class OnnxScope(OnnxScope? parent)
{
    private readonly Dictionary<string, OnnxValue> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<OnnxValue>> _pending = new(StringComparer.Ordinal);

    /// <summary>States a value.</summary>
    public void Set(string name, OnnxValue value)
    {
        if (name.Length > 0)
        {
            _values[name] = value;
        }
    }

    /// <summary>States a value that is made when it is first read.</summary>
    public void SetLater(string name, Func<OnnxValue> make) => _pending[name] = make;

    /// <summary>Finds a value.</summary>
    public OnnxValue? Find(string name)
    {
        if (_values.TryGetValue(name, out OnnxValue? value))
        {
            return value;
        }

        if (_pending.TryGetValue(name, out Func<OnnxValue>? make))
        {
            return _values[name] = make();
        }

        return parent?.Find(name);
    }
}

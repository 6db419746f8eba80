using Edge.Format;

namespace Edge.Learning;

/// <summary>A parameter of a network and its present values.</summary>
public sealed class NetworkParameter
{
    internal NetworkParameter(string name, Shape shape, bool isTrainable)
    {
        Name = name;
        Shape = shape;
        IsTrainable = isTrainable;
        Values = new float[shape.ElementCount];
    }

    /// <summary>Layer and parameter, such as "dense_1/weights".</summary>
    public string Name { get; }

    /// <summary>Its shape.</summary>
    public Shape Shape { get; }

    /// <summary>Whether the optimizer changes it; the others are running statistics.</summary>
    public bool IsTrainable { get; }

    /// <summary>Its values, row-major; may be written between trainings.</summary>
    public float[] Values { get; }
}

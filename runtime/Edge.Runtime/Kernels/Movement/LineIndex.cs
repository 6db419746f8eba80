using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>Where single indices along one axis point: what GatherElements and ScatterElements share.</summary>
internal ref struct LineIndex
{
    private readonly Indices _indices;
    private readonly Shape _shape;
    private readonly Shape _data;
    private readonly int _axis;
    private readonly string _name;
    private readonly Span<int> _at;
    private readonly Span<int> _strides;
    private int _next;

    /// <summary>Starts before the first index.</summary>
    /// <param name="indices">The indices.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="data">Shape of what is indexed: at least as large on every other axis.</param>
    /// <param name="axis">The indexed axis.</param>
    /// <param name="memory">Twice <see cref="Shape.MaxRank"/> integers.</param>
    /// <param name="name">The operator, for messages.</param>
    internal LineIndex(in Indices indices, in Shape shape, in Shape data, int axis, Span<int> memory, string name)
    {
        _indices = indices;
        _shape = shape;
        _data = data;
        _axis = axis;
        _name = name;
        _at = memory[..Shape.MaxRank];
        _strides = memory[Shape.MaxRank..];
        _at.Clear();
        StridedCopy.Strides(data, _strides);
    }

    /// <summary>The next index's element of the data.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    internal int Next()
    {
        int element = _indices.On(_next++, _data[_axis], allowNegative: true, _name) * _strides[_axis];
        for (int i = 0; i < _shape.Rank; i++)
        {
            element += i == _axis ? 0 : _at[i] * _strides[i];
        }

        for (int i = _shape.Rank - 1; i >= 0; i--)
        {
            if (++_at[i] < _shape[i])
            {
                break;
            }

            _at[i] = 0;
        }

        return element;
    }

    /// <summary>Throws unless the indices fit the data; returns the axis counted from the front.</summary>
    /// <param name="shapes">The inputs: data 0, indices 1.</param>
    /// <param name="axis">The axis; negative counts from the end.</param>
    internal static int Require(in Shapes shapes, int axis)
    {
        TensorSpec data = ShapeRules.Moved(shapes, 0), indices = shapes.Input(1);
        Indices.Require(shapes, 1);
        int rank = data.Shape.Rank, along = ShapeRules.Axis(shapes, axis, rank);
        bool fits = indices.Shape.Rank == rank;
        for (int i = 0; fits && i < rank; i++)
        {
            fits = i == along || indices.Shape[i] <= data.Shape[i];
        }

        shapes.Require(fits, $"the data is {data} and the indices are {indices}; as many axes, none but axis {along} longer than the data's, are allowed.");
        return along;
    }
}

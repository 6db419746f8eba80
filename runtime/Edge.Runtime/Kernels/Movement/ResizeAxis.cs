using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>Which elements of one axis an output element is made of.</summary>
internal readonly struct ResizeAxis
{
    /// <summary>A place beyond which no axis reaches; what lies farther out is clamped to it.</summary>
    private const float Far = 1 << 30;

    /// <summary>Most elements that one output element may be made of.</summary>
    internal const int MostTaps = 1 << 16;

    private readonly ResizeMode _mode;
    private readonly ResizeTransform _transform;
    private readonly NearestRounding _rounding;
    private readonly bool _excludeOutside;
    private readonly double _curve;
    private readonly double _footprint;
    private readonly float _scale;
    private readonly float _start;
    private readonly float _end;
    private readonly int _input;
    private readonly int _output;
    private readonly float _length;
    private readonly int _first;

    /// <summary>Looks at an axis of a resize.</summary>
    /// <param name="op">The operator.</param>
    /// <param name="axis">The axis.</param>
    /// <param name="rank">Axes of the input.</param>
    /// <param name="input">Its size in the input.</param>
    /// <param name="output">Its size in the output.</param>
    internal ResizeAxis(in Resize op, int axis, int rank, int input, int output)
    {
        _mode = op.Mode;
        _transform = op.Transform;
        _rounding = op.Rounding;
        _excludeOutside = op.ExcludeOutside;
        _curve = op.CubicCoefficient;
        _input = input;
        _output = output;
        float given = op.Scales.Count > 0 ? op.Scales[axis] : 0;
        _scale = op.Transform switch
        {
            ResizeTransform.TensorFlowAlignCorners when output > 1 => (input - 1) / (float)(output - 1),
            ResizeTransform.TensorFlow or ResizeTransform.TensorFlowHalfPixel or ResizeTransform.TensorFlowAlignCorners => input / (float)output,
            _ => given > 0 ? given : output / (float)input,
        };
        _length = given > 0 ? given * input : output;
        _start = op.Region.Count > 0 ? op.Region[axis] : 0;
        _end = op.Region.Count > 0 ? op.Region[axis + rank] : 1;

        // Antialiasing stretches the curve over what an output element covers, when that is more than one input element.
        double growth = op.Transform >= ResizeTransform.TensorFlow ? 1.0 / _scale : _scale;
        _footprint = op.Antialias ? Math.Min(growth, 1) : 1;
        double reach = Math.Floor(-(op.Mode == ResizeMode.Cubic ? 2 : 1) / _footprint) + 1;
        _first = op.Mode == ResizeMode.Nearest ? 0 : (int)Math.Max(reach, -MostTaps);
        Taps = op.Mode == ResizeMode.Nearest ? 1 : 2 - (2 * _first);
    }

    /// <summary>Elements that an output element is made of.</summary>
    internal int Taps { get; }

    /// <summary>Whether an output element lies outside the input and is extrapolated.</summary>
    internal bool IsOutside(int at)
    {
        float x = Place(at);
        return _transform == ResizeTransform.CropAndResize && !(x >= 0 && x <= _input - 1);
    }

    /// <summary>The element that mode nearest takes.</summary>
    internal int Nearest(int at)
    {
        float x = Clamp(Place(at)), below = MathF.Floor(x), fraction = x - below;
        bool up = _rounding switch
        {
            NearestRounding.RoundPreferFloor => fraction > 0.5f,
            NearestRounding.RoundPreferCeiling => fraction >= 0.5f,
            NearestRounding.Floor => false,
            _ => fraction > 0,
        };
        return Math.Clamp((int)below + (up ? 1 : 0), 0, _input - 1);
    }

    /// <summary>The elements of an output element and their weights.</summary>
    /// <param name="at">The output element.</param>
    /// <param name="elements">Receives <see cref="Taps"/> elements.</param>
    /// <param name="weights">Receives as many weights.</param>
    internal void Fill(int at, Span<int> elements, Span<float> weights)
    {
        if (_mode == ResizeMode.Nearest)
        {
            elements[0] = Nearest(at);
            weights[0] = 1;
            return;
        }

        float x = Clamp(Place(at)), floor = MathF.Floor(x);
        int below = (int)floor;
        if (_mode == ResizeMode.Linear && _footprint == 1)
        {
            // On an element, it alone: a neighbour's NaN does not spread.
            elements[0] = Math.Clamp(below, 0, _input - 1);
            elements[1] = Math.Clamp((int)MathF.Ceiling(x), 0, _input - 1);
            weights[1] = x - floor;
            weights[0] = 1 - weights[1];
            return;
        }

        // TensorFlow looks cubic weights up in a table of 1024 steps.
        double fraction = x - floor;
        fraction = _transform >= ResizeTransform.TensorFlow && !(_footprint < 1) ? Math.Round(fraction * 1024) / 1024 : fraction;
        double sum = 0, all = 0;
        for (int tap = 0; tap < Taps; tap++)
        {
            double weight = Weight(Math.Abs((_first + tap - fraction) * _footprint));
            int element = below + _first + tap;
            all += weight;
            sum += element >= 0 && element < _input ? weight : 0;
        }

        double whole = _excludeOutside ? sum : _footprint < 1 ? all : 1;
        for (int tap = 0; tap < Taps; tap++)
        {
            int element = below + _first + tap;
            bool counts = !_excludeOutside || (element >= 0 && element < _input);
            elements[tap] = Math.Clamp(element, 0, _input - 1);
            weights[tap] = counts ? (float)(Weight(Math.Abs((_first + tap - fraction) * _footprint)) / whole) : 0;
        }
    }

    /// <summary>The curve at a distance: a tent, or Keys' cubic.</summary>
    private double Weight(double distance) => _mode == ResizeMode.Linear ? Math.Max(1 - distance, 0)
        : distance <= 1 ? ((((_curve + 2) * distance) - (_curve + 3)) * distance * distance) + 1
        : distance < 2 ? ((((distance - 5) * distance) + 8) * distance * _curve) - (4 * _curve)
        : 0;

    private float Place(int at)
    {
        float i = at, n = _input, m = _length;
        switch (_transform)
        {
            case ResizeTransform.HalfPixelSymmetric:
                float offset = n / 2 * (1 - (_output / (_scale * n)));
                return (float)(offset + ((i + 0.5) / _scale) - 0.5);
            case ResizeTransform.PytorchHalfPixel:
                return m > 1 ? ((i + 0.5f) / _scale) - 0.5f : 0;
            case ResizeTransform.AlignCorners:
                return m > 1 ? i * (n - 1) / (m - 1) : 0;
            case ResizeTransform.Asymmetric:
                return i / _scale;
            case ResizeTransform.HalfPixelForNearest:
                return (i + 0.5f) / _scale;
            case ResizeTransform.CropAndResize:
                return m > 1
                    ? (_start * (n - 1)) + (i * (_end - _start) * (n - 1) / (m - 1))
                    : (float)(0.5 * (_start + _end) * (n - 1));
            case ResizeTransform.TensorFlowHalfPixel:
                return _mode == ResizeMode.Nearest ? (i + 0.5f) * _scale : ((i + 0.5f) * _scale) - 0.5f;
            case ResizeTransform.TensorFlow:
            case ResizeTransform.TensorFlowAlignCorners:
                return i * _scale;
            default:
                return ((i + 0.5f) / _scale) - 0.5f;
        }
    }

    private static float Clamp(float x) => x > -Far ? Math.Min(x, Far) : -Far;
}

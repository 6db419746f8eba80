using System.Globalization;
using System.Runtime.CompilerServices;

namespace Edge.Runtime.Operators;

/// <summary>An interpolated text that is built only where a condition fails.</summary>
/// <remarks>Shape rules check ten and more conditions for each operator of a file; texts for those that hold were most of what loading allocated.</remarks>
[InterpolatedStringHandler]
internal ref struct LazyMessage
{
    private DefaultInterpolatedStringHandler _text;

    public LazyMessage(int literalLength, int formattedCount, bool condition, out bool build)
    {
        build = !condition;
        _text = build ? new DefaultInterpolatedStringHandler(literalLength, formattedCount, CultureInfo.InvariantCulture) : default;
    }

    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    /// <summary>The text; to be called once.</summary>
    public string Take() => _text.ToStringAndClear();
}

namespace Edge.Runtime.Kernels;

/// <summary>Along one axis: the taps of a window that lie inside the image.</summary>
internal readonly struct WindowSpan
{
    private WindowSpan(int first, int end, int start)
    {
        First = first;
        End = end;
        Start = start;
    }

    /// <summary>First tap inside.</summary>
    internal int First { get; }

    /// <summary>One past the last tap inside; not above <see cref="First"/> when none is.</summary>
    internal int End { get; }

    /// <summary>Position of tap 0, possibly outside.</summary>
    internal int Start { get; }

    internal int Count => Math.Max(0, End - First);

    /// <summary>The window of output position <paramref name="output"/>.</summary>
    internal static WindowSpan Of(int output, int stride, int dilation, int pad, int taps, int size)
    {
        int start = (output * stride) - pad;
        int first = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
        int end = start >= size ? 0 : Math.Min(taps, ((size - 1 - start) / dilation) + 1);
        return new(first, end, start);
    }

    /// <summary>Output positions [First, End) whose window lies inside from its first tap to its last.</summary>
    internal static (int First, int End) Inside(int outputs, int stride, int dilation, int pad, int taps, int size)
    {
        int first = Math.Min(outputs, (pad + stride - 1) / stride);
        int room = size + pad - 1 - ((taps - 1) * dilation);
        int end = room < 0 ? 0 : Math.Min(outputs, (room / stride) + 1);
        return (first, Math.Max(first, end));
    }
}

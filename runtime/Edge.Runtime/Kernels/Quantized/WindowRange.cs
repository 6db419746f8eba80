namespace Edge.Runtime.Kernels;

/// <summary>Which taps of a sliding window lie inside the image, along one axis.</summary>
internal static class WindowRange
{
    /// <summary>The taps t, first ≤ t &lt; end, for which 0 ≤ origin + t · dilation &lt; size; an empty range has first = end.</summary>
    public static (int First, int End) Of(int origin, int dilation, int taps, int size)
    {
        int first = origin >= 0 ? 0 : (dilation - 1 - origin) / dilation;
        int end = size <= origin ? 0 : (int)Math.Min(taps, ((long)size - origin + dilation - 1) / dilation);
        first = Math.Min(first, taps);
        return (first, Math.Max(first, end));
    }
}

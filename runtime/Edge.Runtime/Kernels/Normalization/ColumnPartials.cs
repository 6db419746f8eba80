namespace Edge.Runtime.Kernels;

/// <summary>Partial sums that the parts of divided work leave, added up in the order of the parts.</summary>
internal static class ColumnPartials
{
    /// <summary>sums[c] = Σ over parts of partials[part · stride + offset + c], in double; or adds that. An empty destination is skipped.</summary>
    internal static void Add(ReadOnlySpan<float> partials, int parts, int stride, int offset, Span<float> sums, bool accumulate)
    {
        for (int c = 0; c < sums.Length; c++)
        {
            float sum = (float)Sum(partials, parts, stride, offset + c);
            sums[c] = accumulate ? sums[c] + sum : sum;
        }
    }

    /// <summary>Σ over parts of partials[part · stride + index].</summary>
    internal static double Sum(ReadOnlySpan<float> partials, int parts, int stride, int index)
    {
        double sum = 0;
        for (int part = 0; part < parts; part++)
        {
            sum += partials[(part * stride) + index];
        }

        return sum;
    }
}

namespace Edge.Tests.Operators;

/// <summary>Sliding windows counted by sliding.</summary>
internal static class Windows
{
    public static int Count(int input, int kernel, int stride, int dilation, int before, int after)
    {
        int count = 0;
        for (int start = -before; start + ((kernel - 1) * dilation) < input + after; start += stride)
        {
            count++;
        }

        return count;
    }
}

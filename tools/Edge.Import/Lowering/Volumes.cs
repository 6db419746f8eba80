using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import;

/// <summary>Windows over volumes [N, D, H, W, C].</summary>
internal static class Volumes
{
    /// <summary>A window that is padded so that there is one for each stride, or not at all.</summary>
    /// <param name="volume">The volume's shape.</param>
    /// <param name="kernel">Depth, height and width of the window.</param>
    /// <param name="strides">Elements between neighbouring windows.</param>
    /// <param name="dilations">Elements between neighbouring taps.</param>
    /// <param name="same">Whether it is padded.</param>
    public static Window3D Window(in Shape volume, ReadOnlySpan<int> kernel, ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, bool same)
    {
        int[] before = new int[3], after = new int[3];
        for (int i = 0; same && i < 3; i++)
        {
            (before[i], after[i]) = Padding2D.SameAxis(volume[i + 1], kernel[i], strides[i], dilations[i]);
        }

        return new Window3D(IntList.Create(strides), IntList.Create(dilations), IntList.Create(before), IntList.Create(after));
    }
}

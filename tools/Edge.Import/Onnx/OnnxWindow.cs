using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>The window of a convolution or pooling node: kernel, strides, dilations and padding along each spatial axis.</summary>
internal sealed class OnnxWindow
{
    private OnnxWindow(int axes)
    {
        Kernel = new int[axes];
        Stride = new int[axes];
        Dilation = new int[axes];
        Before = new int[axes];
        After = new int[axes];
        Ceiling = new int[axes];
    }

    public int[] Kernel { get; }

    public int[] Stride { get; }

    public int[] Dilation { get; }

    /// <summary>Padding before each axis.</summary>
    public int[] Before { get; }

    /// <summary>Padding behind each axis.</summary>
    public int[] After { get; }

    /// <summary>Padding behind <see cref="After"/> that rounding the output size up adds; it counts for nothing.</summary>
    public int[] Ceiling { get; }

    public int Axes => Kernel.Length;

    public bool IsDilated => Array.Exists(Dilation, static dilation => dilation != 1);

    public bool IsPadded => Array.Exists(Before, static padding => padding != 0) || Array.Exists(After, static padding => padding != 0);

    /// <summary>Whether padding reaches as far as the window, so that a window may hold nothing else; then a pad must stand before the operator.</summary>
    public bool NeedsPad => Enumerable.Range(0, Axes).Any(axis => Before[axis] >= Extent(axis) || After[axis] + Ceiling[axis] >= Extent(axis));

    /// <summary>Reads a window.</summary>
    /// <param name="node">The node.</param>
    /// <param name="spatial">Sizes of the spatial axes.</param>
    /// <param name="kernel">Sizes of the weights' spatial axes; null: the node states them.</param>
    public static OnnxWindow Read(OnnxNode node, ReadOnlySpan<int> spatial, int[]? kernel)
    {
        OnnxWindow window = new(spatial.Length);
        int axes = spatial.Length;
        kernel = node.Int32List("kernel_shape") is { Length: > 0 } stated ? stated : kernel ?? throw node.Fail("the attribute kernel_shape is missing.");
        Copy("kernel_shape", kernel, window.Kernel, 1);
        Copy("strides", node.Int32List("strides"), window.Stride, 1);
        Copy("dilations", node.Int32List("dilations"), window.Dilation, 1);
        int[]? pads = node.Int32List("pads");
        node.Require(pads is null || pads.Length == 2 * axes, $"pads has {pads?.Length} entries; {2 * axes} are needed for {axes} spatial axes.");
        Copy("pads", pads?[..axes], window.Before, 0);
        Copy("pads", pads?[axes..], window.After, 0);
        string automatic = node.Text("auto_pad", "NOTSET");
        bool ceiling = node.Flag("ceil_mode");
        for (int i = 0; i < axes; i++)
        {
            switch (automatic)
            {
                case "NOTSET" or "":
                    break;
                case "VALID":
                    (window.Before[i], window.After[i]) = (0, 0);
                    break;
                case "SAME_UPPER":
                    (window.Before[i], window.After[i]) = Padding2D.SameAxis(spatial[i], window.Kernel[i], window.Stride[i], window.Dilation[i]);
                    break;
                case "SAME_LOWER":
                    (window.After[i], window.Before[i]) = Padding2D.SameAxis(spatial[i], window.Kernel[i], window.Stride[i], window.Dilation[i]);
                    break;
                default:
                    throw node.Fail($"auto_pad is '{automatic}'; NOTSET, VALID, SAME_UPPER and SAME_LOWER are allowed.");
            }

            if (ceiling)
            {
                long room = (long)spatial[i] + window.Before[i] + window.After[i] - window.Extent(i);
                long steps = (room + window.Stride[i] - 1) / window.Stride[i];
                if (steps * window.Stride[i] >= (long)spatial[i] + window.Before[i])
                {
                    steps--;                     // a last window that begins behind the input is left out, as PyTorch and ONNX Runtime do
                }

                window.Ceiling[i] = (int)Math.Clamp((steps * window.Stride[i]) - room, 0, int.MaxValue);
            }
        }

        return window;

        void Copy(string name, int[]? from, int[] to, int lowest)
        {
            if (from is null or { Length: 0 })
            {
                Array.Fill(to, lowest);
                return;
            }

            node.Require(from.Length == to.Length, $"{name} has {from.Length} entries; {to.Length} are needed, one for each spatial axis.");
            foreach (int value in from)
            {
                node.Require(value >= lowest && value <= ushort.MaxValue, $"{name} holds {value}; {lowest} … {ushort.MaxValue} is allowed.");
            }

            from.CopyTo(to, 0);
        }
    }

    /// <summary>Elements between the first and the last of a window, both included.</summary>
    public long Extent(int axis) => ((Kernel[axis] - 1L) * Dilation[axis]) + 1;

    /// <summary>The padding of a picture, for one or two spatial axes.</summary>
    public Padding2D Padding(bool withCeiling = true)
    {
        int width = Axes - 1;
        int more = withCeiling ? 1 : 0;
        return Axes == 1
            ? new Padding2D(0, 0, Before[0], After[0] + (more * Ceiling[0]))
            : new Padding2D(Before[0], After[0] + (more * Ceiling[0]), Before[width], After[width] + (more * Ceiling[width]));
    }

    /// <summary>What is along height, or 1 where there is none.</summary>
    public static int Height(int[] values) => values.Length == 1 ? 1 : values[0];

    /// <summary>What is along width.</summary>
    public static int Width(int[] values) => values[^1];

    /// <summary>Moves the padding into a node of its own before the operator.</summary>
    /// <param name="node">The node.</param>
    /// <param name="picture">[N, H, W, C].</param>
    /// <param name="value">What the padding holds.</param>
    public Edge.Compiler.Tensor Pad(OnnxNode node, Edge.Compiler.Tensor picture, float value)
    {
        int first = picture.Shape.Rank - 1 - Axes;
        int[] before = new int[picture.Shape.Rank], after = new int[picture.Shape.Rank];
        Before.CopyTo(before, first);
        After.CopyTo(after, first);
        Array.Clear(Before);
        Array.Clear(After);
        return node.Builder.Add(node.Name + "_pad", new Pad(IntList.Create(before), IntList.Create(after), value), picture);
    }
}

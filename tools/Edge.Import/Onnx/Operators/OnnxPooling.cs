using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Pooling.</summary>
internal static class OnnxPooling
{
    public static IEnumerable<OnnxOperator> Table =>
    [
        OnnxOperator.Same("AveragePool", "AveragePool2D", static node => AveragePool(node, node.Input(0))),
        OnnxOperator.Same("GlobalAveragePool", "GlobalAveragePool, ReduceMean", static node => GlobalAveragePool(node, node.Input(0))),
        OnnxOperator.Same("GlobalMaxPool", "Reduce", static node =>
            node.Builder.Add(node.Name, new Reduce(Reduction.Maximum, IntList.Create([.. Enumerable.Range(2, node.Input(0).Shape.Rank - 2)]), KeepDims: true), node.Input(0))),
        OnnxOperator.Many("MaxPool", OperatorSupport.Supported, "MaxPool2D, MaxPoolWithIndices", static node => node.HasOutput(1) ? WithIndices(node) : [MaxPool(node), null]),
    ];

    /// <summary>The largest values and their places in the input as ONNX stores it.</summary>
    private static IReadOnlyList<Tensor?> WithIndices(OnnxNode node)
    {
        Tensor x = node.Input(0);
        int rank = x.Shape.Rank;
        node.Require(rank is 3 or 4, $"the input is {x}; [N, C, W] and [N, C, H, W] are allowed where indices are wanted.");
        OnnxWindow window = OnnxWindow.Read(node, x.Shape.Axes[2..], null);
        IReadOnlyList<Tensor> both = node.Builder.AddAll(
            node.Name,
            new MaxPoolWithIndices(
                OnnxWindow.Height(window.Kernel),
                OnnxWindow.Width(window.Kernel),
                OnnxWindow.Height(window.Stride),
                OnnxWindow.Width(window.Stride),
                window.Padding(),
                OnnxWindow.Height(window.Dilation),
                OnnxWindow.Width(window.Dilation),
                node.Flag("storage_order")),
            [],
            OnnxLayout.Picture(node, x));
        return [.. both.Select(tensor => OnnxLayout.FromPicture(node, tensor, rank))];
    }

    private static Tensor MaxPool(OnnxNode node)
    {
        Tensor x = node.Input(0);
        int rank = x.Shape.Rank;
        node.Require(rank is 3 or 4 or 5, $"the input is {x}; [N, C, W], [N, C, H, W] and [N, C, D, H, W] are allowed.");
        if (x.Type != DataType.Float32)
        {
            // Plain integers of 8 bits pass through float32 unchanged.
            return OnnxArithmetic.Cast(node, Largest(node, OnnxArithmetic.Cast(node, x, DataType.Float32), rank), x.Type);
        }

        return Largest(node, x, rank);
    }

    private static Tensor Largest(OnnxNode node, Tensor x, int rank)
    {
        OnnxWindow window = OnnxWindow.Read(node, x.Shape.Axes[2..], null);
        if (rank == 5)
        {
            return OnnxVolumes.Pool(node, x, window, (picture, plane) => node.Builder.Add(
                node.Name,
                new MaxPool2D(
                    plane.KernelHeight,
                    plane.KernelWidth,
                    plane.StrideHeight,
                    plane.StrideWidth,
                    plane.Padding,
                    DilationHeight: plane.DilationHeight,
                    DilationWidth: plane.DilationWidth),
                picture));
        }

        Tensor picture = OnnxLayout.Picture(node, x);
        if (window.NeedsPad)
        {
            picture = window.Pad(node, picture, float.NegativeInfinity);
        }

        Tensor y = node.Builder.Add(
            node.Name,
            new MaxPool2D(
                OnnxWindow.Height(window.Kernel),
                OnnxWindow.Width(window.Kernel),
                OnnxWindow.Height(window.Stride),
                OnnxWindow.Width(window.Stride),
                window.Padding(),
                DilationHeight: OnnxWindow.Height(window.Dilation),
                DilationWidth: OnnxWindow.Width(window.Dilation)),
            picture);
        return OnnxLayout.FromPicture(node, y, rank);
    }

    public static Tensor AveragePool(OnnxNode node, Tensor x)
    {
        int rank = x.Shape.Rank;
        node.Require(rank is 3 or 4 or 5, $"the input is {x}; [N, C, W], [N, C, H, W] and [N, C, D, H, W] are allowed.");
        OnnxWindow window = OnnxWindow.Read(node, x.Shape.Axes[2..], null);
        node.Require(!window.IsDilated, "dilations other than 1 are not supported.");
        if (rank == 5)
        {
            node.Require(!node.Flag("count_include_pad") || !window.IsPadded || Array.TrueForAll(window.Ceiling, static more => more == 0), "count_include_pad and ceil_mode are not supported together for volumes.");
            return OnnxVolumes.Pool(node, x, window, (picture, plane) => node.Builder.Add(
                node.Name,
                new AveragePool2D(plane.KernelHeight, plane.KernelWidth, plane.StrideHeight, plane.StrideWidth, plane.Padding, node.Flag("count_include_pad") && window.IsPadded),
                picture));
        }

        bool counts = node.Flag("count_include_pad");
        Tensor picture = OnnxLayout.Picture(node, x);
        if (counts && (window.NeedsPad || Array.Exists(window.Ceiling, static more => more > 0)))
        {
            // What rounding up adds never counts, so the padding that does becomes a node of its own.
            picture = window.Pad(node, picture, 0);
            counts = false;
        }

        Tensor y = node.Builder.Add(
            node.Name,
            new AveragePool2D(
                OnnxWindow.Height(window.Kernel),
                OnnxWindow.Width(window.Kernel),
                OnnxWindow.Height(window.Stride),
                OnnxWindow.Width(window.Stride),
                window.Padding(),
                counts && window.IsPadded),
            picture);
        return OnnxLayout.FromPicture(node, y, rank);
    }

    public static Tensor GlobalAveragePool(OnnxNode node, Tensor x)
    {
        if (node.Flag("channels_last"))
        {
            return node.Builder.Add(node.Name, new ReduceMean(IntList.Create([.. Enumerable.Range(1, x.Shape.Rank - 2)]), KeepDims: true), x);
        }

        return x.Shape.Rank == 4
            ? OnnxLayout.ChannelsSecond(node, node.Builder.Add(node.Name, new GlobalAveragePool(KeepDims: true), OnnxLayout.ChannelsLast(node, x)))
            : node.Builder.Add(node.Name, new ReduceMean(IntList.Create([.. Enumerable.Range(2, x.Shape.Rank - 2)]), KeepDims: true), x);
    }
}

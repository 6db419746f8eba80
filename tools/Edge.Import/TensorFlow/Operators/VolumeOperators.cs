using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TensorFlow.Operators;

/// <summary>Convolutions and pooling over volumes.</summary>
internal static class VolumeOperators
{
    private static readonly IntList s_toLast = [0, 2, 3, 4, 1];
    private static readonly IntList s_toSecond = [0, 4, 1, 2, 3];

    /// <summary>The table.</summary>
    public static IEnumerable<TensorFlowOperator> Table =>
    [
        TensorFlowOperator.Same("Conv3D", "Conv3D", Conv),
        TensorFlowOperator.Same("Conv3DBackpropInputV2", "ConvTranspose3D", Transposed),
        TensorFlowOperator.Same("MaxPool3D", "MaxPool3D", static node => Pool(node, static (kernel, window) => new MaxPool3D(kernel, window))),
        TensorFlowOperator.Same("AvgPool3D", "AveragePool3D", static node => Pool(node, static (kernel, window) => new AveragePool3D(kernel, window))),
    ];

    /// <summary>A volume of a node as [N, D, H, W, C].</summary>
    public static Tensor ToLast(TensorFlowNode node, Tensor volume)
    {
        node.Require(volume.Shape.Rank == 5, $"the volume is {volume}; five axes are needed.");
        return IsChannelsSecond(node) ? node.Permute(volume, s_toLast) : volume;
    }

    /// <summary>[N, D, H, W, C] as the node states its volumes.</summary>
    public static Tensor FromLast(TensorFlowNode node, Tensor volume) => IsChannelsSecond(node) ? node.Builder.Add(node.Name, new Transpose(s_toSecond), volume) : volume;

    private static bool IsChannelsSecond(TensorFlowNode node) => node.Text("data_format", "NDHWC") switch
    {
        "NDHWC" => false,
        "NCDHW" => true,
        string other => throw node.Fail($"data_format is '{other}'; NDHWC and NCDHW are allowed."),
    };

    private static Tensor Conv(TensorFlowNode node)
    {
        Tensor volume = ToLast(node, node.Input(0)), filter = node.Input(1);
        node.Require(
            filter.Shape.Rank == 5 && volume.Shape[4] % filter.Shape[3] == 0, $"the filter is {filter} and the volume {volume}; [depth, height, width, in, out] with a divisor of the volume's channels is allowed.");
        Window3D window = Window(node, volume.Shape, filter.Shape.Axes[..3]);
        return FromLast(node, node.Builder.Add(node.Name, new Conv3D(window, volume.Shape[4] / filter.Shape[3]), volume, node.Permute(filter, [4, 0, 1, 2, 3])));
    }

    /// <summary>The gradient of a convolution by its input: filter [depth, height, width, out, in], and the size of the result stated.</summary>
    private static Tensor Transposed(TensorFlowNode node)
    {
        Tensor volume = ToLast(node, node.Input(2)), filter = node.Input(1);
        int[] size = node.Integers(0, "the size of the result");
        node.Require(
            filter.Shape.Rank == 5 && filter.Shape[4] == volume.Shape[4], $"the filter is {filter} and the volume {volume}; [depth, height, width, out, in] with the volume's channels is allowed.");
        node.Require(size.Length == 5 && size.All(static length => length >= 1), $"the size of the result is [{string.Join(", ", size)}]; five sizes of at least 1 are allowed.");
        int first = IsChannelsSecond(node) ? 2 : 1;
        Window3D window = Window(node, new Shape(1, size[first], size[first + 1], size[first + 2], 1), filter.Shape.Axes[..3]);
        int[] more = new int[3];
        for (int i = 0; i < 3; i++)
        {
            long extra = size[first + i] -
                (((volume.Shape[i + 1] - 1L) * window.Strides[i]) + ((filter.Shape[i] - 1L) * window.Dilations[i]) + 1 - window.Before[i] - window.After[i]);
            node.Require(
                extra >= 0 && extra < window.Strides[i], $"the result is to have {size[first + i]} elements along axis {first + i}, {extra} more than {volume} makes; less than one stride more is allowed.");
            more[i] = (int)extra;
        }

        return FromLast(node, node.Builder.Add(node.Name, new ConvTranspose3D(window, IntList.Create(more)), volume, node.Permute(filter, [3, 0, 1, 2, 4])));
    }

    private static Tensor Pool<TOperator>(TensorFlowNode node, Func<IntList, Window3D, TOperator> make) where TOperator : struct, IOperator<TOperator>
    {
        Tensor volume = ToLast(node, node.Input(0));
        int[] kernel = Three(node, "ksize");
        return FromLast(node, node.Builder.Add(node.Name, make(IntList.Create(kernel), Window(node, volume.Shape, kernel)), volume));
    }

    private static Window3D Window(TensorFlowNode node, in Shape volume, ReadOnlySpan<int> kernel)
    {
        node.Require(
            kernel[0] <= ushort.MaxValue && kernel[1] <= ushort.MaxValue && kernel[2] <= ushort.MaxValue,
            $"the window has {kernel[0]} × {kernel[1]} × {kernel[2]} elements; 1 … {ushort.MaxValue} are allowed.");
        return Volumes.Window(volume, kernel, Three(node, "strides"), Three(node, "dilations"), node.Text("padding", "") switch
        {
            "SAME" => true,
            "VALID" => false,
            string other => throw node.Fail($"padding is '{other}'; SAME and VALID are allowed."),
        });
    }

    /// <summary>Depth, height and width of an attribute that has one entry for each axis; those of batch and channels must be 1.</summary>
    private static int[] Three(TensorFlowNode node, string name)
    {
        int[] values = node.List(name);
        if (values.Length == 0)
        {
            return [1, 1, 1];
        }

        bool second = IsChannelsSecond(node);
        node.Require(
            values.Length == 5 && values[0] == 1 && values[second ? 1 : 4] == 1 && values.All(static value => value is >= 1 and <= ushort.MaxValue),
            $"{name} is [{string.Join(", ", values)}]; five entries of 1 … {ushort.MaxValue} are allowed, with 1 for batch and channels.");
        return second ? values[2..] : values[1..4];
    }
}

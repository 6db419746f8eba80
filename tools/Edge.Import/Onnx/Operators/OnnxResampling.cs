using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Pictures of another size.</summary>
internal static class OnnxResampling
{
    public static IEnumerable<OnnxOperator> Table =>
    [
        OnnxOperator.Same("DepthToSpace", "DepthToSpace", static node => InLast(node, x =>
            node.Builder.Add(node.Name, new DepthToSpace(node.Int32("blocksize", 0), node.Text("mode", "DCR") == "CRD"), x))),
        OnnxOperator.Same("GridSample", "GridSample", GridSample),
        OnnxOperator.Same("Resize", "Resize", Resize, 1, 2, 3),
        OnnxOperator.Same("SpaceToDepth", "SpaceToDepth", static node => InLast(node, x => node.Builder.Add(node.Name, new SpaceToDepth(node.Int32("blocksize", 0)), x))),
        OnnxOperator.Same("Upsample", "Resize", Upsample, 1),
    ];

    private static Tensor GridSample(OnnxNode node)
    {
        ResizeMode mode = node.Text("mode", "linear") switch
        {
            "nearest" => ResizeMode.Nearest,
            "linear" or "bilinear" => ResizeMode.Linear,
            "cubic" or "bicubic" => ResizeMode.Cubic,
            string other => throw node.Fail($"the mode is '{other}'; nearest, linear and cubic are allowed."),
        };
        GridPadding padding = node.Text("padding_mode", "zeros") switch
        {
            "zeros" => GridPadding.Zeros,
            "border" => GridPadding.Border,
            "reflection" => GridPadding.Reflection,
            string other => throw node.Fail($"padding_mode is '{other}'; zeros, border and reflection are allowed."),
        };
        return InLast(node, x => node.Builder.Add(node.Name, new GridSample(mode, padding, node.Flag("align_corners")), x, node.Input(1)));
    }

    private static Tensor InLast(OnnxNode node, Func<Tensor, Tensor> convert)
    {
        Tensor x = node.Input(0);
        node.Require(x.Shape.Rank == 4, $"the input is {x}; [N, C, H, W] is needed.");
        return OnnxLayout.ChannelsSecond(node, convert(OnnxLayout.ChannelsLast(node, x)));
    }

    private static Tensor Upsample(OnnxNode node)
    {
        Tensor x = node.Input(0);
        float[] scales = node.Version < 9 ? [.. node.FloatList("scales") ?? []] : node.Floats(1);
        node.Require(scales.Length == x.Shape.Rank, $"there are {scales.Length} scales; {x.Shape.Rank} are needed.");
        return Convert(node, x, scales, null, new Resize(default, Mode(node), ResizeTransform.Asymmetric, NearestRounding.Floor));
    }

    private static Tensor Resize(OnnxNode node)
    {
        Tensor x = node.Input(0);
        int rank = x.Shape.Rank;
        if (node.Version < 11)
        {
            return Convert(node, x, node.Floats(1), null, new Resize(default, Mode(node), ResizeTransform.Asymmetric, NearestRounding.Floor));
        }

        int[] axes = node.Int32List("axes") is { } stated ? [.. stated.Select(axis => node.Axis(axis, rank))] : [.. Enumerable.Range(0, rank)];
        float[]? scales = node.Has(2) ? node.Floats(2) : null;
        int[]? sizes = node.Has(3) ? node.Int32s(3) : null;
        node.Require(
            scales is null != sizes is null && (scales?.Length ?? sizes!.Length) == axes.Length, $"{(scales is null == sizes is null ? "scales or sizes are needed, one of them" : $"{axes.Length} scales or sizes are needed")}.");
        ResizeTransform transform = node.Text("coordinate_transformation_mode", "half_pixel") switch
        {
            "half_pixel" => ResizeTransform.HalfPixel,
            "half_pixel_symmetric" => ResizeTransform.HalfPixelSymmetric,
            "pytorch_half_pixel" => ResizeTransform.PytorchHalfPixel,
            "align_corners" => ResizeTransform.AlignCorners,
            "asymmetric" => ResizeTransform.Asymmetric,
            "tf_half_pixel_for_nn" => ResizeTransform.HalfPixelForNearest,
            "tf_crop_and_resize" => ResizeTransform.CropAndResize,
            string other => throw node.Fail($"coordinate_transformation_mode is '{other}', which is not known."),
        };
        NearestRounding rounding = node.Text("nearest_mode", "round_prefer_floor") switch
        {
            "round_prefer_floor" => NearestRounding.RoundPreferFloor,
            "round_prefer_ceil" => NearestRounding.RoundPreferCeiling,
            "floor" => NearestRounding.Floor,
            "ceil" => NearestRounding.Ceiling,
            string other => throw node.Fail($"nearest_mode is '{other}', which is not known."),
        };
        if (sizes is not null && node.Text("keep_aspect_ratio_policy", "stretch") is var policy and not "stretch")
        {
            double[] ratios = [.. axes.Select((axis, i) => (double)sizes[i] / x.Shape[axis])];
            double ratio = policy == "not_larger" ? ratios.Min() : ratios.Max();
            scales = [.. axes.Select(_ => (float)ratio)];
            sizes = [.. axes.Select(axis => (int)Math.Round(x.Shape[axis] * ratio, MidpointRounding.AwayFromZero))];
        }

        float[]? allScales = scales is null ? null : [.. Enumerable.Repeat(1f, rank)];
        int[]? allSizes = sizes is null ? null : [.. x.Shape.Axes];
        float[] region = transform == ResizeTransform.CropAndResize ? [.. Enumerable.Repeat(0f, rank), .. Enumerable.Repeat(1f, rank)] : [];
        float[] given = region.Length > 0 ? node.Floats(1) : [];
        node.Require(given.Length == (region.Length > 0 ? 2 * axes.Length : 0), $"roi has {given.Length} entries; {2 * axes.Length} are needed.");
        for (int i = 0; i < axes.Length; i++)
        {
            if (allScales is not null)
            {
                allScales[axes[i]] = scales![i];
            }

            if (allSizes is not null)
            {
                allSizes[axes[i]] = sizes![i];
            }

            if (region.Length > 0)
            {
                (region[axes[i]], region[rank + axes[i]]) = (given[i], given[axes.Length + i]);
            }
        }

        return Convert(node, x, allScales, allSizes, new Resize(
            default,
            Mode(node),
            transform,
            rounding,
            default,
            node.Float("cubic_coeff_a", -0.75f),
            node.Flag("exclude_outside"),
            node.Flag("antialias"),
            FloatList.Create(region),
            node.Float("extrapolation_value", 0)));
    }

    private static ResizeMode Mode(OnnxNode node) => node.Text("mode", "nearest") switch
    {
        "nearest" => ResizeMode.Nearest,
        "linear" or "bilinear" => ResizeMode.Linear,
        "cubic" => ResizeMode.Cubic,
        string other => throw node.Fail($"the mode is '{other}'; nearest, linear and cubic are allowed."),
    };

    /// <summary>Adds the operator, for pictures with the channels last.</summary>
    private static Tensor Convert(OnnxNode node, Tensor x, float[]? scales, int[]? sizes, Resize op)
    {
        int rank = x.Shape.Rank;
        int[] target = new int[rank];
        for (int i = 0; i < rank; i++)
        {
            double size = sizes is not null ? sizes[i] : Math.Floor((double)x.Shape[i] * scales![i]);
            node.Require(size is >= 1 and <= int.MaxValue, $"axis {i} of {x} would have {size} elements; 1 … {int.MaxValue} are allowed.");
            target[i] = (int)size == x.Shape[i] && (scales is null || scales[i] == 1) && op.Region.Count == 0 ? -1 : (int)size;
        }

        bool picture = rank >= 3 && target[0] == -1 && target[1] == -1;
        IntList order = picture ? OnnxLayout.ToLast(rank) : IntList.Create([.. Enumerable.Range(0, rank)]);
        Resize moved = op with
        {
            Sizes = IntList.Create([.. order.Values.ToArray().Select(axis => target[axis])]),
            Scales = scales is null ? default : FloatList.Create([.. order.Values.ToArray().Select(axis => scales[axis])]),
        };
        return picture
            ? OnnxLayout.ChannelsSecond(node, node.Builder.Add(node.Name, moved, OnnxLayout.ChannelsLast(node, x)))
            : node.Builder.Add(node.Name, moved, x);
    }
}

using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>Layers that move elements.</summary>
internal static class ShapeLayers
{
    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("Flatten", OperatorSupport.Supported, "Reshape", Flatten),
        new("Reshape", OperatorSupport.Supported, "Reshape", Reshape),
        new("Permute", OperatorSupport.Supported, "Transpose", Permute),
        new("RepeatVector", OperatorSupport.Emulated, "Reshape, Tile", Repeat),
        new("Embedding", OperatorSupport.Supported, "Embedding", Embedding)
        {
            Weights = static _ => [BasicLayers.Own(new WeightName("embeddings"))],
            Objection = static layer => layer.HasMaskReaders && layer.Config.Flag("mask_zero", false)
                ? "mask_zero hides padding from the recurrent, attention or pooling layers of this model, which is not supported; train without it" : null,
        },
        new("ZeroPadding1D", OperatorSupport.Supported, "Pad", Pad),
        new("ZeroPadding2D", OperatorSupport.Supported, "Pad", Pad),
        new("ZeroPadding3D", OperatorSupport.Supported, "Pad", Pad),
        new("Cropping3D", OperatorSupport.Supported, "Slice", Crop),
        new("Cropping1D", OperatorSupport.Supported, "Slice", Crop),
        new("Cropping2D", OperatorSupport.Supported, "Slice", Crop),
    ];

    private static Tensor Flatten(LayerContext layer)
    {
        Tensor input = layer.Input;
        int rank = input.Shape.Rank;
        Tensor last = rank > 2 && Pictures.IsChannelsFirst(layer) ? layer.Transpose(input, [0, .. Enumerable.Range(2, rank - 2), 1], "channels_last") : input;
        return layer.Builder.Reshape(layer.Name, last, new Shape(input.Shape[0], input.Shape.Product(1, rank)));
    }

    private static Tensor Reshape(LayerContext layer)
    {
        Tensor input = layer.Input;
        int count = input.Shape.Product(1, input.Shape.Rank);
        int[] target = layer.Config.Integers("target_shape", -1, least: -1);
        if (target.Length >= Shape.MaxRank)
        {
            throw layer.Refuse($"makes {target.Length + 1} axes; at most {Shape.MaxRank} are allowed");
        }

        long known = 1;
        int open = -1;
        for (int i = 0; i < target.Length; i++)
        {
            if (target[i] == -1 && open < 0)
            {
                open = i;
            }
            else
            {
                known = target[i] > 0 && known <= int.MaxValue ? known * target[i] : -1;
            }
        }

        if (known <= 0 || (open < 0 ? known != count : count % known != 0))
        {
            throw layer.Refuse($"makes [{string.Join(", ", target)}] of {count} elements, which does not fit");
        }

        if (open >= 0)
        {
            target[open] = (int)(count / known);
        }

        return layer.Builder.Reshape(layer.Name, input, new Shape([input.Shape[0], .. target]));
    }

    private static Tensor Permute(LayerContext layer)
    {
        Tensor input = layer.Input;
        int[] dims = layer.Config.Integers("dims", input.Shape.Rank - 1, most: Shape.MaxRank);
        return layer.Builder.Add(layer.Name, new Transpose(IntList.Create([0, .. dims])), input);
    }

    private static Tensor Repeat(LayerContext layer)
    {
        layer.RequireRank(layer.Input, 2);
        Shape shape = layer.Input.Shape;
        return layer.Builder.Add(
            layer.Name, new Tile([1, layer.Config.Integer("n"), 1]), layer.Builder.Reshape($"{layer.Name}/step", layer.Input, new Shape(shape[0], 1, shape[1])));
    }

    private static Tensor Embedding(LayerContext layer) =>
        layer.Builder.Add(layer.Name, new Embedding(), layer.Input, layer.WeightConstant("embeddings", layer.Config.Integer("input_dim", most: int.MaxValue), layer.Config.Integer("output_dim")));

    private static Tensor Pad(LayerContext layer)
    {
        (int Before, int After)[] pairs = Sides(layer, "padding", out int first);
        int rank = layer.Input.Shape.Rank;
        int[] before = new int[rank], after = new int[rank];
        for (int i = 0; i < pairs.Length; i++)
        {
            (before[first + i], after[first + i]) = pairs[i];
        }

        return layer.Builder.Add(layer.Name, new Pad(IntList.Create(before), IntList.Create(after)), layer.Input);
    }

    private static Tensor Crop(LayerContext layer)
    {
        (int Before, int After)[] pairs = Sides(layer, "cropping", out int first);
        Shape shape = layer.Input.Shape;
        int[] begin = new int[shape.Rank], size = new int[shape.Rank];
        Array.Fill(size, -1);
        for (int i = 0; i < pairs.Length; i++)
        {
            begin[first + i] = pairs[i].Before;
            size[first + i] = shape[first + i] - pairs[i].Before - pairs[i].After;
            if (size[first + i] < 1)
            {
                throw layer.Refuse($"cuts {pairs[i].Before} and {pairs[i].After} elements off {shape[first + i]}; at least one must stay");
            }
        }

        return layer.Builder.Add(layer.Name, new Slice(IntList.Create(begin), IntList.Create(size)), layer.Input);
    }

    private static (int Before, int After)[] Sides(LayerContext layer, string option, out int first)
    {
        int axes = layer.Layer.Class[^2] - '0';
        layer.RequireRank(layer.Input, axes + 2);
        first = Pictures.IsChannelsFirst(layer) ? 2 : 1;
        return layer.Config.Pairs(option, axes, option == "padding" ? 1 : 0);
    }
}

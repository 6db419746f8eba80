using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Convolutions and dense layers.</summary>
internal static class OnnxConvolution
{
    public static IEnumerable<OnnxOperator> Table =>
    [
        OnnxOperator.Same("Conv", "Conv2D, DepthwiseConv2D", static node => Conv(node, node.Input(0), node.Input(1), node.Optional(2))),
        OnnxOperator.Same("ConvTranspose", "ConvTranspose2D", ConvTranspose),
        OnnxOperator.Same("Gemm", "Dense, MatMul", static node => Gemm(node, node.Input(0), node.Input(1), node.Optional(2))),
        OnnxOperator.Same("MatMul", "Dense, MatMul", MatMul),
    ];

    /// <summary>A convolution of one to three spatial axes.</summary>
    public static Tensor Conv(OnnxNode node, Tensor x, Tensor weights, Tensor? bias)
    {
        int rank = x.Shape.Rank;
        node.Require(rank is 3 or 4 or 5, $"the input is {x}; [N, C, W], [N, C, H, W] and [N, C, D, H, W] are allowed.");
        node.Require(weights.Shape.Rank == rank, $"the weights are {weights}; as many axes as the input {x} are needed.");
        OnnxWindow window = OnnxWindow.Read(node, x.Shape.Axes[2..], weights.Shape.Axes[2..].ToArray());
        int groups = node.Int32("group", 1), channels = x.Shape[1], outputs = weights.Shape[0];
        node.Require(
            groups >= 1 && channels % groups == 0 && weights.Shape[1] == channels / groups && outputs % groups == 0,
            $"{groups} groups, input {x} and weights {weights} do not fit: [O, C / groups, ...] is needed, and groups must divide C and O.");
        if (rank == 5)
        {
            return OnnxVolumes.Convolve(node, x, weights, bias, window, groups);
        }

        Tensor picture = OnnxLayout.Picture(node, x);
        if (window.NeedsPad)
        {
            picture = window.Pad(node, picture, 0);
        }

        if (rank == 3)
        {
            weights = OnnxLayout.Reshape(node, weights, new Shape(outputs, weights.Shape[1], 1, weights.Shape[2]), 0);
        }

        Tensor y;
        if (groups == channels && groups > 1)
        {
            weights = OnnxLayout.Permute(node, weights, [2, 3, 1, 0]);
            weights = OnnxLayout.Reshape(node, weights, new Shape(weights.Shape[0], weights.Shape[1], outputs), 2);
            y = node.Builder.Add(
                node.Name,
                new DepthwiseConv2D(
                    OnnxWindow.Height(window.Stride), OnnxWindow.Width(window.Stride), OnnxWindow.Height(window.Dilation), OnnxWindow.Width(window.Dilation), window.Padding()),
                picture,
                weights,
                bias);
        }
        else
        {
            y = node.Builder.Add(
                node.Name,
                new Conv2D(
                    OnnxWindow.Height(window.Stride), OnnxWindow.Width(window.Stride), OnnxWindow.Height(window.Dilation), OnnxWindow.Width(window.Dilation), window.Padding(), groups),
                picture,
                OnnxLayout.Permute(node, weights, [0, 2, 3, 1]),
                bias);
        }

        return OnnxLayout.FromPicture(node, y, rank);
    }

    /// <summary>A transposed convolution of one or two spatial axes. What it cuts off follows from pads, or from the wanted output size.</summary>
    private static Tensor ConvTranspose(OnnxNode node)
    {
        Tensor x = node.Input(0), weights = node.Input(1);
        int rank = x.Shape.Rank, groups = node.Int32("group", 1);
        node.Require(rank is 3 or 4 && weights.Shape.Rank == rank, $"the input is {x}, the weights are {weights}; [N, C, W] or [N, C, H, W] and weights of as many axes are allowed.");
        int channels = x.Shape[1];
        node.Require(
            groups >= 1 && channels % groups == 0 && weights.Shape[0] == channels, $"{groups} groups, input {x} and weights {weights} do not fit: [C, O / groups, ...] is needed, and groups must divide C.");
        if (rank == 3)
        {
            weights = OnnxLayout.Reshape(node, weights, new Shape(channels, weights.Shape[1], 1, weights.Shape[2]), weights.Quantization?.Axis ?? -1);
        }

        OnnxWindow window = OnnxWindow.Read(node, x.Shape.Axes[2..], [.. weights.Shape.Axes[(6 - rank)..]]);
        int[] more = node.Int32List("output_padding") ?? new int[window.Axes];
        node.Require(more.Length == window.Axes && Array.TrueForAll(more, static count => count >= 0), $"output_padding is [{string.Join(", ", more)}]; {window.Axes} numbers of at least 0 are needed.");
        int[]? wanted = node.Int32List("output_shape");
        string automatic = node.Text("auto_pad", "NOTSET");
        for (int i = 0; i < window.Axes; i++)
        {
            long? size = wanted is { Length: > 0 } ? wanted[wanted.Length - window.Axes + i] : automatic.StartsWith("SAME", StringComparison.Ordinal) ? (long)x.Shape[2 + i] * window.Stride[i] : null;
            if (size is null)
            {
                continue;
            }

            long cut = ((x.Shape[2 + i] - 1L) * window.Stride[i]) + more[i] + window.Extent(i) - size.Value;
            if (cut < 0)
            {
                more[i] = checked(more[i] + (int)-cut);
                cut = 0;
            }

            node.Require(cut <= ushort.MaxValue, $"the output would lose {cut} elements along spatial axis {i}; at most {ushort.MaxValue} are allowed.");
            (window.Before[i], window.After[i]) = automatic == "SAME_UPPER" ? ((int)(cut / 2), (int)(cut - (cut / 2))) : ((int)(cut - (cut / 2)), (int)(cut / 2));
        }

        int outputs = checked(weights.Shape[1] * groups), height = weights.Shape[2], width = weights.Shape[3];
        if (groups == 1)
        {
            weights = OnnxLayout.Permute(node, weights, [1, 2, 3, 0]);
        }
        else
        {
            weights = OnnxLayout.Reshape(node, weights, new Shape(groups, channels / groups, outputs / groups, height, width), -1);
            weights = OnnxLayout.Reshape(node, OnnxLayout.Permute(node, weights, [0, 2, 3, 4, 1]), new Shape(outputs, height, width, channels / groups), -1);
        }

        Tensor y = node.Builder.Add(
            node.Name,
            new ConvTranspose2D(
                OnnxWindow.Height(window.Stride),
                OnnxWindow.Width(window.Stride),
                OnnxWindow.Height(window.Dilation),
                OnnxWindow.Width(window.Dilation),
                window.Padding(),
                rank == 3 ? 0 : more[0],
                more[^1],
                groups),
            OnnxLayout.Picture(node, x),
            weights,
            node.Optional(2));
        return OnnxLayout.FromPicture(node, y, rank);
    }

    /// <summary>alpha · A' · B' + beta · C. With weights in B and one number for each output in C it is a dense layer.</summary>
    public static Tensor Gemm(OnnxNode node, Tensor a, Tensor b, Tensor? c)
    {
        float alpha = node.Float("alpha", 1), beta = node.Float("beta", 1);
        bool transposeA = node.Flag("transA"), transposeB = node.Flag("transB");
        node.Require(a.Shape.Rank == 2 && b.Shape.Rank == 2, $"the inputs are {a} and {b}; two axes each are needed.");
        int outputs = b.Shape[transposeB ? 0 : 1];
        if (IsWeight(b) && !transposeA && alpha == 1 && (c is null || (beta == 1 && c.IsConstant && c.Type == DataType.Float32 && IsBias(c.Shape, outputs))))
        {
            Tensor dense = transposeB ? b : OnnxLayout.Permute(node, b, [1, 0]);
            return node.Builder.Add(node.Name, new Dense(), a, dense, c is null ? null : Bias(node, c, outputs));
        }

        Tensor y = node.Builder.Add(node.Name, new MatMul(transposeA, transposeB), a, b);
        if (alpha != 1)
        {
            y = node.Builder.Add(node.Name, new Multiply(), y, node.Builder.Scalar(node.Name + "_alpha", alpha));
        }

        if (c is null || beta == 0)
        {
            return y;
        }

        if (beta != 1)
        {
            c = node.Builder.Add(node.Name + "_c", new Multiply(), c, node.Builder.Scalar(node.Name + "_beta", beta));
        }

        return node.Builder.Add(node.Name, new Add(), y, c);
    }

    private static Tensor MatMul(OnnxNode node) => Product(node, node.Input(0), node.Input(1));

    /// <summary>NumPy's matmul. With constant weights on the right it is a dense layer.</summary>
    public static Tensor Product(OnnxNode node, Tensor a, Tensor b)
    {
        node.Require(a.Shape.Rank >= 1 && b.Shape.Rank >= 1, $"the inputs are {a} and {b}; at least one axis each is needed.");
        bool vectorA = a.Shape.Rank == 1, vectorB = b.Shape.Rank == 1;
        if (vectorA)
        {
            a = node.Builder.Add(node.Name + "_row", new Reshape([1, a.Shape[0]]), a);
        }

        if (vectorB)
        {
            b = OnnxLayout.Reshape(node, b, new Shape(b.Shape[0], 1), -1);
        }

        Tensor y = IsWeight(b) && b.Shape.Rank == 2 && a is { Type: DataType.Float32, IsConstant: false }
            ? node.Builder.Add(node.Name, new Dense(), a, OnnxLayout.Permute(node, b, [1, 0]))
            : node.Builder.Add(node.Name, new MatMul(), a, b);
        if (!vectorA && !vectorB)
        {
            return y;
        }

        List<int> sizes = [.. y.Shape.Axes];
        if (vectorB)
        {
            sizes.RemoveAt(sizes.Count - 1);
        }

        if (vectorA)
        {
            sizes.RemoveAt(sizes.Count - (vectorB ? 1 : 2));
        }

        return node.Builder.Reshape(node.Name, y, new Shape([.. sizes]));
    }

    private static bool IsWeight(Tensor tensor) =>
        tensor is { IsConstant: true, Type: DataType.Float32 } || (tensor.Producer is { Operator: Dequantize } producer && producer.Input(0) is { IsConstant: true });

    private static bool IsBias(Shape shape, int outputs) => shape.ElementCount == 1 || (shape[-1] == outputs && shape.ElementCount == outputs);

    private static Tensor Bias(OnnxNode node, Tensor c, int outputs)
    {
        if (c.Shape.ElementCount == outputs)
        {
            return OnnxLayout.Reshape(node, c, new Shape(outputs), -1);
        }

        float[] values = new float[outputs];
        Array.Fill(values, c.Values<float>()[0]);
        return node.Builder.Constant<float>(c.Name, new Shape(outputs), values);
    }
}

using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>Dense layers, and layers that do nothing outside of training.</summary>
internal static class BasicLayers
{
    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("Dense", OperatorSupport.Supported, "Dense", Dense) { Weights = static layer => [Own(KernelAndBias(layer, "kernel"))] },
        .. new[]
        {
            "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout", "GaussianDropout", "GaussianNoise", "ActivityRegularization", "Identity",
            "RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomContrast", "RandomBrightness", "RandomHeight", "RandomWidth", "RandomShear",
            "RandomColorJitter", "RandomHue", "RandomSaturation", "RandomSharpness", "RandomGrayscale", "RandomPosterization", "RandomColorDegeneration", "RandomInvert",
            "RandomErasing", "RandomGaussianBlur", "RandomElasticTransform", "RandomPerspective",
        }.Select(static name => new LayerKind(name, OperatorSupport.Supported, "nothing: it acts in training only", static layer => layer.Input)),
    ];

    /// <summary>Weights that lie in the layer itself.</summary>
    /// <param name="weights">The weights.</param>
    public static WeightGroup Own(params WeightName[] weights) => new([""], weights);

    /// <summary>A kernel, and a bias where the layer has one.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="kernels">Names of the kernels.</param>
    public static WeightName[] KernelAndBias(KerasLayer layer, params string[] kernels)
    {
        IEnumerable<string> names = layer.Config.Flag("use_bias", true) ? kernels.Append("bias") : kernels;
        return [.. names.Select(static name => new WeightName(name))];
    }

    /// <summary>A matrix with rows and columns exchanged.</summary>
    /// <param name="values">Its elements, row-major.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    public static float[] Transposed(float[] values, int rows, int columns)
    {
        float[] result = new float[values.Length];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                result[(j * rows) + i] = values[(i * columns) + j];
            }
        }

        return result;
    }

    private static Tensor Dense(LayerContext layer)
    {
        Tensor input = layer.Input;
        if (input.Shape.Rank < 2)
        {
            throw layer.Refuse($"is called with {input.Spec}; at least two axes are needed");
        }

        int from = input.Shape[-1];
        Hdf5.Hdf5Dataset kernel = layer.Weight("kernel", from, -1);
        int to = kernel.Sizes[1];
        Tensor weights = layer.Constant("kernel", new Shape(to, from), () => Transposed(kernel.Singles(), from, to));
        return ActivationLayers.Fused(layer, layer.Builder.Add(layer.Name, new Dense(), input, weights, layer.Bias(to)));
    }
}

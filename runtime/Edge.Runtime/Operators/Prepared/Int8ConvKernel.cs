using Edge.Runtime.Kernels;
using Edge.Runtime.Memory;

namespace Edge.Runtime.Operators;

/// <summary>An int8 convolution or dense layer with folded bias and multipliers; weights packed where the budget allows (<see cref="Int8Conv"/>), else as the
/// file holds them (<see cref="Int8ConvUnpacked"/>), with the same bits.</summary>
internal sealed class Int8ConvKernel : IKernel
{
    private static readonly float[] s_one = [1];

    private readonly ConvGeometry _geometry;
    private readonly bool _packed;
    private readonly AlignedMemory _prepared;
    private readonly int _inputZeroPoint;
    private readonly Int8Range _range;

    private Int8ConvKernel(in Preparation preparation, in ConvGeometry geometry, Activation activation, bool dense)
    {
        Quantization input = preparation.Input(0).Quantization!, output = preparation.Output(0).Quantization!;
        long packedBytes = Int8Conv.PreparedBytes(geometry);
        _geometry = geometry;
        _packed = packedBytes <= int.MaxValue && preparation.MayPack(packedBytes);
        _prepared = preparation.Allocate(_packed ? packedBytes : Int8ConvUnpacked.PreparedBytes(geometry));
        _inputZeroPoint = input.ZeroPoint;
        _range = Int8Range.Of(activation, output.Scale, output.ZeroPoint);
        Quantization weights = preparation.Input(1).Quantization!;
        float inputScale = input.Scale;
        ReadOnlySpan<float> scales = Scales(weights, ref inputScale, oneIsWhole: dense);
        Prepare prepare = _packed ? Int8Conv.Prepare : Int8ConvUnpacked.Prepare;
        prepare(
            geometry, preparation.Constant<sbyte>(1), Bias(preparation), scales, inputScale, input.ZeroPoint, output.Scale, _prepared.Span,
            weights.Axis < 0 ? weights.ZeroPoint : 0);
    }

    private delegate void Prepare(
        in ConvGeometry geometry, ReadOnlySpan<sbyte> weights, ReadOnlySpan<int> bias, ReadOnlySpan<float> weightScales,
        float inputScale, int inputZeroPoint, float outputScale, Span<byte> prepared, int weightZeroPoint);

    /// <summary>Prepares a convolution: input, weights OHWI, optional bias.</summary>
    /// <param name="preparation">The operator's tensors, as the shape rule accepted them.</param>
    /// <param name="geometry">Its sizes; the batch may differ from run to run.</param>
    /// <param name="activation">The clamp applied to the result.</param>
    internal static Int8ConvKernel Conv(in Preparation preparation, in ConvGeometry geometry, Activation activation) =>
        new(preparation, geometry, activation, dense: false);

    /// <summary>Prepares a dense layer: input, weights [out, in], optional bias.</summary>
    /// <param name="preparation">The operator's tensors, as the shape rule accepted them.</param>
    /// <param name="geometry">What <see cref="Int8Conv.Dense"/> makes of its sizes; the batch may differ from run to run.</param>
    /// <param name="activation">The clamp applied to the result.</param>
    internal static Int8ConvKernel Dense(in Preparation preparation, in ConvGeometry geometry, Activation activation) =>
        new(preparation, geometry, activation, dense: true);

    /// <summary>The bias, or nothing where it was left out.</summary>
    /// <param name="preparation">The tensors of a layer: input, weights, optional bias.</param>
    internal static ReadOnlySpan<int> Bias(in Preparation preparation) => preparation.Has(2) ? preparation.Constant<int>(2) : [];

    /// <summary>The scales of the weights from which, with that of the input, multipliers are made.</summary>
    /// <remarks>
    /// With one scale for the whole tensor the reference multiplies input and weight scale in float32 (GetQuantizedConvolutionMultipler,
    /// TensorFlow Lite kernels/kernel_util.cc: dense layers and legacy uint8 models), with one for each channel in double
    /// (PopulateConvolutionQuantizationParams); the last bits of the multiplier differ.
    /// </remarks>
    /// <param name="weights">Parameters of the weights.</param>
    /// <param name="inputScale">Scale of the input; becomes the product where that is rounded to float32.</param>
    /// <param name="oneIsWhole">Whether a single scale counts as one for the whole tensor even along an axis.</param>
    internal static ReadOnlySpan<float> Scales(Quantization weights, ref float inputScale, bool oneIsWhole)
    {
        if (weights.Axis >= 0 && !(oneIsWhole && weights.Scales.Length == 1))
        {
            return weights.Scales;
        }

        inputScale *= weights.Scale;
        return s_one;
    }

    public void Forward(in Buffers io)
    {
        Span<sbyte> output = io.Output<sbyte>(0);
        ConvGeometry geometry = _geometry.WithOutput(output.Length);
        if (_packed)
        {
            Int8Conv.Run(geometry, _prepared.Span, _inputZeroPoint, _range, io.Input<sbyte>(0), output, io.Team);
        }
        else
        {
            Int8ConvUnpacked.Run(geometry, io.Input<sbyte>(1), _prepared.Span, _inputZeroPoint, _range, io.Input<sbyte>(0), output, io.Team);
        }
    }
}

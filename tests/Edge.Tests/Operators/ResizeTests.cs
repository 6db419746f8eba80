using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class ResizeTests : OperatorTests<Resize>
{
    /// <summary>Examples of the ONNX backend tests (onnx/backend/test/case/node/resize.py), here in NHWC; the input counts from 1.</summary>
    public static TheoryData<string, Resize, int, int, float[]> OnnxExamples => new()
    {
        {
            "resize_downsample_scales_cubic", new([-1, 3, 3, -1], ResizeMode.Cubic, ResizeTransform.HalfPixel, Scales: [1, 0.8f, 0.8f, 1]), 4, 4,
            [
                1.4711914f, 2.78125f, 4.0825195f, 6.711426f, 8.021484f, 9.322754f, 11.916504f, 13.2265625f, 14.527832f
            ]
        },
        {
            "resize_downsample_scales_cubic_A_n0p5_exclude_outside", new([-1, 3, 3, -1], ResizeMode.Cubic, ResizeTransform.HalfPixel, Scales: [1, 0.8f, 0.8f, 1], CubicCoefficient: -0.5f, ExcludeOutside: true), 4, 4,
            [
                1.3681267f, 2.6695013f, 4.0133367f, 6.573625f, 7.875f, 9.218835f, 11.948966f, 13.250341f, 14.594176f
            ]
        },
        {
            "resize_downsample_scales_linear_align_corners", new([-1, 1, 2, -1], ResizeMode.Linear, ResizeTransform.AlignCorners, Scales: [1, 0.6f, 0.6f, 1]), 2, 4,
            [
                1, 3.142857f
            ]
        },
        {
            "resize_downsample_scales_nearest", new([-1, 1, 2, -1], ResizeMode.Nearest, ResizeTransform.HalfPixel, Scales: [1, 0.6f, 0.6f, 1]), 2, 4,
            [
                1, 3
            ]
        },
        {
            "resize_downsample_sizes_cubic", new([-1, 3, 3, -1], ResizeMode.Cubic, ResizeTransform.HalfPixel), 4, 4,
            [
                1.630787f, 3.0046296f, 4.3784723f, 7.1261573f, 8.5f, 9.873842f, 12.621528f, 13.99537f, 15.369213f
            ]
        },
        {
            "resize_downsample_sizes_linear_pytorch_half_pixel", new([-1, 3, 1, -1], ResizeMode.Linear, ResizeTransform.PytorchHalfPixel), 4, 4,
            [
                1.6666666f, 7, 12.333333f
            ]
        },
        {
            "resize_downsample_sizes_nearest", new([-1, 1, 3, -1], ResizeMode.Nearest, ResizeTransform.HalfPixel), 2, 4,
            [
                1, 2, 4
            ]
        },
        {
            "resize_downsample_sizes_nearest_tf_half_pixel_for_nn", new([-1, 3, 2, -1], ResizeMode.Nearest, ResizeTransform.HalfPixelForNearest), 4, 4,
            [
                6, 8, 10, 12, 14, 16
            ]
        },
        {
            "resize_tf_crop_and_resize", new([-1, 3, 3, -1], ResizeMode.Linear, ResizeTransform.CropAndResize, Region: [0, 0.4f, 0.6f, 0, 1, 1.2f, 1.7f, 1], ExtrapolationValue: 10), 4, 4,
            [
                7.6000004f, 10, 10, 12.400001f, 10, 10, 10, 10, 10
            ]
        },
        {
            "resize_upsample_scales_cubic", new([-1, 8, 8, -1], ResizeMode.Cubic, ResizeTransform.HalfPixel, Scales: [1, 2, 2, 1]), 4, 4,
            [
                0.47265625f, 0.76953125f, 1.2460938f, 1.875f, 2.28125f, 2.9101562f, 3.3867188f, 3.6835938f, 1.6601562f, 1.9570312f, 2.4335938f, 3.0625f,
                3.46875f, 4.0976562f, 4.5742188f, 4.8710938f, 3.5664062f, 3.8632812f, 4.3398438f, 4.96875f, 5.375f, 6.0039062f, 6.4804688f, 6.7773438f,
                6.0820312f, 6.3789062f, 6.8554688f, 7.484375f, 7.890625f, 8.519531f, 8.996094f, 9.292969f, 7.7070312f, 8.003906f, 8.480469f, 9.109375f,
                9.515625f, 10.144531f, 10.621094f, 10.917969f, 10.222656f, 10.519531f, 10.996094f, 11.625f, 12.03125f, 12.660156f, 13.136719f, 13.433594f,
                12.128906f, 12.425781f, 12.902344f, 13.53125f, 13.9375f, 14.566406f, 15.042969f, 15.339844f, 13.316406f, 13.613281f, 14.089844f,
                14.71875f, 15.125f, 15.753906f, 16.230469f, 16.527344f
            ]
        },
        {
            "resize_upsample_scales_cubic_A_n0p5_exclude_outside", new([-1, 8, 8, -1], ResizeMode.Cubic, ResizeTransform.HalfPixel, Scales: [1, 2, 2, 1], CubicCoefficient: -0.5f, ExcludeOutside: true), 4, 4,
            [
                0.5588235f, 0.81494206f, 1.3569825f, 1.8970588f, 2.3970587f, 2.9371352f, 3.4791756f, 3.735294f, 1.5832976f, 1.839416f, 2.3814566f,
                2.9215329f, 3.4215329f, 3.9616091f, 4.5036497f, 4.759768f, 3.7514594f, 4.007578f, 4.5496182f, 5.0896945f, 5.5896945f, 6.1297708f,
                6.6718116f, 6.92793f, 5.9117646f, 6.1678834f, 6.7099237f, 7.25f, 7.75f, 8.290076f, 8.832117f, 9.088235f, 7.9117646f, 8.167883f, 8.709924f,
                9.25f, 9.75f, 10.290076f, 10.832117f, 11.088235f, 10.07207f, 10.328189f, 10.870229f, 11.410305f, 11.910305f, 12.450381f, 12.992422f,
                13.248541f, 12.2402315f, 12.49635f, 13.038391f, 13.578467f, 14.078467f, 14.618544f, 15.1605835f, 15.416702f, 13.264706f, 13.520824f,
                14.062865f, 14.6029415f, 15.1029415f, 15.643018f, 16.185059f, 16.441177f
            ]
        },
        {
            "resize_upsample_scales_cubic_align_corners", new([-1, 8, 8, -1], ResizeMode.Cubic, ResizeTransform.AlignCorners, Scales: [1, 2, 2, 1]), 4, 4,
            [
                1, 1.3411078f, 1.8002915f, 2.329446f, 2.670554f, 3.1997085f, 3.6588922f, 4, 2.3644314f, 2.7055395f, 3.164723f, 3.6938775f, 4.0349855f,
                4.56414f, 5.0233235f, 5.3644314f, 4.201166f, 4.542274f, 5.0014577f, 5.5306125f, 5.8717203f, 6.4008746f, 6.8600583f, 7.201166f, 6.3177843f,
                6.658892f, 7.118076f, 7.64723f, 7.988338f, 8.517492f, 8.976676f, 9.317784f, 7.6822157f, 8.023324f, 8.482508f, 9.011662f, 9.35277f,
                9.881925f, 10.341108f, 10.682216f, 9.798834f, 10.139941f, 10.599125f, 11.12828f, 11.469388f, 11.998542f, 12.457726f, 12.798834f,
                11.635569f, 11.976676f, 12.43586f, 12.965014f, 13.306123f, 13.835277f, 14.29446f, 14.635569f, 13, 13.341108f, 13.800292f, 14.329446f,
                14.670554f, 15.199708f, 15.658892f, 16
            ]
        },
        {
            "resize_upsample_scales_cubic_asymmetric", new([-1, 8, 8, -1], ResizeMode.Cubic, ResizeTransform.Asymmetric, Scales: [1, 2, 2, 1]), 4, 4,
            [
                1, 1.40625f, 2, 2.5f, 3, 3.59375f, 4, 4.09375f, 2.625f, 3.03125f, 3.625f, 4.125f, 4.625f, 5.21875f, 5.625f, 5.71875f, 5, 5.40625f, 6,
                6.5f, 7, 7.59375f, 8, 8.09375f, 7, 7.40625f, 8, 8.5f, 9, 9.59375f, 10, 10.09375f, 9, 9.40625f, 10, 10.5f, 11, 11.59375f, 12, 12.09375f,
                11.375f, 11.78125f, 12.375f, 12.875f, 13.375f, 13.96875f, 14.375f, 14.46875f, 13, 13.40625f, 14, 14.5f, 15, 15.59375f, 16, 16.09375f,
                13.375f, 13.78125f, 14.375f, 14.875f, 15.375f, 15.96875f, 16.375f, 16.46875f
            ]
        },
        {
            "resize_upsample_scales_linear", new([-1, 4, 4, -1], ResizeMode.Linear, ResizeTransform.HalfPixel, Scales: [1, 2, 2, 1]), 2, 2,
            [
                1, 1.25f, 1.75f, 2, 1.5f, 1.75f, 2.25f, 2.5f, 2.5f, 2.75f, 3.25f, 3.5f, 3, 3.25f, 3.75f, 4
            ]
        },
        {
            "resize_upsample_scales_linear_align_corners", new([-1, 4, 4, -1], ResizeMode.Linear, ResizeTransform.AlignCorners, Scales: [1, 2, 2, 1]), 2, 2,
            [
                1, 1.3333334f, 1.6666666f, 2, 1.6666666f, 2, 2.3333333f, 2.6666667f, 2.3333333f, 2.6666667f, 3, 3.3333333f, 3, 3.3333333f, 3.6666667f, 4
            ]
        },
        {
            "resize_upsample_scales_nearest", new([-1, 4, 6, -1], ResizeMode.Nearest, ResizeTransform.HalfPixel, Scales: [1, 2, 3, 1]), 2, 2,
            [
                1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4
            ]
        },
        {
            "resize_upsample_sizes_cubic", new([-1, 9, 10, -1], ResizeMode.Cubic, ResizeTransform.HalfPixel), 4, 4,
            [
                0.45507923f, 0.6405792f, 0.9715792f, 1.4225792f, 1.9073292f, 2.2233293f, 2.708079f, 3.1590793f, 3.4900792f, 3.6755793f, 1.3943796f,
                1.5798796f, 1.9108796f, 2.3618796f, 2.8466296f, 3.1626296f, 3.6473796f, 4.0983796f, 4.4293795f, 4.6148796f, 2.9513068f, 3.136807f,
                3.4678068f, 3.918807f, 4.403557f, 4.719557f, 5.204307f, 5.655307f, 5.986307f, 6.171807f, 5.2052507f, 5.390751f, 5.7217507f, 6.1727505f,
                6.6575007f, 6.9735007f, 7.4582505f, 7.9092507f, 8.240251f, 8.425751f, 6.88975f, 7.07525f, 7.40625f, 7.85725f, 8.342f, 8.658f, 9.14275f,
                9.59375f, 9.92475f, 10.11025f, 8.574249f, 8.759749f, 9.09075f, 9.541749f, 10.0265f, 10.3425f, 10.82725f, 11.27825f, 11.609249f,
                11.794749f, 10.828193f, 11.013693f, 11.344693f, 11.795693f, 12.280443f, 12.596443f, 13.081193f, 13.532193f, 13.8631935f, 14.048693f,
                12.38512f, 12.570621f, 12.90162f, 13.35262f, 13.83737f, 14.15337f, 14.638121f, 15.08912f, 15.42012f, 15.60562f, 13.324421f, 13.509921f,
                13.84092f, 14.291921f, 14.77667f, 15.09267f, 15.577421f, 16.028421f, 16.35942f, 16.54492f
            ]
        },
        {
            "resize_upsample_sizes_nearest", new([-1, 7, 8, -1], ResizeMode.Nearest, ResizeTransform.HalfPixel), 2, 2,
            [
                1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 3, 3, 3, 3, 4, 4,
                4, 4, 3, 3, 3, 3, 4, 4, 4, 4
            ]
        },
        {
            "resize_upsample_sizes_nearest_floor_align_corners", new([-1, 8, 8, -1], ResizeMode.Nearest, ResizeTransform.AlignCorners, NearestRounding.Floor), 4, 4,
            [
                1, 1, 1, 2, 2, 3, 3, 4, 1, 1, 1, 2, 2, 3, 3, 4, 1, 1, 1, 2, 2, 3, 3, 4, 5, 5, 5, 6, 6, 7, 7, 8, 5, 5, 5, 6, 6, 7, 7, 8, 9, 9, 9, 10, 10,
                11, 11, 12, 9, 9, 9, 10, 10, 11, 11, 12, 13, 13, 13, 14, 14, 15, 15, 16
            ]
        },
        {
            "resize_upsample_sizes_nearest_round_prefer_ceil_asymmetric", new([-1, 8, 8, -1], ResizeMode.Nearest, ResizeTransform.Asymmetric, NearestRounding.RoundPreferCeiling), 4, 4,
            [
                1, 2, 2, 3, 3, 4, 4, 4, 5, 6, 6, 7, 7, 8, 8, 8, 5, 6, 6, 7, 7, 8, 8, 8, 9, 10, 10, 11, 11, 12, 12, 12, 9, 10, 10, 11, 11, 12, 12, 12, 13,
                14, 14, 15, 15, 16, 16, 16, 13, 14, 14, 15, 15, 16, 16, 16, 13, 14, 14, 15, 15, 16, 16, 16
            ]
        },
        {
            "resize_upsample_scales_linear_half_pixel_symmetric", new([-1, 4, 5, -1], ResizeMode.Linear, ResizeTransform.HalfPixelSymmetric, Scales: [1, 2.3f, 2.94f, 1]), 2, 2,
            [
                1, 1.15986395f, 1.5f, 1.84013605f, 2, 1.56521738f, 1.72508133f, 2.06521738f, 2.40535343f, 2.56521738f, 2.43478262f, 2.59464657f, 2.93478262f,
                3.27491867f, 3.43478262f, 3, 3.15986395f, 3.5f, 3.84013605f, 4
            ]
        },
        { "resize_downsample_scales_linear_antialias", new([-1, 2, 2, -1], Scales: [1, 0.6f, 0.6f, 1], Antialias: true), 4, 4, [2.875f, 4.5f, 9.375f, 11] },
        {
            "resize_downsample_scales_cubic_antialias", new([-1, 2, 2, -1], ResizeMode.Cubic, Scales: [1, 0.6f, 0.6f, 1], Antialias: true), 4, 4,
            [2.5180721f, 4.2858863f, 9.589329f, 11.357142f]
        },
    };

    protected override IEnumerable<OperatorCase<Resize>> Cases =>
    [
        .. Enum.GetValues<ResizeTransform>().Where(static transform => transform != ResizeTransform.CropAndResize).SelectMany(static transform => (OperatorCase<Resize>[])
        [
            new(new([-1, 6, 4, -1], ResizeMode.Linear, transform), Float(2, 3, 2, 3)),
            new(new([-1, 2, 3, -1], ResizeMode.Linear, transform), Float(1, 5, 6, 1)),
            new(new([-1, 5, 3, -1], ResizeMode.Cubic, transform, CubicCoefficient: transform >= ResizeTransform.TensorFlow ? -0.5f : -0.75f), Float(1, 3, 4, 2)),
            new(new([-1, 8, 1, -1], ResizeMode.Nearest, transform, NearestRounding.Floor), Float(2, 4, 4, 2)),
            new(new([-1, 8, 2], ResizeMode.Nearest, transform, NearestRounding.RoundPreferCeiling), Float(2, 4, 4)),
        ]),
        .. Enum.GetValues<NearestRounding>().Select(static rounding => new OperatorCase<Resize>(new([-1, 8, 3], ResizeMode.Nearest, Rounding: rounding), Float(2, 4, 6))),
        new(new([-1, -1, -1]), Float(2, 3, 2)),
        new(new([2, 3, 2]), Float(2, 3, 2)),
        new(new([-1, 3, -1, 5, -1, 2]), Float(2, 2, 1, 3, 2, 3)),
        new(new([3, 2, 4], ResizeMode.Cubic), Float(2, 3, 3)),
        new(new([-1, 7], Scales: [0, 1.4f]), Float(2, 5)),
        new(new([-1, 5], Scales: [1, 1.1f]), Float(2, 5)),
        new(new([-1, 3, 4, -1], ResizeMode.Cubic, ExcludeOutside: true, CubicCoefficient: -0.5f), Float(1, 4, 3, 2)),
        new(new([-1, 2, 3, -1], Antialias: true), Float(1, 7, 8, 2)),
        new(new([-1, 2, 9, -1], ResizeMode.Cubic, Antialias: true), Float(1, 7, 5, 2)),
        new(new([-1, 2, 3, -1], ResizeMode.Cubic, Antialias: true, ExcludeOutside: true), Float(1, 9, 8, 2)),
        new(new([-1, 3, 3, -1], ResizeMode.Linear, ResizeTransform.CropAndResize, Region: [0, 0.4f, 0.6f, 0, 1, 1.2f, 1.7f, 1], ExtrapolationValue: 7), Float(1, 4, 4, 2)),
        new(new([-1, 4], ResizeMode.Nearest, ResizeTransform.CropAndResize, NearestRounding.Floor, Region: [0, -0.3f, 1, 0.8f], ExtrapolationValue: -1), Float(2, 6)),
        new(new([-1, 1], ResizeMode.Linear, ResizeTransform.CropAndResize, Region: [0, 0.3f, 1, 0.5f]), Float(2, 6)),
        new(new([]), Float()),
        .. Positions.Types.Select(static type => new OperatorCase<Resize>(new([-1, 6, 2, -1], ResizeMode.Nearest), Typed(type, 2, 3, 4, 3))),
    ];

    protected override IEnumerable<OperatorCase<Resize>> BadCases =>
    [
        new(new([-1, 2]), Float(2, 3, 2)),
        new(new([-1, 0, 2]), Float(2, 3, 2)),
        new(new([-1, -2, 2]), Float(2, 3, 2)),
        new(new([-1, 2, 2], (ResizeMode)3), Float(2, 3, 2)),
        new(new([-1, 2, 2], Transform: (ResizeTransform)10), Float(2, 3, 2)),
        new(new([-1, 2, 2], Rounding: (NearestRounding)4), Float(2, 3, 2)),
        new(new([-1, 2, 2], Scales: [1, 1]), Float(2, 3, 2)),
        new(new([-1, 2, 2], Scales: [1, -1, 1]), Float(2, 3, 2)),
        new(new([-1, 2, 2], Scales: [1, float.PositiveInfinity, 1]), Float(2, 3, 2)),
        new(new([-1, 2, 2], Region: [1, 1, 1]), Float(2, 3, 2)),
        new(new([-1, 2], Region: [1, 1, 1, float.NaN]), Float(2, 3)),
        new(new([-1, 2], CubicCoefficient: float.NaN), Float(2, 3)),
        new(new([-1, 2], ExtrapolationValue: float.NaN), Float(2, 3)),
        new(new([-1, 2], Scales: [1, 1e-9f], Antialias: true), Float(2, 3)),
        new(new([1 << 16, 1 << 16]), Float(2, 3)),
        new(new([-1, 2, 2]), Typed(DataType.UInt8, 2, 3, 2)),
        new(new([-1, 2, 2], ResizeMode.Nearest, ResizeTransform.CropAndResize), Typed(DataType.Int32, 2, 3, 2)),
        new(new([-1, 2, 2, -1], ResizeMode.Linear, ResizeTransform.TensorFlow), Typed(DataType.Int8, 2, 3, 2, 2)),
        new(new([-1, 2, 2, -1], ResizeMode.Linear, ResizeTransform.HalfPixel), Typed(DataType.Int8, 2, 3, 2, 2) with { Quantization = new(0.5f, 0) }),
        new(new([-1, 2, 2, 5], ResizeMode.Linear, ResizeTransform.TensorFlow), Typed(DataType.Int8, 2, 3, 2, 2) with { Quantization = new(0.5f, 0) }),
        new(new([-1, 2, 2, -1], ResizeMode.Cubic, ResizeTransform.TensorFlow), Typed(DataType.Int8, 2, 3, 2, 2) with { Quantization = new(0.5f, 0) }),
    ];

    protected override IEnumerable<OperatorCase<Resize>> LargeCases => [new(new([-1, 100, 50, -1], ResizeMode.Linear, ResizeTransform.TensorFlowHalfPixel), Float(2, 41, 62, 5))];

    protected override OperatorCase<Resize> OfLength(int length) => new(new([-1, 3, -1]), Float(1, 2, length));

    // Places are float32 numbers, as in the sources: at 60 a step is 4e-6, and neighbours differ by up to 4.
    protected override (double Absolute, double Relative) Tolerance => (3e-5, 1e-5);

    protected override (double Absolute, double Relative) GradientTolerance => (3e-5, 1e-4);

    /// <summary>Pictures in TFLite's fixed point, and nearest elements of any int8 tensor.</summary>
    protected override IEnumerable<Int8Case<Resize>> Int8Cases(Random random)
    {
        for (int i = 0; i < 120; i++)
        {
            int batch = random.Next(1, 3), height = random.Next(1, 9), width = random.Next(1, 9), rows = random.Next(1, 14), columns = random.Next(1, 14), channels = random.Next(1, 20);
            ResizeTransform transform = (ResizeTransform)random.Next((int)ResizeTransform.TensorFlow, (int)ResizeTransform.TensorFlowAlignCorners + 1);
            Quantization quantization = Int8Testing.Quantization(random);
            TestTensor x = Int8Testing.Tensor(random, new Shape(batch, height, width, channels), quantization);
            TensorSpec output = new(DataType.Int8, new Shape(batch, rows, columns, channels), quantization);
            bool corners = transform == ResizeTransform.TensorFlowAlignCorners, centers = transform == ResizeTransform.TensorFlowHalfPixel;
            yield return new(
                new([-1, rows, columns, -1], ResizeMode.Linear, transform), [x], output,
                TfliteReference.ResizeBilinear(Int8Testing.Elements(x), (batch, height, width, rows, columns, channels), corners, centers));
            yield return new(
                new([-1, rows, columns, -1], ResizeMode.Nearest, transform, corners ? NearestRounding.RoundPreferCeiling : NearestRounding.Floor), [x], output,
                TfliteReference.ResizeNearest(Int8Testing.Elements(x), (batch, height, width, rows, columns, channels), corners, centers));
        }
    }

    [Theory]
    [MemberData(nameof(OnnxExamples))]
    public void As_the_ONNX_examples(string name, Resize op, int height, int width, float[] expected)
    {
        Assert.NotEmpty(name);
        TestTensor x = TestTensor.Float(new Shape(1, height, width, 1), [.. Enumerable.Range(1, height * width).Select(static value => (float)value)]);
        using OperatorRunner runner = new(Resize.Info, op, [x]);
        runner.Forward();
        ReadOnlySpan<float> actual = runner.Output<float>();
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-5f);
        }
    }

    [Fact]
    public void A_neighbour_that_weighs_nothing_does_not_spread_its_NaN()
    {
        TestTensor x = TestTensor.Float(new Shape(3), 1, 2, float.NaN);
        using OperatorRunner runner = new(Resize.Info, new Resize([5], ResizeMode.Linear, ResizeTransform.AlignCorners), [x]);
        runner.Forward();
        Assert.Equal([1f, 1.5f, 2, float.NaN, float.NaN], runner.Output<float>().ToArray());
    }

    /// <summary>Every output element as the sum over all input elements, weighted on each axis by the curve at their distance.</summary>
    protected override DoubleTensor[] Reference(Resize op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        int rank = x.Shape.Rank;
        DoubleTensor y = x;
        for (int axis = 0; axis < rank; axis++)
        {
            if (op.Sizes[axis] >= 0)
            {
                y = Along(op, axis, rank, y);
            }
        }

        for (int i = 0; i < y.Length && op.Transform == ResizeTransform.CropAndResize; i++)
        {
            int[] at = y.Position(i);
            bool outside = Enumerable.Range(0, rank).Any(axis => op.Sizes[axis] >= 0 && Place(op, axis, rank, at[axis], x.Shape[axis], y.Shape[axis]) is double place && (place < 0 || place > x.Shape[axis] - 1));
            y[i] = outside ? op.ExtrapolationValue : y[i];
        }

        return [y];
    }

    private static DoubleTensor Along(Resize op, int axis, int rank, DoubleTensor x)
    {
        int input = x.Shape[axis], output = op.Sizes[axis];
        DoubleTensor y = new(x.Shape.With(axis, output));
        for (int i = 0; i < y.Length; i++)
        {
            int[] at = y.Position(i);
            double place = Place(op, axis, rank, at[axis], input, output);
            double stretch = op.Antialias ? Math.Max(1, (double)input / output) : 1;
            int reach = (int)Math.Ceiling(2 * stretch) + 2;
            double sum = 0, all = 0;
            if (op.Mode == ResizeMode.Nearest)
            {
                at[axis] = Math.Clamp(Round(op.Rounding, place), 0, input - 1);
                y[i] = x[at.AsSpan()];
                continue;
            }

            double fraction = place - Math.Floor(place);
            fraction = op.Mode == ResizeMode.Cubic && op.Transform >= ResizeTransform.TensorFlow ? Math.Round(fraction * 1024) / 1024 : fraction;
            for (int k = (int)Math.Floor(place) - reach; k <= place + reach; k++)
            {
                double weight = Curve(op, Math.Abs(k - Math.Floor(place) - fraction) / stretch);
                bool inside = k >= 0 && k < input;
                at[axis] = Math.Clamp(k, 0, input - 1);
                weight = inside || !op.ExcludeOutside ? weight : 0;
                sum += weight * x[at.AsSpan()];
                all += weight;
            }

            y[i] = sum / all;
        }

        return y;
    }

    private static double Curve(Resize op, double d) => op.Mode == ResizeMode.Linear ? Math.Max(0, 1 - d)
        : d <= 1 ? ((op.CubicCoefficient + 2.0) * d * d * d) - ((op.CubicCoefficient + 3.0) * d * d) + 1
        : d < 2 ? (op.CubicCoefficient * (double)d * d * d) - (5.0 * op.CubicCoefficient * d * d) + (8.0 * op.CubicCoefficient * d) - (4.0 * op.CubicCoefficient)
        : 0;

    private static int Round(NearestRounding rounding, double x) => (int)(rounding switch
    {
        NearestRounding.RoundPreferFloor => Math.Ceiling(x - 0.5),
        NearestRounding.RoundPreferCeiling => Math.Floor(x + 0.5),
        NearestRounding.Floor => Math.Floor(x),
        _ => Math.Ceiling(x),
    });

    private static double Place(Resize op, int axis, int rank, int i, int n, int whole)
    {
        double given = op.Scales.Count > 0 ? op.Scales[axis] : 0, s = given > 0 ? given : (double)whole / n, m = given > 0 ? given * n : whole;
        double start = op.Region.Count > 0 ? op.Region[axis] : 0, end = op.Region.Count > 0 ? op.Region[axis + rank] : 1;
        return op.Transform switch
        {
            ResizeTransform.HalfPixel => ((i + 0.5) / s) - 0.5,
            ResizeTransform.HalfPixelSymmetric => (n / 2.0 * (1 - (whole / (s * n)))) + ((i + 0.5) / s) - 0.5,
            ResizeTransform.PytorchHalfPixel => m > 1 ? ((i + 0.5) / s) - 0.5 : 0,
            ResizeTransform.AlignCorners => m > 1 ? i * (n - 1) / (m - 1) : 0,
            ResizeTransform.Asymmetric => i / s,
            ResizeTransform.HalfPixelForNearest => (i + 0.5) / s,
            ResizeTransform.CropAndResize => (n - 1) * (m > 1 ? start + (i * (end - start) / (m - 1)) : (start + end) / 2),
            ResizeTransform.TensorFlow => i * (double)n / whole,
            ResizeTransform.TensorFlowHalfPixel => ((i + 0.5) * n / whole) - (op.Mode == ResizeMode.Nearest ? 0 : 0.5),
            _ => whole > 1 ? i * (n - 1.0) / (whole - 1) : 0,
        };
    }
}

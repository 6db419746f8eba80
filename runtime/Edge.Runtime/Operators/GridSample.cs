using System.Numerics.Tensors;
using Edge.Format;

namespace Edge.Runtime.Operators;

/// <summary>
/// Reads a picture at places that another tensor names. Inputs: picture [N, H, W, C], grid [N, H', W', 2] of places (x, y), where −1 … 1 spans the picture →
/// [N, H', W', C]; float32.
/// </summary>
/// <param name="Mode">How values between pixels are made; cubic with a = −0.75.</param>
/// <param name="Padding">What is read outside the picture.</param>
/// <param name="AlignCorners">Whether −1 and 1 are the centres of the outermost pixels, instead of their outer edges.</param>
/// <remarks>A place that is no number reads zeros. Sources: ONNX GridSample-16 (in NHWC); PyTorch grid_sample.</remarks>
public readonly record struct GridSample(ResizeMode Mode = ResizeMode.Linear, GridPadding Padding = GridPadding.Zeros, bool AlignCorners = false) : IOperator<GridSample>
{
    /// <summary>Curve of the cubic mode.</summary>
    private const float Curve = -0.75f;

    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("GridSample", 69, inputs: 2);

    /// <inheritdoc/>
    public static GridSample Read(ref AttributeReader attributes) => new(
        (ResizeMode)attributes.Byte("mode", (byte)ResizeMode.Cubic), (GridPadding)attributes.Byte("padding", (byte)GridPadding.Reflection), attributes.Bool("align corners"));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Byte((byte)Mode);
        attributes.Byte((byte)Padding);
        attributes.Bool(AlignCorners);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        shapes.RequireType(0, DataType.Float32);
        shapes.RequireType(1, DataType.Float32);
        Shape picture = shapes.Shape(0), grid = shapes.Shape(1);
        shapes.Require(
            Mode <= ResizeMode.Cubic && Padding <= GridPadding.Reflection,
            $"mode {(byte)Mode} and padding {(byte)Padding}; at most {(byte)ResizeMode.Cubic} and {(byte)GridPadding.Reflection} are allowed.");
        shapes.Require(
            picture.Rank == 4 && grid.Rank == 4 && grid[3] == 2 && grid[0] == picture[0],
            $"the picture is {shapes.Input(0)} and the grid {shapes.Input(1)}; [N, H, W, C] and [N, H', W', 2] are allowed.");
        return new OperatorPlan(ShapeRules.Output(shapes, DataType.Float32, [grid[0], grid[1], grid[2], picture[3]]));
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Shape picture = io.InputShape(0);
        int height = picture[1], width = picture[2], channels = picture[3], places = io.OutputShape(0).Product(1, 3);
        ReadOnlySpan<float> x = io.Input(0), grid = io.Input(1);
        Span<float> y = io.Output(0);
        Span<int> rows = stackalloc int[4], columns = stackalloc int[4];
        Span<float> down = stackalloc float[4], across = stackalloc float[4];
        for (int place = 0; place < grid.Length / 2; place++)
        {
            int image = place / places * height * width * channels;
            int taps = Taps(grid[2 * place], width, columns, across);
            Taps(grid[(2 * place) + 1], height, rows, down);
            Span<float> pixel = y.Slice(place * channels, channels);
            pixel.Clear();
            for (int row = 0; row < taps; row++)
            {
                for (int column = 0; column < taps; column++)
                {
                    if (rows[row] >= 0 && columns[column] >= 0)
                    {
                        ReadOnlySpan<float> from = x.Slice(image + (((rows[row] * width) + columns[column]) * channels), channels);
                        TensorPrimitives.MultiplyAdd(from, down[row] * across[column], pixel, pixel);
                    }
                }
            }
        }
    }

    /// <summary>The pixels along one axis that a place is made of, −1 for zeros, and their weights.</summary>
    private int Taps(float place, int size, Span<int> pixels, Span<float> weights)
    {
        float at = AlignCorners ? (place + 1) / 2 * (size - 1) : (((place + 1) * size) - 1) / 2;
        at = Mode == ResizeMode.Nearest ? MathF.Round(at) : at;
        float low = AlignCorners ? 0 : -0.5f, high = AlignCorners ? size - 1 : size - 0.5f;
        if (at < low || at > high)
        {
            at = Padding switch { GridPadding.Border => Math.Clamp(at, 0, size - 1), GridPadding.Reflection => Reflect(at, low, high), _ => at };
        }

        int count = Mode switch { ResizeMode.Nearest => 1, ResizeMode.Linear => 2, _ => 4 };
        if (!(MathF.Abs(at) < 1 << 30))
        {
            pixels[..count].Fill(-1);
            return count;
        }

        float floor = MathF.Floor(at), rest = at - floor;
        int first = (int)floor - (Mode == ResizeMode.Cubic ? 1 : 0);
        for (int i = 0; i < count; i++)
        {
            int pixel = first + i;
            pixels[i] = pixel >= 0 && pixel < size ? pixel : Padding switch
            {
                GridPadding.Zeros => -1,
                GridPadding.Border => Math.Clamp(pixel, 0, size - 1),
                _ => Math.Clamp((int)Reflect(pixel, low, high), 0, size - 1),
            };
            weights[i] = Mode switch { ResizeMode.Nearest => 1, ResizeMode.Linear => i == 0 ? 1 - rest : rest, _ => Cubic(MathF.Abs(i - 1 - rest)) };
        }

        return count;
    }

    private static float Cubic(float distance) => distance <= 1
        ? ((((Curve + 2) * distance) - (Curve + 3)) * distance * distance) + 1
        : (((((Curve * distance) - (5 * Curve)) * distance) + (8 * Curve)) * distance) - (4 * Curve);

    /// <summary>A place mirrored at the borders until it lies between them.</summary>
    private static float Reflect(float at, float low, float high)
    {
        float range = high - low;
        if (range <= 0)
        {
            return low;
        }

        float beyond = at < low ? low - at : Math.Max(at - high, 0);
        if (beyond == 0)
        {
            return at;
        }

        float turns = MathF.Floor(beyond / range), rest = beyond - (turns * range);
        bool even = turns % 2 == 0;
        return (at < low) == even ? low + rest : high - rest;
    }
}

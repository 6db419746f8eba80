namespace Edge.Runtime.Operators;

/// <summary>Rows and columns of padding around a picture, each at least 0. The default is none.</summary>
/// <param name="Top">Rows before the first row.</param>
/// <param name="Bottom">Rows after the last row.</param>
/// <param name="Left">Columns before the first column.</param>
/// <param name="Right">Columns after the last column.</param>
public readonly record struct Padding2D(int Top, int Bottom, int Left, int Right)
{
    /// <summary>Largest padding on one side.</summary>
    internal const int Most = Window.Most;

    /// <summary>No padding: the window stays inside the picture.</summary>
    public static Padding2D Valid => default;

    /// <summary>The padding that makes the output ⌈input / stride⌉ rows and columns; an odd row or column goes to the end.</summary>
    /// <param name="inputHeight">Rows of the input.</param>
    /// <param name="inputWidth">Columns of the input.</param>
    /// <param name="kernelHeight">Rows of the window.</param>
    /// <param name="kernelWidth">Columns of the window.</param>
    /// <param name="strideHeight">Rows the window moves.</param>
    /// <param name="strideWidth">Columns the window moves.</param>
    /// <param name="dilationHeight">Distance between window rows.</param>
    /// <param name="dilationWidth">Distance between window columns.</param>
    /// <remarks>Source: SAME padding of TensorFlow and Keras (tensorflow/core/framework/common_shape_fns.cc).</remarks>
    public static Padding2D Same(
        int inputHeight,
        int inputWidth,
        int kernelHeight,
        int kernelWidth,
        int strideHeight = 1,
        int strideWidth = 1,
        int dilationHeight = 1,
        int dilationWidth = 1)
    {
        (int top, int bottom) = SameAxis(inputHeight, kernelHeight, strideHeight, dilationHeight);
        (int left, int right) = SameAxis(inputWidth, kernelWidth, strideWidth, dilationWidth);
        return new Padding2D(top, bottom, left, right);
    }

    /// <summary>SAME padding along one axis: as much as makes the output ⌈input / stride⌉ long, an odd element at the end.</summary>
    /// <param name="input">Length of the input.</param>
    /// <param name="kernel">Length of the window.</param>
    /// <param name="stride">Elements the window moves.</param>
    /// <param name="dilation">Distance between window elements.</param>
    public static (int Before, int After) SameAxis(int input, int kernel, int stride, int dilation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(input, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(kernel, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(dilation, 1);
        long output = ((long)input + stride - 1) / stride;
        long total = Math.Max(0, ((output - 1) * stride) + ((kernel - 1L) * dilation) + 1 - input);
        return (checked((int)(total / 2)), checked((int)(total - (total / 2))));
    }

    internal static Padding2D Read(ref AttributeReader attributes) => new(
        attributes.Int32("padding top", 0, Most),
        attributes.Int32("padding bottom", 0, Most),
        attributes.Int32("padding left", 0, Most),
        attributes.Int32("padding right", 0, Most));

    internal void Write(AttributeWriter attributes)
    {
        attributes.Int32(Top);
        attributes.Int32(Bottom);
        attributes.Int32(Left);
        attributes.Int32(Right);
    }
}

using Edge.Runtime.Operators;

namespace Edge.Tests.Operators;

public sealed class Padding2DTests
{
    [Theory]
    [InlineData(5, 3, 1, 1, 1, 1)]
    [InlineData(6, 3, 2, 1, 0, 1)]                 // the odd one at the end
    [InlineData(224, 3, 2, 1, 0, 1)]
    [InlineData(224, 7, 2, 1, 2, 3)]
    [InlineData(5, 2, 1, 1, 0, 1)]
    [InlineData(5, 3, 1, 2, 2, 2)]
    [InlineData(5, 1, 2, 1, 0, 0)]
    [InlineData(1, 5, 3, 1, 2, 2)]
    public void Same_is_what_TensorFlow_computes(int input, int kernel, int stride, int dilation, int before, int after)
    {
        Assert.Equal((before, after), Padding2D.SameAxis(input, kernel, stride, dilation));
        Assert.Equal((input + stride - 1) / stride, Windows.Count(input, kernel, stride, dilation, before, after));
        Assert.Equal(new Padding2D(before, after, 0, 0), Padding2D.Same(input, 4, kernel, 1, stride, 1, dilation, 1));
        Assert.Equal(new Padding2D(0, 0, before, after), Padding2D.Same(4, input, 1, kernel, 1, stride, 1, dilation));
    }

    [Fact]
    public void Every_small_window_covers_the_input_once_a_stride()
    {
        for (int input = 1; input <= 12; input++)
        {
            for (int kernel = 1; kernel <= 5; kernel++)
            {
                for (int stride = 1; stride <= 4; stride++)
                {
                    for (int dilation = 1; dilation <= 3; dilation++)
                    {
                        (int before, int after) = Padding2D.SameAxis(input, kernel, stride, dilation);
                        Assert.InRange(after - before, 0, 1);
                        Assert.Equal((input + stride - 1) / stride, Windows.Count(input, kernel, stride, dilation, before, after));
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(0, 1, 1, 1)]
    [InlineData(1, 0, 1, 1)]
    [InlineData(1, 1, 0, 1)]
    [InlineData(1, 1, 1, 0)]
    public void Sizes_start_at_1(int input, int kernel, int stride, int dilation) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Padding2D.SameAxis(input, kernel, stride, dilation));
}

using Edge.Learning.Data;

namespace Edge.Tests.Learning.Data;

public sealed class DistributionShiftTests
{
    private static readonly byte[] Pixels = [1, 2, 3, 4, 5, 6, 7, 8, 9];

    private static Dataset Images(byte[] pixels, int side) => new("i", "test", [side, side, 1], pixels, [0], ["a"]);

    [Fact]
    public void No_change_is_no_change() =>
        Assert.Equal(Pixels, DistributionShift.RotateAndInvert(Images(Pixels, 3), 0).RawBytes(0).ToArray());

    [Fact]
    public void A_quarter_turn_is_clockwise()
    {
        Assert.Equal([7, 4, 1, 8, 5, 2, 9, 6, 3], DistributionShift.RotateAndInvert(Images(Pixels, 3), 90).RawBytes(0).ToArray());
        Assert.Equal([3, 6, 9, 2, 5, 8, 1, 4, 7], DistributionShift.RotateAndInvert(Images(Pixels, 3), -90).RawBytes(0).ToArray());
    }

    [Fact]
    public void Inversion_covers_what_turned_in_from_outside()
    {
        byte[] turned = DistributionShift.RotateAndInvert(Images(Pixels, 3), 45, invert: true).RawBytes(0).ToArray();
        Assert.Equal(250, turned[4]);

        // The corner comes from (−0.41, 1): 0.41 · 0 + 0.59 · 4 = 2.34.
        Assert.Equal(255 - 2, turned[0]);
    }

    [Fact]
    public void Slant_leans_to_the_right_and_thickness_grows_and_shrinks()
    {
        byte[] bar = [0, 9, 0, 0, 9, 0, 0, 9, 0];
        Assert.Equal([0, 0, 9, 0, 9, 0, 9, 0, 0], DistributionShift.RotateAndInvert(Images(bar, 3), 0, slant: 1).RawBytes(0).ToArray());
        Assert.Equal([9, 9, 9, 9, 9, 9, 9, 9, 9], DistributionShift.RotateAndInvert(Images(bar, 3), 0, thickness: 1).RawBytes(0).ToArray());
        Assert.Equal(new byte[9], DistributionShift.RotateAndInvert(Images(bar, 3), 0, thickness: -1).RawBytes(0).ToArray());
        Assert.Equal([5, 9, 5, 5, 9, 5, 5, 9, 5], DistributionShift.RotateAndInvert(Images(bar, 3), 0, thickness: 0.5).RawBytes(0).ToArray());
    }

    [Fact]
    public void Labels_order_and_normalization_stay()
    {
        Dataset digits = Digits.Generate(20, 1).SplitHoldOut(0.5, 1).Test.WithNormalization(new Normalization(2, 1));
        Dataset shifted = DistributionShift.RotateAndInvert(digits, 30, invert: true);
        Assert.Equal(digits.Count, shifted.Count);
        Assert.Same(digits.Normalization, shifted.Normalization);
        for (int i = 0; i < digits.Count; i++)
        {
            Assert.Equal(digits.Label(i), shifted.Label(i));
            Assert.False(digits.RawBytes(i).SequenceEqual(shifted.RawBytes(i)));
        }

        Assert.Throws<DatasetException>(() => DistributionShift.RotateAndInvert(TwoMoons.Generate(4, 0, 0), 1));
        Assert.Throws<ArgumentException>(() => DistributionShift.RotateAndInvert(digits, double.NaN));
        Assert.Throws<ArgumentException>(() => DistributionShift.RotateAndInvert(digits, 0, thickness: 5));
    }
}

using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class MirrorPadTests : OperatorTests<MirrorPad>
{
    protected override IEnumerable<OperatorCase<MirrorPad>> Cases => Enum.GetValues<MirrorMode>().SelectMany(static mode => (OperatorCase<MirrorPad>[])
    [
        new(new([0, 0], [0, 0], mode), Float(3, 4)),
        new(new([1, 2], [2, 3], mode), Float(3, 4)),
        new(new([0, 1, 2, 0], [0, 0, 1, 0], mode), Float(2, 3, 3, 4)),
        new(new([1, 0, 1], [0, 2, 1], mode), Float(2, 3, 2)),
        new(new([7], [9], mode), Float(3)),
        new(new([2], [1], mode), Float(1)),
        new(new([], [], mode), Float()),
        .. Positions.Types.Select(type => new OperatorCase<MirrorPad>(new([1, 1], [1, 2], mode), Typed(type, 3, 4))),
    ]);

    protected override IEnumerable<OperatorCase<MirrorPad>> BadCases =>
    [
        new(new([0], [0, 0], default), Float(3, 4)),
        new(new([0, 0], [0], default), Float(3, 4)),
        new(new([-1, 0], [0, 0], default), Float(3, 4)),
        new(new([0, 0], [0, -1], default), Float(3, 4)),
        new(new([0, 0], [0, 0], (MirrorMode)4), Float(3, 4)),
        new(new([int.MaxValue, 0], [int.MaxValue, 0], default), Float(3, 4)),
        new(new([1], [1], default), Typed(DataType.Float16, 3)),
    ];

    protected override OperatorCase<MirrorPad> OfLength(int length) => new(new([1, 2], [1, 1], MirrorMode.Symmetric), Float(2, length));

    protected override IEnumerable<Int8Case<MirrorPad>> Int8Cases(Random random) => MovedInt8(random);

    [Theory]
    [InlineData(MirrorMode.Reflect, new[] { 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1, 2 })]
    [InlineData(MirrorMode.Symmetric, new[] { 4, 4, 3, 2, 1, 1, 2, 3, 4, 4, 3, 2 })]
    [InlineData(MirrorMode.Edge, new[] { 1, 1, 1, 1, 1, 1, 2, 3, 4, 4, 4, 4 })]
    [InlineData(MirrorMode.Wrap, new[] { 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3 })]
    public void As_numpy_pads(MirrorMode mode, int[] expected)
    {
        bool reflect = mode == MirrorMode.Reflect;
        using OperatorRunner runner = new(
            MirrorPad.Info, new MirrorPad([reflect ? 4 : 5], [reflect ? 4 : 3], mode), [TestTensor.Of<int>(DataType.Int32, new Shape(4), [1, 2, 3, 4])]);
        runner.Forward();
        Assert.Equal(expected, runner.Output<int>().ToArray());
    }

    protected override DoubleTensor[] Reference(MirrorPad op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        Shape shape = new([.. x.Shape.Axes.ToArray().Select((size, axis) => op.Before[axis] + size + op.After[axis])]);
        return [Positions.Map(x, shape, at => [.. at.Select((place, axis) => Walk(op.Mode, place - op.Before[axis], x.Shape[axis]))])];
    }

    /// <summary>Steps into the line one reflection at a time.</summary>
    private static int Walk(MirrorMode mode, int place, int size)
    {
        while (place < 0 || place >= size)
        {
            place = mode switch
            {
                MirrorMode.Reflect => size == 1 ? 0 : place < 0 ? -place : (2 * (size - 1)) - place,
                MirrorMode.Symmetric => place < 0 ? -place - 1 : (2 * size) - 1 - place,
                MirrorMode.Edge => place < 0 ? 0 : size - 1,
                _ => place < 0 ? place + size : place - size,
            };
        }

        return place;
    }
}

using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class SpaceToBatchTests : OperatorTests<SpaceToBatch>
{
    protected override IEnumerable<OperatorCase<SpaceToBatch>> Cases =>
    [
        new(new([2, 2], [0, 0], [0, 0]), Float(1, 4, 6, 3)),
        new(new([2, 3], [1, 0], [0, 2]), Float(2, 3, 4, 2)),
        new(new([3, 2], [2, 3], [3, 4]), Float(1, 1, 1, 2)),
        new(new([2], [2], [1]), Float(2, 3)),
        new(new([2], [2], [1]), Float(3, 5, 2)),
        new(new([], [], []), Float(2, 3)),
        new(new([1, 2, 2], [0, 0, 1], [1, 0, 0]), Float(1, 2, 4, 3, 2)),
        .. Positions.Types.Select(static type => new OperatorCase<SpaceToBatch>(new([2, 2], [0, 1], [0, 1]), Typed(type, 2, 2, 2, 3))),
    ];

    protected override IEnumerable<OperatorCase<SpaceToBatch>> BadCases =>
    [
        new(new([2, 2], [0, 0], [0, 0]), Float(1, 3, 4, 1)),
        new(new([2, 2], [0], [0, 0]), Float(1, 4, 4, 1)),
        new(new([2, 2], [0, 0], [0]), Float(1, 4, 4, 1)),
        new(new([2], [0], [0]), Float(4)),
        new(new([0], [0], [0]), Float(1, 4)),
        new(new([2], [-2], [0]), Float(1, 4)),
        new(new([2], [0], [-2]), Float(1, 4)),
        new(new([60_000, 60_000], [59_999, 59_999], [0, 0]), Float(1, 1, 1)),
        new(new([], [], []), Float()),
    ];

    protected override OperatorCase<SpaceToBatch> OfLength(int length) => new(new([2], [1], [0]), Float(1, 3, length));

    protected override IEnumerable<Int8Case<SpaceToBatch>> Int8Cases(Random random)
    {
        foreach (Int8Case<SpaceToBatch> moved in MovedInt8(random))
        {
            // Where ones are moved, zeros are padding.
            TestTensor ones = TestTensor.Of(DataType.Int8, moved.Inputs[0]!.Spec.Shape, Enumerable.Repeat((sbyte)1, moved.Inputs[0]!.Bytes.Length).ToArray());
            double[] inside = Reference(moved.Operator, [ones.ToDouble()], default)[0].Values;
            yield return moved with { Expected = [.. moved.Expected.Select((element, i) => inside[i] == 0 ? (sbyte)moved.Output.Quantization!.ZeroPoint : element)] };
        }
    }

    [Fact]
    public void An_int16_tensor_is_padded_with_its_zero_point()
    {
        TestTensor x = TestTensor.Of<short>(DataType.Int16, new Shape(1, 1), [9], new Quantization(0.5f, -300));
        using OperatorRunner runner = new(SpaceToBatch.Info, new SpaceToBatch([2], [1], [0]), [x]);
        runner.Forward();
        Assert.Equal([(short)-300, 9], runner.Output<short>().ToArray());
    }

    protected override DoubleTensor[] Reference(SpaceToBatch op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        int[] sizes = x.Shape.Axes.ToArray();
        for (int i = 0; i < op.Block.Count; i++)
        {
            sizes[0] *= op.Block[i];
            sizes[i + 1] = (op.Before[i] + sizes[i + 1] + op.After[i]) / op.Block[i];
        }

        DoubleTensor y = new(new Shape(sizes));
        for (int flat = 0; flat < y.Length; flat++)
        {
            int[] at = y.Position(flat);
            int offset = at[0] / x.Shape[0];
            at[0] %= x.Shape[0];
            bool inside = true;
            for (int i = op.Block.Count; i >= 1; i--)
            {
                at[i] = (at[i] * op.Block[i - 1]) + (offset % op.Block[i - 1]) - op.Before[i - 1];
                offset /= op.Block[i - 1];
                inside &= at[i] >= 0 && at[i] < x.Shape[i];
            }

            y[flat] = inside ? x[at.AsSpan()] : 0;
        }

        return [y];
    }
}

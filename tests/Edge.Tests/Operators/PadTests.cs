using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class PadTests : OperatorTests<Pad>
{
    protected override IEnumerable<OperatorCase<Pad>> Cases =>
    [
        new(new([0, 0], [0, 0]), Float(3, 4)),
        new(new([1, 2], [3, 0]), Float(3, 4)),
        new(new([1, 2], [3, 0], -1.5f), Float(3, 4)),
        new(new([0, 1, 2, 0], [0, 2, 1, 0]), Float(2, 3, 3, 4)),
        new(new([0, 1, 0, 0], [0, 0, 0, 3], 7), Float(2, 3, 3, 4)),
        new(new([2], [3], 1), Float(5)),
        new(new([], [], 1), Float()),
        new(new([1, 1], [1, 1]), Typed(DataType.Int8, 3, 4)),
        new(new([1, 1], [1, 1], -128), Typed(DataType.Int8, 3, 4)),
        new(new([1, 1], [1, 1], 200), Typed(DataType.UInt8, 3, 4)),
        new(new([1, 1], [1, 1], -30_000), Typed(DataType.Int16, 3, 4)),
        new(new([1, 1], [1, 1], -7), Typed(DataType.Int32, 3, 4)),
        new(new([1, 1], [1, 1], int.MinValue), Typed(DataType.Int32, 3, 4)),
        new(new([1, 1], [1, 1], 1e6f), Typed(DataType.Int64, 3, 4)),
        new(new([1, 1], [1, 1], 1), Typed(DataType.Bool, 3, 4)),
    ];

    protected override IEnumerable<OperatorCase<Pad>> BadCases =>
    [
        new(new([0], [0, 0]), Float(3, 4)),
        new(new([0, 0], [0]), Float(3, 4)),
        new(new([-1, 0], [0, 0]), Float(3, 4)),
        new(new([0, 0], [0, -1]), Float(3, 4)),
        new(new([int.MaxValue, 0], [int.MaxValue, 0]), Float(3, 4)),
        new(new([1 << 20, 1 << 20], [0, 0]), Float(3, 4)),
        new(new([1, 1], [1, 1], float.NaN), Float(3, 4)),
        new(new([1, 1], [1, 1]), Typed(DataType.Float16, 3, 4)),
    ];

    protected override OperatorCase<Pad> OfLength(int length) => new(new([0, 2], [1, 1], 0.5f), Float(2, length));

    [Theory]
    [InlineData(0f, -7)]
    [InlineData(1f, -3)]
    [InlineData(0.125f, -6)]                       // half a step: away from zero, then the zero point
    [InlineData(-0.125f, -8)]
    [InlineData(1000f, 127)]
    [InlineData(float.NegativeInfinity, -128)]
    public void A_quantized_tensor_is_padded_with_the_stored_value(float value, int stored)
    {
        TestTensor x = TestTensor.Of<sbyte>(DataType.Int8, new Shape(2), [5, 6], new Quantization(0.25f, -7));
        using OperatorRunner runner = new(Pad.Info, new Pad([1], [2], value), [x]);
        runner.Forward();
        Assert.Equal([(sbyte)stored, 5, 6, (sbyte)stored, (sbyte)stored], runner.Output<sbyte>().ToArray());
        Assert.Same(x.Spec.Quantization, runner.Plan.Outputs[0].Quantization);
    }

    [Theory]
    [InlineData(DataType.Int8, 400f, 127)]
    [InlineData(DataType.Int8, -400f, -128)]
    [InlineData(DataType.UInt8, -1f, 0)]
    [InlineData(DataType.UInt8, 300f, 255)]
    [InlineData(DataType.Int16, 70_000f, 32_767)]
    [InlineData(DataType.Int32, 3e9f, int.MaxValue)]
    [InlineData(DataType.Bool, 5f, 1)]
    public void Values_beyond_the_type_are_clamped(DataType type, float value, double stored)
    {
        TestTensor x = TestTensor.Of(type, new Shape(1), new byte[type.Size()]);
        using OperatorRunner runner = new(Pad.Info, new Pad([1], [0], value), [x]);
        runner.Forward();
        Assert.Equal([stored, 0], runner.OutputValues(0));
    }

    protected override IEnumerable<Int8Case<Pad>> Int8Cases(Random random)
    {
        foreach (Int8Case<Pad> moved in MovedInt8(random))
        {
            // Where ones are moved, zeros are padding.
            Quantization quantization = moved.Output.Quantization!;
            TestTensor ones = TestTensor.Of(DataType.Int8, moved.Inputs[0]!.Spec.Shape, Enumerable.Repeat((sbyte)1, moved.Inputs[0]!.Bytes.Length).ToArray());
            double[] inside = Reference(moved.Operator with { Value = 0 }, [ones.ToDouble()], default)[0].Values;
            sbyte value = (sbyte)TfliteReference.Quantize(moved.Operator.Value, quantization.Scale, quantization.ZeroPoint, -128, 127);
            yield return moved with { Expected = [.. moved.Expected.Select((element, i) => inside[i] == 0 ? value : element)] };
        }
    }

    protected override DoubleTensor[] Reference(Pad op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        int[] sizes = new int[x.Shape.Rank];
        for (int i = 0; i < sizes.Length; i++)
        {
            sizes[i] = op.Before[i] + x.Shape[i] + op.After[i];
        }

        DoubleTensor y = new(new Shape(sizes));
        for (int flat = 0; flat < y.Length; flat++)
        {
            int[] position = y.Position(flat);
            bool inside = true;
            for (int i = 0; i < position.Length; i++)
            {
                position[i] -= op.Before[i];
                inside &= position[i] >= 0 && position[i] < x.Shape[i];
            }

            y[flat] = inside ? x[position.AsSpan()] : op.Value;
        }

        return [y];
    }
}

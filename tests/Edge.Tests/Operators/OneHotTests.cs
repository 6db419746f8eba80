using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class OneHotTests : OperatorTests<OneHot>
{
    protected override IEnumerable<OperatorCase<OneHot>> Cases =>
    [
        new(new(4), Typed(DataType.Int32, 3), Float(), Float()),
        new(new(4, 0), Typed(DataType.Int64, 3), Float(1), Float(1, 1)),
        new(new(3, 1, true), Typed(DataType.Int64, 2, 5), Float(), Float()),
        new(new(3, -2), Typed(DataType.Int32, 2, 5), Float(), Float()),
        new(new(1), Typed(DataType.Int32), Float(), Float()),
        .. Positions.Types.Select(static type => new OperatorCase<OneHot>(new(5), Typed(DataType.Int32, 2, 2), Typed(type), Typed(type))),
    ];

    protected override IEnumerable<OperatorCase<OneHot>> BadCases =>
    [
        new(new(0), Typed(DataType.Int32, 3), Float(), Float()),
        new(new(2, 2), Typed(DataType.Int32, 3), Float(), Float()),
        new(new(2, -3), Typed(DataType.Int32, 3), Float(), Float()),
        new(new(2), Typed(DataType.UInt8, 3), Float(), Float()),
        new(new(2), Typed(DataType.Int32, 3), Float(), Typed(DataType.Int32)),
        new(new(2), Typed(DataType.Int32, 3), Float(2), Float()),
        new(new(2), Typed(DataType.Int32, 3), Float(), Float(2)),
        new(new(int.MaxValue), Typed(DataType.Int32, 3), Float(), Float()),
        new(new(2), Typed(DataType.Int32, 1, 1, 1, 1, 1, 1, 1, 1), Float(), Float()),
    ];

    protected override OperatorCase<OneHot> OfLength(int length) => new(new(length), Typed(DataType.Int32, 3), Float(), Float());

    protected override bool HasGradient(OperatorCase<OneHot> testCase, int input) => false;

    protected override IEnumerable<Int8Case<OneHot>> Int8Cases(Random random) => MovedInt8(random);

    /// <summary>Indices −depth … 2·depth − 1: some beyond the axis.</summary>
    protected override TestTensor Fill(OperatorCase<OneHot> testCase, int input, CounterRandom random)
    {
        if (input > 0)
        {
            return base.Fill(testCase, input, random);
        }

        int depth = testCase.Operator.Depth;
        long[] values = new long[testCase.Inputs[0].Shape.ElementCount];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = random.Int32((ulong)i, 3 * depth) - depth;
        }

        return Positions.Of(testCase.Inputs[0], values);
    }

    [Fact]
    public void An_index_beyond_the_axis_gives_nothing_but_off_values()
    {
        TestTensor indices = TestTensor.Of<long>(DataType.Int64, new Shape(5), [1, -1, -2, 2, long.MaxValue]);
        using OperatorRunner tflite = new(OneHot.Info, new OneHot(2), [indices, TestTensor.Float(default, 5), TestTensor.Float(default, 1)]);
        tflite.Forward();
        Assert.Equal([1f, 5, 1, 1, 1, 1, 1, 1, 1, 1], tflite.Output<float>().ToArray());
        using OperatorRunner onnx = new(OneHot.Info, new OneHot(2, -1, true), [indices, TestTensor.Float(default, 5), TestTensor.Float(default, 1)]);
        onnx.Forward();
        Assert.Equal([1f, 5, 1, 5, 5, 1, 1, 1, 1, 1], onnx.Output<float>().ToArray());
    }

    protected override DoubleTensor[] Reference(OneHot op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor indices = inputs[0]!;
        int axis = op.Axis < 0 ? op.Axis + indices.Shape.Rank + 1 : op.Axis;
        DoubleTensor y = new(new Shape([.. indices.Shape.Axes[..axis], op.Depth, .. indices.Shape.Axes[axis..]]));
        for (int i = 0; i < y.Length; i++)
        {
            int[] at = y.Position(i);
            int[] place = [.. at[..axis], .. at[(axis + 1)..]];
            double index = indices[place.AsSpan()];
            index += index < 0 && op.AllowNegative ? op.Depth : 0;
            y[i] = inputs[index == at[axis] ? 1 : 2]![0];
        }

        return [y];
    }
}

using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class TopKTests : OperatorTests<TopK>
{
    protected override IEnumerable<OperatorCase<TopK>> Cases =>
    [
        Case(new(3, -1, true, true), DataType.Int32, Float(2, 7)),
        Case(new(1, 0, true, true), DataType.Int64, Float(5, 3)),
        Case(new(5, 0, false, false), DataType.Int32, Float(5, 3)),
        Case(new(2, 1, false, true), DataType.Int64, Float(2, 6, 4)),
        Case(new(40, -1, true, false), DataType.Int32, Float(3, 40)),
        .. PlainInteger.Types.Select(static (type, i) => Case(new(4, 1, i % 2 == 0, true), i % 2 == 0 ? DataType.Int32 : DataType.Int64, Typed(type, 2, 300, 3))),
        Case(new(3, 0, true, true), DataType.Int32, Typed(DataType.Int8, 20) with { Quantization = new(0.5f, 3) }),
    ];

    protected override IEnumerable<OperatorCase<TopK>> LargeCases => [Case(new(10, 1, true, true), DataType.Int64, Float(4, 20_000))];

    protected override OperatorCase<TopK> OfLength(int length) => Case(new(Math.Min(length, 5), 1, length % 2 == 0, true), DataType.Int32, Float(2, length));

    protected override IEnumerable<OperatorCase<TopK>> BadCases =>
    [
        Case(new(4, 0, true, true), DataType.Int32, Float(3)),
        Case(new(0, 0, true, true), DataType.Int32, Float(3)),
        Case(new(1, 1, true, true), DataType.Int32, Float(3)),
        Case(new(1, 0, true, true), DataType.Float32, Float(3)),
        Case(new(1, 0, true, true), DataType.Int32, Typed(DataType.Bool, 3)),
        Case(new(1, 0, true, true), DataType.Int32, Float()),
    ];

    protected override DoubleTensor[] Reference(TopK op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        int axis = op.Axis < 0 ? op.Axis + x.Shape.Rank : op.Axis;
        DoubleTensor values = new(x.Shape.With(axis, op.K)), positions = new(x.Shape.With(axis, op.K));
        for (int i = 0; i < values.Length; i++)
        {
            int[] position = values.Position(i);
            int rank = position[axis];
            int[] order = [.. Enumerable.Range(0, x.Shape[axis]).OrderBy(k => At(x, position, axis, k) * (op.Largest ? -1 : 1))];
            values[i] = At(x, position, axis, order[rank]);
            positions[i] = order[rank];
        }

        return [values, positions];
    }

    [Fact]
    public void Of_equal_elements_the_first_comes_first()
    {
        TestTensor x = TestTensor.Float(new Shape(8), 1, 3, 2, 3, 1, 3, 2, 0);
        using OperatorRunner runner = new(TopK.Info, new TopK(5, 0, true, true), [x], new RunnerOptions { Declared = [default, Typed(DataType.Int32, 5)] });
        runner.Forward();
        Assert.Equal([3f, 3f, 3f, 2f, 2f], runner.Output<float>().ToArray());
        Assert.Equal([1, 3, 5, 2, 6], runner.Output<int>(1).ToArray());
    }

    private static double At(DoubleTensor x, int[] position, int axis, int k)
    {
        int[] at = [.. position];
        at[axis] = k;
        return x[at.AsSpan()];
    }

    private static OperatorCase<TopK> Case(TopK op, DataType type, TensorSpec input) => new(op, input) { Declared = [default, Typed(type, 1)] };
}

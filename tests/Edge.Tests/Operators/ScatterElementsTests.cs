using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class ScatterElementsTests : OperatorTests<ScatterElements>
{
    protected override IEnumerable<OperatorCase<ScatterElements>> Cases => ScatterOracle.All.SelectMany(static scattering => (OperatorCase<ScatterElements>[])
    [
        new(new(0, scattering), Float(5), Typed(DataType.Int32, 3), Float(3)),
        new(new(1, scattering), Float(3, 4), Typed(DataType.Int64, 3, 2), Float(3, 2)),
        new(new(-2, scattering), Float(2, 3, 4), Typed(DataType.Int32, 1, 3, 2), Float(1, 3, 2)),
        .. Positions.Types.Where(type => type != DataType.Float32 && ScatterOracle.Allowed(scattering, type)).Select(
            type => new OperatorCase<ScatterElements>(new(1, scattering), Typed(type, 3, 3), Typed(DataType.Int32, 2, 3), Typed(type, 2, 3))),
    ]);

    protected override IEnumerable<OperatorCase<ScatterElements>> BadCases =>
    [
        new(new(0, (Scattering)5), Float(5), Typed(DataType.Int32, 3), Float(3)),
        new(new(1), Float(5), Typed(DataType.Int32, 3), Float(3)),
        new(new(0), Float(5), Typed(DataType.Int32, 3), Float(4)),
        new(new(0), Float(5, 2), Typed(DataType.Int32, 3), Float(3)),
        new(new(0), Float(5, 2), Typed(DataType.Int32, 3, 3), Float(3, 3)),
        new(new(0), Float(5), Float(3), Float(3)),
        new(new(0), Float(5), Typed(DataType.Int32, 3), Typed(DataType.Int32, 3)),
        new(new(0, Scattering.Minimum), Typed(DataType.Bool, 5), Typed(DataType.Int32, 3), Typed(DataType.Bool, 3)),
    ];

    protected override OperatorCase<ScatterElements> OfLength(int length) => new(new(0, Scattering.Add), Float(3, length), Typed(DataType.Int32, 2, length), Float(2, length));

    protected override IEnumerable<Int8Case<ScatterElements>> Int8Cases(Random random) =>
        MovedInt8(random).Where(static moved => moved.Operator.Scattering == Scattering.Replace);

    /// <summary>Where updates replace, the places of a line are different ones.</summary>
    protected override TestTensor Fill(OperatorCase<ScatterElements> testCase, int input, CounterRandom random)
    {
        (Shape data, TensorSpec spec) = (testCase.Inputs[0].Shape, testCase.Inputs[input]);
        int axis = testCase.Operator.Axis < 0 ? testCase.Operator.Axis + data.Rank : testCase.Operator.Axis, size = data[axis];
        if (input != 1)
        {
            return spec.Type == DataType.Float32 ? Uniform(spec, random, 0.5f, 1.5f) : base.Fill(testCase, input, random);
        }

        if (testCase.Operator.Scattering != Scattering.Replace)
        {
            return Positions.Indices(spec, random, size, negative: true);
        }

        int inner = spec.Shape.Product(axis + 1, spec.Shape.Rank);
        return Positions.Of(spec, [.. Enumerable.Range(0, spec.Shape.ElementCount).Select(i => (long)(((i / inner % spec.Shape[axis]) + random.Int32((ulong)(i % inner), size)) % size) - (i % inner % 2 == 0 ? 0 : size))]);
    }

    [Fact]
    public void An_index_beyond_the_axis_is_refused()
    {
        TestTensor data = TestTensor.Float(new Shape(3), 1, 2, 3), indices = TestTensor.Of(DataType.Int32, new Shape(1), [3]);
        string message = Positions.Refused(ScatterElements.Info, new ScatterElements(0), data, indices, TestTensor.Float(new Shape(1), 1));
        Assert.StartsWith("ScatterElements: an index is 3; -3 … 2 is allowed", message, StringComparison.Ordinal);
    }

    protected override DoubleTensor[] Reference(OperatorCase<ScatterElements> testCase, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor y = Reference(testCase.Operator, inputs, run)[0];
        return [y.Map(value => testCase.Inputs[0].Type == DataType.Bool ? value : PlainInteger.Wrap(testCase.Inputs[0].Type, value))];
    }

    protected override DoubleTensor[] Reference(ScatterElements op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor indices = inputs[1]!, updates = inputs[2]!, y = inputs[0]!.Map(static value => value);
        int axis = op.Axis < 0 ? op.Axis + y.Shape.Rank : op.Axis;
        for (int i = 0; i < updates.Length; i++)
        {
            int[] at = updates.Position(i);
            at[axis] = Positions.Wrap(indices[i], y.Shape[axis]);
            y[at.AsSpan()] = ScatterOracle.Combine(op.Scattering, y[at.AsSpan()], updates[i]);
        }

        return [y];
    }
}

using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class ScatterNdTests : OperatorTests<ScatterNd>
{
    protected override IEnumerable<OperatorCase<ScatterNd>> Cases => ScatterOracle.All.SelectMany(static scattering => (OperatorCase<ScatterNd>[])
    [
        new(new(scattering), Float(5), Typed(DataType.Int32, 3, 1), Float(3)),
        new(new(scattering), Float(3, 4), Typed(DataType.Int64, 2, 3, 2), Float(2, 3)),
        new(new(scattering), Float(4, 2, 3), Typed(DataType.Int64, 3, 1), Float(3, 2, 3)),
        new(new(scattering), Float(3, 4), Typed(DataType.Int32, 2), Float()),
        .. Positions.Types.Where(type => type != DataType.Float32 && ScatterOracle.Allowed(scattering, type)).Select(
            type => new OperatorCase<ScatterNd>(new(scattering), Typed(type, 3, 3), Typed(DataType.Int32, 3, 1), Typed(type, 3, 3))),
    ]);

    protected override IEnumerable<OperatorCase<ScatterNd>> BadCases =>
    [
        new(new((Scattering)5), Float(5), Typed(DataType.Int32, 3, 1), Float(3)),
        new(new(), Float(5), Typed(DataType.Int32, 3, 1), Float(4)),
        new(new(), Float(5), Typed(DataType.Int32, 3, 2), Float(3)),
        new(new(), Float(5, 2), Typed(DataType.Int32, 3, 1), Float(3)),
        new(new(), Float(5), Float(3, 1), Float(3)),
        new(new(), Float(5), Typed(DataType.Int32), Float()),
        new(new(), Float(5), Typed(DataType.Int32, 3, 1), Typed(DataType.Int32, 3)),
        new(new(Scattering.Add), Typed(DataType.Bool, 5), Typed(DataType.Int32, 3, 1), Typed(DataType.Bool, 3)),
        new(new(Scattering.Add), Typed(DataType.Int8, 5) with { Quantization = new(0.5f, 0) }, Typed(DataType.Int32, 3, 1), Typed(DataType.Int8, 3) with { Quantization = new(0.5f, 0) }),
    ];

    protected override OperatorCase<ScatterNd> OfLength(int length) => new(new(Scattering.Add), Float(3, length), Typed(DataType.Int32, 2, 1), Float(2, length));

    protected override IEnumerable<Int8Case<ScatterNd>> Int8Cases(Random random) => MovedInt8(random).Where(static moved => moved.Operator.Scattering == Scattering.Replace);

    /// <summary>Different rows where they replace; factors away from 0, and small integers, so that products are exact.</summary>
    protected override TestTensor Fill(OperatorCase<ScatterNd> testCase, int input, CounterRandom random) => input == 1
        ? Positions.Vectors(testCase.Inputs[1], random, testCase.Inputs[0].Shape, different: testCase.Operator.Scattering == Scattering.Replace)
        : testCase.Inputs[0].Type == DataType.Float32 ? Uniform(testCase.Inputs[input], random, 0.5f, 1.5f) : base.Fill(testCase, input, random);

    [Fact]
    public void The_last_of_several_updates_stays_and_sums_add_up()
    {
        TestTensor data = TestTensor.Float(new Shape(3), 1, 2, 3), indices = TestTensor.Of(DataType.Int32, new Shape(2, 1), [-1, 2]), updates = TestTensor.Float(new Shape(2), 5, 7);
        using OperatorRunner replace = new(ScatterNd.Info, new ScatterNd(), [data, indices, updates]);
        replace.Forward();
        Assert.Equal([1f, 2, 7], replace.Output<float>().ToArray());
        using OperatorRunner add = new(ScatterNd.Info, new ScatterNd(Scattering.Add), [data, indices, updates]);
        add.Forward();
        Assert.Equal([1f, 2, 15], add.Output<float>().ToArray());
    }

    [Fact]
    public void An_index_beyond_its_axis_is_refused()
    {
        TestTensor data = TestTensor.Float(new Shape(3), 1, 2, 3), indices = TestTensor.Of(DataType.Int32, new Shape(1, 1), [-4]);
        Assert.StartsWith("ScatterNd: an index is -4; -3 … 2 is allowed", Positions.Refused(ScatterNd.Info, new ScatterNd(), data, indices, TestTensor.Float(new Shape(1), 1)), StringComparison.Ordinal);
    }

    protected override DoubleTensor[] Reference(OperatorCase<ScatterNd> testCase, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor y = Reference(testCase.Operator, inputs, run)[0];
        return [y.Map(value => testCase.Inputs[0].Type == DataType.Bool ? value : PlainInteger.Wrap(testCase.Inputs[0].Type, value))];
    }

    protected override DoubleTensor[] Reference(ScatterNd op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor indices = inputs[1]!, updates = inputs[2]!, y = inputs[0]!.Map(static value => value);
        int depth = indices.Shape[-1], rows = indices.Shape.Rank - 1;
        for (int i = 0; i < updates.Length; i++)
        {
            int[] at = updates.Position(i);
            int[] place =
            [
                .. Enumerable.Range(0, depth).Select(k =>
                {
                    int[] index = [.. at[..rows], k];
                    return Positions.Wrap(indices[index.AsSpan()], y.Shape[k]);
                }),
                .. at[rows..],
            ];
            y[place.AsSpan()] = ScatterOracle.Combine(op.Scattering, y[place.AsSpan()], updates[i]);
        }

        return [y];
    }
}

using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class EmbeddingTests : OperatorTests<Embedding>
{
    protected override IEnumerable<OperatorCase<Embedding>> Cases =>
    [
        new(default, Typed(DataType.Int32, 2, 3), Float(5, 4)),
        new(default, Typed(DataType.Int64, 7), Float(3, 2)),
        new(default, Typed(DataType.Int32), Float(3, 2)),
        new(default, Typed(DataType.Int32, 3), Float(3)),
        new(default, Typed(DataType.Int32, 3, 1), Float(4, 2, 3)),
        .. Positions.Types.Select(static type => new OperatorCase<Embedding>(default, Typed(DataType.Int32, 3), Typed(type, 3, 2))),
    ];

    protected override IEnumerable<OperatorCase<Embedding>> BadCases =>
    [
        new(default, Typed(DataType.Int32, 3), Float()),
        new(default, Typed(DataType.Int8, 3), Float(3, 2)),
        new(default, Typed(DataType.Int32, 1, 1, 1, 1), Float(3, 1, 1, 1, 1, 1)),
        new(default, Typed(DataType.Int32, 1 << 20), Float(1, 1 << 10)),
    ];

    protected override OperatorCase<Embedding> OfLength(int length) => new(default, Typed(DataType.Int32, 4), Float(3, length));

    protected override IEnumerable<Int8Case<Embedding>> Int8Cases(Random random) => MovedInt8(random);

    protected override TestTensor Fill(OperatorCase<Embedding> testCase, int input, CounterRandom random) =>
        input == 1 ? base.Fill(testCase, input, random) : Positions.Indices(testCase.Inputs[0], random, testCase.Inputs[1].Shape[0]);

    [Fact]
    public void Float_indices_lose_their_fraction_and_have_no_gradient()
    {
        TestTensor indices = TestTensor.Float(new Shape(3), 2, 0.9f, 1.5f), table = TestTensor.Float(new Shape(3, 2), 1, 2, 3, 4, 5, 6);
        using OperatorRunner runner = new(Embedding.Info, default(Embedding), [indices, table], new RunnerOptions { Training = true, Wanted = 3 });
        runner.Forward();
        Assert.Equal([5f, 6, 1, 2, 3, 4], runner.Output<float>().ToArray());
        runner.Backward([1, 2, 3, 4, 5, 6]);
        Assert.Equal([0f, 0, 0], runner.InputGradient(0).ToArray());
        Assert.Equal([3f, 4, 5, 6, 1, 2], runner.InputGradient(1).ToArray());
    }

    [Theory]
    [InlineData(3f)]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void An_index_without_a_row_is_refused(float index)
    {
        TestTensor table = TestTensor.Float(new Shape(3), 1, 2, 3);
        string message = Positions.Refused(Embedding.Info, default(Embedding), TestTensor.Float(new Shape(1), index), table);
        Assert.Contains("0 … 2 is allowed for an axis of 3 elements", message, StringComparison.Ordinal);
    }

    protected override DoubleTensor[] Reference(Embedding op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor indices = inputs[0]!, table = inputs[1]!;
        int rank = indices.Shape.Rank;
        return
        [
            Positions.Map(
                table, new Shape([.. indices.Shape.Axes, .. table.Shape.Axes[1..]]), at => [(int)indices[at.AsSpan(0, rank)], .. at[rank..]]),
        ];
    }
}

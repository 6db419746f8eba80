using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class ArgMaxTests : OperatorTests<ArgMax>
{
    private static readonly (int Axis, int[] Shape)[] s_shapes = [(0, [7]), (-1, [3, 5, 9]), (1, [2, 6, 4]), (0, [8, 3])];

    protected override IEnumerable<OperatorCase<ArgMax>> Cases
    {
        get
        {
            DataType[] types = [DataType.Float32, .. PlainInteger.Types];
            for (int i = 0; i < 48; i++)
            {
                (int axis, int[] shape) = s_shapes[i % 4];
                yield return Case(new(axis, (i & 4) != 0, (i & 8) != 0, (i & 16) != 0), i % 3 == 0 ? DataType.Int32 : DataType.Int64, Typed(types[i % 6], shape));
            }

            yield return Case(new(1, false, false, false), DataType.Int32, Typed(DataType.Int8, 3, 40) with { Quantization = new(0.5f, 3) });
        }
    }

    protected override IEnumerable<OperatorCase<ArgMax>> LargeCases => [Case(new(1, false, false, false), DataType.Int64, Float(20, 5_000))];

    protected override OperatorCase<ArgMax> OfLength(int length) => Case(new(0, false, length % 2 == 0, false), DataType.Int32, Float(length, 3));

    protected override IEnumerable<OperatorCase<ArgMax>> BadCases =>
    [
        Case(new(1, false, false, false), DataType.Int32, Float(3)),
        Case(new(0, false, false, false), DataType.Float32, Float(3)),
        Case(new(0, false, false, false), DataType.Int32, Typed(DataType.Bool, 3)),
        Case(new(0, false, false, false), DataType.Int32, Float()),
    ];

    protected override bool HasGradient(OperatorCase<ArgMax> testCase, int input) => false;

    // Few different values, so that equal ones decide.
    protected override TestTensor Fill(OperatorCase<ArgMax> testCase, int input, CounterRandom random)
    {
        TensorSpec spec = testCase.Inputs[0];
        return spec.Type == DataType.Float32
            ? TestTensor.Float(spec.Shape, [.. Enumerable.Range(0, spec.Shape.ElementCount).Select(i => random.Int32((ulong)i, 4) - 1.5f)])
            : Uniform(spec, random);
    }

    protected override DoubleTensor[] Reference(ArgMax op, DoubleTensor?[] inputs, OracleRun run) =>
    [
        ReduceOracle.Run(inputs[0]!, [op.Axis], op.KeepDims, group =>
        {
            double best = op.Minimum ? group.Min() : group.Max();
            return op.SelectLast ? group.LastIndexOf(best) : group.IndexOf(best);
        }),
    ];

    [Fact]
    public void NaN_is_taken_only_in_the_first_place()
    {
        TestTensor x = TestTensor.Float(new Shape(2, 3), 1, float.NaN, 2, float.NaN, 1, 2);
        using OperatorRunner runner = new(ArgMax.Info, new ArgMax(1, false, false, false), [x], new RunnerOptions { Declared = [Typed(DataType.Int32, 2)] });
        runner.Forward();
        Assert.Equal([2, 0], runner.Output<int>().ToArray());
    }

    private static OperatorCase<ArgMax> Case(ArgMax op, DataType type, TensorSpec input) => new(op, input) { Declared = [Typed(type, 1)] };
}

using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class CastTests : OperatorTests<Cast>
{
    private static readonly DataType[] s_types = [DataType.Float32, .. PlainInteger.Types, DataType.Bool];

    protected override IEnumerable<OperatorCase<Cast>> Cases => s_types.SelectMany(static from => s_types.Select(to => To(Typed(from, 3, 37), to)));

    protected override IEnumerable<OperatorCase<Cast>> LargeCases => [To(Float(70_001), DataType.Int64), To(Typed(DataType.Int64, 70_001), DataType.Bool)];

    protected override OperatorCase<Cast> OfLength(int length) => To(Float(length), DataType.Int8);

    protected override IEnumerable<OperatorCase<Cast>> BadCases =>
    [
        To(Float(3), DataType.None),
        To(Float(3), DataType.Int4),
        To(Typed(DataType.Int8, 3) with { Quantization = new(0.5f, 0) }, DataType.Float32),
        new(default, Float(3)) { Declared = [Typed(DataType.Int8, 3) with { Quantization = new(0.5f, 0) }] },
    ];

    protected override TestTensor Fill(OperatorCase<Cast> testCase, int input, CounterRandom random) => Uniform(testCase.Inputs[input], random, -300, 300);

    protected override DoubleTensor[] Reference(Cast op, DoubleTensor?[] inputs, OracleRun run) => throw new InvalidOperationException("The case decides the type of the output.");

    protected override DoubleTensor[] Reference(OperatorCase<Cast> testCase, DoubleTensor?[] inputs, OracleRun run)
    {
        DataType from = testCase.Inputs[0].Type, to = testCase.Declared![0].Type;
        (double low, double high) = to switch { DataType.Int8 => (-128, 127), DataType.UInt8 => (0, 255), DataType.Int16 => (-32_768, 32_767), _ => (double.MinValue, double.MaxValue) };
        return [inputs[0]!.Map(x =>
            to == DataType.Bool ? (x != 0 ? 1 : 0)
            : to == DataType.Float32 ? x
            : from == DataType.Float32 ? Math.Clamp(Math.Truncate(x), low, high)
            : PlainInteger.Wrap(to, x))];
    }

    [Fact]
    public void Numbers_beyond_an_integer_saturate_and_NaN_becomes_0()
    {
        float[] values = [float.NaN, 1e30f, -1e30f, float.PositiveInfinity, float.NegativeInfinity, 2147483648f, -2147483904f, 1.9f, -1.9f, 2.1e9f];
        TestTensor x = TestTensor.Float(new Shape(values.Length), values);
        using OperatorRunner runner = new(Cast.Info, default(Cast), [x], new RunnerOptions { Declared = [new(DataType.Int32, x.Spec.Shape)] });
        runner.Forward();
        Assert.Equal([0, int.MaxValue, int.MinValue, int.MaxValue, int.MinValue, int.MaxValue, int.MinValue, 1, -1, 2_100_000_000], runner.Output<int>().ToArray());
    }

    [Fact]
    public void Large_integers_wrap_or_round()
    {
        long[] values = [long.MinValue, long.MaxValue, (1L << 32) + 5, -1, 16_777_217];
        TestTensor x = TestTensor.Of(DataType.Int64, new Shape(values.Length), values);
        using OperatorRunner narrow = new(Cast.Info, default(Cast), [x], new RunnerOptions { Declared = [new(DataType.Int32, x.Spec.Shape)] });
        narrow.Forward();
        Assert.Equal([0, -1, 5, -1, 16_777_217], narrow.Output<int>().ToArray());
        using OperatorRunner real = new(Cast.Info, default(Cast), [x], new RunnerOptions { Declared = [new(DataType.Float32, x.Spec.Shape)] });
        real.Forward();
        Assert.Equal([long.MinValue, long.MaxValue, 4294967296f, -1, 16_777_216], real.Output<float>().ToArray());
    }

    private static OperatorCase<Cast> To(TensorSpec input, DataType type) => new(default, input) { Declared = [new(type, input.Shape)] };
}

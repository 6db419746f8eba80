using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class WriteStateTests : OperatorTests<WriteState>
{
    protected override IEnumerable<OperatorCase<WriteState>> Cases =>
    [
        new(new(0), Float(1, 3, 4)),
        new(new(4095), Float()),
        new(new(7), Typed(DataType.Int8, 2, 3) with { Quantization = new(0.5f, 3) }),
        new(new(7), Typed(DataType.Int32, 2, 3)),
        new(new(7), Typed(DataType.UInt8, 5)),
    ];

    protected override IEnumerable<OperatorCase<WriteState>> BadCases =>
    [
        new(new(-1), Float(1, 3)),
        new(new(4096), Float(1, 3)),
        new(new(0), Typed(DataType.Int4, 2)),
    ];

    protected override OperatorCase<WriteState> OfLength(int length) => new(new(1), Float(length));

    protected override IEnumerable<Int8Case<WriteState>> Int8Cases(Random random) => MovedInt8(random);

    protected override DoubleTensor[] Reference(WriteState op, DoubleTensor?[] inputs, OracleRun run) => [inputs[0]!];

    [Fact]
    public void The_state_becomes_the_input()
    {
        foreach (OperatorCase<WriteState> testCase in Cases)
        {
            TestTensor input = Fill(testCase, 0, new CounterRandom(5));
            foreach (int inPlace in (int[])[-1, 0])
            {
                using OperatorRunner runner = new(WriteState.Info, testCase.Operator, [input], new RunnerOptions { InPlaceInput = inPlace });
                runner.Forward();
                Assert.Equal(input.Bytes, runner.Persistent.ToArray());
            }
        }
    }
}

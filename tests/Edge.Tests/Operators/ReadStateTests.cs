using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class ReadStateTests : OperatorTests<ReadState>
{
    protected override IEnumerable<OperatorCase<ReadState>> Cases =>
    [
        new(new(0), Float(1, 3, 4)) { Frozen = 1 },
        new(new(4095), Float()) { Frozen = 1 },
        new(new(7), Typed(DataType.Int8, 2, 3) with { Quantization = new(0.5f, 3) }) { Frozen = 1 },
        new(new(7), Typed(DataType.Int16, 2, 3)) { Frozen = 1 },
        new(new(7), Typed(DataType.Int64, 5)) { Frozen = 1 },
        new(new(7), Typed(DataType.Bool, 5)) { Frozen = 1 },
    ];

    protected override IEnumerable<OperatorCase<ReadState>> BadCases =>
    [
        new(new(0), Float(1, 3)),
        new(new(-1), Float(1, 3)),
        new(new(4096), Float(1, 3)),
        new(new(0), Typed(DataType.Int4, 2)),
    ];

    protected override OperatorCase<ReadState> OfLength(int length) => new(new(1), Float(length)) { Frozen = 1 };

    protected override DoubleTensor[] Reference(ReadState op, DoubleTensor?[] inputs, OracleRun run) => [inputs[0]!];
}

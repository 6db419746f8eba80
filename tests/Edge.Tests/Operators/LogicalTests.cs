using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class LogicalTests : OperatorTests<Logical>
{
    private static IEnumerable<Logical> Operators => Enum.GetValues<LogicalFunction>().Select(static function => new Logical(function));

    protected override IEnumerable<OperatorCase<Logical>> Cases => Operators.SelectMany(static op => PlainInteger.Types.Append(DataType.Bool).SelectMany(type => (OperatorCase<Logical>[])
    [
        new(op, Typed(type, 5, 41), Typed(type, 41)),
        new(op, Typed(type, 4, 1, 3), Typed(type, 9, 1)),
        new(op, Typed(type), Typed(type)),
    ]));

    protected override IEnumerable<OperatorCase<Logical>> LargeCases => [new(new(LogicalFunction.Or), Typed(DataType.Bool, 300, 300), Typed(DataType.Bool, 300, 1))];

    protected override OperatorCase<Logical> OfLength(int length) => new(new(LogicalFunction.Xor), Typed(DataType.Bool, length), Typed(DataType.Bool, length));

    protected override IEnumerable<OperatorCase<Logical>> BadCases =>
    [
        new(new(LogicalFunction.And), Float(3), Float(3)),
        new(new(LogicalFunction.And), Typed(DataType.Bool, 3), Typed(DataType.Int8, 3)),
        new(new(LogicalFunction.And), Typed(DataType.Bool, 3), Typed(DataType.Bool, 2)),
        new(new((LogicalFunction)3), Typed(DataType.Bool, 3), Typed(DataType.Bool, 3)),
    ];

    protected override DoubleTensor[] Reference(Logical op, DoubleTensor?[] inputs, OracleRun run) => [BroadcastOracle.Combine(inputs[0]!, inputs[1]!, (a, b) => op.Function switch
    {
        LogicalFunction.And => (long)a & (long)b,
        LogicalFunction.Or => (long)a | (long)b,
        _ => (long)a ^ (long)b,
    })];
}

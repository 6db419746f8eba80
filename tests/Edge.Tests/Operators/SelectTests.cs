using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class SelectTests : OperatorTests<Select>
{
    protected override IEnumerable<OperatorCase<Select>> Cases =>
    [
        new(default, Typed(DataType.Bool, 3, 5), Float(3, 5), Float(3, 5)),
        new(default, Typed(DataType.Bool, 2, 7, 1), Float(2, 7, 3), Float(3)),
        new(default, Typed(DataType.Bool), Float(2, 3), Float(3)),
        new(default, Typed(DataType.Bool, 4, 1, 5), Float(3, 1), Float(1, 5)),
        new(default, Typed(DataType.Bool, 5, 1), Float(), Float(6)),
        new(default, Typed(DataType.Bool, 3), Float(), Float()),
        new(default, Typed(DataType.Bool), Float(), Float()),
        new(default, Typed(DataType.Bool, 2, 1, 4, 1, 2), Float(3, 1, 5, 1), Float(2, 3, 4, 5, 2)),
        .. PlainInteger.Types.Append(DataType.Bool).SelectMany(static type => (OperatorCase<Select>[])
        [
            new(default, Typed(DataType.Bool, 3, 7), Typed(type, 7), Typed(type, 3, 7)),
            new(default, Typed(DataType.Bool, 3, 7), Typed(type, 3, 7), Typed(type)),
        ]),
    ];

    protected override IEnumerable<OperatorCase<Select>> LargeCases =>
        [new(default, Typed(DataType.Bool, 70_001), Float(70_001), Float()), new(default, Typed(DataType.Bool, 300, 1), Float(1, 300), Float(300, 300))];

    protected override OperatorCase<Select> OfLength(int length) => new(default, Typed(DataType.Bool, length), Float(2, length), Float(2, 1));

    protected override IEnumerable<OperatorCase<Select>> BadCases =>
    [
        new(default, Float(3), Float(3), Float(3)),
        new(default, Typed(DataType.Bool, 3), Float(3), Typed(DataType.Int32, 3)),
        new(default, Typed(DataType.Bool, 3), Float(3), Float(2)),
        new(default, Typed(DataType.Bool, 2), Float(3), Float(3)),
        new(default, Typed(DataType.Bool, 3), Typed(DataType.Int8, 3) with { Quantization = new(0.5f, 0) }, Typed(DataType.Int8, 3) with { Quantization = new(0.25f, 0) }),
        new(default, Typed(DataType.Bool, 3), Typed(DataType.Int8, 3), Typed(DataType.Int8, 3) with { Quantization = new(0.25f, 0) }),
    ];

    protected override DoubleTensor[] Reference(Select op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor condition = inputs[0]!, a = inputs[1]!, b = inputs[2]!;
        DoubleTensor y = new(BroadcastOracle.Together(condition.Shape, BroadcastOracle.Together(a.Shape, b.Shape)));
        for (int i = 0; i < y.Length; i++)
        {
            int[] position = y.Position(i);
            y[i] = BroadcastOracle.At(BroadcastOracle.At(condition, position) != 0 ? a : b, position);
        }

        return [y];
    }
}

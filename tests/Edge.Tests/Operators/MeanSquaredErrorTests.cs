using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class MeanSquaredErrorTests : OperatorTests<MeanSquaredError>
{
    protected override IEnumerable<OperatorCase<MeanSquaredError>> Cases =>
        [new(default, Float(1), Float(1)), new(default, Float(4, 10), Float(4, 10)), new(default, Float(2, 3, 17), Float(2, 3, 17)), new(default, Float(), Float())];

    protected override IEnumerable<OperatorCase<MeanSquaredError>> LargeCases => [new(default, Float(7, 10_001), Float(7, 10_001))];

    protected override IEnumerable<OperatorCase<MeanSquaredError>> BadCases =>
        [new(default, Float(4), Float(4, 1)), new(default, Float(4), Typed(DataType.Int32, 4)), new(default, Typed(DataType.Int8, 4), Float(4))];

    protected override OperatorCase<MeanSquaredError> OfLength(int length) => new(default, Float(length), Float(length));

    protected override DoubleTensor[] Reference(MeanSquaredError op, DoubleTensor?[] inputs, OracleRun run)
    {
        double mean = inputs[0]!.Values.Zip(inputs[1]!.Values, static (x, target) => (x - target) * (x - target)).Average();
        return [new(new Shape(1), [mean]), inputs[0]!];
    }
}

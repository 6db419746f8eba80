using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class LocalResponseNormalizationTests : OperatorTests<LocalResponseNormalization>
{
    protected override IEnumerable<OperatorCase<LocalResponseNormalization>> Cases =>
    [
        new(new(3, 0.1f, 0.75f, 1), Float(2, 3, 2, 7)),
        new(new(4, 0.5f, 0.5f, 2), Float(3, 5)),
        new(new(1, 1, 1, 0.5f), Float(6)),
        new(new(9, 0.3f, -0.5f, 1), Float(2, 4)),
    ];

    protected override IEnumerable<OperatorCase<LocalResponseNormalization>> BadCases =>
    [
        new(new(0, 1, 1, 1), Float(3, 4)),
        new(new(70_000, 1, 1, 1), Float(3, 4)),
        new(new(3, float.NaN, 1, 1), Float(3, 4)),
        new(new(3, 1, float.PositiveInfinity, 1), Float(3, 4)),
        new(new(3, 1, 1, float.NaN), Float(3, 4)),
        new(new(3, 1, 1, 1), Float()),
        new(new(3, 1, 1, 1), Typed(DataType.Int32, 3, 4)),
    ];

    protected override OperatorCase<LocalResponseNormalization> OfLength(int length) => new(new(5, 0.2f, 0.75f, 1), Float(2, length));

    protected override DoubleTensor[] Reference(LocalResponseNormalization op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!, y = new(x.Shape);
        int channels = x.Shape[-1];
        for (int i = 0; i < x.Length; i++)
        {
            double sum = 0;
            for (int k = 0; k < channels; k++)
            {
                int distance = k - (i % channels);
                sum += distance >= -((op.Size - 1) / 2) && distance <= op.Size / 2 ? x[i - (i % channels) + k] * x[i - (i % channels) + k] : 0;
            }

            y[i] = x[i] * Math.Pow(op.Bias + (op.Alpha * sum), -op.Beta);
        }

        return [y];
    }
}

using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class LayerNormTests : OperatorTests<LayerNorm>
{
    protected override IEnumerable<OperatorCase<LayerNorm>> Cases => [Case(1e-5f, 4, 10), Case(1e-3f, 2, 3, 17), Case(1e-5f, 33, 8), Case(0.1f, 2, 1), Case(1e-5f, 19)];

    protected override IEnumerable<OperatorCase<LayerNorm>> LargeCases => [Case(1e-5f, 900, 96), Case(1e-5f, 40, 2500)];

    protected override IEnumerable<OperatorCase<LayerNorm>> BadCases =>
    [
        new(new(1e-5f), Typed(DataType.Int8, 4, 10), Float(10), Float(10)),
        new(new(1e-5f), Float(4, 10), Float(9), Float(10)),
        new(new(1e-5f), Float(4, 10), Float(10), Float(1, 10)),
        new(new(1e-5f), Float(), Float(1), Float(1)),
    ];

    // ε = 0.5: with a length of 1 or 2 and a small variance the derivative would be too steep for finite differences.
    protected override OperatorCase<LayerNorm> OfLength(int length) => Case(0.5f, 3, length);

    protected override DoubleTensor[] Reference(LayerNorm op, DoubleTensor?[] inputs, OracleRun run)
    {
        int columns = inputs[0]!.Shape[-1];
        double[] gamma = inputs[1]!.Values;
        double[] beta = inputs[2]!.Values;
        return [new(inputs[0]!.Shape, [.. inputs[0]!.Values.Chunk(columns).SelectMany(row =>
        {
            double mean = row.Average();
            double variance = row.Average(x => (x - mean) * (x - mean));
            return row.Select((x, i) => ((x - mean) / Math.Sqrt(variance + op.Epsilon) * gamma[i]) + beta[i]);
        })])];
    }

    private static OperatorCase<LayerNorm> Case(float epsilon, params int[] sizes) => new(new(epsilon), Float(sizes), Float(sizes[^1]), Float(sizes[^1]));
}

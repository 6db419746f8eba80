using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class AveragePool3DTests : OperatorTests<AveragePool3D>
{
    protected override IEnumerable<OperatorCase<AveragePool3D>> Cases => ((bool[])[false, true]).SelectMany(static counts => (OperatorCase<AveragePool3D>[])
    [
        new(new([2, 2, 2], Window3D.Dense with { Strides = [2, 2, 2] }, counts), Float(1, 4, 4, 2, 3)),
        new(new([1, 1, 1], Window3D.Dense, counts), Float(1, 1, 1, 1, 1)),
        new(new([2, 1, 3], new([1, 2, 1], [2, 1, 1], [1, 0, 2], [1, 0, 1]), counts), Float(2, 4, 3, 3, 2)),
    ]);

    protected override IEnumerable<OperatorCase<AveragePool3D>> BadCases =>
    [
        new(new([2, 2], Window3D.Dense), Float(1, 4, 4, 2, 3)),
        new(new([2, 2, 3], Window3D.Dense), Float(1, 4, 4, 2, 3)),
        new(new([2, 2, 2], default), Float(1, 4, 4, 2, 3)),
        new(new([2, 2, 2], Window3D.Dense), Float(4, 4, 2, 3)),
        new(new([2, 2, 2], Window3D.Dense), Typed(DataType.Int8, 1, 4, 4, 2, 3)),
    ];

    protected override OperatorCase<AveragePool3D> OfLength(int length) => new(new([2, 1, 1], Window3D.Dense), Float(1, 2, 1, 1, length));

    protected override DoubleTensor[] Reference(AveragePool3D op, DoubleTensor?[] inputs, OracleRun run) =>
    [
        VolumeOracle.Pool(
            inputs[0]!, op.Kernel, op.Window, values => values.Sum() / (op.CountIncludePad ? op.Kernel[0] * op.Kernel[1] * op.Kernel[2] : Math.Max(values.Count, 1))),
    ];
}

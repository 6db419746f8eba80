using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class DepthToSpaceTests : OperatorTests<DepthToSpace>
{
    protected override IEnumerable<OperatorCase<DepthToSpace>> Cases => ((bool[])[false, true]).SelectMany(static columns => (OperatorCase<DepthToSpace>[])
    [
        new(new(1, columns), Float(2, 3, 4, 5)),
        new(new(2, columns), Float(1, 2, 3, 12)),
        new(new(3, columns), Float(2, 1, 2, 9)),
        .. Positions.Types.Select(type => new OperatorCase<DepthToSpace>(new(2, columns), Typed(type, 2, 2, 1, 8))),
    ]);

    protected override IEnumerable<OperatorCase<DepthToSpace>> BadCases =>
    [
        new(new(0), Float(1, 4, 4, 4)),
        new(new(2), Float(1, 4, 4, 6)),
        new(new(2), Float(4, 4, 4)),
        new(new(65_535), Float(1, 4, 4, 4)),
        new(new(2), Typed(DataType.Float16, 1, 4, 4, 4)),
    ];

    protected override OperatorCase<DepthToSpace> OfLength(int length) => new(new(2), Float(1, 2, 1, 4 * length));

    protected override IEnumerable<Int8Case<DepthToSpace>> Int8Cases(Random random) => MovedInt8(random);

    protected override DoubleTensor[] Reference(DepthToSpace op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        int block = op.BlockSize, channels = x.Shape[3] / block / block;
        Shape shape = new(x.Shape[0], x.Shape[1] * block, x.Shape[2] * block, channels);
        return
        [
            Positions.Map(x, shape, at =>
            {
                int pixel = ((at[1] % block) * block) + (at[2] % block);
                return [at[0], at[1] / block, at[2] / block, op.ColumnRowDepth ? (at[3] * block * block) + pixel : (pixel * channels) + at[3]];
            }),
        ];
    }
}

using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class SpaceToDepthTests : OperatorTests<SpaceToDepth>
{
    protected override IEnumerable<OperatorCase<SpaceToDepth>> Cases =>
    [
        new(new(1), Float(2, 3, 4, 5)),
        new(new(2), Float(1, 4, 6, 3)),
        new(new(3), Float(2, 3, 6, 1)),
        .. Positions.Types.Select(static type => new OperatorCase<SpaceToDepth>(new(2), Typed(type, 2, 2, 4, 3))),
    ];

    protected override IEnumerable<OperatorCase<SpaceToDepth>> BadCases =>
    [
        new(new(0), Float(1, 4, 4, 1)),
        new(new(2), Float(1, 3, 4, 1)),
        new(new(2), Float(1, 4, 3, 1)),
        new(new(2), Float(4, 4, 1)),
        new(new(70_000), Float(1, 4, 4, 1)),
        new(new(2), Typed(DataType.Float16, 1, 4, 4, 1)),
    ];

    protected override OperatorCase<SpaceToDepth> OfLength(int length) => new(new(2), Float(1, 2, 4, length));

    protected override IEnumerable<Int8Case<SpaceToDepth>> Int8Cases(Random random) => MovedInt8(random);

    protected override DoubleTensor[] Reference(SpaceToDepth op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        int block = op.BlockSize, channels = x.Shape[3];
        Shape shape = new(x.Shape[0], x.Shape[1] / block, x.Shape[2] / block, block * block * channels);
        return
        [
            Positions.Map(x, shape, at =>
            {
                int pixel = at[3] / channels;
                return [at[0], (at[1] * block) + (pixel / block), (at[2] * block) + (pixel % block), at[3] % channels];
            }),
        ];
    }
}

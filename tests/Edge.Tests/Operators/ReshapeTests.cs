using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class ReshapeTests : OperatorTests<Reshape>
{
    protected override IEnumerable<OperatorCase<Reshape>> Cases =>
    [
        new(new([0, -1]), Float(2, 3, 4)),
        new(new([-1]), Float(2, 3, 4)),
        new(new([6, 4]), Float(2, 3, 4)),
        new(new([0, 0, 2, -1]), Float(2, 3, 4)),
        new(new([1, 1, -1, 1, 1, 1, 1, 1]), Float(7)),
        new(new([]), Float(1, 1)),
        new(new([1]), Float()),
        new(new([-1, 3]), Typed(DataType.Int8, 2, 9) with { Quantization = new(0.5f, 3) }),
        new(new([-1, 3]), Typed(DataType.UInt8, 2, 9)),
        new(new([-1, 3]), Typed(DataType.Int16, 2, 9)),
        new(new([-1, 3]), Typed(DataType.Int32, 2, 9)),
        new(new([-1, 3]), Typed(DataType.Int64, 2, 9)),
        new(new([-1, 3]), Typed(DataType.Bool, 2, 9)),
    ];

    protected override IEnumerable<OperatorCase<Reshape>> BadCases =>
    [
        new(new([-1, -1]), Float(2, 3)),
        new(new([4]), Float(2, 3)),
        new(new([4, -1]), Float(2, 3)),
        new(new([-2, 3]), Float(2, 3)),
        new(new([6, 1, 0]), Float(2, 3)),
        new(new([1 << 20, 1 << 20, 1 << 20]), Float(2, 3)),
        new(new([1, 1, 1, 1, 1, 1, 1, 1, -1]), Float(2, 3)),
        new(new([-1]), Typed(DataType.Int4, 2, 3)),
        new(new([-1]), Typed(DataType.Int8, 2) with { Quantization = new([1f, 2f], [], 0) }),
    ];

    [Fact]
    public void Quantization_goes_through()
    {
        Quantization quantization = new(0.5f, 3);
        Assert.Same(quantization, OperatorRunner.Infer(Reshape.Info, new Reshape([-1]), [Typed(DataType.Int8, 2, 9) with { Quantization = quantization }]).Outputs[0].Quantization);
    }

    protected override IEnumerable<Int8Case<Reshape>> Int8Cases(Random random) => MovedInt8(random);

    protected override DoubleTensor[] Reference(Reshape op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!;
        int[] sizes = op.Target.Values.ToArray();
        for (int i = 0; i < sizes.Length; i++)
        {
            sizes[i] = sizes[i] == 0 ? x.Shape[i] : sizes[i];
        }

        int rest = Array.IndexOf(sizes, -1);
        if (rest >= 0)
        {
            sizes[rest] = 1;
            sizes[rest] = x.Length / sizes.Aggregate(1, static (product, size) => product * size);
        }

        return [new(new Shape(sizes), [.. x.Values])];
    }
}

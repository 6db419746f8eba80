using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class AveragePool2DTests : OperatorTests<AveragePool2D>
{
    protected override IEnumerable<OperatorCase<AveragePool2D>> Cases =>
    [
        new(new(2, 2, 2, 2), Float(1, 4, 4, 3)),
        new(new(1, 1), Float(1, 1, 1, 1)),
        new(new(3, 2), Float(2, 5, 4, 2)),
        new(new(2, 2, 3, 1), Float(1, 6, 5, 9)),
        .. ((bool[])[false, true]).SelectMany(static countPad => (OperatorCase<AveragePool2D>[])
        [
            new(new(3, 3, 2, 2, Padding2D.Same(6, 5, 3, 3, 2, 2), countPad), Float(2, 6, 5, 4)),
            new(new(3, 3, 1, 1, new(2, 0, 1, 2), countPad), Float(1, 3, 3, 2)),
            new(new(5, 5, 1, 1, new(4, 4, 4, 4), countPad), Float(1, 2, 1, 2)),
        ]),
        new(new(2, 2, 2, 2, default, false, Activation.Relu), Float(1, 4, 6, 3)),
        new(new(2, 1, 1, 1, default, false, Activation.ReluN1To1), Float(1, 4, 6, 3)),
        new(new(2, 2, 5, 5), Float(1, 3, 3, 2)),
    ];

    protected override IEnumerable<OperatorCase<AveragePool2D>> BadCases => PoolCases.Bad.Select(static bad =>
            new OperatorCase<AveragePool2D>(new(bad.KernelHeight, bad.KernelWidth, bad.StrideHeight, bad.StrideWidth, bad.Padding, false, bad.Activation), bad.Input))
        .Append(new(new(2, 2, CountIncludePad: true), Typed(DataType.Int8, 1, 5, 5, 2) with { Quantization = new(0.5f, 3) }));

    protected override IEnumerable<OperatorCase<AveragePool2D>> LargeCases => [new(new(3, 3, 2, 2, new(1, 1, 1, 1)), Float(2, 60, 61, 24))];

    protected override OperatorCase<AveragePool2D> OfLength(int length) => new(new(2, 1, 1, 1, new(1, 0, 0, 0)), Float(1, 2, 1, length));

    [Fact]
    public void Int8_keeps_the_inputs_parameters() => PoolCases.AssertInt8(AveragePool2D.Info, new AveragePool2D(2, 2));

    [Fact]
    public void UInt8_rounds_halves_up_and_keeps_the_inputs_parameters()
    {
        Quantization quantization = new(0.5f, 120);
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 2, 2, 2), DataType.UInt8, quantization);
        graph.AddOutput(graph.Add(new AveragePool2D(2, 2, Activation: Activation.Relu), x));
        using Model model = Model.Load(ModelEmitter.ToBytes(graph));
        using Session session = new(model);
        Assert.True(Quantization.Same(quantization, session.OutputSpec(0).Quantization));
        byte[] values = [121, 100, 122, 110, 121, 90, 122, 100];
        values.CopyTo(session.Input<byte>());
        session.Run();
        Assert.Equal([122, 120], session.Output<byte>().ToArray());     // 121.5 up; 100 is below zero
    }

    protected override IEnumerable<Int8Case<AveragePool2D>> Int8Cases(Random random) => PoolCases.Int8<AveragePool2D>(
        random, average: true, static (g, padding, activation) => new(g.KernelHeight, g.KernelWidth, g.StrideHeight, g.StrideWidth, padding, false, activation));

    protected override DoubleTensor[] Reference(AveragePool2D op, DoubleTensor?[] inputs, OracleRun run) =>
    [
        PoolCases.Pool(
            inputs[0]!, op.KernelHeight, op.KernelWidth, op.StrideHeight, op.StrideWidth, op.Padding,
            values => Clamp.Of(op.Activation, values.Sum() / (op.CountIncludePad ? op.KernelHeight * op.KernelWidth : values.Count))),
    ];
}

using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

public sealed class DenseTests : OperatorTests<Dense>
{
    protected override IEnumerable<OperatorCase<Dense>> Cases =>
    [
        new(default, Float(1, 5), Float(3, 5), Float(3)),
        new(default, Float(1, 5), Float(3, 5)),
        new(default, Float(1, 5), Float(3, 5), None),
        new(new(Activation.Relu), Float(4, 7), Float(6, 7), Float(6)),
        new(new(Activation.Relu6), Float(4, 7), Float(6, 7), Float(6)),
        new(new(Activation.ReluN1To1), Float(4, 7), Float(6, 7), Float(6)),
        new(default, Float(2, 3, 4), Float(5, 4), Float(5)),
        new(new(Activation.Relu), Float(4), Float(5, 4), Float(5)),
        new(default, Float(12, 3), Float(2, 3), Float(2)),
    ];

    protected override IEnumerable<OperatorCase<Dense>> BadCases =>
    [
        new(default, Float(), Float(3, 5)),
        new(default, Float(1, 5), Float(3, 4)),
        new(default, Float(1, 5), Float(5)),
        new(default, Float(1, 5), Float(3, 5), Float(5)),
        new(default, Float(1, 5), Float(3, 5), Float(1, 3)),
        new(default, Float(1, 5), Float(3, 5), Typed(DataType.Int32, 3)),
        new(default, Float(1, 5), Typed(DataType.Int8, 3, 5)),
        new(default, Typed(DataType.UInt8, 1, 5), Typed(DataType.UInt8, 3, 5)),
        new(default, Typed(DataType.Int16, 1, 5), Typed(DataType.Int8, 3, 5)),
        new(new((Activation)9), Float(1, 5), Float(3, 5)),
        new(default, Float(1 << 16, 1), Float(1 << 16, 1)),
    ];

    protected override IEnumerable<OperatorCase<Dense>> LargeCases =>
        [new(new(Activation.Relu), Float(70, 130), Float(90, 130), Float(90)), new(default, Float(1, 2000), Float(300, 2000), Float(300))];

    protected override OperatorCase<Dense> OfLength(int length) => new(default, Float(2, length), Float(3, length), Float(3));

    // Sums of up to 2000 products of numbers below 2: an error of a few ulp of the largest partial sum.
    protected override (double Absolute, double Relative) Tolerance => (1e-4, 1e-5);

    [Fact]
    public void One_row_is_not_packed_and_many_are()
    {
        foreach ((int rows, bool packs) in ((int, bool)[])[(1, false), (64, true)])
        {
            TestTensor?[] inputs = Inputs(new(default, Float(rows, 5), Float(3, 5), Float(3)));
            using OperatorRunner runner = new(Dense.Info, default(Dense), inputs, new RunnerOptions { Frozen = 6, Prepare = true });
            Assert.Equal(packs, runner.IsPrepared);
        }
    }

    [Fact]
    public void Int8_is_checked()
    {
        Int8Layer layer = new(Dense.Info, new Dense(), Float(2, 5).Shape, Float(3, 5).Shape, 0, 3);
        layer.AssertChecked();
    }

    protected override IEnumerable<Int8Case<Dense>> Int8Cases(Random random)
    {
        for (int i = 0; i < 150; i++)
        {
            Dense op = new((Activation)random.Next(4));
            int batch = random.Next(1, 4), rows = random.Next(3) == 0 ? random.Next(1, 9) : 1, inputs = random.Next(1, 70), outputs = random.Next(1, 70);
            (Shape, Shape, Shape) shapes = rows == 1
                ? (new(batch, inputs), new(outputs, inputs), new(batch, outputs))
                : (new(batch, rows, inputs), new(outputs, inputs), new(batch, rows, outputs));
            yield return Int8Layers.Case(random, op, op.Activation, Int8Conv.Dense(batch * rows, inputs, outputs), shapes, 0, TfliteReference.Conv);
        }
    }

    [Fact]
    public void Int8_weights_serve_float32_data()
    {
        foreach (Int8Weights layer in (Int8Weights[])[new(Dense.Info, new Dense(Activation.Relu), Float(2, 70).Shape, Float(19, 70).Shape, 0, 19), new(Dense.Info, new Dense(), Float(33, 40).Shape, Float(19, 40).Shape, 0, 19)])
        {
            layer.AssertWork();
            layer.AssertChecked();
        }
    }

    protected override DoubleTensor[] Reference(Dense op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor x = inputs[0]!, weights = inputs[1]!;
        int outputs = weights.Shape[0], features = weights.Shape[1];
        DoubleTensor y = new(x.Shape.With(-1, outputs));
        for (int flat = 0; flat < y.Length; flat++)
        {
            (int row, int o) = Math.DivRem(flat, outputs);
            double sum = inputs is [_, _, { } bias] ? bias[o] : 0;
            for (int i = 0; i < features; i++)
            {
                sum += x[(row * features) + i] * weights[(o * features) + i];
            }

            y[flat] = Clamp.Of(op.Activation, sum);
        }

        return [y];
    }
}

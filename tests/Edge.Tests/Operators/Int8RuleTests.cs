using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

/// <summary>Scales and zero points that the int8 reference kernels refuse, or whose definition fixes them, are refused by the shape rules.</summary>
public sealed class Int8RuleTests
{
    private static readonly Quantization s_plain = new(0.1f, 3);

    [Fact]
    public void Functions_of_one_value()
    {
        Refused("int16", Relu.Info, default(Relu), DataType.Int16, s_plain, s_plain);
        Refused("uint8", Relu.Info, default(Relu), DataType.UInt8, s_plain, s_plain);
        Refused("no scale", Relu.Info, default(Relu), DataType.Int8, null, s_plain);
        Refused("no scale", Relu6.Info, default(Relu6), DataType.Int8, s_plain, null);
        Refused("zero point 128", Relu6.Info, default(Relu6), DataType.Int8, new(0.1f, 128), s_plain);
        Refused("scale 1E+20", Relu6.Info, default(Relu6), DataType.Int8, s_plain, new(1e20f, 0));
        Refused("are allowed. Requantize", Sigmoid.Info, default(Sigmoid), DataType.Int8, s_plain, new(1f / 256, 0));
        Refused("are allowed. Requantize", Sigmoid.Info, default(Sigmoid), DataType.Int8, s_plain, new(1f / 128, -128));
        Refused("are allowed. Requantize", Tanh.Info, default(Tanh), DataType.Int8, s_plain, new(1f / 256, -128));
        Refused("below 128", HardSwish.Info, default(HardSwish), DataType.Int8, new(12.8f, 0), new(0.1f, 0));
        Refused("must be finite", LeakyRelu.Info, new LeakyRelu(1e30f), DataType.Int8, new(1e10f, 0), new(1e-10f, 0));
    }

    [Fact]
    public void Functions_of_two_values()
    {
        TensorSpec left = new(DataType.Int8, new Shape(2, 3), s_plain), small = left with { Quantization = new(1e-8f, 0) };
        Infer(Add.Info, default(Add), left, left, left);
        Infer(Multiply.Info, default(Multiply), left, left, small);
        Refused("2^19", Add.Info, default(Add), left, small, small);
        Refused("2^19", Subtract.Info, default(Subtract), small, left, small);
        Refused("input 1 is float32", Add.Info, default(Add), left, left with { Type = DataType.Float32 }, left);
        Refused("float32 is needed", Add.Info, default(Add), left with { Type = DataType.Float32 }, left, left);
        Refused("declares the output", Add.Info, default(Add), left, left, left with { Type = DataType.Float32 });
    }

    [Fact]
    public void The_largest_ratio_still_runs()
    {
        Quantization coarse = new(1, 0), fine = new(1.91e-6f, 0);        // a ratio just below 2^19
        TestTensor x = TestTensor.Of<sbyte>(DataType.Int8, new Shape(2), [1, -1], coarse);
        using OperatorRunner runner = new(Subtract.Info, default(Subtract), [x, x], new RunnerOptions { Prepare = true, Declared = [x.Spec with { Quantization = fine }] });
        runner.Forward();
        Assert.Equal([0, 0], runner.Output<sbyte>().ToArray());
    }

    private static void Refused(string message, OperatorInfo info, IOperator op, DataType type, Quantization? from, Quantization? to) =>
        Refused(message, info, op, new TensorSpec(type, new Shape(3), from), new TensorSpec(DataType.Int8, new Shape(3), to));

    private static void Refused(string message, OperatorInfo info, IOperator op, params TensorSpec[] specs)
    {
        ShapeException exception = Assert.Throws<ShapeException>(() => Infer(info, op, specs));
        Assert.StartsWith($"Operator 0 ({info.Name})", exception.Message, StringComparison.Ordinal);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    /// <summary>Infers; the last spec is what the model declares.</summary>
    private static void Infer(OperatorInfo info, IOperator op, params TensorSpec[] specs) => OperatorRunner.Infer(info, op, specs[..^1], declared: [specs[^1]]);
}

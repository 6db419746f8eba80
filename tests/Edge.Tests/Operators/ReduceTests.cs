using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

/// <summary>What the reducing operators have in common.</summary>
public abstract class ReduceTests<T> : OperatorTests<T> where T : struct, IOperator<T>
{
    protected abstract T Make(IntList axes, bool keepDims);

    protected abstract (IntList Axes, bool KeepDims) Attributes(T op);

    protected abstract double Reduce(List<double> values);

    protected override IEnumerable<OperatorCase<T>> Cases =>
    [
        new(default, Float(3, 4, 5)),
        new(Make([-1], false), Float(3, 4, 5)),
        new(Make([0], true), Float(3, 4, 5)),
        new(Make([1, 2], false), Float(2, 7, 7, 3)),
        new(Make([0, 2], true), Float(2, 3, 4, 19)),
        new(Make([0, -1], false), Float(2, 3, 4, 19)),
        new(Make([2, 0, 1], true), Float(2, 3, 4)),
        new(Make([1], true), Float(3, 1, 4)),
        new(Make([], true), Float()),
        .. PlainInteger.Types.SelectMany(type => (OperatorCase<T>[])
        [
            new(Make([-1], false), Typed(type, 3, 4, 5)),
            new(Make([0, 2], true), Typed(type, 2, 3, 4, 19)),
            new(Make([1, 2], false), Typed(type, 2, 7, 7, 3)),
            new(default, Typed(type, 3, 4, 5)),
        ]),
    ];

    protected override IEnumerable<OperatorCase<T>> LargeCases =>
        [new(Make([0, 1], false), Float(50, 50, 40)), new(Make([1], false), Float(300, 333)), new(Make([1], false), Float(3, 100, 333)), new(default, Float(70_001))];

    protected override IEnumerable<OperatorCase<T>> BadCases =>
        [new(default, Typed(DataType.Bool, 3)), new(default, Typed(DataType.Int32, 3) with { Quantization = new(0.5f, 0) }), new(Make([2], false), Float(3, 4)), new(Make([-3], false), Float(3, 4)), new(Make([1, -1], false), Float(3, 4))];

    protected override (double Absolute, double Relative) Tolerance => (2e-4, 1e-5);

    protected override OperatorCase<T> OfLength(int length) => new(Make([length % 2], false), Float(length, 5));

    /// <summary>Whether the operator makes means, not sums.</summary>
    protected abstract bool IsMean { get; }

    protected override IEnumerable<Int8Case<T>> Int8Cases(Random random)
    {
        for (int i = 0; i < 150; i++)
        {
            int rank = random.Next(1, 6);
            Shape shape = new([.. Enumerable.Range(0, rank).Select(_ => random.Next(1, 8))]);
            int[] axes = [.. Enumerable.Range(0, rank).Where(_ => random.Next(2) == 0)];
            bool keepDims = random.Next(2) == 0;
            Quantization input = Int8Testing.Quantization(random);
            Quantization output = random.Next(3) == 0 ? input : new(input.Scale * (float)Math.Pow(2, (random.NextDouble() * 6) - 2), Int8Testing.ZeroPoint(random));
            TestTensor x = Int8Testing.Tensor(random, shape, input);
            Dictionary<string, List<sbyte>> groups = [];
            sbyte[] elements = Int8Testing.Elements(x);
            for (int flat = 0; flat < elements.Length; flat++)
            {
                int[] at = new DoubleTensor(shape).Position(flat);
                string key = string.Join(",", at.Where((_, axis) => axes.Length > 0 && !axes.Contains(axis)));
                (groups.TryGetValue(key, out List<sbyte>? group) ? group : groups[key] = []).Add(elements[flat]);
            }

            int[] sizes = [.. Enumerable.Range(0, rank).Where(axis => keepDims || (axes.Length > 0 && !axes.Contains(axis))).Select(axis => axes.Length == 0 || axes.Contains(axis) ? 1 : shape[axis])];
            yield return new(
                Make(IntList.Create(axes), keepDims), [x], new(DataType.Int8, new Shape(sizes), output),
                [.. groups.Values.Select(group => TfliteReference.MeanOrSum([.. group], IsMean, input.Scale, input.ZeroPoint, output.Scale, output.ZeroPoint))]);
        }
    }

    // Integers are summed without overflow, divided truncating and cut to the type.
    protected override DoubleTensor[] Reference(OperatorCase<T> testCase, DoubleTensor?[] inputs, OracleRun run) => testCase.Inputs[0].Type == DataType.Float32
        ? Reference(testCase.Operator, inputs, run)
        : [Reference(testCase.Operator, inputs, run)[0].Map(value => PlainInteger.Wrap(testCase.Inputs[0].Type, Math.Truncate(value)))];

    protected override DoubleTensor[] Reference(T op, DoubleTensor?[] inputs, OracleRun run)
    {
        (IntList axes, bool keepDims) = Attributes(op);
        return [ReduceOracle.Run(inputs[0]!, axes, keepDims, Reduce)];
    }
}

public sealed class ReduceMeanTests : ReduceTests<ReduceMean>
{
    protected override ReduceMean Make(IntList axes, bool keepDims) => new(axes, keepDims);

    protected override (IntList Axes, bool KeepDims) Attributes(ReduceMean op) => (op.Axes, op.KeepDims);

    protected override bool IsMean => true;

    protected override double Reduce(List<double> values) => values.Average();
}

public sealed class ReduceSumTests : ReduceTests<ReduceSum>
{
    protected override ReduceSum Make(IntList axes, bool keepDims) => new(axes, keepDims);

    protected override (IntList Axes, bool KeepDims) Attributes(ReduceSum op) => (op.Axes, op.KeepDims);

    protected override bool IsMean => false;

    protected override double Reduce(List<double> values) => values.Sum();
}

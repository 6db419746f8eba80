using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

/// <summary>What sum, difference and product have in common.</summary>
public abstract class BinaryTests<T> : ElementwiseTests<T> where T : struct, IOperator<T>
{
    protected abstract Activation ActivationOf(T op);

    protected abstract double Combine(double left, double right);

    protected override IEnumerable<OperatorCase<T>> Cases =>
    [
        .. base.Cases,
        .. Operators.SelectMany(static op => (OperatorCase<T>[])
        [
            new(op, Float(2, 3, 4, 5), Float(5)),
            new(op, Float(5), Float(2, 3, 4, 5)),
            new(op, Float(2, 3, 4, 17), Float(2, 1, 1, 17)),
            new(op, Float(2, 3, 4, 5), Float(1, 3, 1, 5)),
            new(op, Float(2, 3, 1, 5), Float(2, 3, 4, 5)),
            new(op, Float(2, 3, 19, 1), Float(2, 3, 19, 7)),
            new(op, Float(7, 1), Float(1, 9)),
            new(op, Float(3, 1, 5, 1), Float(1, 4, 1, 2)),
            new(op, Float(3, 11), Float(1)),
            new(op, Float(), Float(3, 11)),
            new(op, Float(), Float()),
            new(op, Float(1, 1), Float(1)),
        ]),
    ];

    protected override IEnumerable<OperatorCase<T>> LargeCases =>
    [
        .. base.LargeCases.Take(1),
        new(Operators.First(), Float(40, 30, 70), Float(70)),
        new(Operators.First(), Float(1), Float(70_001)),
        new(Operators.First(), Float(40, 1, 70), Float(40, 30, 70)),
        new(Operators.First(), Float(40, 30, 70), Float(40, 30, 1)),
        new(Operators.First(), Float(3, 40_000), Float(1, 40_000)),
    ];

    protected override IEnumerable<OperatorCase<T>> BadCases =>
    [
        .. base.BadCases,
        new(Operators.First(), Float(2, 3), Float(2)),
        new(Operators.First(), Float(2, 3), Float(4, 3)),
        new(Operators.First(), Float(2, 3), Typed(DataType.Int32, 2, 3)),
        new(Operators.First(), Float(100_000, 1), Float(1, 100_000)),
    ];

    protected override DoubleTensor[] Reference(T op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor left = inputs[0]!;
        DoubleTensor right = inputs[1]!;
        int rank = Math.Max(left.Shape.Rank, right.Shape.Rank);
        int[] sizes = new int[rank];
        for (int i = 1; i <= rank; i++)
        {
            sizes[^i] = Math.Max(i <= left.Shape.Rank ? left.Shape[-i] : 1, i <= right.Shape.Rank ? right.Shape[-i] : 1);
        }

        DoubleTensor result = new(new Shape(sizes));
        for (int i = 0; i < result.Length; i++)
        {
            int[] position = result.Position(i);
            double value = Combine(At(left, position), At(right, position));
            result[i] = ActivationOf(op) switch
            {
                Activation.Relu => Math.Max(value, 0),
                Activation.Relu6 => Math.Clamp(value, 0, 6),
                Activation.ReluN1To1 => Math.Clamp(value, -1, 1),
                _ => value,
            };
        }

        return [result];
    }

    private static double At(DoubleTensor tensor, int[] position)
    {
        int flat = 0;
        int skipped = position.Length - tensor.Shape.Rank;
        for (int axis = 0; axis < tensor.Shape.Rank; axis++)
        {
            flat = (flat * tensor.Shape[axis]) + (tensor.Shape[axis] == 1 ? 0 : position[skipped + axis]);
        }

        return tensor.Values[flat];
    }
}

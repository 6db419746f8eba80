using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Tests.Harness;

/// <summary>The tests of operators that work element by element: every length, and values at the edges of float32.</summary>
/// <typeparam name="T">The operator.</typeparam>
public abstract class ElementwiseTests<T> : OperatorTests<T> where T : struct, IOperator<T>
{
    /// <summary>The operators to test at every length and with special values.</summary>
    protected abstract IEnumerable<T> Operators { get; }

    /// <summary>The special values: NaN, infinities, zeros, subnormals, the largest numbers and some between.</summary>
    protected virtual float[] SpecialValues =>
    [
        float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0f, -0f, float.Epsilon, -float.Epsilon, 1e-30f, -1e-30f,
        float.MaxValue, float.MinValue, 1f, -1f, 6f, -6f, 20f, -20f, 88.8f, -88.8f, 104f, -104f, 1e4f, -1e4f,
    ];

    protected override OperatorCase<T>? OfLength(int length) => Flat(Operators.First(), length);

    protected override IEnumerable<OperatorCase<T>> LargeCases => Operators.Select(static op => Flat(op, 70_001));

    protected override IEnumerable<OperatorCase<T>> Cases =>
        Operators.SelectMany(static op => (OperatorCase<T>[])[Flat(op, 1), Of(op, 3, 5), Of(op, 2, 7, 7, 3)]);

    protected override IEnumerable<OperatorCase<T>> BadCases =>
        [new(Operators.First(), [.. Enumerable.Repeat(Typed(DataType.Bool, 2, 3), T.Info.MinInputs)])];

    [Fact]
    public void Special_values_agree_with_the_oracle()
    {
        float[] values = SpecialValues;
        foreach (T op in Operators)
        {
            if (T.Info.MinInputs == 1)
            {
                foreach (float value in values)
                {
                    // 37 elements: a body of whole vectors and a tail at every width.
                    CheckForward(Flat(op, 37), [Filled(value)], training: false);
                }

                continue;
            }

            float[] left = [.. values.SelectMany(value => Enumerable.Repeat(value, values.Length))];
            float[] right = [.. values.SelectMany(_ => values)];
            CheckForward(Flat(op, left.Length), [TestTensor.Float(new Shape(left.Length), left), TestTensor.Float(new Shape(left.Length), right)], training: false);
        }
    }

    /// <summary>A case whose inputs all have the same shape.</summary>
    private protected static OperatorCase<T> Of(T op, params ReadOnlySpan<int> sizes)
    {
        TensorSpec[] inputs = new TensorSpec[T.Info.MinInputs];
        Array.Fill(inputs, Float(sizes));
        return new OperatorCase<T>(op, inputs);
    }

    private protected static OperatorCase<T> Flat(T op, int length) => Of(op, length);

    private static TestTensor Filled(float value) => TestTensor.Float(new Shape(37), [.. Enumerable.Repeat(value, 37)]);
}

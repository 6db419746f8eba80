using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;
using Edge.Tests.Kernels.Quantized;

namespace Edge.Tests.Operators;

/// <summary>Random int8 cases of functions of one value: every byte, many quantizations.</summary>
internal static class Int8Unary
{
    internal delegate sbyte Reference<T>(T op, sbyte q, Quantization from, Quantization to);

    /// <summary>Every byte, and a tail, through every operator.</summary>
    /// <param name="random">Numbers for them.</param>
    /// <param name="operators">The operators.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="to">The parameters of the output where the operator fixes them.</param>
    internal static IEnumerable<Int8Case<T>> Cases<T>(Random random, IEnumerable<T> operators, Reference<T> reference, Quantization? to = null)
        where T : struct, IOperator<T>
    {
        sbyte[] every = [.. Enumerable.Range(0, 3 * 101).Select(static i => (sbyte)i)];
        foreach (T op in operators)
        {
            for (int i = 0; i < 25; i++)
            {
                float scale = Int8Testing.Scale(random);
                Quantization from = new(scale, Int8Testing.ZeroPoint(random));
                Quantization output = to ?? new(scale * MathF.Pow(2, (4 * random.NextSingle()) - 2), Int8Testing.ZeroPoint(random));
                TestTensor x = TestTensor.Of(DataType.Int8, new Shape(3, 101), every, from);
                yield return new(op, [x], new(DataType.Int8, x.Spec.Shape, output), Array.ConvertAll(every, q => reference(op, q, from, output)));
            }
        }
    }
}

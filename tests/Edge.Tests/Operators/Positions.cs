using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

/// <summary>What the tests of operators that move elements share.</summary>
internal static class Positions
{
    /// <summary>Every element type.</summary>
    public static readonly DataType[] Types = [DataType.Float32, DataType.Int8, DataType.UInt8, DataType.Int16, DataType.Int32, DataType.Int64, DataType.Bool];

    /// <summary>Indices below a size, as int32 or int64 as the spec says; some negative where that is allowed.</summary>
    public static TestTensor Indices(TensorSpec spec, CounterRandom random, int size, bool negative = false)
    {
        long[] values = new long[spec.Shape.ElementCount];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = random.Int32((ulong)i, negative ? 2 * size : size) - (negative ? size : 0);
        }

        return Of(spec, values);
    }

    /// <summary>Index vectors into a shape, some entries negative; all rows different if asked for.</summary>
    public static TestTensor Vectors(TensorSpec spec, CounterRandom random, Shape data, int batchDims = 0, bool different = false)
    {
        int depth = spec.Shape[-1], rows = spec.Shape.ElementCount / depth, places = data.Product(batchDims, batchDims + depth);
        long[] values = new long[rows * depth];
        int[] order = [.. Enumerable.Range(0, places)];
        for (int row = 0; row < rows; row++)
        {
            int pick = different ? row + random.Int32((ulong)row, places - row) : random.Int32((ulong)row, places);
            int place = order[pick];
            if (different)
            {
                (order[row], order[pick]) = (order[pick], order[row]);
            }

            for (int i = depth - 1; i >= 0; i--)
            {
                int size = data[batchDims + i];
                values[(row * depth) + i] = (place % size) - ((row + i) % 3 == 0 ? size : 0);
                place /= size;
            }
        }

        return Of(spec, values);
    }

    /// <summary>The integers as int32 or int64.</summary>
    public static TestTensor Of(TensorSpec spec, params long[] values) => spec.Type switch
    {
        DataType.Int32 => TestTensor.Of(spec.Type, spec.Shape, Array.ConvertAll(values, static value => (int)value)),
        DataType.Int64 => TestTensor.Of(spec.Type, spec.Shape, values),
        _ => TestTensor.Of(spec.Type, spec.Shape, Array.ConvertAll(values, static value => (float)value)),
    };

    /// <summary>An index counted from the front.</summary>
    public static int Wrap(double index, int size) => (int)(index < 0 ? index + size : index);

    /// <summary>A tensor whose every element is read from another.</summary>
    public static DoubleTensor Map(DoubleTensor x, Shape shape, Func<int[], int[]> source)
    {
        DoubleTensor y = new(shape);
        for (int flat = 0; flat < y.Length; flat++)
        {
            y[flat] = x[source(y.Position(flat)).AsSpan()];
        }

        return y;
    }

    /// <summary>The message with which a run on these inputs ends.</summary>
    public static string Refused(OperatorInfo info, IOperator op, params TestTensor?[] inputs)
    {
        using OperatorRunner runner = new(info, op, inputs);
        return Assert.Throws<ArgumentOutOfRangeException>(runner.Forward).Message;
    }
}

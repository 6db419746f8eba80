using Edge.Format;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

/// <summary>NumPy broadcasting by naive indexing.</summary>
internal static class BroadcastOracle
{
    public static DoubleTensor Combine(DoubleTensor left, DoubleTensor right, Func<double, double, double> combine)
    {
        DoubleTensor result = new(Together(left.Shape, right.Shape));
        for (int i = 0; i < result.Length; i++)
        {
            int[] position = result.Position(i);
            result[i] = combine(At(left, position), At(right, position));
        }

        return result;
    }

    public static Shape Together(Shape left, Shape right)
    {
        int[] sizes = new int[Math.Max(left.Rank, right.Rank)];
        for (int i = 1; i <= sizes.Length; i++)
        {
            sizes[^i] = Math.Max(i <= left.Rank ? left[-i] : 1, i <= right.Rank ? right[-i] : 1);
        }

        return new Shape(sizes);
    }

    /// <summary>The element that a position of the result reads.</summary>
    public static double At(DoubleTensor tensor, int[] position)
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

using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

/// <summary>Reductions over any axes by grouping elements, each group in row-major order.</summary>
internal static class ReduceOracle
{
    public static DoubleTensor Run(DoubleTensor x, IntList axes, bool keepDims, Func<List<double>, double> reduce)
    {
        bool[] reduced = new bool[x.Shape.Rank];
        for (int axis = 0; axis < reduced.Length; axis++)
        {
            reduced[axis] = axes.Count == 0 || axes.Values.Contains(axis) || axes.Values.Contains(axis - reduced.Length);
        }

        Dictionary<string, List<double>> groups = [];
        for (int i = 0; i < x.Length; i++)
        {
            string key = string.Join(",", x.Position(i).Where((_, axis) => !reduced[axis]));
            (groups.TryGetValue(key, out List<double>? group) ? group : groups[key] = []).Add(x[i]);
        }

        int[] sizes = [.. Enumerable.Range(0, reduced.Length).Where(axis => keepDims || !reduced[axis]).Select(axis => reduced[axis] ? 1 : x.Shape[axis])];
        return new(new Shape(sizes), [.. groups.Values.Select(reduce)]);
    }
}

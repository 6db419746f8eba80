using System.Runtime.InteropServices;
using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>What picks, repeats and scatters elements by index or by rank.</summary>
internal static class OnnxPicking
{
    public static IEnumerable<OnnxOperator> Table =>
    [
        OnnxOperator.Same("CumSum", "CumulativeSum", CumSum, 1),
        OnnxOperator.Same("Expand", "BroadcastTo", Expand, 1),
        OnnxOperator.Same("Gather", "Gather, Embedding, Slice", Gather),
        OnnxOperator.Same("GatherElements", "GatherElements", static node =>
            node.Builder.Add(node.Name, new GatherElements(node.Axis("axis", 0, node.Input(0).Shape.Rank)), node.Input(0), node.Input(1))),
        OnnxOperator.Same("GatherND", "GatherNd", static node => node.Builder.Add(node.Name, new GatherNd(node.Int32("batch_dims", 0)), node.Input(0), node.Input(1))),
        OnnxOperator.Same("OneHot", "OneHot", OneHot, 1),
        OnnxOperator.Same("Scatter", "ScatterElements", ScatterElements),
        OnnxOperator.Same("ScatterElements", "ScatterElements", ScatterElements),
        OnnxOperator.Same("ScatterND", "ScatterNd", static node => node.Builder.Add(node.Name, new ScatterNd(Reduction(node)), node.Input(0), node.Input(1), node.Input(2))),
        OnnxOperator.Same("Tile", "Tile", Tile, 1),
        OnnxOperator.Many("TopK", OperatorSupport.Supported, "TopK", TopK, 1),
    ];

    private static Tensor CumSum(OnnxNode node)
    {
        Tensor x = node.Input(0);
        return node.Builder.Add(node.Name, new CumulativeSum(node.Axis(node.Integers(1)[0], x.Shape.Rank), node.Flag("exclusive"), node.Flag("reverse")), x);
    }

    private static Tensor Expand(OnnxNode node)
    {
        Tensor x = node.Input(0);
        Shape target = OnnxShapes.ShapeOf(node, node.Int32s(1));
        int[] sizes = target.Axes.ToArray();
        for (int i = 1; i <= Math.Min(sizes.Length, x.Shape.Rank); i++)
        {
            // What the input has anyway is left to it, so that the batch stays open.
            sizes[^i] = sizes[^i] == x.Shape[-i] ? -1 : sizes[^i];
        }

        return Array.TrueForAll(sizes, static size => size == -1) ? x : node.Builder.Add(node.Name, new BroadcastTo(IntList.Create(sizes)), x);
    }

    /// <summary>Elements of an axis by index. Known indices that follow each other cut a part out; a table of known rows is an embedding, which can be trained.</summary>
    private static Tensor Gather(OnnxNode node)
    {
        Tensor data = node.Input(0), indices = node.Input(1);
        int axis = node.Axis("axis", 0, data.Shape.Rank);
        if (indices is { IsConstant: true, Type: DataType.Int32 or DataType.Int64 })
        {
            int length = data.Shape[axis];
            long[] known = [.. GraphBuilder.Integers(indices, "the indices").Select(index => index < 0 ? index + length : index)];
            node.Require(
                Array.TrueForAll(known, index => index >= 0 && index < length), $"an index is beyond axis {axis} of {data}; {-length} … {length - 1} is allowed.");
            bool follow = Enumerable.Range(1, known.Length - 1).All(i => known[i] == known[i - 1] + 1);
            if (follow)
            {
                Tensor part = OnnxMovement.Part(node, data, axis, (int)known[0], known.Length);
                return node.Builder.Reshape(node.Name, part, new Shape([.. data.Shape.Axes[..axis], .. indices.Shape.Axes, .. data.Shape.Axes[(axis + 1)..]]));
            }
        }

        return data is { IsConstant: true, Type: DataType.Float32, Shape.Rank: 2 } && axis == 0 && !indices.IsConstant
            ? node.Builder.Add(node.Name, new Embedding(), indices, data)
            : node.Builder.Add(node.Name, new Gather(axis, AllowNegative: true), data, indices);
    }

    private static Tensor OneHot(OnnxNode node)
    {
        Tensor indices = node.Input(0), values = node.Input(2);
        int depth = checked((int)GraphBuilder.Integers(OnnxArithmetic.Cast(node, node.Input(1), DataType.Int64), "the depth")[0]);
        node.Require(values.Shape == new Shape(2) && depth >= 1, $"the values are {values}, the depth {depth}; two values and at least 1 are needed.");
        Tensor off = OnnxMovement.Part(node, values, 0, 0, 1), on = OnnxMovement.Part(node, values, 0, 1, 1);
        return node.Builder.Add(
            node.Name, new OneHot(depth, node.Axis("axis", -1, indices.Shape.Rank + 1), AllowNegative: true), OnnxArithmetic.Cast(node, indices, DataType.Int64), on, off);
    }

    private static Tensor ScatterElements(OnnxNode node) => node.Builder.Add(
        node.Name, new ScatterElements(node.Axis("axis", 0, node.Input(0).Shape.Rank), Reduction(node)), node.Input(0), node.Input(1), node.Input(2));

    private static Scattering Reduction(OnnxNode node) => node.Text("reduction", "none") switch
    {
        "none" => Scattering.Replace,
        "add" => Scattering.Add,
        "mul" => Scattering.Multiply,
        "max" => Scattering.Maximum,
        "min" => Scattering.Minimum,
        string other => throw node.Fail($"reduction is '{other}'; none, add, mul, max and min are allowed."),
    };

    private static Tensor Tile(OnnxNode node)
    {
        Tensor x = node.Input(0);
        int[] repeats = node.Int32s(1);
        node.Require(repeats.Length == x.Shape.Rank && Array.TrueForAll(repeats, static count => count >= 1), $"the repeats are [{string.Join(", ", repeats)}]; {x.Shape.Rank} of at least 1 are needed.");
        return node.Builder.Add(node.Name, new Tile(IntList.Create(repeats)), x);
    }

    private static IReadOnlyList<Tensor?> TopK(OnnxNode node)
    {
        Tensor x = node.Input(0);
        int axis = node.Axis("axis", -1, x.Shape.Rank);
        int k = node.Version < 10 ? node.Int32("k", 1) : node.Int32s(1)[0];
        node.Require(k >= 1 && k <= x.Shape[axis], $"K is {k}; 1 … {x.Shape[axis]} is allowed for axis {axis} of {x}.");
        Shape shape = x.Shape.With(axis, k);
        return node.Builder.AddAll(
            node.Name,
            new TopK(k, axis, node.Flag("largest", missing: true), node.Flag("sorted", missing: true)),
            [x.Spec with { Shape = shape }, new TensorSpec(DataType.Int64, shape)],
            x);
    }
}

using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;

namespace Edge.Tests.Compiler;

/// <summary>Transpositions around convolutions cancel, and what a graph computes stays.</summary>
public sealed class LayoutPropagationTests
{
    private static readonly Transpose s_toLast = new([0, 2, 3, 1]);
    private static readonly Transpose s_toSecond = new([0, 3, 1, 2]);

    [Fact]
    public void A_chain_of_convolutions_keeps_the_transposition_of_its_input_only()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 3, 8, 8));
        Tensor left = Conv(graph, graph.Add(new Relu(), Conv(graph, x, 4)), 4);
        Tensor sum = graph.Add(new Add(), left, graph.Add(new Multiply(), Conv(graph, x, 4), Filled(graph, new Shape(4, 1, 1), 0.5f)));
        graph.AddOutput(graph.Add(new ReduceMean([2, 3], KeepDims: false), graph.Add(new Sigmoid(), sum)));
        Check(graph, left: 1);
    }

    [Fact]
    public void Gates_of_channels_and_concatenations_stay_in_the_layout_of_convolutions()
    {
        Graph graph = new();
        Tensor x = Conv(graph, graph.AddInput("x", new Shape(1, 3, 8, 8)), 6);
        Tensor gate = graph.Add(new ReduceMean([2, 3], KeepDims: true), x);
        gate = graph.Add(new Reshape([0, 6]), gate);
        gate = graph.Add(new Dense(), gate, Filled(graph, new Shape(6, 6), 0.1f));
        gate = graph.Add(new Reshape([0, 6, 1, 1]), graph.Add(new Sigmoid(), gate));
        Tensor gated = graph.Add(new Multiply(), x, gate);
        Tensor joined = graph.Add(new Concat(1), gated, graph.Add(new Pad([0, 0, 1, 0], [0, 0, 0, 0]), graph.Add(new Slice([0, 1, 1, 0], [-1, 3, 7, -1]), x)));
        graph.AddOutput(graph.Add(new GlobalAveragePool(), graph.Add(s_toLast, joined)));
        Check(graph, left: 1);
    }

    [Fact]
    public void A_flattened_dense_layer_takes_the_order_into_its_weights()
    {
        Graph graph = new();
        Tensor x = Conv(graph, graph.AddInput("x", new Shape(1, 3, 8, 8)), 5);
        Tensor flat = graph.Add(new Reshape([0, -1]), x);
        graph.AddOutput(graph.Add(new Dense(), graph.Add(new Relu(), flat), Filled(graph, new Shape(7, 5 * 64), 0.02f), Filled(graph, new Shape(7), 1)));
        Check(graph, left: 1);
    }

    [Fact]
    public void A_shuffle_of_channels_costs_one_transposition()
    {
        Graph graph = new();
        Tensor x = Conv(graph, graph.AddInput("x", new Shape(1, 3, 8, 8)), 6);
        Tensor groups = graph.Add(new Transpose([0, 2, 1, 3, 4]), graph.Add(new Reshape([0, 2, 3, 8, 8]), x));
        graph.AddOutput(graph.Add(new ReduceMean([1, 2, 3], KeepDims: false), Conv(graph, graph.Add(new Reshape([0, 6, 8, 8]), groups), 4)));
        Check(graph, left: 2);
    }

    [Fact]
    public void An_input_that_several_convolutions_read_is_transposed_once()
    {
        Graph graph = new();
        Tensor x = graph.Add(s_toLast, graph.AddInput("x", new Shape(1, 3, 8, 8)));
        Tensor[] parts = [.. Enumerable.Range(0, 3).Select(i => graph.Add(
            new Conv2D(), graph.Add(new StridedSlice([0, i, 0, 0], [-1, 3, -1, -1], [1, 2, 1, 1]), x), Filled(graph, new Shape(4, 3, 3, 3), 0.1f)))];
        Tensor y = graph.Add(new Relu(), graph.Add(s_toSecond, graph.Add(new Add(), graph.Add(new Add(), parts[0], parts[1]), parts[2])));
        graph.AddOutput(graph.Add(new GlobalAveragePool(), graph.Add(s_toLast, y)));
        Check(graph, left: 1);
    }

    [Fact]
    public void An_output_keeps_its_name_and_its_layout()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 3, 8, 8));
        Tensor y = graph.Add("features", new Relu(), Conv(graph, x, 4));
        graph.AddOutput(y);
        graph.AddOutput(graph.Add("mean", new ReduceMean([2, 3], KeepDims: false), y));
        Check(graph, left: 2);
    }

    [Fact]
    public void A_grown_batch_gives_what_single_samples_give()
    {
        Graph graph = new();
        Tensor x = Conv(graph, graph.AddInput("x", new Shape(1, 1, 8, 8)), 5);
        Tensor flat = graph.Add(new Reshape([0, -1]), graph.Add(new Reshape([0, 5, 64]), x));
        graph.AddOutput(graph.Add(new Dense(), flat, Filled(graph, new Shape(3, 320), 0.1f)));
        using Model model = Model.Load(Compile.ToBytes(graph));
        float[] samples = Values(3 * 64, 5);
        float[] single = [.. Enumerable.Range(0, 3).SelectMany(i => Run(model, samples[(i * 64)..((i + 1) * 64)], 1))];
        Assert.Equal(single, Run(model, samples, 3));
    }

    /// <summary>Random graphs full of transpositions compute after the pass what they computed before.</summary>
    [Fact]
    public void Random_graphs_keep_their_values()
    {
        int changed = 0;
        for (int seed = 0; seed < 400; seed++)
        {
            Random random = new(seed);
            Graph graph = Arbitrary(random);
            Graph copy = graph.Clone();
            int count = new LayoutPropagation().Run(copy);
            copy.Validate();
            changed += count > 0 ? 1 : 0;
            Assert.Equal(graph.Outputs.Select(static output => (output.Name, output.Spec)), copy.Outputs.Select(static output => (output.Name, output.Spec)));
            Same(graph, copy, $"seed {seed}");
        }

        Assert.True(changed > 100, $"only {changed} graphs changed");
    }

    private static Graph Arbitrary(Random random)
    {
        Graph graph = new();
        List<Tensor> tensors = [graph.AddInput("x", new Shape(2, 3, 4, 5)), graph.AddInput("y", new Shape(2, 6, 1, 2))];
        for (int i = 0; i < 14; i++)
        {
            Tensor x = tensors[random.Next(Math.Max(0, tensors.Count - 4), tensors.Count)];
            int rank = x.Shape.Rank, axis = rank == 0 ? 0 : random.Next(rank);
            try
            {
                tensors.Add(random.Next(21) switch
                {
                    0 or 1 or 2 or 3 => graph.Add(new Transpose(IntList.Create([.. Enumerable.Range(0, rank).OrderBy(_ => random.Next())])), x),
                    4 => graph.Add(new Relu(), x),
                    5 => graph.Add(new Add(), x, tensors[random.Next(tensors.Count)]),
                    6 => graph.Add(new Multiply(), x, Filled(graph, new Shape([.. x.Shape.Axes[random.Next(rank)..]]), 0.7f)),
                    7 => graph.Add(new Concat(axis), x, x, tensors[^1].Shape == x.Shape ? tensors[^1] : x),
                    8 => graph.Add(new ReduceMean([axis], random.Next(2) == 0), x),
                    9 => graph.Add(new Softmax(), x),
                    10 => graph.Add(new Slice(IntList.Create(new int[rank]), IntList.Create([.. Enumerable.Range(0, rank).Select(a => a == axis ? (x.Shape[a] + 1) / 2 : -1)])), x),
                    11 => graph.Add(new Pad(IntList.Create([.. Enumerable.Range(0, rank).Select(a => a == axis ? 1 : 0)]), IntList.Create(new int[rank]), 0.5f), x),
                    12 => graph.Add(new Reshape(Regrouped(random, x.Shape)), x),
                    14 => graph.Add(new MirrorPad(IntList.Create([.. Enumerable.Range(0, rank).Select(a => a == axis ? 1 : 0)]), IntList.Create(new int[rank]), MirrorMode.Symmetric), x),
                    15 => graph.Add(new Tile(IntList.Create([.. Enumerable.Range(0, rank).Select(a => a == axis && x.Shape[a] < 5 ? 2 : 1)])), x),
                    16 => graph.Add(new StridedSlice(
                        IntList.Create([.. Enumerable.Range(0, rank).Select(a => a == axis ? -1 : 0)]), IntList.Create([.. Enumerable.Repeat(-1, rank)]), IntList.Create([.. Enumerable.Range(0, rank).Select(a => a == axis ? -1 : 1)])), x),
                    17 => graph.Add(new Reduce(Reduction.Maximum, [axis], random.Next(2) == 0), x),
                    18 => graph.Add(new CumulativeSum(axis, Exclusive: false, Reverse: true), x),
                    19 => graph.AddNode(TopK.Info, new TopK(1, axis, Largest: true, Sorted: true), "top", [x], [x.Spec with { Shape = x.Shape.With(axis, 1) }, new TensorSpec(DataType.Int64, x.Shape.With(axis, 1))]).Output,
                    13 => graph.Add(new MatMul(false, random.Next(2) == 0), x, tensors[random.Next(tensors.Count)]),
                    _ => graph.Add(new Dense(), graph.Add(new Reshape([0, -1]), x), Filled(graph, new Shape(4, x.Shape.Product(1, rank)), 0.1f)),
                });
            }
            catch (Exception error) when (error is ShapeException or ArgumentException)
            {
                // These operands do not go together; the next ones may.
            }
        }

        foreach (Tensor tensor in tensors.Where(static tensor => tensor is { Producer: not null, Consumers.Count: 0 }).TakeLast(3).ToArray())
        {
            graph.AddOutput(tensor);
        }

        if (graph.Outputs.Count == 0)
        {
            graph.AddOutput(graph.Add(new Relu(), tensors[^1]));
        }

        new DeadNodeRemoval().Run(graph);
        return graph;
    }

    /// <summary>Neighbouring axes joined, or an axis split.</summary>
    private static IntList Regrouped(Random random, Shape shape)
    {
        List<int> sizes = [.. shape.Axes];
        int axis = random.Next(sizes.Count);
        if (random.Next(2) == 0 && axis + 1 < sizes.Count)
        {
            sizes[axis] *= sizes[axis + 1];
            sizes.RemoveAt(axis + 1);
        }
        else if (sizes[axis] % 2 == 0 && sizes.Count < 7)
        {
            sizes[axis] /= 2;
            sizes.Insert(axis, 2);
        }
        else
        {
            sizes.Insert(axis, 1);
        }

        return IntList.Create([.. sizes]);
    }

    private static void Check(Graph graph, int left)
    {
        Graph copy = graph.Clone();
        Compile.Optimize(copy);
        Same(graph, copy, "");
        Assert.Equal(left, copy.Nodes.Count(static node => node.Operator is Transpose));
    }

    private static void Same(Graph before, Graph after, string what)
    {
        using Model first = Model.Load(ModelEmitter.ToBytes(before)), second = Model.Load(ModelEmitter.ToBytes(after));
        using Session one = new(first), two = new(second);
        Assert.Equal(one.InputCount, two.InputCount);
        for (int i = 0; i < one.InputCount; i++)
        {
            float[] values = Values(one.InputSpec(i).Shape.ElementCount, i);
            values.CopyTo(one.Input<float>(i));
            values.CopyTo(two.Input<float>(i));
        }

        one.Run();
        two.Run();
        for (int i = 0; i < one.OutputCount; i++)
        {
            ReadOnlySpan<float> expected = one.Output<float>(i), found = two.Output<float>(i);
            Assert.Equal(expected.Length, found.Length);
            for (int k = 0; k < expected.Length; k++)
            {
                Assert.True(Math.Abs(expected[k] - found[k]) <= 1e-5f * (1 + Math.Abs(expected[k])), $"{what} output {i}, element {k}: {found[k]}, expected {expected[k]}");
            }
        }
    }

    private static float[] Run(Model model, float[] samples, int batch)
    {
        using Session session = new(model, new SessionOptions { BatchSize = batch });
        samples.CopyTo(session.Input<float>());
        session.Run();
        return session.Output<float>().ToArray();
    }

    /// <summary>A 3 × 3 convolution in a network whose layout is channels first.</summary>
    private static Tensor Conv(Graph graph, Tensor x, int outputs) => graph.Add(
        s_toSecond, graph.Add(new Conv2D(Padding: new Padding2D(1, 1, 1, 1)), graph.Add(s_toLast, x), Filled(graph, new Shape(outputs, 3, 3, x.Shape[1]), 0.1f)));

    private static Tensor Filled(Graph graph, Shape shape, float scale) =>
        graph.Constant<float>("c", shape, [.. Values(shape.ElementCount, shape.Rank).Select(value => value * scale)]);

    private static float[] Values(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }
}

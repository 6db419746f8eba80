using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;
using Edge.Tests.Compiler;
using Edge.Tests.Harness;

namespace Edge.Tests.Runtime;

/// <summary>What a model remembers from run to run.</summary>
public sealed class StateTests
{
    private const int Channels = 3;
    private const int Frames = 7;
    private const int Outputs = 2;
    private const int Window = 3;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Frame_by_frame_a_streaming_model_gives_what_one_run_over_all_frames_gives(bool optimize)
    {
        float[] frames = GraphRunner.Values(Frames * Channels, 1);
        float[] whole = GraphRunner.Run(Whole(), frames)[0];
        using Model model = Model.Load(optimize ? Compile.ToBytes(Streaming()) : ModelEmitter.ToBytes(Graph.FromModel(ModelEmitter.ToBytes(Streaming())).Clone()));
        using Session session = new(model);
        using Session other = new(model, new SessionOptions { Threads = 2 });
        for (int stream = 0; stream < 2; stream++)
        {
            GraphRunner.AssertNear([whole], [Stream(session, frames)], 1e-6);
            Assert.NotEqual(whole, Stream(session, frames));           // the last frames of the stream before are still there
            session.Reset();
        }

        // Nothing of that reached the other session.
        GraphRunner.AssertNear([whole], [Stream(other, frames)], 1e-6);
    }

    [Fact]
    public void Each_sample_of_a_batch_has_its_own_state()
    {
        const int Batch = 3;
        float[] frames = GraphRunner.Values(Batch * Frames * Channels, 2);
        using Model model = Model.Load(ModelEmitter.ToBytes(Streaming()));
        using Session many = new(model, new SessionOptions { BatchSize = Batch });
        float[][] alone = new float[Batch][];
        for (int sample = 0; sample < Batch; sample++)
        {
            using Session one = new(model);
            alone[sample] = Stream(one, frames.AsSpan(sample * Frames * Channels, Frames * Channels));
        }

        float[] input = new float[Batch * Channels], output = new float[Batch * Outputs];
        for (int frame = 0; frame < Frames; frame++)
        {
            for (int sample = 0; sample < Batch; sample++)
            {
                frames.AsSpan(((sample * Frames) + frame) * Channels, Channels).CopyTo(input.AsSpan(sample * Channels));
            }

            many.Run(input, output);
            for (int sample = 0; sample < Batch; sample++)
            {
                GraphRunner.AssertNear([alone[sample].AsSpan(frame * Outputs, Outputs).ToArray()], [output.AsSpan(sample * Outputs, Outputs).ToArray()], 1e-6);
            }
        }
    }

    [Fact]
    public void A_read_before_the_write_gives_the_old_value_and_one_behind_it_the_new_one()
    {
        Graph graph = Counter();
        using Model model = Model.Load(ModelEmitter.ToBytes(graph));
        using Session session = new(model);
        foreach (float expected in (float[])[10, 15, 20])
        {
            session.Input<float>()[0] = 5;
            session.Run();
            Assert.Equal([expected, expected + 5, expected + 5], (float[])[session.Output<float>(0)[0], session.Output<float>(1)[0], session.Output<float>(2)[0]]);
        }
    }

    [Fact]
    public void Memory_is_counted_and_neither_runs_nor_resets_allocate()
    {
        using Model model = Model.Load(ModelEmitter.ToBytes(Streaming()));
        using Model plain = Model.Load(ModelEmitter.ToBytes(Whole()));
        Assert.Equal(0, plain.StateBytes);
        Assert.Equal(64, model.StateBytes);                            // [1, 2, 3] in float32: 24 bytes, rounded up
        using Session session = new(model);
        Assert.Equal(model.InferenceBytes, session.ArenaBytes);
        Assert.True(model.InferenceLowerBoundBytes > model.StateBytes);
        using Session many = new(model, new SessionOptions { BatchSize = 100 });
        Assert.True(many.ArenaBytes >= 100 * 24);
        Assert.Equal(0, AllocationMeter.Measure(session.Run));
        Assert.Equal(0, AllocationMeter.Measure(session.Reset));
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(session.Reset);
    }

    [Fact]
    public void A_model_whose_states_do_not_agree_is_refused()
    {
        Refused("state 0 starts as", static (graph, x, zero) => graph.Add(new WriteState(0), graph.Add(new Add(Activation.None), x, graph.Add(new ReadState(0), graph.Constant<float>("other", new Shape(1, 4), new float[4])))));
        Refused("no operator reads state 1", static (graph, x, zero) => graph.Add(new WriteState(1), x));
        Refused("float32 [1, 2] is written to state 0, which is float32 [1, 4]", static (graph, x, zero) => graph.Add(new WriteState(0), graph.Add(new Slice([0, 1], [-1, 2]), x)));
        Refused("4096; 0 … 4095 is allowed", static (graph, x, zero) => graph.Add(new WriteState(4096), x));

        static void Refused(string message, Func<Graph, Tensor, Tensor, Tensor> add)
        {
            Graph graph = new();
            Tensor x = graph.AddInput("x", new Shape(1, 4));
            Tensor zero = graph.Constant<float>("zero", new Shape(1, 4), new float[4]);
            graph.AddOutput(graph.Add(new ReadState(0), zero));
            Exception error = Assert.ThrowsAny<Exception>(() =>
            {
                graph.AddOutput(add(graph, x, zero));
                return ModelEmitter.ToBytes(graph);
            });
            Assert.True(error is ModelFormatException or ShapeException, error.ToString());
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Passes_keep_what_later_runs_need_and_remove_what_none_needs()
    {
        Graph graph = Streaming();
        int nodes = graph.Nodes.Count;
        Assert.Equal(0, new DeadNodeRemoval().Run(graph));
        Assert.Equal(0, new ConstantFolding().Run(graph));
        Assert.Equal(nodes, graph.Nodes.Count);

        // Without a reader the state is of no use: read, window and write go.
        Tensor x = graph.Inputs[0];
        graph.SetOutputs(graph.Add("other", default(Relu), x));
        foreach (Node node in graph.Nodes.Where(static node => node.Operator is WriteState).ToArray())
        {
            graph.Remove(node);
            graph.Add("alone", new WriteState(0), graph.Add(new Pad([0, 1, 0], [0, 0, 0], 0), x));
        }

        new DeadNodeRemoval().Run(graph);
        Assert.Equal(["other"], graph.Nodes.Select(static node => node.Name));
    }

    [Fact]
    public void Sorting_keeps_reads_and_writes_of_a_state_in_order()
    {
        Graph graph = Counter();
        string[] order = [.. graph.Nodes.Select(static node => node.Name)];
        graph.TopologicalSort();
        Assert.Equal(order, graph.Nodes.Select(static node => node.Name));

        // A node that the write waits for moves to the front, and the read behind the write stays behind it.
        Node write = graph.Nodes.Single(static node => node.Operator is WriteState);
        Tensor late = graph.Add("late", default(Relu), graph.Inputs[0]);
        graph.SetInput(write, 0, late);
        graph.TopologicalSort();
        string[] states = [.. graph.Nodes.Where(static node => node.Operator is ReadState or WriteState).Select(static node => node.Name)];
        Assert.Equal(["before", "write", "after"], states);
        graph.Validate();
    }

    [Fact]
    public void A_training_step_starts_from_the_first_value()
    {
        byte[] file = ModelEmitter.ToBytes(Streaming());
        using Model model = Model.Load(file);
        TrainerOptions options = new() { Loss = Loss.MeanSquaredError, BatchSize = 2, Optimizer = new Sgd(0.05f) };
        using Trainer trainer = new(model, options);
        Assert.Equal(model.TrainingBytes(options), trainer.TotalBytes);
        float[] frames = GraphRunner.Values(2 * Channels, 4), targets = GraphRunner.Values(2 * Outputs, 5);
        float first = trainer.Evaluate(frames, targets);
        Assert.Equal(first, trainer.Evaluate(frames, targets));
        Assert.Equal(first, trainer.Step(frames, targets));
        Assert.True(trainer.Step(frames, targets) < first);
        Assert.Equal(0, AllocationMeter.Measure(() => trainer.Step(frames, targets)));
    }

    [Theory]
    [InlineData("full")]
    [InlineData("last:1")]
    public void An_int8_model_keeps_its_int8_state_when_its_layers_become_float32(string scheme)
    {
        byte[] file = ModelEmitter.ToBytes(StreamingInt8());
        using Model model = Model.Load(file);
        float[] frames = GraphRunner.Values(Frames * Channels, 6);
        using Session plain = new(model);
        float[] before = Stream(plain, frames);
        using Trainer trainer = new(model, new TrainerOptions { Loss = Loss.MeanSquaredError, Scheme = UpdateScheme.Parse(scheme), BatchSize = 1, Optimizer = new Sgd(1e-6f) });
        float[] targets = GraphRunner.Values(Outputs, 7);
        float loss = trainer.Step(frames.AsSpan(0, Channels), targets);
        Assert.True(float.IsFinite(loss));

        // So small a step leaves the model as it was: what differs is the rounding that float32 does without.
        using Model personal = model.Personalize(trainer.SavePersonalization());
        Assert.Equal(model.StateBytes, personal.StateBytes);
        using Session tuned = new(personal);
        GraphRunner.AssertNear([before], [Stream(tuned, frames)], 0.05);
        tuned.Reset();
        GraphRunner.AssertNear([before], [Stream(tuned, frames)], 0.05);
    }

    [Fact]
    public void Quantization_leaves_states_and_recurrent_layers_in_float32_between_int8_layers()
    {
        Graph graph = new();
        Tensor frame = graph.AddInput("frame", new Shape(1, 1, 8));
        Tensor dense = graph.Add("dense", new Dense(Activation.Relu), frame, graph.Constant<float>("w", new Shape(16, 8), GraphRunner.Values(128, 1)));
        Tensor first = graph.Add("first", new ReadState(0), graph.Constant<float>("zeros", new Shape(1, 6), new float[6]));
        Node gru = graph.AddNode(Gru.Info, new Gru(false, true), "gru", [dense, graph.Constant<float>("gw", new Shape(18, 16), GraphRunner.Values(288, 2)), graph.Constant<float>("gr", new Shape(18, 6), GraphRunner.Values(108, 3)), null, null, null, first]);
        graph.Add("keep", new WriteState(0), gru.Outputs[1]);
        graph.AddOutput(graph.Add("scores", new Dense(), gru.Outputs[1], graph.Constant<float>("ws", new Shape(4, 6), GraphRunner.Values(24, 4))));
        float[] frames = GraphRunner.Values(40 * 8, 5);
        QuantizationResult result = Quantizer.Quantize(graph, new CalibrationData(frames));
        Assert.Equal(["dense", "scores"], result.Report.Quantized.Select(static op => op.Name));
        Assert.Equal(["first", "gru", "keep"], result.Report.Float.Select(static op => op.Name).Order());
        using Model exact = Model.Load(Compile.ToBytes(graph)), rounded = Model.Load(Compile.ToBytes(result.Graph));
        using Session one = new(exact), other = new(rounded);
        for (int i = 0; i < 40; i++)
        {
            float[] expected = new float[4], actual = new float[4];
            one.Run(frames.AsSpan(i * 8, 8), expected);
            other.Run(frames.AsSpan(i * 8, 8), actual);
            GraphRunner.AssertNear([expected], [actual], 0.05);
        }
    }

    /// <summary>A convolution over the last three frames, all frames at once.</summary>
    private static Graph Whole()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("frames", new Shape(1, Frames, 1, Channels));
        Tensor w = graph.Constant<float>("w", new Shape(Outputs, Window, 1, Channels), GraphRunner.Values(Outputs * Window * Channels, 3));
        graph.AddOutput(graph.Add(new Conv2D(Padding: new Padding2D(Window - 1, 0, 0, 0)), x, w));
        return graph;
    }

    /// <summary>The same frame by frame: it remembers two frames.</summary>
    private static Graph Streaming()
    {
        Graph graph = new();
        Tensor frame = graph.AddInput("frame", new Shape(1, 1, Channels));
        Tensor zeros = graph.Constant<float>("zeros", new Shape(1, Window - 1, Channels), new float[(Window - 1) * Channels]);
        Tensor window = graph.Add("window", new Concat(1), graph.Add("old", new ReadState(0), zeros), frame);
        graph.Add("keep", new WriteState(0), graph.Add(new Slice([0, 1, 0], [-1, -1, -1]), window));
        Tensor w = graph.Constant<float>("w", new Shape(Outputs, Window * Channels), GraphRunner.Values(Outputs * Window * Channels, 3));
        graph.AddOutput(graph.Add("scores", new Dense(), graph.Add(new Reshape([0, -1]), window), w));
        return graph;
    }

    /// <summary>The same in int8, with a layer before the state and the written value as what goes on.</summary>
    private static Graph StreamingInt8()
    {
        Graph graph = new();
        Quantization q = new(1f / 64, 0), weights = new(1f / 128, 0);
        TensorSpec state = new(DataType.Int8, new Shape(1, Window, Channels), q);
        Tensor frame = graph.AddInput("frame", new Shape(1, 1, Channels));
        Tensor x = graph.Add("in", default(Quantize), new TensorSpec(DataType.Int8, frame.Shape, q), frame);
        sbyte[] identity = [127, 0, 0, 0, 127, 0, 0, 0, 127];
        Tensor first = graph.Add("first", new Dense(), new TensorSpec(DataType.Int8, frame.Shape, q), x, graph.Constant<sbyte>("w0", new Shape(Channels, Channels), identity, weights));
        Tensor old = graph.Add("old", new ReadState(0), graph.Constant<sbyte>("zeros", state.Shape, new sbyte[state.Bytes], q));
        Tensor window = graph.Add("window", new Concat(1), state, graph.Add(new Slice([0, 1, 0], [-1, -1, -1]), old), first);
        Tensor kept = graph.Add("keep", new WriteState(0), window);
        float[] real = GraphRunner.Values(Outputs * Window * Channels, 3);
        Tensor w = graph.Constant<sbyte>("w", new Shape(Outputs, Window * Channels), Array.ConvertAll(real, static value => (sbyte)(value * 127)), weights);
        Tensor flat = graph.Add(new Reshape([0, -1]), kept);
        Tensor scores = graph.Add("scores", new Dense(), new TensorSpec(DataType.Int8, new Shape(1, Outputs), new Quantization(1f / 32, 0)), flat, w);
        graph.AddOutput(graph.Add("out", default(Dequantize), scores));
        return graph;
    }

    /// <summary>A state that starts as 10 and grows by the input; what it was, what was written, what it is.</summary>
    private static Graph Counter()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 1));
        Tensor start = graph.Constant<float>("start", new Shape(1, 1), [10f]);
        Tensor before = graph.Add("before", new ReadState(9), start);
        Tensor write = graph.Add("write", new WriteState(9), graph.Add("sum", new Add(Activation.None), before, x));
        graph.AddOutput(before);
        graph.AddOutput(write);
        graph.AddOutput(graph.Add("after", new ReadState(9), start));
        return graph;
    }

    private static float[] Stream(Session session, ReadOnlySpan<float> frames)
    {
        int count = frames.Length / Channels;
        float[] outputs = new float[count * Outputs];
        for (int frame = 0; frame < count; frame++)
        {
            session.Run(frames.Slice(frame * Channels, Channels), outputs.AsSpan(frame * Outputs, Outputs));
        }

        return outputs;
    }
}

using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Tests.Compiler;

/// <summary>Small networks with reproducible weights, as a trainer would leave them: nothing folded or fused.</summary>
internal static class Networks
{
    public static Tensor Conv(Graph graph, string name, Tensor x, int channels, int kernel, int stride = 1, bool bias = true)
    {
        int inputs = x.Shape[-1];
        Tensor weights = Random(graph, name + "/w", new Shape(channels, kernel, kernel, inputs), Scale(kernel * kernel * inputs));
        Padding2D padding = Padding2D.Same(x.Shape[1], x.Shape[2], kernel, kernel, stride, stride);
        return graph.Add(name, new Conv2D(stride, stride, Padding: padding), x, weights, bias ? Random(graph, name + "/b", new Shape(channels), 0.2f) : null);
    }

    public static Tensor Depthwise(Graph graph, string name, Tensor x, int multiplier = 1, bool bias = true)
    {
        int outputs = x.Shape[-1] * multiplier;
        Tensor weights = Random(graph, name + "/w", new Shape(3, 3, outputs), Scale(9));
        Padding2D padding = Padding2D.Same(x.Shape[1], x.Shape[2], 3, 3);
        return graph.Add(name, new DepthwiseConv2D(1, 1, 1, 1, padding), x, weights, bias ? Random(graph, name + "/b", new Shape(outputs), 0.2f) : null);
    }

    public static Tensor Dense(Graph graph, string name, Tensor x, int outputs, bool bias = true)
    {
        Tensor weights = Random(graph, name + "/w", new Shape(outputs, x.Shape[-1]), Scale(x.Shape[-1]));
        return graph.Add(name, new Dense(), x, weights, bias ? Random(graph, name + "/b", new Shape(outputs), 0.2f) : null);
    }

    public static Tensor Norm(Graph graph, string name, Tensor x, float epsilon = 1e-3f)
    {
        Shape shape = new(x.Shape[-1]);
        return graph.Add(
            name,
            new BatchNorm { Epsilon = epsilon, Momentum = 0.9f },
            x,
            Random(graph, name + "/gamma", shape, 0.3f, 1),
            Random(graph, name + "/beta", shape, 0.3f),
            Random(graph, name + "/mean", shape, 0.3f),
            Random(graph, name + "/variance", shape, 0.3f, 0.7f));
    }

    public static Tensor Flatten(Graph graph, Tensor x) => graph.Add(new Reshape([0, -1]), x);

    /// <summary>Convolutions with batch normalization, a residual branch, pooling, dropout and a classifier; logits or probabilities.</summary>
    public static Graph Classifier(bool softmax = false)
    {
        Graph graph = new();
        Tensor x = graph.AddInput("image", new Shape(1, 12, 12, 3));
        Tensor stem = graph.Add(default(Relu), Norm(graph, "stem/bn", Conv(graph, "stem", x, 8, 3, bias: false)));
        Tensor branch = graph.Add(default(Relu6), Norm(graph, "dw/bn", Depthwise(graph, "dw", stem)));
        Tensor sum = graph.Add(default(Relu), graph.Add("sum", default(Add), Norm(graph, "pw/bn", Conv(graph, "pw", branch, 8, 1)), stem));
        Tensor pooled = graph.Add("pool", new MaxPool2D(2, 2, 2, 2), sum);
        Tensor deep = graph.Add(default(Relu), Conv(graph, "deep", pooled, 12, 3, stride: 2));
        Tensor flat = graph.Add(new Dropout(0.5f), Flatten(graph, deep));
        Tensor hidden = graph.Add(default(Relu), Dense(graph, "hidden", flat, 24));
        Tensor logits = Dense(graph, "logits", hidden, 10);
        graph.AddOutput(softmax ? graph.Add("probabilities", new Softmax(), logits) : logits);
        graph.Metadata["task"] = "classification";
        return graph;
    }

    private static float Scale(int fan) => MathF.Sqrt(6f / fan);

    private static Tensor Random(Graph graph, string name, Shape shape, float spread, float center = 0)
    {
        ulong stream = 0;
        foreach (char letter in name)
        {
            stream = (stream * 31) + letter;
        }

        return graph.Constant<float>(name, shape, GraphRunner.Values(shape.ElementCount, stream, center - spread, center + spread));
    }
}

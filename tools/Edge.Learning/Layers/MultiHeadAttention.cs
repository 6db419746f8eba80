using Edge.Compiler;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Ops = Edge.Runtime.Operators;

namespace Edge.Learning.Layers;

/// <summary>Self-attention: every step of a sequence looks at every step. [steps, width] to [steps, width].</summary>
/// <param name="heads">Independent parts, 1 or more; the width is a multiple of it.</param>
/// <param name="useBias">Whether the projections have biases.</param>
/// <param name="kernelInitializer">First weights; <see cref="Initializer.GlorotUniform"/> when null.</param>
/// <param name="name">Its name, or null.</param>
/// <remarks>
/// softmax(q · kᵀ / √d) · v for each head of d = width / heads features, then a projection. The projections to q, k and v are one Dense of 3 · width rows in that order.
/// Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.
/// </remarks>
public sealed class MultiHeadAttention(int heads, bool useBias = true, Initializer? kernelInitializer = null, string? name = null) : Layer(name)
{
    private readonly int _heads = AtLeastOne(heads, nameof(heads));
    private Dense? _projections;
    private Dense? _output;

    /// <inheritdoc/>
    protected internal override Tensor Build(LayerBuilder builder, IReadOnlyList<Tensor> inputs)
    {
        Tensor x = inputs[0];
        LayerBuilder.RequireRank(x, 3, "[batch, steps, width]");
        int steps = x.Shape[1];
        int width = x.Shape[2];
        if (width % _heads != 0)
        {
            throw new ShapeException($"the width {width} is no multiple of {_heads} heads.");
        }

        int features = width / _heads;
        _projections ??= new Dense(3 * width, useBias: useBias, kernelInitializer: kernelInitializer);
        _output ??= new Dense(width, useBias: useBias, kernelInitializer: kernelInitializer);
        Tensor packed = builder.Nested(_projections, "qkv", x);
        Tensor query = Head(0);
        Tensor key = Head(1);
        Tensor value = Head(2);

        // The scale 1 / √d is the softmax's own factor, so no pass over the scores is spent on it.
        Tensor scores = builder.Add(new Ops.MatMul(false, true), query, key);
        Tensor weights = builder.Add(new Ops.Softmax((float)(1 / Math.Sqrt(features))), scores);
        Tensor mixed = builder.Add(new Ops.MatMul(false, false), weights, value);
        Tensor joined = builder.Add(new Ops.Reshape([0, steps, width]), builder.Add(new Ops.Transpose([0, 2, 1, 3]), mixed));
        return builder.Nested(_output, "projection", joined);

        // [batch, steps, 3 · width] to [batch, heads, steps, features].
        Tensor Head(int part)
        {
            Tensor slice = builder.Add(new Ops.Slice([0, 0, part * width], [-1, -1, width]), packed);
            return builder.Add(new Ops.Transpose([0, 2, 1, 3]), builder.Add(new Ops.Reshape([0, steps, _heads, features]), slice));
        }
    }
}

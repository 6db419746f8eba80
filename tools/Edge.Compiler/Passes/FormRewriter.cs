using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>The work of <see cref="FormFusion"/>: the last node of a form becomes the operator; what the form computed on the way dies where nothing else reads it.</summary>
internal sealed class FormRewriter(Graph source) : GraphRewriter(source)
{
    private readonly Dictionary<Tensor, Tensor> _tensors = [];

    /// <summary>Forms that became one operator.</summary>
    public int Found { get; private set; }

    /// <inheritdoc/>
    protected override void AddInput(Tensor source, Tensor input) => _tensors.Add(source, input);

    /// <inheritdoc/>
    protected override Tensor Plain(Tensor source)
    {
        if (!_tensors.TryGetValue(source, out Tensor? tensor))
        {
            tensor = Constant(source);
            _tensors.Add(source, tensor);
        }

        return tensor;
    }

    /// <inheritdoc/>
    protected override void Visit(Node node)
    {
        if (node.Outputs.Count == 1 && node.Output.Type == DataType.Float32 && (Bias(node) ?? Normalization(node) ?? Function(node)) is { } output)
        {
            _tensors.Add(node.Output, output);
            Found++;
            return;
        }

        Node copy = Copy(node, node.Operator, [.. node.Inputs.Select(input => input is null ? null : Plain(input))]);
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            _tensors.Add(node.Outputs[i], copy.Outputs[i]);
        }
    }

    /// <summary>A constant for each channel, added to what a layer without a bias computes.</summary>
    private Tensor? Bias(Node node)
    {
        if (node.Operator is not Add add || Operands(node) is not var (data, constant) || data.Producer is not { } layer || Source.SingleConsumer(data) is null ||
            layer.Operator is not (Dense or Conv2D or DepthwiseConv2D or ConvTranspose2D) || layer.Input(2) is not null || Fusable.ActivationOf(layer.Operator) is Activation.Relu or Activation.Relu6 or Activation.ReluN1To1 ||
            layer.Operator is ConvTranspose2D { Activation: not Activation.None } || data.Shape != node.Output.Shape || Channels(constant, data.Shape) is not { } bias)
        {
            return null;
        }

        IOperator op = layer.Operator is ConvTranspose2D transposed ? transposed with { Activation = add.Activation } : Fusable.With(layer.Operator, add.Activation);
        return Target.AddNode(layer.Info, op, layer.Name, [Plain(layer.Inputs[0]!), Plain(layer.Inputs[1]!), bias], [], [node.Output.Name]).Output;
    }

    /// <summary>(x − mean) / √(variance + ε) · γ + β over the last axis.</summary>
    private Tensor? Normalization(Node node)
    {
        if (node.Operator is not Add { Activation: Activation.None } || Operands(node) is not var (scaled, beta) || scaled.Producer is not { Operator: Multiply { Activation: Activation.None } } scale ||
            Operands(scale) is not var (normalized, gamma) || normalized.Producer is not { } quotient)
        {
            return null;
        }

        (Tensor? centered, Tensor? variance) = quotient.Operator switch
        {
            Binary { Function: BinaryFunction.Divide } => (quotient.Inputs[0], Under(quotient.Inputs[1]!, UnaryFunction.Sqrt)),
            Multiply { Activation: Activation.None } => (quotient.Inputs[0], Under(quotient.Inputs[1]!, UnaryFunction.Rsqrt)),
            _ => (null, null),
        };
        if (centered is null || variance is null || Raised(variance) is not var (mean, epsilon) || Centered(centered) is not { } x || Mean(mean) is not { } squares)
        {
            return null;
        }

        Tensor? root = squares.Producer switch
        {
            { Operator: Unary { Function: UnaryFunction.Square } } square => square.Inputs[0],
            { Operator: Multiply { Activation: Activation.None } } square when square.Inputs[0] == square.Inputs[1] => square.Inputs[0],
            _ => null,
        };
        if (root is null || Centered(root) != x || epsilon < 0 || Channels(gamma, x.Shape) is not { } factor || Channels(beta, x.Shape) is not { } offset)
        {
            return null;
        }

        return Target.AddNode(LayerNorm.Info, new LayerNorm(epsilon), node.Name, [Plain(x), factor, offset], [], [node.Output.Name]).Output;
    }

    /// <summary>A function of each element that has an operator of its own, recognized by its values.</summary>
    private Tensor? Function(Node node)
    {
        if (node.Operator is not (Multiply { Activation: Activation.None } or Binary { Function: BinaryFunction.Divide }))
        {
            return null;
        }

        foreach (Tensor x in ElementFunction.Arguments(node))
        {
            if (x.Shape == node.Output.Shape && ElementFunction.Recognize(node.Output, x) is var (info, op))
            {
                return Target.AddNode(info, op, node.Name, [Plain(x)], [], [node.Output.Name]).Output;
            }
        }

        return null;
    }

    /// <summary>The computed and the constant operand of a node that does not mind their order.</summary>
    private static (Tensor Data, Tensor Constant)? Operands(Node node) => (node.Inputs[0], node.Inputs[1]) switch
    {
        ({ IsConstant: false } data, { IsConstant: true, Type: DataType.Float32 } constant) => (data, constant),
        ({ IsConstant: true, Type: DataType.Float32 } constant, { IsConstant: false } data) => (data, constant),
        _ => null,
    };

    /// <summary>A constant with one value for each index of the last axis, as a list.</summary>
    private Tensor? Channels(Tensor constant, Shape shape) =>
        shape.Rank > 0 && constant.Shape.Rank > 0 && constant.Shape.Rank <= shape.Rank && constant.Shape[-1] == shape[-1] && constant.Shape.ElementCount == shape[-1]
            ? Target.Constant(constant.Name, constant.Spec with { Shape = new Shape(shape[-1]) }, constant.Data)
            : null;

    private static Tensor? Under(Tensor tensor, UnaryFunction function) =>
        tensor.Producer is { Operator: Unary unary } producer && unary.Function == function ? producer.Inputs[0] : null;

    /// <summary>What ε is added to, and ε.</summary>
    private static (Tensor Tensor, float Epsilon)? Raised(Tensor tensor) => tensor.Producer switch
    {
        { Operator: ParametricUnary { Function: ParametricFunction.Affine, A: 1 } affine } producer => (producer.Inputs[0]!, affine.B),
        { Operator: Add { Activation: Activation.None } } producer when Operands(producer) is var (data, constant) && constant.Shape.ElementCount == 1 => (data, constant.Values<float>()[0]),
        _ => null,
    };

    /// <summary>The tensor from which its own mean over the last axis is subtracted.</summary>
    private static Tensor? Centered(Tensor tensor) =>
        tensor.Producer is { Operator: Subtract { Activation: Activation.None } } producer && Mean(producer.Inputs[1]!) == producer.Inputs[0] ? producer.Inputs[0] : null;

    /// <summary>The tensor of which this is the mean over the last axis.</summary>
    private static Tensor? Mean(Tensor tensor) =>
        tensor.Producer is { Operator: ReduceMean { KeepDims: true } mean } producer && mean.Axes.Count == 1 && (mean.Axes[0] == -1 || mean.Axes[0] == producer.Inputs[0]!.Shape.Rank - 1)
            ? producer.Inputs[0]
            : null;
}

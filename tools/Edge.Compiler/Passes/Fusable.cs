using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>The operators that apply an activation to their result, and those that are linear layers.</summary>
internal static class Fusable
{
    /// <summary>The activation that an operator applies, or null where it cannot apply one.</summary>
    public static Activation? ActivationOf(IOperator op) => op switch
    {
        Dense dense => dense.Activation,
        Conv2D conv => conv.Activation,
        DepthwiseConv2D conv => conv.Activation,
        ConvTranspose2D conv => conv.Activation,
        MaxPool2D pool => pool.Activation,
        AveragePool2D pool => pool.Activation,
        Add add => add.Activation,
        Subtract subtract => subtract.Activation,
        Multiply multiply => multiply.Activation,
        _ => null,
    };

    /// <summary>The operator with another activation.</summary>
    /// <exception cref="ArgumentException">It cannot apply one.</exception>
    public static IOperator With(IOperator op, Activation activation) => op switch
    {
        Dense dense => dense with { Activation = activation },
        Conv2D conv => conv with { Activation = activation },
        DepthwiseConv2D conv => conv with { Activation = activation },
        ConvTranspose2D conv => conv with { Activation = activation },
        MaxPool2D pool => pool with { Activation = activation },
        AveragePool2D pool => pool with { Activation = activation },
        Add add => add with { Activation = activation },
        Subtract subtract => subtract with { Activation = activation },
        Multiply multiply => multiply with { Activation = activation },
        _ => throw new ArgumentException($"{op.GetType().Name} applies no activation.", nameof(op)),
    };

    /// <summary>The axis of the weights (input 1) that counts output channels, or null for an operator that is no linear layer. Input 2 is its bias.</summary>
    public static int? ChannelAxis(Node node) => node.Operator switch
    {
        Dense or Conv2D or ConvTranspose2D => 0,
        DepthwiseConv2D => node.Inputs[1]!.Shape.Rank - 1,
        _ => null,
    };
}

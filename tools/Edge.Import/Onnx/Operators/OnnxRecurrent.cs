using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Onnx;

/// <summary>Recurrent layers. ONNX counts time before the batch and has both directions in one node; the runtime has one direction and the batch first.</summary>
internal static class OnnxRecurrent
{
    private const int Weights = 1;
    private const int Recurrent = 2;
    private const int Biases = 3;
    private const int Lengths = 4;
    private const int FirstHidden = 5;
    private const int FirstCell = 6;
    private const int Peepholes = 7;

    public static IEnumerable<OnnxOperator> Table =>
    [
        OnnxOperator.Many("GRU", OperatorSupport.Supported, "Gru", static node => Layer(node, [1, 0, 2], 2, static (node, part, reverse, functions, inputs) =>
            node.Builder.AddAll(
                part,
                new Gru(reverse, node.Flag("linear_before_reset"), functions[0], functions[1], node.Float("clip", 0)),
                [],
                [inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[5], inputs[6]]))),
        OnnxOperator.Many("LSTM", OperatorSupport.Supported, "Lstm", static node => Layer(node, [0, 2, 3, 1], 3, static (node, part, reverse, functions, inputs) =>
            node.Builder.AddAll(
                part,
                new Lstm(reverse, functions[0], functions[1], functions[2], node.Float("clip", 0), CoupledForget: node.Flag("input_forget")),
                [],
                [inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[5], inputs[6], inputs[7], inputs[8]]))),
        OnnxOperator.Many("RNN", OperatorSupport.Supported, "Rnn", static node => Layer(node, [0], 1, static (node, part, reverse, functions, inputs) =>
            node.Builder.AddAll(
                part,
                new Rnn(reverse, functions[0], node.Float("clip", 0)),
                [],
                [inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[5], inputs[6]]))),
    ];

    private delegate IReadOnlyList<Tensor> Direction(OnnxNode node, string part, bool reverse, RecurrentActivation[] functions, Tensor?[] inputs);

    /// <summary>Converts a layer of one or two directions.</summary>
    /// <param name="node">The node.</param>
    /// <param name="order">For each gate of the runtime the gate of ONNX.</param>
    /// <param name="functions">Functions that one direction applies.</param>
    /// <param name="convert">Adds the operator for one direction.</param>
    private static Tensor[] Layer(OnnxNode node, int[] order, int functions, Direction convert)
    {
        GraphBuilder builder = node.Builder;
        bool batchFirst = node.Flag("layout");
        string direction = node.Text("direction", "forward");
        node.Require(direction is "forward" or "reverse" or "bidirectional", $"direction is '{direction}'; forward, reverse and bidirectional are allowed.");
        int directions = direction == "bidirectional" ? 2 : 1;
        Tensor x = node.Input(0);
        node.Require(x.Shape.Rank == 3, $"the input is {x}; three axes are needed.");
        Tensor sequence = batchFirst ? x : builder.Add(node.Name + "_batch", new Transpose([1, 0, 2]), x);
        int batch = sequence.Shape[0], time = sequence.Shape[1], hidden = node.Input(Recurrent).Shape[-1];
        RecurrentActivation[] activations = Functions(node, functions, directions);
        Tensor? lengths = node.Optional(Lengths);
        List<IReadOnlyList<Tensor>> results = [];
        for (int d = 0; d < directions; d++)
        {
            (Tensor? bias, Tensor? recurrentBias) = (null, null);
            if (node.Has(Biases))
            {
                Tensor both = Row(node, node.Input(Biases), d);
                bias = Gates(node, OnnxMovement.Part(node, both, 0, 0, order.Length * hidden), order, hidden);
                recurrentBias = Gates(node, OnnxMovement.Part(node, both, 0, order.Length * hidden, order.Length * hidden), order, hidden);
            }

            Tensor?[] inputs =
            [
                sequence,
                Gates(node, Row(node, node.Input(Weights), d), order, hidden),
                Gates(node, Row(node, node.Input(Recurrent), d), order, hidden),
                bias,
                recurrentBias,
                lengths is null ? null : OnnxArithmetic.Cast(node, lengths, DataType.Int32),
                State(node, FirstHidden, d, batchFirst),
                order.Length == 4 ? State(node, FirstCell, d, batchFirst) : null,
                order.Length == 4 && node.Has(Peepholes) ? builder.Add(node.Name + "_peepholes", new Reshape([3, hidden]), Gates(node, Row(node, node.Input(Peepholes), d), [0, 2, 1], hidden)) : null,
            ];
            results.Add(convert(node, node.Name, direction == "reverse" || d == 1, activations[(d * functions)..((d + 1) * functions)], inputs));
        }

        List<Tensor> outputs = [];
        Tensor[] all = [.. results.Select(result => batchFirst
            ? builder.Reshape(node.Name + "_all", result[0], new Shape(batch, time, 1, hidden))
            : builder.Reshape(node.Name + "_all", builder.Add(node.Name + "_time", new Transpose([1, 0, 2]), result[0]), new Shape(time, 1, batch, hidden)))];
        outputs.Add(OnnxMovement.Joined(node, all, batchFirst ? 2 : 1));
        for (int i = 1; i < results[0].Count; i++)
        {
            Tensor[] last = [.. results.Select(result =>
                builder.Reshape(node.Name + "_last", result[i], batchFirst ? new Shape(batch, 1, hidden) : new Shape(1, batch, hidden)))];
            outputs.Add(OnnxMovement.Joined(node, last, batchFirst ? 1 : 0));
        }

        return [.. outputs];
    }

    /// <summary>What belongs to one direction: index <paramref name="index"/> of axis 0, without that axis.</summary>
    private static Tensor Row(OnnxNode node, Tensor tensor, int index) => node.Builder.Add(
        tensor.Name, new Reshape(IntList.Create(tensor.Shape.Axes[1..])), OnnxMovement.Part(node, tensor, 0, index, 1));

    /// <summary>Blocks of rows in the order of gates that the runtime has.</summary>
    private static Tensor Gates(OnnxNode node, Tensor tensor, int[] order, int hidden)
    {
        node.Require(tensor.Shape[0] == order.Length * hidden, $"{tensor} has {tensor.Shape[0]} rows; {order.Length} · {hidden} are needed.");
        return OnnxMovement.Joined(node, [.. order.Select(gate => OnnxMovement.Part(node, tensor, 0, gate * hidden, hidden))], 0);
    }

    /// <summary>The state that a direction begins with; zeros, which it begins with anyway, are left out so that the batch stays open.</summary>
    private static Tensor? State(OnnxNode node, int input, int direction, bool batchFirst)
    {
        if (node.Optional(input) is not { } state || (state.IsConstant && state.Data.Span.IndexOfAnyExcept((byte)0) < 0))
        {
            return null;
        }

        if (!batchFirst)
        {
            return Row(node, state, direction);
        }

        Tensor part = OnnxMovement.Part(node, state, 1, direction, 1);
        return node.Builder.Reshape(state.Name, part, new Shape(part.Shape[0], part.Shape[2]));
    }

    private static RecurrentActivation[] Functions(OnnxNode node, int count, int directions)
    {
        IReadOnlyList<string> names = node.TextList("activations") ?? [];
        if (names.Count == 0)
        {
            return new RecurrentActivation[count * directions];
        }

        node.Require(names.Count == count * directions, $"{names.Count} activations are named; {count * directions} are needed.");
        Queue<float> alphas = new(node.FloatList("activation_alpha") ?? []), betas = new(node.FloatList("activation_beta") ?? []);
        return [.. names.Select(Function)];

        RecurrentActivation Function(string name) => name.ToUpperInvariant() switch
        {
            "SIGMOID" => RecurrentActivation.Sigmoid,
            "TANH" => RecurrentActivation.Tanh,
            "RELU" => RecurrentActivation.Relu,
            "SOFTSIGN" => new RecurrentActivation(RecurrentFunction.Softsign),
            "SOFTPLUS" => new RecurrentActivation(RecurrentFunction.Softplus),
            "AFFINE" => new RecurrentActivation(RecurrentFunction.Affine, Next(alphas, 1), Next(betas, 0)),
            "HARDSIGMOID" => RecurrentActivation.HardSigmoid(Next(alphas, 0.2f), Next(betas, 0.5f)),
            "SCALEDTANH" => new RecurrentActivation(RecurrentFunction.ScaledTanh, Next(alphas, 1), Next(betas, 1)),
            "LEAKYRELU" => new RecurrentActivation(RecurrentFunction.LeakyRelu, Next(alphas, 0.01f)),
            "THRESHOLDEDRELU" => new RecurrentActivation(RecurrentFunction.ThresholdedRelu, Next(alphas, 1)),
            "ELU" => new RecurrentActivation(RecurrentFunction.Elu, Next(alphas, 1)),
            _ => throw node.Fail($"the activation '{name}' is not known."),
        };

        static float Next(Queue<float> values, float missing) => values.TryDequeue(out float value) ? value : missing;
    }
}

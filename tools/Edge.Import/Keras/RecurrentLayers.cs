using Edge.Compiler;
using Edge.Format;
using Edge.Import.Hdf5;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>Recurrent layers and Bidirectional.</summary>
/// <remarks>Source: keras/src/layers/rnn. LSTM has the gates input, forget, candidate, output; GRU has update, reset, candidate.</remarks>
internal static class RecurrentLayers
{
    private const string State = " with stateful also ReadState, WriteState";

    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("SimpleRNN", OperatorSupport.Supported, "Rnn;" + State, Recurrent) { Weights = CellWeights, Objection = Objection },
        new("LSTM", OperatorSupport.Supported, "Lstm;" + State, Recurrent) { Weights = CellWeights, Objection = Objection },
        new("GRU", OperatorSupport.Supported, "Gru;" + State, Recurrent) { Weights = CellWeights, Objection = Objection },
        new("RNN", OperatorSupport.Supported, "Rnn, Lstm or Gru, by its cell;" + State, Recurrent) { Weights = CellWeights, Objection = Objection },
        new("Bidirectional", OperatorSupport.Emulated, "two Rnn, Lstm or Gru; Concat, Add or Multiply", Bidirectional) { Places = ["forward_layer", "backward_layer"], Objection = BidirectionalObjection },
    ];

    private static KerasConfig Cell(KerasLayer layer) => layer.Class == "RNN" ? layer.Config.Object("cell").Object("config") : layer.Config;

    /// <summary>SimpleRNN, LSTM or GRU.</summary>
    private static string Kind(KerasLayer layer)
    {
        string name = layer.Class == "RNN" ? layer.Config.Object("cell").Text("class_name", "?") : layer.Class;
        return name.EndsWith("Cell", StringComparison.Ordinal) ? name[..^4] : name;
    }

    private static IReadOnlyList<WeightGroup> CellWeights(KerasLayer layer)
    {
        IEnumerable<string> names = Cell(layer).Flag("use_bias", true) ? ["kernel", "recurrent_kernel", "bias"] : ["kernel", "recurrent_kernel"];
        return [new WeightGroup(["cell", ""], [.. names.Select(static name => new WeightName(name))])];
    }

    private static string? Objection(KerasLayer layer)
    {
        KerasConfig cell = Cell(layer);
        string kind = Kind(layer);
        return kind is not ("SimpleRNN" or "LSTM" or "GRU") ? $"its cell is {kind}; LSTMCell, GRUCell and SimpleRNNCell are known"
            : ActivationLayers.ForRecurrence(layer, cell, "activation", "tanh") is null ? "its activation is not one that recurrent operators have; use tanh, sigmoid, relu, linear, hard_sigmoid, softsign, softplus or elu"
            : kind != "SimpleRNN" && ActivationLayers.ForRecurrence(layer, cell, "recurrent_activation", "sigmoid") is null ? "its recurrent_activation is not one that recurrent operators have; use sigmoid or hard_sigmoid"
            : null;
    }

    private static string? BidirectionalObjection(KerasLayer layer) =>
        layer.Inside.FirstOrDefault(static inner => inner.Class is not ("SimpleRNN" or "LSTM" or "GRU" or "RNN")) is { } other ? $"it wraps {other.Class}; LSTM, GRU and SimpleRNN are supported"
        : layer.Inside[0].Config.Flag("go_backwards", false) ? "its forward layer goes backwards; let it go forwards"
        : layer.Config.Text("merge_mode", "none") is var mode && mode is not ("none" or "concat" or "sum" or "mul" or "ave") ? $"it merges by '{mode}'; concat, sum, mul, ave and none are known" : null;

    private static IReadOnlyList<Tensor> Recurrent(LayerContext layer)
    {
        Direction run = Run(layer, layer.Layer, layer.Config.Flag("go_backwards", false), FirstStates(layer, 0, 1));
        Tensor output = !run.ReturnsSequence ? run.States[0] : !run.Reverse ? run.Sequence : Reversed(layer, run.Sequence);
        return layer.Config.Flag("return_state", false) ? [output, .. run.States] : [output];
    }

    private static IReadOnlyList<Tensor> Bidirectional(LayerContext layer)
    {
        LayerContext forwardLayer = layer.Inside(layer.Layer.Inside[0], "forward"), backwardLayer = layer.Inside(layer.Layer.Inside[1], "backward");
        Direction forward = Run(forwardLayer, forwardLayer.Layer, false, FirstStates(layer, 0, 2));
        Direction backward = Run(backwardLayer, backwardLayer.Layer, true, FirstStates(layer, 1, 2));

        // Keras turns the backward direction's outputs around, to the steps that they belong to, as the operator has them.
        (Tensor one, Tensor other) = forward.ReturnsSequence ? (forward.Sequence, backward.Sequence) : (forward.States[0], backward.States[0]);
        Tensor[] merged = layer.Config.Text("merge_mode", "none") switch
        {
            "concat" => [layer.Builder.Add(layer.Name, new Concat(-1), one, other)],
            "sum" => [layer.Builder.Add(layer.Name, new Add(), one, other)],
            "mul" => [layer.Builder.Add(layer.Name, new Multiply(), one, other)],
            "ave" => [layer.Builder.Add(layer.Name, new ParametricUnary(ParametricFunction.Affine, 0.5f), layer.Builder.Add($"{layer.Name}/sum", new Add(), one, other))],
            _ => [one, other],
        };
        return forwardLayer.Config.Flag("return_state", false) ? [.. merged, .. forward.States, .. backward.States] : merged;
    }

    /// <summary>The states a layer is called with, behind its input or by name; of Bidirectional the half of one direction.</summary>
    private static Tensor[] FirstStates(LayerContext layer, int part, int parts)
    {
        Tensor[] all = layer.Named.TryGetValue("initial_state", out IReadOnlyList<Tensor>? named) ? [.. named] : [.. layer.Inputs.Skip(1)];
        int count = all.Length / parts;
        return all.Length % parts == 0 ? all[(part * count)..((part + 1) * count)] : throw layer.Refuse($"is called with {all.Length} states for {parts} directions");
    }

    private static Direction Run(LayerContext call, KerasLayer layer, bool reverse, Tensor[] first)
    {
        if (call.Named.ContainsKey("mask"))
        {
            throw call.Refuse("is called with a mask, which is not supported; cut sequences to their length");
        }

        KerasConfig cell = Cell(layer);
        Tensor input = call.Inputs.Count > 0 ? call.Inputs[0] : throw call.Refuse("is called with nothing; a sequence is needed");
        call.RequireRank(input, 3);
        bool timeFirst = layer.Config.Flag("time_major", false);
        Tensor sequence = timeFirst ? call.Transpose(input, [1, 0, 2], "batch_first") : input;
        string kind = Kind(layer);
        int gates = kind switch { "LSTM" => 4, "GRU" => 3, _ => 1 };
        int units = cell.Integer("units");
        int features = sequence.Shape[2], batch = sequence.Shape[0];
        int width = checked(gates * units);
        bool resetAfter = kind == "GRU" && cell.Flag("reset_after", false);
        Tensor kernel = Matrix(call, "kernel", features, width, units, kind);
        Tensor recurrent = Matrix(call, "recurrent_kernel", units, width, units, kind);
        (Tensor? bias, Tensor? recurrentBias) = Biases(call, cell, width, units, kind, resetAfter);
        int states = kind == "LSTM" ? 2 : 1;
        if (first.Length != 0 && first.Length != states)
        {
            throw call.Refuse($"is called with {first.Length} states; {states} are needed");
        }

        bool stateful = layer.Config.Flag("stateful", false);
        if (stateful && first.Length == 0)
        {
            // Not folded although its input is constant: what it gives differs from run to run.
            first = [.. Enumerable.Range(0, states).Select(i => call.Builder.Graph.Add(
                $"{call.Name}/state_{i}", new ReadState(call.StateId($"state {i}")), call.Constant($"zero state {i}", new Shape(batch, units), () => new float[batch * units])))];
        }

        RecurrentActivation activation = ActivationLayers.ForRecurrence(layer, cell, "activation", "tanh") ?? throw call.Refuse("has an activation that is not known");
        RecurrentActivation gate = ActivationLayers.ForRecurrence(layer, cell, "recurrent_activation", "sigmoid") ?? throw call.Refuse("has a recurrent_activation that is not known");
        Tensor? hidden = first.Length > 0 ? first[0] : null;
        IReadOnlyList<Tensor> outputs = kind switch
        {
            "LSTM" => call.Builder.AddAll(call.Name, new Lstm(reverse, gate, activation, activation), [], sequence, kernel, recurrent, bias, null, null, hidden, first.Length > 1 ? first[1] : null),
            "GRU" => call.Builder.AddAll(call.Name, new Gru(reverse, resetAfter, gate, activation), [], sequence, kernel, recurrent, bias, recurrentBias, null, hidden),
            _ => call.Builder.AddAll(call.Name, new Rnn(reverse, activation), [], sequence, kernel, recurrent, bias, null, null, hidden),
        };
        Tensor[] last = [.. outputs.Skip(1)];
        for (int i = 0; stateful && i < last.Length; i++)
        {
            last[i] = call.Builder.Add($"{call.Name}/keep_{i}", new WriteState(call.StateId($"state {i}")), last[i]);
        }

        bool returns = layer.Config.Flag("return_sequences", false);
        return new Direction(returns && timeFirst ? call.Transpose(outputs[0], [1, 0, 2], "time_first") : outputs[0], last, returns, reverse);
    }

    /// <summary>[in, gates · units] as [gates · units, in], with the gates in the operator's order.</summary>
    private static Tensor Matrix(LayerContext call, string name, int inputs, int width, int units, string kind)
    {
        Hdf5Dataset weight = call.Weight(name, inputs, width);
        return call.Constant(name, new Shape(width, inputs), () => Ordered(BasicLayers.Transposed(weight.Singles(), inputs, width), units * inputs, kind));
    }

    private static (Tensor? Bias, Tensor? Recurrent) Biases(LayerContext call, KerasConfig cell, int width, int units, string kind, bool resetAfter)
    {
        if (!cell.Flag("use_bias", true))
        {
            return default;
        }

        if (!resetAfter)
        {
            Hdf5Dataset weight = call.Weight("bias", width);
            return (call.Constant("bias", new Shape(width), () => Ordered(weight.Singles(), units, kind)), null);
        }

        Hdf5Dataset both = call.Weight("bias", 2, width);
        return (Half(0, "bias"), Half(1, "recurrent_bias"));

        Tensor Half(int row, string name) => call.Constant(name, new Shape(width), () => Ordered(both.Singles()[(row * width)..((row + 1) * width)], units, kind));
    }

    /// <summary>Exchanges update and reset gate of a GRU; other kinds have the operator's order.</summary>
    private static float[] Ordered(float[] values, int block, string kind) =>
        kind == "GRU" ? [.. values.AsSpan(block, block), .. values.AsSpan(0, block), .. values.AsSpan(2 * block)] : values;

    private static Tensor Reversed(LayerContext layer, Tensor sequence) =>
        layer.Builder.Add($"{layer.Name}/reversed", new StridedSlice([0, -1, 0], [-1, -1, -1], [1, -1, 1]), sequence);

    /// <summary>What one direction gives.</summary>
    private readonly record struct Direction(Tensor Sequence, Tensor[] States, bool ReturnsSequence, bool Reverse);
}

using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TensorFlow.Operators;

/// <summary>Recurrent layers of Keras 2, which stand in the file as functions with a mark that says so.</summary>
/// <remarks>
/// Source: keras/layers/rnn/lstm.py (standard_lstm), gru.py (standard_gru), gru_lstm_utils.py. Keras uses these functions only with tanh, sigmoid, a bias and, for GRU, reset_after.
/// They return the last output, all outputs, the last states, and a number that names the device.
/// </remarks>
internal static class RecurrentOperators
{
    /// <summary>The table.</summary>
    public static IEnumerable<TensorFlowOperator> Table =>
    [
        TensorFlowOperator.Values(FlatGraph.KerasLstm, OperatorSupport.Supported, "Lstm", static node => Convert(node, ["inputs", "init_h", "init_c", "kernel", "recurrent_kernel", "bias"])) with { Refuses = static node => Refuse(node, 6) },
        TensorFlowOperator.Values(FlatGraph.KerasGru, OperatorSupport.Supported, "Gru", static node => Convert(node, ["inputs", "init_h", "kernel", "recurrent_kernel", "bias"])) with { Refuses = static node => Refuse(node, 5) },
    ];

    private static string? Refuse(FlatNode node, int arguments)
    {
        const string Advice = "save the model as .keras or .h5 and convert that";
        Messages.FunctionMessage function = node.Function!;
        if (function.Arguments.Count != arguments)
        {
            return $"a recurrent layer with {function.Arguments.Count} arguments instead of {arguments}, for example with a mask; {Advice}";
        }

        // Early versions do not say in which direction and layout the layer runs; there the body tells whether both are the usual ones.
        bool says = function.Attributes.ContainsKey("go_backwards") && function.Attributes.ContainsKey("time_major");
        bool usual = function.Nodes.Values.All(static inner => inner.Kind is not ("ReverseV2" or "ReverseSequence")) && function.Nodes.Values.Any(static inner => inner.Kind == "Transpose");
        return says || usual ? null : $"a recurrent layer that does not say in which direction and layout it runs; {Advice}";
    }

    private static IReadOnlyList<TensorFlowValue> Convert(TensorFlowNode node, string[] names)
    {
        bool lstm = names.Length == 6;
        Tensor[] arguments = [.. names.Select((name, index) => node.Input(node.Flat.Function!.Arguments.GetValueOrDefault(name, index)))];
        bool timeFirst = Flag(node, "time_major"), reverse = Flag(node, "go_backwards");
        Tensor sequence = timeFirst ? node.Permute(arguments[0], [1, 0, 2]) : arguments[0];
        Tensor kernel = arguments[^3], recurrent = arguments[^2], bias = arguments[^1];
        node.Require(sequence.Shape.Rank == 3 && kernel.Shape.Rank == 2 && recurrent.Shape.Rank == 2, $"sequence, kernel and recurrent kernel are {sequence}, {kernel} and {recurrent}; 3, 2 and 2 axes are needed.");
        int units = recurrent.Shape[0], gates = lstm ? 4 : 3;
        node.Require(
            kernel.Shape[1] == (long)gates * units && recurrent.Shape[1] == (long)gates * units && bias.Shape == (lstm ? new Shape(gates * units) : new Shape(2, gates * units)),
            $"kernel, recurrent kernel and bias are {kernel}, {recurrent} and {bias}; they do not fit {units} units.");
        Tensor weights = Gates(node, node.Permute(kernel, [1, 0]), units, lstm), recurrentWeights = Gates(node, node.Permute(recurrent, [1, 0]), units, lstm);
        Tensor? first = State(arguments[1]);
        IReadOnlyList<Tensor> outputs;
        if (lstm)
        {
            outputs = node.Builder.AddAll(node.Name, new Lstm(reverse), [], sequence, weights, recurrentWeights, bias, null, null, first, State(arguments[2]));
        }
        else
        {
            Tensor[] rows = [.. Pieces.Split(node.Builder, node.Name + "/bias", bias, 0, [1, 1]).Select(row => Gates(node, Pieces.RemoveAxes(node.Builder, node.Name + "/bias", row, [0]), units, lstm))];
            outputs = node.Builder.AddAll(node.Name, new Gru(reverse, ResetAfter: true), [], sequence, weights, recurrentWeights, rows[0], rows[1], null, first);
        }

        // Keras gives the outputs of a reversed run in the order of the run; the operator leaves them at their steps.
        Tensor all = reverse ? MovementOperators.Reversed(node, outputs[0], [1]) : outputs[0];
        all = timeFirst ? node.Permute(all, [1, 0, 2]) : all;
        return [new TensorFlowValue(outputs[1]), new TensorFlowValue(all), .. outputs.Skip(1).Select(static state => new TensorFlowValue(state))];
    }

    private static bool Flag(TensorFlowNode node, string name) => node.Flat.Function!.Attributes.TryGetValue(name, out Messages.AttributeMessage? attribute) && attribute.Integer is not (null or 0);

    /// <summary>Keras' GRU has update before reset; the operator wants reset first. The order of an LSTM's gates is the same.</summary>
    private static Tensor Gates(TensorFlowNode node, Tensor rows, int units, bool lstm)
    {
        if (lstm)
        {
            return rows;
        }

        Tensor[] gates = Pieces.Split(node.Builder, node.Name + "/gate", rows, 0, [units, units, units]);
        return Pieces.Join(node.Builder, node.Name + "/gates", [gates[1], gates[0], gates[2]], 0);
    }

    /// <summary>A first state of zeros is left out, so that the batch stays open.</summary>
    private static Tensor? State(Tensor state) => state.IsConstant && state.Data.Span.IndexOfAnyExcept((byte)0) < 0 ? null : state;
}

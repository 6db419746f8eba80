using Edge.Import.TFLite;
using Edge.Runtime;

namespace Edge.Tests.Import.TFLite;

/// <summary>Variables and recurrent layers keep their values from run to run.</summary>
public sealed class TfliteStateTests
{
    /// <summary>A variable that begins as 10, 20 and grows by the input.</summary>
    internal static TfliteWriter Counter()
    {
        TfliteWriter model = new();
        Flat name = new() { [1] = "counter" };
        int handle = model.Tensor(TensorKind.Resource, [1]);
        model.Add(142, [], [handle], OptionsKind.VarHandle, name);
        model.Add(144, [handle, model.Floats([1, 2], 10, 20)], []);
        model.Behind();
        int x = model.Input(1, 2);
        handle = model.Tensor(TensorKind.Resource, [1]);
        int value = model.Tensor(TensorKind.Float32, [1, 2]), sum = model.Tensor(TensorKind.Float32, [1, 2]);
        model.Add(129, [], [], OptionsKind.CallOnce, new Flat { [0] = 1 });
        model.Add(142, [], [handle], OptionsKind.VarHandle, name);
        model.Add(143, [handle], [value]);
        model.Add(0, [value, x], [sum], OptionsKind.Add);
        model.Add(144, [handle, sum], []);
        return model.Output(sum);
    }

    [Fact]
    public void A_variable_begins_as_its_initialization_says_and_stays()
    {
        using Session session = TfliteRun.Load(Counter());
        Assert.Equal([11, 22], Step(session, 1, 2));
        Assert.Equal([12, 24], Step(session, 1, 2));
        session.Reset();
        Assert.Equal([11, 22], Step(session, 1, 2));
    }

    [Fact]
    public void An_lstm_continues_where_it_stopped()
    {
        // With all weights 0 and biases b: c' = σ(b_f) · c + σ(b_i) · tanh(b_g), h' = σ(b_o) · tanh(c').
        float[] biases = [0.5f, 1, 0.25f, -0.5f];
        TfliteWriter model = new();
        int[] inputs = new int[24];
        Array.Fill(inputs, -1);
        inputs[0] = model.Input(1, 1, 1);
        for (int gate = 0; gate < 4; gate++)
        {
            inputs[1 + gate] = model.Floats([1, 1], 0);
            inputs[5 + gate] = model.Floats([1, 1], 0);
            inputs[12 + gate] = model.Floats([1], biases[gate]);
        }

        inputs[18] = model.Variable(TensorKind.Float32, [1, 1]);
        inputs[19] = model.Variable(TensorKind.Float32, [1, 1]);
        using Session session = TfliteRun.Load(model.Then(44, inputs, [1, 1, 1], OptionsKind.UnidirectionalSequenceLstm, new Flat { [0] = (byte)4 }));
        double cell = 0;
        for (int step = 0; step < 3; step++)
        {
            cell = (Sigmoid(biases[1]) * cell) + (Sigmoid(biases[0]) * Math.Tanh(biases[2]));
            TfliteRun.AssertNear([(float)(Sigmoid(biases[3]) * Math.Tanh(cell))], Step(session, 5));
        }
    }

    [Fact]
    public void An_lstm_may_project_what_it_gives()
    {
        float[] biases = [0.5f, 1, 0.25f, -0.5f];
        TfliteWriter model = new();
        int[] inputs = new int[24];
        Array.Fill(inputs, -1);
        inputs[0] = model.Input(1, 1, 1);
        for (int gate = 0; gate < 4; gate++)
        {
            inputs[1 + gate] = model.Floats([1, 1], 0);
            inputs[5 + gate] = model.Floats([1, 2], 0, 0);
            inputs[12 + gate] = model.Floats([1], biases[gate]);
        }

        inputs[16] = model.Floats([2, 1], 2, -1);
        inputs[17] = model.Floats([2], 0, 0.25f);
        inputs[18] = model.Variable(TensorKind.Float32, [1, 2]);
        inputs[19] = model.Variable(TensorKind.Float32, [1, 1]);
        using Session session = TfliteRun.Load(model.Then(44, inputs, [1, 1, 2], OptionsKind.UnidirectionalSequenceLstm, new Flat { [0] = (byte)4 }));
        double hidden = Sigmoid(biases[3]) * Math.Tanh(Sigmoid(biases[0]) * Math.Tanh(biases[2]));
        TfliteRun.AssertNear([(float)(2 * hidden), (float)(0.25 - hidden)], Step(session, 5));
    }

    [Fact]
    public void Without_an_input_gate_it_is_one_minus_the_forget_gate()
    {
        TfliteWriter model = new();
        int[] inputs = new int[24];
        Array.Fill(inputs, -1);
        inputs[0] = model.Input(1, 2, 1);
        float[] weights = [0, 0.5f, -1, 2], biases = [0, 1, 0.25f, -0.5f];
        for (int gate = 1; gate < 4; gate++)
        {
            inputs[1 + gate] = model.Floats([1, 1], weights[gate]);
            inputs[5 + gate] = model.Floats([1, 1], weights[gate] / 2);
            inputs[12 + gate] = model.Floats([1], biases[gate]);
        }

        inputs[18] = model.Variable(TensorKind.Float32, [1, 1]);
        inputs[19] = model.Variable(TensorKind.Float32, [1, 1]);
        using Session session = TfliteRun.Load(model.Then(44, inputs, [1, 2, 1], OptionsKind.UnidirectionalSequenceLstm, new Flat { [0] = (byte)4 }));
        double cell = 0, hidden = 0;
        float[] expected = new float[2], values = [0.7f, -0.3f];
        for (int step = 0; step < 2; step++)
        {
            double Gate(int gate) => (weights[gate] * values[step]) + (weights[gate] / 2 * hidden) + biases[gate];
            double forget = Sigmoid(Gate(1)), candidate = Math.Tanh(Gate(2)), output = Sigmoid(Gate(3));
            cell = (forget * cell) + ((1 - forget) * candidate);
            hidden = output * Math.Tanh(cell);
            expected[step] = (float)hidden;
        }

        TfliteRun.AssertNear(expected, Step(session, values));
    }

    [Fact]
    public void A_simple_recurrent_layer_and_a_factored_one_remember()
    {
        // h' = relu(x + 0.5 h), over two steps of time first.
        TfliteWriter rnn = new();
        int[] inputs = [rnn.Input(2, 1, 1), rnn.Floats([1, 1], 1), rnn.Floats([1, 1], 0.5f), rnn.Floats([1], 0), rnn.Variable(TensorKind.Float32, [1, 1])];
        using Session first = TfliteRun.Load(rnn.Then(35, inputs, [2, 1, 1], OptionsKind.SequenceRnn, new Flat { [0] = true, [1] = (byte)1 }));
        Assert.Equal([1, 2.5f], Step(first, 1, 2));
        Assert.Equal([2.25f, 3.125f], Step(first, 1, 2));

        TfliteWriter cell = new();
        inputs = [cell.Input(1, 1), cell.Floats([1, 1], 1), cell.Floats([1, 1], 0.5f), cell.Floats([1], 0), cell.Variable(TensorKind.Float32, [1, 1])];
        using Session second = TfliteRun.Load(cell.Then(24, inputs, [1, 1], OptionsKind.Rnn, new Flat { [0] = (byte)1 }));
        Assert.Equal([1], Step(second, 1));
        Assert.Equal([2.5f], Step(second, 2));

        // One filter that remembers two values: y = 3 x + 10 · the value before.
        TfliteWriter svdf = new();
        inputs = [svdf.Input(1, 1), svdf.Floats([1, 1], 1), svdf.Floats([1, 2], 10, 3), -1, svdf.Variable(TensorKind.Float32, [1, 2])];
        using Session third = TfliteRun.Load(svdf.Then(27, inputs, [1, 1], OptionsKind.Svdf, new Flat { [0] = 1 }));
        Assert.Equal([3], Step(third, 1));
        Assert.Equal([16], Step(third, 2));
    }

    [Fact]
    public void What_cannot_be_kept_is_refused()
    {
        TfliteWriter noHandle = new();
        int value = noHandle.Tensor(TensorKind.Float32, [1, 2]);
        noHandle.Add(143, [noHandle.Input(1, 2)], [value]);
        Assert.Contains("no handle", TfliteRun.Refused(noHandle.Output(value)), StringComparison.Ordinal);

        TfliteWriter noVariable = new();
        int[] inputs = [noVariable.Input(1, 1), noVariable.Floats([1, 1], 1), noVariable.Floats([1, 1], 1), noVariable.Floats([1], 0), noVariable.Floats([1, 1], 0)];
        Assert.Contains("no variable tensor", TfliteRun.Refused(noVariable.Then(24, inputs, [1, 1], OptionsKind.Rnn)), StringComparison.Ordinal);

        TfliteWriter itself = Counter();
        ((Flat)itself.Operators[0][4])[0] = 0;
        Assert.Contains("subgraph 0", TfliteRun.Refused(itself), StringComparison.Ordinal);
        ((Flat)itself.Operators[0][4])[0] = 2;
        Assert.Contains("subgraph 2", TfliteRun.Refused(itself), StringComparison.Ordinal);

        // An initialization that calls the next one: no chain, so no cycle.
        TfliteWriter cycle = new();
        cycle.Add(129, [], [], OptionsKind.CallOnce, new Flat { [0] = 1 });
        cycle.Behind();
        int x = cycle.Input(1, 1);
        cycle.Add(129, [], [], OptionsKind.CallOnce, new Flat { [0] = 1 });
        Assert.Contains("one level", TfliteRun.Refused(cycle.Then(19, [x], [1, 1])), StringComparison.Ordinal);
    }

    private static float[] Step(Session session, params float[] input)
    {
        input.CopyTo(session.Input<float>());
        session.Run();
        return session.Output<float>().ToArray();
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}

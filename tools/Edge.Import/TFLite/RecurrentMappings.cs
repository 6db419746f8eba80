using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TFLite;

/// <summary>Recurrent layers. Their states are variables: they stay from run to run, as in TensorFlow Lite.</summary>
internal static class RecurrentMappings
{
    private const int Gates = 4;

    /// <summary>The operators.</summary>
    public static IReadOnlyList<TfliteMapping> Table { get; } =
    [
        TfliteMapping.Several("UNIDIRECTIONAL_SEQUENCE_LSTM", "ReadState, Lstm, WriteState", SequenceLstm),
        TfliteMapping.Several("LSTM", "ReadState, Lstm, WriteState", CellLstm),
        TfliteMapping.Several("UNIDIRECTIONAL_SEQUENCE_RNN", "ReadState, Rnn, WriteState", SequenceRnn),
        TfliteMapping.Several("SVDF", "ReadState, Svdf, WriteState", Svdf),
        TfliteMapping.Several("RNN", "ReadState, Rnn, WriteState", CellRnn),
    ];

    private static void SequenceLstm(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.UnidirectionalSequenceLstm);
        if (options.Bool(5))
        {
            throw new ModelImportException("its recurrent weights are diagonal; full matrices are supported.");
        }

        bool timeFirst = options.Bool(3);
        Tensor input = BatchFirst(node, node.Input(0), timeFirst, "input");
        Tensor sequence = Lstm(node, input, options.Byte(0), options.Single(1), options.Single(2));
        node.Set(BatchFirst(node, sequence, timeFirst, "output"));
    }

    private static void CellLstm(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.Lstm);
        if (options.Byte(3) != 0)
        {
            throw new ModelImportException($"it is of kernel type {options.Byte(3)} (basic); type 0 (full) is supported.");
        }

        Tensor sequence = Lstm(node, MovementMappings.With(node, $"{node.Name}/step", node.Input(0), 1), options.Byte(0), options.Single(1), options.Single(2));

        // Old files state scratch memory as outputs before the real one, which is the last.
        for (int i = 0; i < node.OutputCount; i++)
        {
            node.Set(MovementMappings.Without(node, $"{node.Name}/last", sequence, 1), i);
        }
    }

    /// <remarks>
    /// Inputs: 1 … 4 input weights and 5 … 8 recurrent weights of input gate, forget gate, cell and output gate; 9 … 11 peepholes of input, forget and output gate;
    /// 12 … 15 biases; 16, 17 projection; 18, 19 output and cell state; 20 … 23 layer normalization. Source: TensorFlow Lite kernels/lstm_shared.h.
    /// </remarks>
    private static Tensor Lstm(TfliteNode node, Tensor input, byte activation, float cellClip, float projectionClip)
    {
        for (int i = 20; i < 24; i++)
        {
            if (node.Has(i))
            {
                throw new ModelImportException($"it has input {i}, a layer normalization inside the cell, which has no operator; cells without one are supported.");
            }
        }

        bool isCoupled = !node.Has(1);
        bool isInteger = input.Quantization is not null;
        if (isInteger && isCoupled)
        {
            throw new ModelImportException("it has no input gate and integer activations; a cell with all gates, or float32, is supported.");
        }

        Tensor weights = isInteger ? JoinedIntegers(node, "weights", 1) : Joined(node, "weights", 1, isCoupled, rows: true);
        Tensor recurrent = isInteger ? JoinedIntegers(node, "recurrent", 5) : Joined(node, "recurrent", 5, isCoupled, rows: true);
        Tensor bias = isInteger ? JoinedIntegers(node, "bias", 12) : Joined(node, "bias", 12, isCoupled, rows: false);
        Tensor? peepholes = node.Has(10) ? Peepholes(node, isCoupled) : null;
        (int state, Tensor hidden) = node.Conversion.Variables.Read(node, 18);
        (int cellState, Tensor cell) = node.Conversion.Variables.Read(node, 19);
        RecurrentActivation function = Function(activation);
        IReadOnlyList<Tensor> results = node.Builder.AddAll(
            node.Name, new Lstm(Candidate: function, Output: function, CellClip: cellClip, CoupledForget: isCoupled, ProjectionClip: projectionClip), isInteger ? [node.Declared()] : [],
            input, weights, recurrent, bias, null, null, hidden, cell, peepholes, node.Has(16) ? Weights(node, 16) : null, node.Optional(17));
        node.Builder.Add($"{node.Name}/hidden", new WriteState(state), results[1]);
        node.Builder.Add($"{node.Name}/cell", new WriteState(cellState), results[2]);
        return results[0];
    }

    private static void SequenceRnn(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.SequenceRnn);
        bool timeFirst = options.Bool(0);
        Tensor input = BatchFirst(node, node.Input(0), timeFirst, "input");
        node.Set(BatchFirst(node, Rnn(node, input, options.Byte(1)), timeFirst, "output"));
    }

    private static void CellRnn(TfliteNode node)
    {
        Tensor sequence = Rnn(node, MovementMappings.With(node, $"{node.Name}/step", node.Input(0), 1), node.Options(OptionsKind.Rnn).Byte(0));
        node.Set(MovementMappings.Without(node, $"{node.Name}/last", sequence, 1));
    }

    /// <remarks>Inputs: 1 weights, 2 recurrent weights, 3 bias, 4 state. Source: TensorFlow Lite kernels/basic_rnn.cc.</remarks>
    private static Tensor Rnn(TfliteNode node, Tensor input, byte activation)
    {
        RequireFloat(node);
        (int state, Tensor hidden) = node.Conversion.Variables.Read(node, 4);
        IReadOnlyList<Tensor> results = node.Builder.AddAll(
            node.Name, new Rnn(Function: Function(activation)), [], input, Weights(node, 1), Weights(node, 2), node.Optional(3), null, null, hidden);
        node.Builder.Add($"{node.Name}/hidden", new WriteState(state), results[1]);
        return results[0];
    }

    /// <remarks>
    /// Inputs: 1 feature weights, 2 time weights, 3 bias, 4 state. The integer reference applies no activation but the range of its output. Source: TFLite Micro kernels/svdf_common.cc.
    /// </remarks>
    private static void Svdf(TfliteNode node)
    {
        FlatTable options = node.Options(OptionsKind.Svdf);
        Tensor input = node.Input(0);
        bool isInteger = input.Quantization is not null;
        (int state, Tensor memory) = node.Conversion.Variables.Read(node, 4);
        Activation activation = TfliteNode.Clamp(options.Byte(1));
        IReadOnlyList<Tensor> results = node.Builder.AddAll(
            node.Name, new Svdf(options.Int32(0), isInteger ? Activation.None : activation), isInteger ? [node.Declared()] : [],
            input, isInteger ? node.Input(1) : Weights(node, 1), isInteger ? node.Input(2) : Weights(node, 2), memory, node.Optional(3));
        node.Builder.Add($"{node.Name}/memory", new WriteState(state), results[1]);
        node.Set(results[0]);
    }

    /// <summary>Four constants of integers one behind the other, each with its scale: a scale for each row.</summary>
    private static Tensor JoinedIntegers(TfliteNode node, string name, int first)
    {
        List<byte> elements = [];
        List<float> scales = [];
        DataType type = DataType.None;
        int rows = 0, columns = 0;
        for (int i = 0; i < Gates; i++)
        {
            Tensor part = node.Constant(first + i, $"input {first + i}");
            if (type != DataType.None && (part.Type != type || part.Shape.Rank != (columns == 0 ? 1 : 2) || (columns > 0 && part.Shape[1] != columns)))
            {
                throw new ModelImportException($"input {first + i} is {part}; the type and width of input {first} are needed.");
            }

            type = part.Type;
            rows += part.Shape[0];
            columns = part.Shape.Rank == 2 ? part.Shape[1] : 0;
            elements.AddRange(part.Data.Span);
            if (part.Quantization is { } parameters)
            {
                if (parameters.ZeroPoints.IndexOfAnyExcept(0) >= 0)
                {
                    throw new ModelImportException($"input {first + i} has a zero point other than 0; symmetric weights are needed.");
                }

                scales.AddRange(parameters.Axis < 0 ? [.. Enumerable.Repeat(parameters.Scale, part.Shape[0])] : parameters.Scales.ToArray());
            }
        }

        TensorSpec spec = new(type, columns == 0 ? new Shape(rows) : new Shape(rows, columns), scales.Count == 0 ? null : new Quantization([.. scales], [], 0));
        return node.Builder.Graph.Constant($"{node.Name}/{name}", spec, elements.ToArray());
    }

    private static void RequireFloat(TfliteNode node)
    {
        if (node.Input(0).Type != DataType.Float32)
        {
            throw new ModelImportException($"it reads {node.Input(0)}; float32 is supported. Convert the model with float or dynamic-range quantized recurrent layers.");
        }
    }

    /// <summary>A constant as float32, dequantized where the file has it as integers (dynamic-range quantization).</summary>
    private static Tensor Weights(TfliteNode node, int input)
    {
        TfliteTensor stated = node.Stated(input);
        return node.IsStored(input) && stated.IsQuantized
            ? node.Builder.Constant<float>(stated.Name, stated.Shape, LayerMappings.Dequantized(stated, node.Conversion.Constants.Elements(stated).Span))
            : node.Input(input);
    }

    /// <summary>Four constants one behind the other. Where input and forget gate are coupled, the input gate's are left out; the runtime has them as zeros at the forget gate's place.</summary>
    private static Tensor Joined(TfliteNode node, string name, int first, bool isCoupled, bool rows)
    {
        if (!rows && !node.Has(first + 1) && !node.Has(first + 2) && !node.Has(first + 3))
        {
            throw new ModelImportException($"inputs {first} to {first + 3}, its biases, are left out; they are needed.");
        }

        Tensor?[] parts = new Tensor?[Gates];
        for (int i = 0; i < Gates; i++)
        {
            parts[i] = i == 0 && isCoupled ? null : Constant(node, first + i);
        }

        if (isCoupled)
        {
            // i = 1 − f there, f = 1 − i here: with σ(−z) = 1 − σ(z) the input gate has the forget gate's weights with the sign turned.
            Tensor forget = parts[1]!;
            float[] turned = [.. forget.Values<float>().ToArray().Select(static value => -value)];
            parts[0] = node.Builder.Constant<float>($"{node.Name}/{name}/input", forget.Shape, turned);
            parts[1] = node.Builder.Constant<float>($"{node.Name}/{name}/forget", forget.Shape, new float[turned.Length]);
        }

        return node.Builder.Add($"{node.Name}/{name}", new Concat(0), parts);
    }

    private static Tensor Peepholes(TfliteNode node, bool isCoupled)
    {
        Tensor forget = Constant(node, 10), output = Constant(node, 11);
        Tensor input = isCoupled
            ? node.Builder.Constant<float>($"{node.Name}/peephole", forget.Shape, (float[])[.. forget.Values<float>().ToArray().Select(static value => -value)])
            : Constant(node, 9);
        Tensor[] rows = [.. new[] { input, forget, output }.Select((tensor, i) => MovementMappings.With(node, $"{node.Name}/peephole_{i}", tensor, 0))];
        return node.Builder.Add($"{node.Name}/peepholes", new Concat(0), rows);
    }

    private static Tensor Constant(TfliteNode node, int input) => Weights(node, input) is { IsConstant: true, Type: DataType.Float32 } constant
        ? constant
        : throw new ModelImportException($"input {input} is {node.Input(input)}; a constant of float32 or of integers with a scale is needed.");

    private static Tensor BatchFirst(TfliteNode node, Tensor tensor, bool timeFirst, string what)
    {
        LayerMappings.Rank(tensor, 3, "a sequence of three axes");
        return timeFirst ? node.Builder.Add($"{node.Name}/{what}", new Transpose(IntList.Create([1, 0, 2])), tensor) : tensor;
    }

    private static RecurrentActivation Function(byte activation) => activation switch
    {
        0 => RecurrentActivation.Identity,
        1 => RecurrentActivation.Relu,
        3 => new RecurrentActivation(RecurrentFunction.Relu6),
        4 => RecurrentActivation.Tanh,
        _ => throw new ModelImportException($"it applies activation {activation}; 0 (none), 1 (RELU), 3 (RELU6) and 4 (TANH) are allowed."),
    };
}

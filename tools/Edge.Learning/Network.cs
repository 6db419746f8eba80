using System.Globalization;
using System.Text;
using Edge.Compiler;
using Edge.Format;
using Edge.Learning.Data;
using Edge.Learning.Layers;
using Edge.Learning.Metrics;
using Edge.Learning.Training;
using Edge.Runtime;
using Edge.Runtime.Training;
using Ops = Edge.Runtime.Operators;

namespace Edge.Learning;

/// <summary>Layers from an input to an output, with the values of their parameters: built, trained, measured and exported.</summary>
/// <remarks>
/// Training runs on <see cref="Trainer"/>, the machine that also learns on the device, with every parameter trainable. The same seed, data and options give the same
/// bits on any number of threads. Belongs to one thread at a time.
/// </remarks>
public class Network
{
    private const int PredictBatch = 64;

    private readonly Symbol[] _symbols;
    private readonly Dictionary<Layer, string> _names = [];
    private readonly ParameterStore _store;
    private Dataset? _trainedOn;

    /// <summary>Makes a network and initializes its parameters.</summary>
    /// <param name="input">Where samples enter.</param>
    /// <param name="output">What the network gives; made from <paramref name="input"/> alone.</param>
    /// <param name="seed">Seed of the initial values.</param>
    /// <exception cref="ArgumentException">The output does not depend on the input or depends on another one, or two layers have the same name.</exception>
    public Network(Input input, Symbol output, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        Input = input;
        Output = output;
        Seed = seed;
        _symbols = [.. Ancestors([output])];
        if (!_symbols.Contains(input) || _symbols.Any(symbol => symbol.Layer is null && symbol != input))
        {
            throw new ArgumentException("The output must be made from the network's input, and from no other; apply every layer to what comes from that input.", nameof(output));
        }

        NameLayers();
        _store = new ParameterStore(seed);
        _ = Build(_store);
    }

    /// <summary>Where samples enter.</summary>
    public Input Input { get; }

    /// <summary>What the network gives, before the activation that <see cref="Compile"/> may add.</summary>
    public Symbol Output { get; }

    /// <summary>Seed of the initial values.</summary>
    public ulong Seed { get; }

    /// <summary>All parameters and running statistics with their present values, in the order of the layers.</summary>
    public IReadOnlyList<NetworkParameter> Parameters => _store.All;

    /// <summary>The update rule, once compiled.</summary>
    public Optimizer? Optimizer { get; private set; }

    /// <summary>What is minimized, once compiled; else <see cref="Loss.Auto"/>.</summary>
    public Loss Loss { get; private set; }

    /// <summary>What is measured besides the loss.</summary>
    public IReadOnlyList<Metric> Metrics { get; private set; } = [];

    /// <summary>A parameter by its name.</summary>
    /// <param name="name">Such as "dense_1/weights".</param>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public NetworkParameter Parameter(string name) => _store.Find(name)
        ?? throw new ArgumentException($"No parameter has the name '{name}'; there are {string.Join(", ", Parameters.Select(static parameter => parameter.Name))}.", nameof(name));

    /// <summary>States how the network learns.</summary>
    /// <param name="optimizer">The update rule.</param>
    /// <param name="loss">What is minimized. The network may end in logits or in the loss's own activation: training always works on logits, predictions and the exported
    /// model always have the activation (Softmax for softmax cross-entropy, Sigmoid for binary cross-entropy).</param>
    /// <param name="metrics">What is measured besides the loss.</param>
    /// <exception cref="ArgumentException">The loss is <see cref="Loss.Auto"/>, or the network ends in an activation that does not fit it.</exception>
    public void Compile(Optimizer optimizer, Loss loss, params ReadOnlySpan<Metric> metrics)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        _ = LossNames.Name(loss);
        Ops.IOperator? last = Build(null).Outputs[0].Producer?.Operator;
        if ((loss == Loss.SoftmaxCrossEntropy && last is Ops.Sigmoid) || (loss == Loss.BinaryCrossEntropy && last is Ops.Softmax))
        {
            throw new ArgumentException($"The network ends in {last.GetType().Name}, and the loss is {loss}. Leave the last activation out: the loss brings its own.", nameof(loss));
        }

        Optimizer = optimizer;
        Loss = loss;
        Metrics = metrics.ToArray();
    }

    /// <summary>Trains.</summary>
    /// <param name="train">What to learn from.</param>
    /// <param name="options">Epochs, batch size, validation, callbacks, where to resume.</param>
    /// <returns>Loss and metrics by epoch.</returns>
    /// <exception cref="InvalidOperationException">The network was not compiled.</exception>
    /// <exception cref="DatasetException">The samples do not fit the network or the loss.</exception>
    public History Fit(Dataset train, FitOptions options)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(options);
        RequireCompiled();
        using FitRun run = new(this, train, options);
        _trainedOn = train;
        return run.Run();
    }

    /// <summary>Measures loss and metrics.</summary>
    /// <param name="data">Samples that training has not seen.</param>
    /// <param name="batchSize">Samples at a time, 1 or more.</param>
    /// <param name="threads">Threads, 1 or more; results do not depend on it.</param>
    /// <returns>The loss and each metric by name.</returns>
    public Evaluation Evaluate(Dataset data, int batchSize = PredictBatch, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(data);
        RequireCompiled();
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        using Model model = TrainingModel();
        using Trainer trainer = new(model, new TrainerOptions { Loss = Loss, BatchSize = Math.Max(1, Math.Min(batchSize, data.Count)), Threads = threads });
        CopyTo(trainer);
        return new Evaluator(trainer, data, [.. Metrics]).Run();
    }

    /// <summary>What the network gives for samples: probabilities once it is compiled with a cross-entropy loss.</summary>
    /// <param name="samples">Normalized features, row-major: whole samples.</param>
    /// <returns>The predictions, row-major.</returns>
    /// <exception cref="ShapeException">The length is not a multiple of a sample's.</exception>
    public float[] Predict(ReadOnlySpan<float> samples)
    {
        int length = Input.Shape.ElementCount;
        if (samples.Length % length != 0)
        {
            throw new ShapeException($"The samples have {samples.Length} values; whole samples of {length} are needed ({Input.Shape}).");
        }

        using Model model = Model.Load(ModelEmitter.ToBytes(ToGraph()));
        int count = samples.Length / length;
        int width = Output.Shape.ElementCount;
        float[] predictions = new float[count * width];
        for (int start = 0; start < count;)
        {
            int size = Math.Min(PredictBatch, count - start);
            using Session session = new(model, new SessionOptions { BatchSize = size });
            do
            {
                session.Run(samples.Slice(start * length, size * length), predictions.AsSpan(start * width, size * width));
                start += size;
            }
            while (count - start >= size);
        }

        return predictions;
    }

    /// <summary>What the network gives for a data set.</summary>
    /// <param name="data">The samples; they are normalized as the data set states.</param>
    public float[] Predict(Dataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        float[] features = new float[data.Count * data.SampleLength];
        for (int i = 0; i < data.Count; i++)
        {
            data.CopyFeatures(i, features.AsSpan(i * data.SampleLength, data.SampleLength));
        }

        return Predict(features);
    }

    /// <summary>The network as the compiler's graph, as it is: dropout and batch normalization are there, no pass has run.</summary>
    public Graph ToGraph() => Build(_store);

    /// <summary>The network as a model for devices: optimized, ending in its activation, with what a device needs to know as metadata.</summary>
    /// <param name="options">Metadata and passes; the defaults when null.</param>
    /// <returns>A graph ready for the quantizer or <see cref="ModelEmitter"/>.</returns>
    public Graph Export(ExportOptions? options = null)
    {
        options ??= new ExportOptions();
        Graph graph = ToGraph();
        Dataset? data = options.Data ?? _trainedOn;
        if (Loss != Loss.Auto)
        {
            graph.Metadata["task"] = Loss switch { Loss.SoftmaxCrossEntropy => "classification", Loss.BinaryCrossEntropy => "binary", _ => "regression" };
        }

        if (data is not null)
        {
            graph.Metadata["dataset"] = data.Name;
            if (data.HasClasses)
            {
                graph.Metadata["labels"] = string.Join('\n', data.ClassNames);
            }

            graph.Metadata["input.0.scale"] = Numbers(data.Normalization.Scale);
            graph.Metadata["input.0.offset"] = Numbers(data.Normalization.Offset);
            graph.Metadata["provenance.source"] = $"trained on {data.Source}";
        }

        graph.Metadata["provenance.tool"] = $"Edge.Learning {typeof(Network).Assembly.GetName().Version?.ToString(3)}";
        foreach ((string key, string value) in options.Metadata)
        {
            graph.Metadata[key] = value;
        }

        if (options.Optimize)
        {
            PassPipeline.Default.Run(graph);
        }

        return graph;
    }

    /// <summary>The layers, their shapes and parameters as a table.</summary>
    public string Summary()
    {
        List<string[]> rows = [["layer", "kind", "output", "parameters", "reads"], [Input.Name, "Input", Text(Input.Shape), "0", ""]];
        HashSet<Layer> seen = [];
        foreach (Symbol symbol in _symbols)
        {
            if (symbol.Layer is { } layer)
            {
                string prefix = _names[layer] + "/";
                int own = seen.Add(layer) ? Parameters.Where(parameter => parameter.Name.StartsWith(prefix, StringComparison.Ordinal)).Sum(static parameter => parameter.Values.Length) : 0;
                string reads = string.Join(", ", symbol.Inputs.Select(source => source.Layer is null ? Input.Name : _names[source.Layer]));
                rows.Add([_names[layer], layer.Kind, Text(symbol.Shape), own.ToString("N0", CultureInfo.InvariantCulture), reads]);
            }
        }

        int[] widths = [.. Enumerable.Range(0, 5).Select(column => rows.Max(row => row[column].Length))];
        StringBuilder text = new();
        foreach (string[] row in rows)
        {
            text.AppendLine(string.Join("  ", row.Select((cell, column) => column == 3 ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd());
        }

        long trainable = Parameters.Where(static parameter => parameter.IsTrainable).Sum(static parameter => (long)parameter.Values.Length);
        long states = Parameters.Sum(static parameter => (long)parameter.Values.Length) - trainable;
        text.AppendLine(CultureInfo.InvariantCulture, $"{trainable + states:N0} parameters: {trainable:N0} trainable, {states:N0} running statistics");
        return text.ToString();

        static string Text(Shape shape) => $"[{string.Join(", ", shape.Axes.ToArray())}]";
    }

    /// <summary>Everything the outputs are made from, in execution order.</summary>
    internal static IEnumerable<Symbol> Ancestors(ReadOnlySpan<Symbol> outputs)
    {
        HashSet<Symbol> seen = [];
        Stack<Symbol> open = new(outputs.ToArray());
        while (open.TryPop(out Symbol? symbol))
        {
            if (seen.Add(symbol))
            {
                foreach (Symbol input in symbol.Inputs)
                {
                    open.Push(input);
                }
            }
        }

        return seen.OrderBy(static symbol => symbol.Order);
    }

    /// <summary>
    /// The model that training runs on. Its parameters are 0: the trainer gets the values from <see cref="CopyTo"/>, so the model's identity, to which checkpoints are bound,
    /// says what the network is and not what it has learned.
    /// </summary>
    internal Model TrainingModel()
    {
        Graph graph = Build(null);
        new PassPipeline(new ActivationFusion()).Run(graph);
        return Model.Load(ModelEmitter.ToBytes(graph, new EmitOptions { InferenceProgram = false }), new ModelLoadOptions { Prepack = false });
    }

    internal void CopyTo(Trainer trainer)
    {
        for (int i = 0; i < trainer.Parameters.Count; i++)
        {
            Parameter(trainer.Parameters[i].Name).Values.CopyTo(trainer.Parameter(i));
        }
    }

    internal void CopyFrom(Trainer trainer)
    {
        for (int i = 0; i < trainer.Parameters.Count; i++)
        {
            trainer.Parameter(i).CopyTo(Parameter(trainer.Parameters[i].Name).Values);
        }
    }

    private static string Numbers(ReadOnlySpan<float> values)
    {
        StringBuilder text = new();
        foreach (float value in values)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(value.ToString("R", CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    private void NameLayers()
    {
        HashSet<string> taken = new(StringComparer.Ordinal) { Input.Name };
        foreach (Symbol symbol in _symbols)
        {
            if (symbol.Layer is { Name: { } name } layer && _names.TryAdd(layer, name) && (!taken.Add(name) || name.Contains('/')))
            {
                throw new ArgumentException($"Layer name '{name}' is used twice, is the input's, or contains '/'; a layer's name is its own.");
            }
        }

        foreach (Symbol symbol in _symbols)
        {
            if (symbol.Layer is { } layer && !_names.ContainsKey(layer))
            {
                int count = 0;
                while (!taken.Add(Layer.DefaultName(layer.Kind, count)))
                {
                    count++;
                }

                _names.Add(layer, Layer.DefaultName(layer.Kind, count));
            }
        }
    }

    private Graph Build(ParameterStore? store)
    {
        Graph graph = new();
        LayerBuilder builder = new(graph, store);
        Dictionary<Symbol, Tensor> tensors = [];
        foreach (Symbol symbol in _symbols)
        {
            tensors.Add(symbol, symbol.Layer is null
                ? graph.AddInput(Input.Name, symbol.BatchShape)
                : builder.Build(symbol.Layer, _names[symbol.Layer], Array.ConvertAll(symbol.Inputs, input => tensors[input])));
        }

        Tensor output = tensors[Output];
        Ops.IOperator? last = output.Producer?.Operator;
        output = Loss switch
        {
            Loss.SoftmaxCrossEntropy when last is not Ops.Softmax => graph.Add("probabilities", default(Ops.Softmax), output),
            Loss.BinaryCrossEntropy when last is not Ops.Sigmoid => graph.Add("probability", default(Ops.Sigmoid), output),
            _ => output,
        };
        graph.AddOutput(output);
        if (Loss != Loss.Auto)
        {
            graph.Metadata["training.loss"] = LossNames.Name(Loss);
        }

        return graph;
    }

    private void RequireCompiled()
    {
        if (Optimizer is null)
        {
            throw new InvalidOperationException("The network has no optimizer and no loss yet; call Compile first.");
        }
    }
}

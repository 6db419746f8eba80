using Edge.Format;
using Edge.Runtime.Graph;
using Edge.Runtime.Memory;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Training;

/// <summary>A model made ready for training: lifted to float32 where needed, with its loss, and with what changes marked.</summary>
internal sealed class TrainingGraph
{
    /// <summary>The graph with the loss as last node, for the stored batch size. Its last input is the target.</summary>
    public required ModelGraph Graph { get; init; }

    /// <summary>Per tensor: whether the optimizer changes it.</summary>
    public required bool[] Trainable { get; init; }

    /// <summary>Tensors that live in the trainer's memory: trainable ones and running statistics of trained layers, in order of tensor index.</summary>
    public required int[] Mutable { get; init; }

    /// <summary>For each of <see cref="Mutable"/> the tensor of the file.</summary>
    public required int[] Origin { get; init; }

    /// <summary>The first operator of the file that a personalization changes: it runs in float32, or reads a constant that is trained.</summary>
    public required int FirstNode { get; init; }

    public required Model Model { get; init; }

    public required TrainerOptions Options { get; init; }

    public required Loss Loss { get; init; }

    /// <summary>Bytes of parameters and optimizer state.</summary>
    public long PersistentBytes
    {
        get
        {
            long bytes = 0;
            foreach (int tensor in Mutable)
            {
                long one = AlignedMemory.AlignUp(Graph.Tensors[tensor].Spec.Bytes);
                bytes += Trainable[tensor] ? one * (1 + Options.Optimizer.StateCount) : one;
            }

            return bytes;
        }
    }

    /// <summary>Bytes of everything a trainer of the options' batch size allocates to work in.</summary>
    public long TotalBytes => PersistentBytes + Plan(Options.BatchSize).MemoryBytes;

    /// <summary>The placed program of one training step: the file's own where it brings one for this scheme, loss and batch size, else planned here.</summary>
    /// <exception cref="ModelFormatException">The file's program is not valid.</exception>
    public ExecutionProgram Plan(int batch)
    {
        ExecutionProgram program = ExecutionProgram.Train(Graph.WithBatch(batch), Trainable, UpdatesLast);
        if (Model.HasTrainingPrograms)               // opening the file checks all of it: not for files that bring none
        {
            ModelView file = ModelView.Open(Model.Memory.Span, Model.Limits);
            ProgramRecord wanted = Record(batch);
            for (int i = 0; i < file.Programs.Length; i++)
            {
                ProgramRecord stored = file.Programs[i];
                if (stored.Kind == wanted.Kind && stored.Scheme == wanted.Scheme && stored.SchemeArgument == wanted.SchemeArgument &&
                    stored.LossCode == wanted.LossCode && stored.Batch == wanted.Batch && stored.Flags == wanted.Flags)
                {
                    program.Place(file, i);
                    return program;
                }
            }
        }

        program.Place();
        return program;
    }

    /// <summary>How a file names the program for a batch size; places are not filled in.</summary>
    public ProgramRecord Record(int batch) => new()
    {
        Kind = ProgramKind.Train,
        Scheme = Options.Scheme.Code,
        SchemeArgument = (uint)Options.Scheme.Layers,
        LossCode = (ushort)Loss,
        Batch = (uint)batch,
        Flags = UpdatesLast ? ProgramRecord.UpdatesLast : 0,
    };

    private bool UpdatesLast => Options.ClipNorm > 0;

    /// <summary>Prepares a model for training.</summary>
    /// <exception cref="ArgumentException">The options do not fit the model.</exception>
    /// <exception cref="ShapeException">An operator on the way of the gradients cannot be trained through.</exception>
    public static TrainingGraph Build(Model model, TrainerOptions options)
    {
        Check(options);
        Loss loss = options.Loss == Loss.Auto ? FindLoss(model) : options.Loss;
        ModelGraph source = model.BaseGraph;
        Personalization? known = model.Personalization;
        int first = FirstTrained(source, options.Scheme);
        int lift = NeedsLift(source, first) ? first : source.Nodes.Length;
        lift = Math.Min(lift, known?.FirstNode ?? source.Nodes.Length);
        (ModelGraph lifted, IReadOnlyDictionary<int, int> origin) = GraphLift.Apply(source, lift, known?.Parameters ?? new Dictionary<int, byte[]>(), model.OperatorSet);

        bool[] trainable = new bool[lifted.Tensors.Length + 3];
        HashSet<int> mutable = [];
        int layersLeft = options.Scheme.Layers > 0 ? options.Scheme.Layers : int.MaxValue;
        bool[] leads = LeadsTo(lifted, Prediction(lifted));
        for (int i = lifted.Nodes.Length - 1; i >= 0 && layersLeft > 0; i--)
        {
            if (!leads[i])
            {
                continue;
            }

            GraphNode node = lifted.Nodes[i];
            bool layer = IsLayer(lifted, node);
            for (int k = 0; k < node.Inputs.Length; k++)
            {
                int input = node.Inputs[k];
                if (input < 0 || !lifted.Tensors[input].IsConstant || lifted.Tensors[input].Spec.Type != DataType.Float32)
                {
                    continue;
                }

                InputRole role = node.Info.Role(k);
                bool changes = role == InputRole.Bias || (role == InputRole.Weight && options.Scheme.Code != UpdateScheme.BiasesOnly.Code);
                bool state = role == InputRole.State && options.Scheme.Code != UpdateScheme.BiasesOnly.Code;
                trainable[input] |= changes;
                if (changes || state)
                {
                    mutable.Add(input);
                }
            }

            layersLeft -= layer ? 1 : 0;
        }

        if (Array.IndexOf(trainable, true) < 0)
        {
            throw new ArgumentException($"Update scheme '{options.Scheme.Name}' finds nothing to train: the model has no constant float32 or int8 {(options.Scheme.Code == UpdateScheme.BiasesOnly.Code ? "biases" : "weights")}.", nameof(options));
        }

        List<int> sorted = [.. mutable];
        sorted.Sort();
        int[] origins = new int[sorted.Count];
        for (int i = 0; i < origins.Length; i++)
        {
            origins[i] = origin.GetValueOrDefault(sorted[i], sorted[i]);
        }

        return new TrainingGraph
        {
            Graph = AppendLoss(lifted, loss, model),
            Trainable = trainable,
            Mutable = [.. sorted],
            Origin = origins,
            FirstNode = Math.Min(lift, FirstReader(source, mutable)),
            Model = model,
            Options = options,
            Loss = loss,
        };
    }

    private static int FirstReader(ModelGraph graph, HashSet<int> constants)
    {
        for (int i = 0; i < graph.Nodes.Length; i++)
        {
            foreach (int input in graph.Nodes[i].Inputs)
            {
                if (constants.Contains(input))
                {
                    return i;
                }
            }
        }

        return graph.Nodes.Length;
    }

    private static void Check(TrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.BatchSize < 1 || options.Threads < 1 || !(options.ClipNorm >= 0) || !(options.ClipValue >= 0))
        {
            throw new ArgumentException($"Batch size {options.BatchSize}, {options.Threads} threads, clip norm {options.ClipNorm}, clip value {options.ClipValue}; sizes start at 1 and clips at 0.", nameof(options));
        }
    }

    private static bool IsLayer(ModelGraph graph, GraphNode node)
    {
        for (int k = 0; k < node.Inputs.Length; k++)
        {
            if (node.Inputs[k] >= 0 && node.Info.Role(k) == InputRole.Weight && graph.Tensors[node.Inputs[k]].IsConstant)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The first node of the file that has something to train.</summary>
    private static int FirstTrained(ModelGraph graph, UpdateScheme scheme)
    {
        int first = graph.Nodes.Length;
        int layers = scheme.Layers > 0 ? scheme.Layers : int.MaxValue;
        bool[] leads = LeadsTo(graph, Prediction(graph));
        for (int i = graph.Nodes.Length - 1; i >= 0 && layers > 0; i--)
        {
            if (leads[i] && IsLayer(graph, graph.Nodes[i]))
            {
                first = i;
                layers--;
            }
        }

        return first;
    }

    private static bool NeedsLift(ModelGraph graph, int first)
    {
        for (int i = first; i < graph.Nodes.Length; i++)
        {
            foreach (int input in graph.Nodes[i].Inputs)
            {
                if (input >= 0 && graph.Tensors[input].Spec.Quantization is not null)
                {
                    return true;
                }
            }

            foreach (int output in graph.Nodes[i].Outputs)
            {
                if (graph.Tensors[output].Spec.Quantization is not null)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static int Prediction(ModelGraph graph) =>
        graph.Outputs.Length == 0 ? throw new ArgumentException("The model has no output; there is nothing to train towards.") : graph.Outputs[0];

    /// <summary>Per node: whether a tensor depends on it. Only those are trained; other outputs of the model have no part in the loss.</summary>
    private static bool[] LeadsTo(ModelGraph graph, int tensor)
    {
        bool[] leads = new bool[graph.Nodes.Length];
        bool[] needed = new bool[graph.Tensors.Length];
        HashSet<int> read = [];                      // states that are read behind the node
        needed[tensor] = true;
        for (int i = leads.Length - 1; i >= 0; i--)
        {
            leads[i] = graph.Nodes[i].Operator is WriteState write && read.Contains(write.Id);
            foreach (int output in graph.Nodes[i].Outputs)
            {
                leads[i] |= needed[output];
            }

            if (leads[i] && graph.Nodes[i].Operator is ReadState state)
            {
                read.Add(state.Id);
            }

            foreach (int input in graph.Nodes[i].Inputs)
            {
                if (leads[i] && input >= 0)
                {
                    needed[input] = true;
                }
            }
        }

        return leads;
    }

    private static Loss FindLoss(Model model)
    {
        if (model.Metadata.TryGetValue("training.loss", out string? name))
        {
            return name switch
            {
                "softmax_cross_entropy" => Loss.SoftmaxCrossEntropy,
                "binary_cross_entropy" => Loss.BinaryCrossEntropy,
                "mean_squared_error" => Loss.MeanSquaredError,
                _ => throw new ArgumentException($"The model's metadata states training.loss '{name}'; softmax_cross_entropy, binary_cross_entropy and mean_squared_error are known. Set TrainerOptions.Loss."),
            };
        }

        // What computes the first output; a change of its type is no part of the network's meaning.
        int prediction = Prediction(model.BaseGraph);
        for (int i = model.BaseGraph.Nodes.Length - 1; i >= 0; i--)
        {
            GraphNode node = model.BaseGraph.Nodes[i];
            if (Array.IndexOf(node.Outputs, prediction) < 0)
            {
                continue;
            }

            switch (node.Info.Code)
            {
                case OperatorCodes.Softmax: return Loss.SoftmaxCrossEntropy;
                case OperatorCodes.Sigmoid: return Loss.BinaryCrossEntropy;
                case OperatorCodes.Quantize or OperatorCodes.Dequantize or OperatorCodes.Requantize: prediction = node.Inputs[0]; break;
                default: i = 0; break;
            }
        }

        throw new ArgumentException("The model states no loss (metadata training.loss) and ends in neither Softmax nor Sigmoid. Set TrainerOptions.Loss.");
    }

    private static ModelGraph AppendLoss(ModelGraph graph, Loss loss, Model model)
    {
        int prediction = Prediction(graph);

        // Cross-entropy is computed on logits: a final Softmax or Sigmoid is part of the loss operator.
        ushort strip = loss switch { Loss.SoftmaxCrossEntropy => OperatorCodes.Softmax, Loss.BinaryCrossEntropy => OperatorCodes.Sigmoid, _ => 0 };
        List<GraphNode> nodes = [.. graph.Nodes];
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            if (nodes[i].Info.Code == strip && nodes[i].Outputs[0] == prediction)
            {
                prediction = nodes[i].Inputs[0];
                nodes.RemoveAt(i);
                break;
            }
        }

        // Nodes that the prediction does not need would run in every step for nothing.
        bool[] leads = LeadsTo(new ModelGraph { Tensors = graph.Tensors, Nodes = [.. nodes], Inputs = graph.Inputs, Outputs = graph.Outputs }, prediction);
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            if (!leads[i])
            {
                nodes.RemoveAt(i);
            }
        }

        List<GraphTensor> tensors = [.. graph.Tensors];
        TensorSpec logits = tensors[prediction].Spec;
        if (logits.Type != DataType.Float32)
        {
            throw new ArgumentException($"The model's output is {logits}; a loss needs float32. Choose a scheme that trains the last layer, so that it becomes float32.");
        }

        if (logits.Shape.Rank == 0)
        {
            throw new ShapeException("The model's output is a scalar; a loss needs one row for each sample, on axis 0.");
        }

        TensorSpec target = loss == Loss.SoftmaxCrossEntropy
            ? new TensorSpec(DataType.Int32, new Shape(logits.Shape.Axes[..^1]))
            : logits;
        tensors.Add(new GraphTensor("target", target));
        tensors.Add(new GraphTensor("loss", default));
        tensors.Add(new GraphTensor("prediction", default));
        ushort code = (ushort)loss;
        OperatorInfo info = model.OperatorSet.Find(code) ?? throw new ArgumentException($"The operator set has no {loss}; add it to OperatorSet to train with it.");
        int t = tensors.Count - 3;
        GraphNode node = new("loss", info, model.OperatorSet.Read(code, []), [prediction, t], [t + 1, t + 2], new OperatorPlan());
        OperatorPlan plan = ModelGraph.Infer(nodes.Count, node, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(tensors));
        tensors[t + 1] = tensors[t + 1] with { Spec = plan.Outputs[0] };
        tensors[t + 2] = tensors[t + 2] with { Spec = plan.Outputs[1] };
        nodes.Add(node with { Plan = plan });
        return new ModelGraph { Tensors = [.. tensors], Nodes = [.. nodes], Inputs = [.. graph.Inputs, t], Outputs = [t + 1, t + 2] };
    }
}

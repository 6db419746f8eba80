using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Memory;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Graph;

/// <summary>One step: a phase of a node, or the update of a parameter.</summary>
internal readonly record struct ProgramStep(int Index, StepPhase Phase, uint Wanted = 0, uint Accumulate = 0, uint Clear = 0);

/// <summary>One buffer of a program: what it holds and when it is alive.</summary>
internal sealed class ProgramBuffer(BufferKind kind, int index, long bytes)
{
    public BufferKind Kind { get; } = kind;

    /// <summary>Tensor, step or node, as the kind says.</summary>
    public int Index { get; } = index;

    public long Bytes { get; } = bytes;

    public int First { get; set; } = int.MaxValue;

    public int Last { get; set; } = -1;

    /// <summary>A buffer whose place this one may take: it ends in the step where this one begins.</summary>
    public ProgramBuffer? MayReplace { get; set; }

    /// <summary>Whether another buffer may take its place.</summary>
    public bool IsReplaced { get; set; }

    /// <summary>The block that it shares with those it replaces and is replaced by; −1 until places are decided.</summary>
    public int Block { get; set; } = -1;

    public long Offset { get; set; } = -1;

    public void Use(int step)
    {
        First = Math.Min(First, step);
        Last = Math.Max(Last, step);
    }
}

/// <summary>Steps over one arena with every buffer's place decided.</summary>
/// <remarks>
/// Steps follow from the graph and from what is trained, by one rule written here; so a file's program carries the places of its buffers, and its steps are
/// compared with the rule's.
/// </remarks>
internal sealed class ExecutionProgram
{
    // By kind and index. A table of references: a dictionary took several times its memory.
    private readonly ProgramBuffer?[]?[] _byKind = new ProgramBuffer?[]?[4];

    private ExecutionProgram(ModelGraph graph, ProgramStep[] steps)
    {
        Graph = graph;
        Steps = steps;
    }

    public ModelGraph Graph { get; }

    public ProgramStep[] Steps { get; }

    public List<ProgramBuffer> Buffers { get; } = [];

    /// <summary>Bytes of the arena: what a program's buffers share.</summary>
    public long ArenaBytes { get; private set; }

    /// <summary>Bytes of the memory that the program runs in: the arena, and behind it the states that live between runs.</summary>
    public long MemoryBytes => ArenaBytes + Graph.States.Bytes;

    /// <summary>The largest sum of simultaneously live bytes, states included.</summary>
    public long LowerBoundBytes => Planner.LowerBound(Blocks()) + Graph.States.Bytes;

    /// <summary>The program that computes the outputs.</summary>
    public static ExecutionProgram Infer(ModelGraph graph)
    {
        ProgramStep[] steps = new ProgramStep[graph.Nodes.Length];
        for (int i = 0; i < steps.Length; i++)
        {
            steps[i] = new ProgramStep(i, StepPhase.Forward);
        }

        ExecutionProgram program = new(graph, steps);
        program.Liveness();
        return program;
    }

    /// <summary>The program of one training step. The last node of the graph is the loss.</summary>
    /// <param name="graph">The graph with its loss.</param>
    /// <param name="trainable">Per tensor: whether the optimizer changes it.</param>
    /// <param name="updatesLast">Whether all updates wait for all gradients.</param>
    public static ExecutionProgram Train(ModelGraph graph, ReadOnlySpan<bool> trainable, bool updatesLast)
    {
        List<ProgramStep> steps = [];
        bool[] needs = trainable.ToArray();
        for (int i = 0; i < graph.Nodes.Length; i++)
        {
            steps.Add(new ProgramStep(i, StepPhase.Forward));
            bool any = false;
            foreach (int input in graph.Nodes[i].Inputs)
            {
                any |= input >= 0 && needs[input];
            }

            foreach (int output in graph.Nodes[i].Outputs)
            {
                needs[output] |= any && graph.Tensors[output].Spec.Type == DataType.Float32;
            }
        }

        // A parameter's gradient is complete after the earliest node on the gradient's way that uses it.
        bool[] hasGradient = new bool[graph.Tensors.Length];
        hasGradient[graph.Nodes[^1].Outputs[0]] = true;
        List<ProgramStep> backward = [];
        int[] completeAfter = new int[graph.Tensors.Length];
        Array.Fill(completeAfter, -1);
        bool[] started = new bool[graph.Tensors.Length];
        for (int i = graph.Nodes.Length - 1; i >= 0; i--)
        {
            GraphNode node = graph.Nodes[i];
            bool reached = false;
            foreach (int output in node.Outputs)
            {
                reached |= hasGradient[output];
            }

            if (!reached || node.Operator is not IDifferentiable)
            {
                CheckDifferentiable(graph, i, reached, needs);
                continue;
            }

            uint wanted = 0;
            uint accumulate = 0;
            uint clear = 0;
            for (int k = 0; k < node.Inputs.Length; k++)
            {
                int input = node.Inputs[k];
                if (input < 0 || !needs[input] || (node.Info.IsLoss && k > 0))
                {
                    continue;
                }

                wanted |= 1u << k;
                hasGradient[input] = true;
                if (started[input])
                {
                    accumulate |= 1u << k;
                }
                else if (!node.Plan.OverwritesGradients)
                {
                    clear |= 1u << k;
                }

                started[input] = true;
                if (trainable[input])
                {
                    completeAfter[input] = backward.Count;
                }
            }

            if (wanted != 0)
            {
                backward.Add(new ProgramStep(i, StepPhase.Backward, wanted, accumulate, clear));
            }
        }

        List<int>[] updatesAfter = new List<int>[backward.Count];
        for (int t = 0; t < completeAfter.Length; t++)
        {
            if (completeAfter[t] >= 0)
            {
                int place = updatesLast ? backward.Count - 1 : completeAfter[t];
                (updatesAfter[place] ??= []).Add(t);
            }
        }

        for (int b = 0; b < backward.Count; b++)
        {
            steps.Add(backward[b]);
            foreach (int tensor in updatesAfter[b] ?? [])
            {
                steps.Add(new ProgramStep(tensor, StepPhase.Update));
            }
        }

        ExecutionProgram program = new(graph, [.. steps]);
        program.Liveness();
        return program;
    }

    /// <summary>The buffer that holds something, or null where the program needs none.</summary>
    public ProgramBuffer? Find(BufferKind kind, int index) =>
        (int)kind < _byKind.Length && _byKind[(int)kind] is { } buffers && (uint)index < (uint)buffers.Length ? buffers[index] : null;

    /// <summary>Decides every buffer's place.</summary>
    public void Place()
    {
        ReadOnlySpan<BlockRequest> requests = Blocks();
        long[] offsets = new long[requests.Length];
        ArenaBytes = Planner.Place(requests, offsets);
        foreach (ProgramBuffer buffer in Buffers)
        {
            buffer.Offset = offsets[buffer.Block];
        }
    }

    /// <summary>What is to be placed; notes for each buffer its block.</summary>
    private ReadOnlySpan<BlockRequest> Blocks()
    {
        // Buffers that replace one another share a block. Chains are followed from their heads; a buffer is replaced by one other at most.
        int heads = 0;
        foreach (ProgramBuffer buffer in Buffers)
        {
            buffer.Block = -1;
            heads += buffer.MayReplace is null ? 1 : 0;
        }

        List<BlockRequest> blocks = new(heads);
        foreach (ProgramBuffer buffer in Buffers)
        {
            if (buffer.MayReplace is { Block: >= 0 and int block })
            {
                blocks[block] = blocks[block] with { Last = Math.Max(blocks[block].Last, buffer.Last) };
            }
            else
            {
                block = blocks.Count;
                blocks.Add(new BlockRequest(buffer.Bytes, buffer.First, buffer.Last));
            }

            buffer.Block = block;
        }

        return CollectionsMarshal.AsSpan(blocks);
    }

    /// <summary>Takes the places that a file states, after proving them.</summary>
    /// <exception cref="ModelFormatException">Steps differ from the graph's, buffers are missing, have another length, overlap or leave the arena.</exception>
    public void Place(in ModelView file, int programIndex)
    {
        ProgramRecord record = file.Programs[programIndex];
        ReadOnlySpan<StepRecord> steps = file.Steps.Slice((int)record.FirstStep, (int)record.StepCount);
        if (steps.Length != Steps.Length)
        {
            throw new ModelFormatException($"Program {programIndex}: {steps.Length} steps; the graph asks for {Steps.Length}.");
        }

        for (int i = 0; i < steps.Length; i++)
        {
            if (steps[i].Index != (uint)Steps[i].Index || steps[i].Phase != Steps[i].Phase || steps[i].GradientMask != Steps[i].Wanted)
            {
                throw new ModelFormatException($"Program {programIndex}: step {i} is {steps[i].Phase} {steps[i].Index}; the graph asks for {Steps[i].Phase} {Steps[i].Index}.");
            }
        }

        foreach (BufferRecord stored in file.Buffers.Slice((int)record.FirstBuffer, (int)record.BufferCount))
        {
            ProgramBuffer? buffer = stored.Index > int.MaxValue ? null : Find(stored.Kind, (int)stored.Index);
            if (buffer is null || buffer.Offset >= 0 || (ulong)buffer.Bytes != stored.Bytes)
            {
                throw new ModelFormatException($"Program {programIndex}: buffer {stored.Kind} {stored.Index} of {stored.Bytes} bytes; {(buffer is null ? "the graph needs no such buffer" : buffer.Offset >= 0 ? "it is listed twice" : $"{buffer.Bytes} bytes are needed")}.");
            }

            buffer.Offset = (long)stored.Offset;
        }

        BlockRequest[] requests = new BlockRequest[Buffers.Count];
        long[] offsets = new long[Buffers.Count];
        for (int i = 0; i < requests.Length; i++)
        {
            ProgramBuffer buffer = Buffers[i];
            if (buffer.Offset < 0)
            {
                throw new ModelFormatException($"Program {programIndex}: no place is stated for buffer {buffer.Kind} {buffer.Index}.");
            }

            // Where a buffer takes the place of another, both may be alive in that one step, in which the other one holds the place. A result that nobody
            // reads ends with that step and needs no place of its own.
            bool replaces = buffer.MayReplace is { } replaced && replaced.Offset == buffer.Offset;
            requests[i] = !replaces ? new BlockRequest(buffer.Bytes, buffer.First, buffer.Last)
                : buffer.Last > buffer.First ? new BlockRequest(buffer.Bytes, buffer.First + 1, buffer.Last)
                : new BlockRequest(0, buffer.First, buffer.Last);
            offsets[i] = buffer.Offset;
        }

        if (Planner.HasConflict(requests, offsets, (long)record.ArenaBytes, out int first, out int second))
        {
            throw new ModelFormatException(second < 0
                ? $"Program {programIndex}: buffer {Buffers[first].Kind} {Buffers[first].Index} leaves the arena of {record.ArenaBytes} bytes."
                : $"Program {programIndex}: buffers {Buffers[first].Kind} {Buffers[first].Index} and {Buffers[second].Kind} {Buffers[second].Index} overlap while both are alive.");
        }

        ArenaBytes = (long)record.ArenaBytes;
    }

    /// <summary>The program as file records.</summary>
    public (StepRecord[] Steps, BufferRecord[] Buffers) ToRecords()
    {
        StepRecord[] steps = new StepRecord[Steps.Length];
        for (int i = 0; i < steps.Length; i++)
        {
            steps[i] = new StepRecord { Index = (uint)Steps[i].Index, Phase = Steps[i].Phase, GradientMask = Steps[i].Wanted };
        }

        BufferRecord[] buffers = new BufferRecord[Buffers.Count];
        for (int i = 0; i < buffers.Length; i++)
        {
            ProgramBuffer buffer = Buffers[i];
            buffers[i] = new BufferRecord { Kind = buffer.Kind, Index = (uint)buffer.Index, Offset = (ulong)buffer.Offset, Bytes = (ulong)buffer.Bytes };
        }

        return (steps, buffers);
    }

    private static void CheckDifferentiable(ModelGraph graph, int index, bool reached, bool[] needs)
    {
        GraphNode node = graph.Nodes[index];
        if (!reached || node.Operator is IDifferentiable)
        {
            return;
        }

        foreach (int input in node.Inputs)
        {
            if (input >= 0 && needs[input])
            {
                throw new ShapeException($"{GraphNode.Label(index, node.Info, node.Name)} has no backward phase, and a trainable parameter lies before it. Choose an update scheme that trains only layers behind it.");
            }
        }
    }

    private ProgramBuffer Get(BufferKind kind, int index, long bytes)
    {
        ProgramBuffer?[] buffers = _byKind[(int)kind] ??= new ProgramBuffer?[kind switch
        {
            BufferKind.Scratch => Steps.Length,
            BufferKind.Saved => Graph.Nodes.Length,
            _ => Graph.Tensors.Length,
        }];
        if (buffers[index] is { } known)
        {
            return known;
        }

        ProgramBuffer buffer = new(kind, index, bytes);
        buffers[index] = buffer;
        Buffers.Add(buffer);
        return buffer;
    }

    private void Touch(int tensor, int step)
    {
        if (!Graph.Tensors[tensor].IsConstant)
        {
            Get(BufferKind.Value, tensor, Graph.Tensors[tensor].Spec.Bytes).Use(step);
        }
    }

    private void Liveness()
    {
        bool training = Steps.Length > 0 && Steps[^1].Phase != StepPhase.Forward;
        bool[] hasBackward = new bool[Graph.Nodes.Length];
        foreach (ProgramStep step in Steps)
        {
            if (step.Phase == StepPhase.Backward)
            {
                hasBackward[step.Index] = true;
            }
        }

        foreach (int input in Graph.Inputs)
        {
            Touch(input, 0);
        }

        for (int s = 0; s < Steps.Length; s++)
        {
            ProgramStep step = Steps[s];
            if (step.Phase == StepPhase.Update)
            {
                Get(BufferKind.Gradient, step.Index, Graph.Tensors[step.Index].Spec.Bytes).Use(s);
                continue;
            }

            GraphNode node = Graph.Nodes[step.Index];
            if (step.Phase == StepPhase.Forward)
            {
                ForwardUses(node, step.Index, s, training && hasBackward[step.Index]);
            }
            else
            {
                BackwardUses(node, step, s);
            }
        }

        // What a caller reads after the run is alive beyond the last step, which so may not compute in its place; of a training step that is loss and prediction.
        int end = Steps.Length;
        foreach (int output in training ? Graph.Nodes[^1].Outputs : Graph.Outputs)
        {
            Touch(output, end);
        }

        FindReplacements();
    }

    private void ForwardUses(GraphNode node, int index, int s, bool saves)
    {
        foreach (int input in node.Inputs)
        {
            if (input >= 0)
            {
                Touch(input, s);
            }
        }

        foreach (int output in node.Outputs)
        {
            Touch(output, s);
        }

        if (node.Plan.ScratchBytes > 0)
        {
            Get(BufferKind.Scratch, s, node.Plan.ScratchBytes).Use(s);
        }

        if (saves && node.Plan.SavedBytes > 0)
        {
            Get(BufferKind.Saved, index, node.Plan.SavedBytes).Use(s);
        }
    }

    private void BackwardUses(GraphNode node, ProgramStep step, int s)
    {
        Keep keep = ((IDifferentiable)node.Operator).Keeps(step.Wanted);
        for (int k = 0; k < node.Inputs.Length; k++)
        {
            int input = node.Inputs[k];
            if (input >= 0 && k < 16 && ((uint)keep & (1u << k)) != 0)
            {
                Touch(input, s);
            }

            if ((step.Wanted & (1u << k)) != 0)
            {
                Get(BufferKind.Gradient, input, Graph.Tensors[input].Spec.Bytes).Use(s);
            }
        }

        for (int k = 0; k < node.Outputs.Length; k++)
        {
            if (((uint)keep & ((uint)Keep.Output0 << k)) != 0)
            {
                Touch(node.Outputs[k], s);
            }

            // An output that nobody derived a gradient for has gradient zero; the runtime clears such a buffer. A loss starts from 1.
            if (!node.Info.IsLoss || k == 0)
            {
                Get(BufferKind.Gradient, node.Outputs[k], Graph.Tensors[node.Outputs[k]].Spec.Bytes).Use(s);
            }
        }

        if (node.Plan.BackwardScratchBytes > 0)
        {
            Get(BufferKind.Scratch, s, node.Plan.BackwardScratchBytes).Use(s);
        }

        if (node.Plan.SavedBytes > 0)
        {
            Get(BufferKind.Saved, step.Index, node.Plan.SavedBytes).Use(s);
        }
    }

    private void FindReplacements()
    {
        for (int s = 0; s < Steps.Length; s++)
        {
            ProgramStep step = Steps[s];
            if (step.Phase == StepPhase.Update)
            {
                continue;
            }

            GraphNode node = Graph.Nodes[step.Index];
            if (step.Phase == StepPhase.Forward)
            {
                for (int k = 0; k < node.Inputs.Length && k < 32; k++)
                {
                    if ((node.Plan.InPlaceInputs & (1u << k)) != 0 && node.Inputs[k] >= 0 &&
                        TryReplace(Find(BufferKind.Value, node.Inputs[k]), Find(BufferKind.Value, node.Outputs[0])!, s))
                    {
                        break;
                    }
                }
            }
            else if (node.Plan.GradientInPlace && (step.Wanted & 1) != 0 && (step.Accumulate & 1) == 0 &&
                Array.IndexOf(node.Inputs, node.Inputs[0], 1) < 0)
            {
                TryReplace(Find(BufferKind.Gradient, node.Outputs[0]), Find(BufferKind.Gradient, node.Inputs[0])!, s);
            }
        }

        bool TryReplace(ProgramBuffer? old, ProgramBuffer young, int step)
        {
            if (old is null || old == young || old.Last != step || young.First != step || old.Bytes != young.Bytes || old.IsReplaced)
            {
                return false;
            }

            old.IsReplaced = true;
            young.MayReplace = old;
            return true;
        }
    }
}

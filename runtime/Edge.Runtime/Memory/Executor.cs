using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime.Graph;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Memory;

/// <summary>A program bound to memory: walks the steps and allocates nothing.</summary>
internal sealed unsafe class Executor
{
    private readonly BoundStep[] _steps;
    private readonly ExecutionProgram _program;
    private readonly byte* _arena;
    private readonly int _forwardSteps;

    /// <summary>Binds.</summary>
    /// <param name="program">A placed program.</param>
    /// <param name="arena">At least <see cref="ExecutionProgram.MemoryBytes"/> bytes, aligned to 64; stays where it is.</param>
    /// <param name="kernels">One for each node.</param>
    /// <param name="run">What changes from run to run.</param>
    /// <param name="parameters">Per tensor: memory that stands in for a constant, or null. Empty where nothing changes.</param>
    /// <param name="trainable">Per tensor: whether the optimizer changes it. Empty where nothing changes.</param>
    public Executor(ExecutionProgram program, byte* arena, ReadOnlySpan<IKernel> kernels, RunState run, byte*[] parameters, ReadOnlySpan<bool> trainable)
    {
        _program = program;
        _arena = arena;
        ModelGraph graph = program.Graph;
        bool[] hasBackward = new bool[graph.Nodes.Length];
        foreach (ProgramStep step in program.Steps)
        {
            if (step.Phase == StepPhase.Backward)
            {
                hasBackward[step.Index] = true;
            }
        }

        Binding[] bindings = new Binding[graph.Nodes.Length];
        for (int i = 0; i < bindings.Length; i++)
        {
            GraphNode node = graph.Nodes[i];
            Slot[] inputs = new Slot[node.Inputs.Length];
            for (int k = 0; k < inputs.Length; k++)
            {
                inputs[k] = node.Inputs[k] < 0 ? default : Value(node.Inputs[k], parameters);
            }

            Slot[] outputs = new Slot[node.Outputs.Length];
            for (int k = 0; k < outputs.Length; k++)
            {
                outputs[k] = Value(node.Outputs[k], parameters);
            }

            bindings[i] = new Binding { Run = run, Node = i, Inputs = inputs, Outputs = outputs, Trained = IsTrained(node, hasBackward[i], trainable), Saved = Place(program.Find(BufferKind.Saved, i)) };
            if (graph.States.Find(node.Operator) is { } state)
            {
                bindings[i].Persistent = Place(state);
            }
        }

        ResetStates();

        // Per tensor: whether a backward step before the one being bound contributes to its gradient.
        bool[] written = new bool[graph.Tensors.Length];
        _steps = new BoundStep[program.Steps.Length];
        for (int s = 0; s < _steps.Length; s++)
        {
            ProgramStep step = program.Steps[s];
            if (step.Phase == StepPhase.Update)
            {
                _steps[s] = new BoundStep { Phase = step.Phase, Index = step.Index, Gradient = Gradient(step.Index) };
                continue;
            }

            GraphNode node = graph.Nodes[step.Index];
            Binding binding = bindings[step.Index];
            _steps[s] = new BoundStep { Phase = step.Phase, Index = step.Index, Binding = binding, Kernel = kernels[step.Index], Backward = node.Operator as IDifferentiable, Clear = step.Clear };
            if (step.Phase == StepPhase.Forward)
            {
                binding.Scratch = Place(program.Find(BufferKind.Scratch, s));
                _forwardSteps = s + 1;
            }
            else
            {
                BindBackward(node, step, s, binding, written, ref _steps[s]);
            }
        }
    }

    /// <summary>Called for every update step: parameter tensor and its complete gradient.</summary>
    public Action<int, Slot>? Update { get; init; }

    /// <summary>Called once before the first update step when updates wait for all gradients.</summary>
    public Action? BeforeUpdates { get; init; }

    /// <summary>Memory of a tensor's value; default where the program keeps none.</summary>
    public Slot Value(int tensor, byte*[] parameters)
    {
        GraphTensor info = _program.Graph.Tensors[tensor];
        byte* data = tensor < parameters.Length && parameters[tensor] is not null ? parameters[tensor]
            : info.IsConstant ? (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(info.Constant.Span))
            : _program.Find(BufferKind.Value, tensor) is { } buffer ? _arena + buffer.Offset : null;
        return data is null ? default : new Slot { Data = data, Bytes = info.Spec.Bytes, Spec = info.Spec };
    }

    /// <summary>Memory of a tensor's gradient; default where the program keeps none.</summary>
    public Slot Gradient(int tensor) => Place(_program.Find(BufferKind.Gradient, tensor)) with { Spec = _program.Graph.Tensors[tensor].Spec };

    /// <summary>Gives every state its first value.</summary>
    public void ResetStates()
    {
        ModelGraph graph = _program.Graph;
        foreach (StateEntry state in graph.States.Entries)
        {
            // Each row of a larger batch starts as the constant's rows do.
            ReadOnlySpan<byte> initial = graph.Tensors[state.Initial].Constant.Span;
            for (Span<byte> rest = View.Of<byte>(Place(state)); !rest.IsEmpty; rest = rest[Math.Min(initial.Length, rest.Length)..])
            {
                initial[..Math.Min(initial.Length, rest.Length)].CopyTo(rest);
            }
        }
    }

    /// <summary>Runs the forward steps.</summary>
    public void Forward()
    {
        for (int s = 0; s < _forwardSteps; s++)
        {
            ref BoundStep step = ref _steps[s];
            step.Kernel!.Forward(new Buffers(step.Binding!));
        }
    }

    /// <summary>Runs all steps.</summary>
    public void Run()
    {
        Forward();
        bool first = true;
        for (int s = _forwardSteps; s < _steps.Length; s++)
        {
            ref BoundStep step = ref _steps[s];
            if (step.Phase == StepPhase.Backward)
            {
                Clear(step);
                if (step.Loss.Data is not null)
                {
                    *(float*)step.Loss.Data = 1;
                }

                step.Backward!.Backward(new Gradients(step.Binding!));
                continue;
            }

            if (first)
            {
                BeforeUpdates?.Invoke();
                first = false;
            }

            Update!(step.Index, step.Gradient);
        }
    }

    /// <summary>Gradients of all update steps, in their order.</summary>
    public IEnumerable<Slot> UpdateGradients()
    {
        List<Slot> slots = [];
        foreach (BoundStep step in _steps)
        {
            if (step.Phase == StepPhase.Update)
            {
                slots.Add(step.Gradient);
            }
        }

        return slots;
    }

    private static bool IsTrained(GraphNode node, bool hasBackward, ReadOnlySpan<bool> trainable)
    {
        // A layer uses batch statistics only when its own weights are trained; what has no weights (dropout) when gradients pass through it.
        for (int k = 0; k < node.Inputs.Length; k++)
        {
            if (node.Info.Role(k) == InputRole.Weight && node.Inputs[k] >= 0)
            {
                return node.Inputs[k] < trainable.Length && trainable[node.Inputs[k]];
            }
        }

        return hasBackward;
    }

    private static void Clear(in BoundStep step)
    {
        Binding binding = step.Binding!;
        if (step.ClearOutputs)
        {
            foreach (ref Slot slot in binding.OutputGradients.AsSpan())
            {
                if (slot.Spec.Type == DataType.None)
                {
                    new Span<byte>(slot.Data, slot.Bytes).Clear();
                }
            }
        }

        for (uint mask = step.Clear; mask != 0; mask &= mask - 1)
        {
            ref Slot slot = ref binding.InputGradients[System.Numerics.BitOperations.TrailingZeroCount(mask)];
            new Span<byte>(slot.Data, slot.Bytes).Clear();
        }
    }

    private void BindBackward(GraphNode node, ProgramStep step, int s, Binding binding, bool[] written, ref BoundStep bound)
    {
        binding.BackwardScratch = Place(_program.Find(BufferKind.Scratch, s));
        binding.Wanted = step.Wanted;
        binding.Accumulate = step.Accumulate;
        binding.InputGradients = new Slot[node.Inputs.Length];
        for (int k = 0; k < node.Inputs.Length; k++)
        {
            if ((step.Wanted & (1u << k)) != 0)
            {
                binding.InputGradients[k] = Gradient(node.Inputs[k]);
                written[node.Inputs[k]] = true;
            }
        }

        binding.OutputGradients = new Slot[node.Outputs.Length];
        for (int k = 0; k < node.Outputs.Length; k++)
        {
            Slot slot = Place(_program.Find(BufferKind.Gradient, node.Outputs[k]));

            // Nobody wrote this gradient when no later node wants it as an input gradient: it is zero (spec type None marks it), but 1 for a loss.
            bool isWritten = node.Info.IsLoss || written[node.Outputs[k]];
            bound.ClearOutputs |= !isWritten;
            binding.OutputGradients[k] = slot with { Spec = isWritten ? _program.Graph.Tensors[node.Outputs[k]].Spec : default };
            if (node.Info.IsLoss && k == 0)
            {
                bound.Loss = slot;
            }
        }
    }

    private Slot Place(ProgramBuffer? buffer) => buffer is null ? default : new Slot { Data = _arena + buffer.Offset, Bytes = (int)buffer.Bytes };

    private Slot Place(in StateEntry state) =>
        new() { Data = _arena + _program.ArenaBytes + state.Offset, Bytes = _program.Graph.Tensors[state.Value].Spec.Bytes, Spec = _program.Graph.Tensors[state.Value].Spec };

    private struct BoundStep
    {
        public StepPhase Phase;
        public int Index;
        public IKernel? Kernel;
        public IDifferentiable? Backward;
        public Binding? Binding;
        public uint Clear;
        public bool ClearOutputs;
        public Slot Gradient;
        public Slot Loss;
    }
}

using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Graph;
using Edge.Runtime.Memory;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Tests.Harness;

/// <summary>How an <see cref="OperatorRunner"/> runs its operator.</summary>
internal sealed record RunnerOptions
{
    public WorkerTeam Team { get; init; } = WorkerTeam.Single;

    /// <summary>Whether it runs as a training step, with a backward phase.</summary>
    public bool Training { get; init; }

    /// <summary>Whether training steps train this operator.</summary>
    public bool Trained { get; init; } = true;

    /// <summary>Bit i: the gradient of input i is wanted.</summary>
    public uint Wanted { get; init; }

    /// <summary>Bit i: the gradient of input i already holds a contribution.</summary>
    public uint Accumulate { get; init; }

    /// <summary>The input whose memory output 0 takes, or −1.</summary>
    public int InPlaceInput { get; init; } = -1;

    /// <summary>Whether the gradient of input 0 takes the memory of the gradient of output 0.</summary>
    public bool GradientInPlace { get; init; }

    /// <summary>What the model declares of the outputs; needed by operators whose output type does not follow from the inputs.</summary>
    public TensorSpec[]? Declared { get; init; }

    /// <summary>Bit i: input i is a constant whose bytes the shape rule and the prepared kernel may read.</summary>
    public uint Frozen { get; init; }

    /// <summary>Whether to run the kernel that the operator prepares, where it prepares one.</summary>
    public bool Prepare { get; init; }

    /// <summary>Bytes that prepared kernels may pack into; 0 forbids packing.</summary>
    public long PackBudget { get; init; } = 1 << 28;

    /// <summary>Alignment of every tensor; 1 puts each end exactly at a guard page.</summary>
    public int Alignment { get; init; } = 1;

    public ulong Seed { get; init; } = 42;

    public long Step { get; init; } = 7;
}

/// <summary>Runs one operator as the runtime would: plans it, gives every tensor guarded memory, runs forward and backward.</summary>
/// <remarks>
/// What the contract leaves undefined holds NaN patterns: outputs and scratch before the forward phase, gradients that Backward must overwrite, and
/// before the backward phase every data input and output that <see cref="IDifferentiable.Keeps"/> does not name. So an operator that reads what it did
/// not ask for fails its oracle.
/// </remarks>
internal sealed unsafe class OperatorRunner : IDisposable
{
    private const int Node = 3;
    private const byte Poison = 0xFF;                // NaN in float32, −1 in integers
    private readonly RunnerOptions _options;
    private readonly OperatorInfo _info;
    private readonly IOperator _operator;
    private readonly IKernel _kernel;
    private readonly PreparedMemory _prepared;
    private readonly Binding _binding;
    private readonly TestTensor?[] _inputs;
    private readonly List<(string Name, GuardedMemory Memory)> _memory = [];

    public OperatorRunner(OperatorInfo info, IOperator op, TestTensor?[] inputs, RunnerOptions? options = null)
    {
        _info = info;
        _operator = op;
        _inputs = inputs;
        _options = options ??= new RunnerOptions();
        TensorSpec[] specs = Array.ConvertAll(inputs, static input => input?.Spec ?? default);
        ReadOnlyMemory<byte>[] constants = new ReadOnlyMemory<byte>[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            constants[i] = inputs[i] is { } input && (options.Frozen & (1u << i)) != 0 ? input.Bytes : default;
        }

        Plan = Infer(info, op, specs, constants, options.Declared);
        Assert.Equal(info.Outputs, Plan.Outputs.Length);
        _prepared = new PreparedMemory(options.PackBudget > 0, options.PackBudget);
        _kernel = options.Prepare && op is IPreparable preparable
            ? preparable.Prepare(new Preparation(specs, constants, Plan.Outputs, _prepared)) ?? op
            : op;

        Slot[] inputSlots = new Slot[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i] is not null)
            {
                inputSlots[i] = Allocate($"input {i}", specs[i], options.Alignment);
            }
        }

        Slot[] outputSlots = new Slot[Plan.Outputs.Length];
        for (int i = 0; i < outputSlots.Length; i++)
        {
            if (i == 0 && options.InPlaceInput >= 0)
            {
                Assert.Equal(Plan.Outputs[0].Bytes, inputSlots[options.InPlaceInput].Bytes);
                outputSlots[0] = inputSlots[options.InPlaceInput];
                outputSlots[0].Spec = Plan.Outputs[0];
            }
            else
            {
                outputSlots[i] = Allocate($"output {i}", Plan.Outputs[i], options.Alignment);
            }
        }

        _binding = new Binding
        {
            Run = new RunState { Team = options.Team, Training = options.Training, Seed = options.Seed, Step = options.Step },
            Node = Node,
            Inputs = inputSlots,
            Outputs = outputSlots,
            Trained = options.Training && options.Trained,
            Wanted = options.Wanted,
            Accumulate = options.Accumulate,
            Scratch = Bytes("scratch", Plan.ScratchBytes),
            Saved = Bytes("saved", options.Training ? Plan.SavedBytes : 0),
            BackwardScratch = Bytes("backward scratch", options.Training ? Plan.BackwardScratchBytes : 0),
            Persistent = op is ReadState or WriteState ? Allocate("state", Plan.Outputs[0], options.Alignment) : default,
        };
        if (options.Training)
        {
            Slot[] outputGradients = new Slot[outputSlots.Length];
            outputGradients[0] = Allocate("output gradient 0", Plan.Outputs[0] with { Quantization = null }, options.Alignment);
            for (int i = 1; i < outputSlots.Length && !info.IsLoss; i++)
            {
                outputGradients[i] = Allocate($"output gradient {i}", Plan.Outputs[i], options.Alignment);
            }

            Slot[] inputGradients = new Slot[inputs.Length];
            for (int i = 0; i < inputs.Length; i++)
            {
                if (i == 0 && options.GradientInPlace)
                {
                    Assert.Equal(outputGradients[0].Bytes, inputSlots[0].Bytes);
                    inputGradients[0] = outputGradients[0];
                    inputGradients[0].Spec = specs[0];
                }
                else if ((options.Wanted & (1u << i)) != 0)
                {
                    inputGradients[i] = Allocate($"input gradient {i}", specs[i], options.Alignment);
                }
            }

            _binding.OutputGradients = outputGradients;
            _binding.InputGradients = inputGradients;
        }
    }

    public OperatorPlan Plan { get; }

    /// <summary>Whether the operator prepared a kernel of its own.</summary>
    public bool IsPrepared => !ReferenceEquals(_kernel, _operator);

    /// <summary>The random numbers that the operator draws when run with these options.</summary>
    public static CounterRandom RandomOf(RunnerOptions options)
    {
        RunState run = new() { Team = options.Team, Seed = options.Seed, Step = options.Step };
        return new Buffers(new Binding { Run = run, Node = Node, Inputs = [], Outputs = [] }).Random;
    }

    /// <summary>Runs the shape rule alone.</summary>
    /// <param name="info">The operator's identity.</param>
    /// <param name="op">The operator.</param>
    /// <param name="inputs">Input specs; default for one left out.</param>
    /// <param name="constants">Bytes of constant inputs, or null for none.</param>
    /// <param name="declared">What the model declares of the outputs, or null.</param>
    public static OperatorPlan Infer(OperatorInfo info, IOperator op, TensorSpec[] inputs, ReadOnlyMemory<byte>[]? constants = null, TensorSpec[]? declared = null)
    {
        List<GraphTensor> tensors = [];
        int[] inputIndices = new int[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputIndices[i] = inputs[i].Type == DataType.None ? -1 : i;
            tensors.Add(new GraphTensor("", inputs[i]) { Constant = constants is null ? default : constants[i] });
        }

        int[] outputIndices = [.. Enumerable.Range(tensors.Count, info.Outputs)];
        tensors.AddRange((declared ?? new TensorSpec[info.Outputs]).Select(static spec => new GraphTensor("", spec)));
        return op.Infer(new Shapes(0, info, "", inputIndices, outputIndices, tensors.ToArray()));
    }

    /// <summary>Elements of an input.</summary>
    public Span<T> Input<T>(int index) where T : unmanaged => View.Of<T>(_binding.Inputs[index]);

    /// <summary>Elements of an output.</summary>
    public Span<T> Output<T>(int index = 0) where T : unmanaged => View.Of<T>(_binding.Outputs[index]);

    /// <summary>What the operator reads or writes besides its tensors: the state between runs.</summary>
    public Span<byte> Persistent => View.Of<byte>(_binding.Persistent);

    /// <summary>Elements of an output, widened to double.</summary>
    public double[] OutputValues(int index) => TestTensor.Widen(Plan.Outputs[index].Type, View.Of<byte>(_binding.Outputs[index]));

    /// <summary>Gradient of an output; a backward phase may destroy it.</summary>
    public Span<float> OutputGradient(int index = 0) => View.Of<float>(_binding.OutputGradients[index]);

    /// <summary>Gradient of an input.</summary>
    public Span<float> InputGradient(int index) => View.Of<float>(_binding.InputGradients[index]);

    /// <summary>Loads the inputs, poisons the rest, runs the forward phase and checks that only what may change has changed.</summary>
    public void Forward()
    {
        foreach (Slot output in _binding.Outputs)
        {
            View.Of<byte>(output).Fill(Poison);
        }

        View.Of<byte>(_binding.Scratch).Fill(Poison);
        View.Of<byte>(_binding.Saved).Fill(Poison);
        for (int i = 0; i < _inputs.Length; i++)
        {
            _inputs[i]?.Bytes.CopyTo(View.Of<byte>(_binding.Inputs[i]));
        }

        // A state holds its first value, and one that nobody reads nothing known.
        View.Of<byte>(_binding.Persistent).Fill(Poison);
        if (_operator is ReadState)
        {
            _inputs[0]!.Bytes.CopyTo(View.Of<byte>(_binding.Persistent));
        }

        ExecuteForward();
        CheckGuards();
        for (int i = 0; i < _inputs.Length; i++)
        {
            bool mayChange = i == _options.InPlaceInput || (_info.Role(i) == InputRole.State && _options.Training && _options.Trained);
            if (!mayChange && _inputs[i] is { } input)
            {
                Assert.True(input.Bytes.AsSpan().SequenceEqual(View.Of<byte>(_binding.Inputs[i])), $"{_info.Name}: the forward phase changed input {i}.");
            }
        }
    }

    /// <summary>Runs the backward phase after <see cref="Forward"/>.</summary>
    /// <param name="outputGradient">Gradient of output 0.</param>
    /// <param name="contributions">What the gradients that accumulate already hold; by input, null elsewhere.</param>
    public void Backward(ReadOnlySpan<float> outputGradient, float[]?[]? contributions = null)
    {
        IDifferentiable differentiable = (IDifferentiable)_operator;
        Keep keeps = differentiable.Keeps(_options.Wanted);
        for (int i = 0; i < _inputs.Length; i++)
        {
            bool kept = _info.Role(i) != InputRole.Data || (_options.Frozen & (1u << i)) != 0 || ((uint)keeps & (1u << i)) != 0;
            bool overwritten = i == _options.InPlaceInput;
            Assert.False(kept && overwritten && _info.Role(i) == InputRole.Data && (keeps & Keep.Output0) != 0, $"{_info.Name} keeps both input {i} and the output that took its place.");
            if (!kept && !overwritten)
            {
                View.Of<byte>(_binding.Inputs[i]).Fill(Poison);
            }
        }

        for (int i = 0; i < _binding.Outputs.Length; i++)
        {
            if (((uint)keeps & ((uint)Keep.Output0 << i)) == 0)
            {
                View.Of<byte>(_binding.Outputs[i]).Fill(Poison);
            }
        }

        View.Of<byte>(_binding.BackwardScratch).Fill(Poison);
        for (int i = 0; i < _binding.InputGradients.Length; i++)
        {
            Span<float> gradient = View.Of<float>(_binding.InputGradients[i]);
            if ((_options.Accumulate & (1u << i)) != 0)
            {
                contributions?[i].CopyTo(gradient);
            }
            else if (Plan.OverwritesGradients)
            {
                MemoryMarshal.AsBytes(gradient).Fill(Poison);
            }
            else
            {
                gradient.Clear();
            }
        }

        outputGradient.CopyTo(OutputGradient());
        ExecuteBackward();
        CheckGuards();
    }

    /// <summary>The forward phase alone.</summary>
    public void ExecuteForward() => _kernel.Forward(new Buffers(_binding));

    /// <summary>The backward phase alone.</summary>
    public void ExecuteBackward() => ((IDifferentiable)_operator).Backward(new Gradients(_binding));

    public void Dispose()
    {
        foreach ((_, GuardedMemory memory) in _memory)
        {
            memory.Dispose();
        }

        _prepared.Dispose();
    }

    private void CheckGuards()
    {
        foreach ((string name, GuardedMemory memory) in _memory)
        {
            memory.Check($"{_info.Name} {name}");
        }
    }

    private Slot Allocate(string name, TensorSpec spec, int alignment)
    {
        GuardedMemory memory = new(spec.Bytes, alignment);
        _memory.Add((name, memory));
        return new Slot { Data = memory.Pointer, Bytes = memory.Bytes, Spec = spec };
    }

    // Scratch comes aligned from the arena, and kernels may rely on it.
    private Slot Bytes(string name, int bytes) =>
        bytes == 0 ? default : Allocate(name, new TensorSpec(DataType.UInt8, new Shape(bytes)), AlignedMemory.Alignment);
}

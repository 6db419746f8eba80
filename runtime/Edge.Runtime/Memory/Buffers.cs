using System.Runtime.CompilerServices;
using Edge.Format;
using Edge.Runtime.Memory;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Operators;

/// <summary>What a forward phase reads and writes.</summary>
public readonly unsafe ref struct Buffers
{
    private readonly Binding _binding;

    internal Buffers(Binding binding) => _binding = binding;

    /// <summary>Number of inputs, left-out ones included.</summary>
    public int InputCount => _binding.Inputs.Length;

    /// <summary>Threads to divide work over.</summary>
    public WorkerTeam Team => _binding.Run.Team;

    /// <summary>Whether this run is a training step that trains this operator: batch statistics are used and updated, dropout drops.</summary>
    public bool Training => _binding.Run.Training && _binding.Trained;

    /// <summary>Whether <see cref="Saved{T}"/> is to be filled: a backward phase follows.</summary>
    public bool Saves => _binding.Run.Training && _binding.Saved.Bytes > 0;

    /// <summary>Random numbers of this operator in this step: the same in the forward and backward phase, others in every step.</summary>
    public CounterRandom Random => new(_binding.Run.Seed, ((ulong)_binding.Run.Step << 16) + (ulong)_binding.Node);

    /// <summary>Whether an optional input is there.</summary>
    /// <param name="index">Its position.</param>
    public bool Has(int index) => index < _binding.Inputs.Length && _binding.Inputs[index].Data is not null;

    /// <summary>Type, shape and quantization of an input.</summary>
    /// <param name="index">Its position.</param>
    public TensorSpec InputSpec(int index) => _binding.Inputs[index].Spec;

    /// <summary>Type, shape and quantization of an output.</summary>
    /// <param name="index">Its position.</param>
    public TensorSpec OutputSpec(int index) => _binding.Outputs[index].Spec;

    /// <summary>Shape of an input.</summary>
    /// <param name="index">Its position.</param>
    public Shape InputShape(int index) => _binding.Inputs[index].Spec.Shape;

    /// <summary>Shape of an output.</summary>
    /// <param name="index">Its position.</param>
    public Shape OutputShape(int index) => _binding.Outputs[index].Spec.Shape;

    /// <summary>Elements of a float32 input; empty when it was left out.</summary>
    /// <param name="index">Its position.</param>
    public ReadOnlySpan<float> Input(int index) => Input<float>(index);

    /// <summary>Elements of an input; empty when it was left out.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="index">Its position.</param>
    public ReadOnlySpan<T> Input<T>(int index) where T : unmanaged => index < _binding.Inputs.Length ? View.Of<T>(_binding.Inputs[index]) : default;

    /// <summary>Elements of a float32 output.</summary>
    /// <param name="index">Its position.</param>
    public Span<float> Output(int index) => Output<float>(index);

    /// <summary>Elements of an output.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="index">Its position.</param>
    public Span<T> Output<T>(int index) where T : unmanaged => View.Of<T>(_binding.Outputs[index]);

    /// <summary>Elements of an input of role <see cref="InputRole.State"/>, to be changed in training.</summary>
    /// <param name="index">Its position.</param>
    public Span<float> State(int index) => View.Of<float>(_binding.Inputs[index]);

    /// <summary>The scratch that the plan asked for; contents undefined.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    public Span<T> Scratch<T>() where T : unmanaged => View.Of<T>(_binding.Scratch);

    /// <summary>Memory that the backward phase will read; only where <see cref="Saves"/>.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    public Span<T> Saved<T>() where T : unmanaged => View.Of<T>(_binding.Saved);

    /// <summary>The state that a <see cref="ReadState"/> or <see cref="WriteState"/> names; empty where nobody reads it.</summary>
    internal Span<byte> Persistent => View.Of<byte>(_binding.Persistent);
}

/// <summary>What a backward phase reads and writes.</summary>
public readonly unsafe ref struct Gradients
{
    private readonly Binding _binding;

    internal Gradients(Binding binding) => _binding = binding;

    /// <summary>Number of inputs, left-out ones included.</summary>
    public int InputCount => _binding.Inputs.Length;

    /// <summary>Threads to divide work over.</summary>
    public WorkerTeam Team => _binding.Run.Team;

    /// <summary>Whether the forward phase ran as <see cref="Buffers.Training"/>.</summary>
    public bool Training => _binding.Run.Training && _binding.Trained;

    /// <summary>The numbers that the forward phase of this step drew.</summary>
    public CounterRandom Random => new Buffers(_binding).Random;

    /// <summary>Whether an optional input is there.</summary>
    /// <param name="index">Its position.</param>
    public bool Has(int index) => index < _binding.Inputs.Length && _binding.Inputs[index].Data is not null;

    /// <summary>Whether the gradient of an input is wanted.</summary>
    /// <param name="index">Its position.</param>
    public bool Wants(int index) => (_binding.Wanted & (1u << index)) != 0;

    /// <summary>Whether the gradient of an input already holds a contribution to add to; see <see cref="OperatorPlan.OverwritesGradients"/>.</summary>
    /// <param name="index">Its position.</param>
    public bool Accumulate(int index) => (_binding.Accumulate & (1u << index)) != 0;

    /// <summary>Type, shape and quantization of an input.</summary>
    /// <param name="index">Its position.</param>
    public TensorSpec InputSpec(int index) => _binding.Inputs[index].Spec;

    /// <summary>Shape of an input.</summary>
    /// <param name="index">Its position.</param>
    public Shape InputShape(int index) => _binding.Inputs[index].Spec.Shape;

    /// <summary>Shape of an output.</summary>
    /// <param name="index">Its position.</param>
    public Shape OutputShape(int index) => _binding.Outputs[index].Spec.Shape;

    /// <summary>Value of a float32 input that was kept, or of a constant.</summary>
    /// <param name="index">Its position.</param>
    public ReadOnlySpan<float> Input(int index) => Input<float>(index);

    /// <summary>Value of an input that was kept, or of a constant; empty when it was left out.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="index">Its position.</param>
    public ReadOnlySpan<T> Input<T>(int index) where T : unmanaged => index < _binding.Inputs.Length ? View.Of<T>(_binding.Inputs[index]) : default;

    /// <summary>Value of an output that was kept.</summary>
    /// <param name="index">Its position.</param>
    public ReadOnlySpan<float> Output(int index) => View.Of<float>(_binding.Outputs[index]);

    /// <summary>Gradient of an output; may be destroyed.</summary>
    /// <param name="index">Its position.</param>
    public Span<float> OutputGradient(int index) => View.Of<float>(_binding.OutputGradients[index]);

    /// <summary>Gradient of an input, to be added to; only where <see cref="Wants"/>.</summary>
    /// <param name="index">Its position.</param>
    public Span<float> InputGradient(int index) => View.Of<float>(_binding.InputGradients[index]);

    /// <summary>The scratch that the plan asked for; contents undefined.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    public Span<T> Scratch<T>() where T : unmanaged => View.Of<T>(_binding.BackwardScratch);

    /// <summary>What the forward phase left.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    public Span<T> Saved<T>() where T : unmanaged => View.Of<T>(_binding.Saved);
}

internal static unsafe class View
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Span<T> Of<T>(scoped in Slot slot) where T : unmanaged => new(slot.Data, slot.Bytes / sizeof(T));
}

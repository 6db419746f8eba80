using Edge.Format;
using Edge.Runtime.Operators;
using Edge.Runtime.Threading;

namespace Edge.Runtime.Memory;

/// <summary>Where a tensor lies and what it is. A default slot is an input left out.</summary>
internal unsafe struct Slot
{
    public byte* Data;
    public int Bytes;
    public TensorSpec Spec;
}

/// <summary>What all steps of one session or trainer share and what changes from run to run.</summary>
internal sealed class RunState
{
    public required WorkerTeam Team { get; init; }

    /// <summary>Whether the current run is a training step.</summary>
    public bool Training { get; set; }

    /// <summary>Seed of dropout masks.</summary>
    public ulong Seed { get; set; }

    /// <summary>Training steps done before the current one.</summary>
    public long Step { get; set; }
}

/// <summary>The memory of one operator in one program: made once, read by every run.</summary>
internal sealed unsafe class Binding
{
    public required RunState Run { get; init; }

    public required int Node { get; init; }

    public required Slot[] Inputs { get; init; }

    public required Slot[] Outputs { get; init; }

    /// <summary>Whether training steps train this operator, and so use and update batch statistics.</summary>
    public bool Trained { get; init; }

    /// <summary>The state that the operator reads or writes; default for other operators.</summary>
    public Slot Persistent;

    public Slot Scratch;

    public Slot Saved;

    public Slot BackwardScratch;

    public Slot[] InputGradients { get; set; } = [];

    public Slot[] OutputGradients { get; set; } = [];

    /// <summary>Bit i: the gradient of input i is wanted.</summary>
    public uint Wanted { get; set; }

    /// <summary>Bit i: the gradient of input i already holds a contribution.</summary>
    public uint Accumulate { get; set; }
}

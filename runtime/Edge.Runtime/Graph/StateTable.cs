using Edge.Runtime.Memory;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Graph;

/// <summary>A state that lives between runs.</summary>
/// <param name="Initial">The constant that holds its first value.</param>
/// <param name="Value">A tensor that has its type and shape: the output of its first read.</param>
/// <param name="Offset">Where it lies behind the arena.</param>
internal readonly record struct StateEntry(int Initial, int Value, long Offset);

/// <summary>The states of a graph and where they lie behind the arena.</summary>
internal sealed class StateTable
{
    private static readonly StateTable s_none = new([], [], 0);

    private readonly StateEntry[] _entries;
    private readonly int[] _byId;                    // by id: one more than the position in _entries

    private StateTable(StateEntry[] entries, int[] byId, long bytes)
    {
        _entries = entries;
        _byId = byId;
        Bytes = bytes;
    }

    /// <summary>Bytes of all states, each rounded up to the alignment.</summary>
    public long Bytes { get; }

    /// <summary>The states, in the order of their first reads.</summary>
    public ReadOnlySpan<StateEntry> Entries => _entries;

    /// <summary>Collects the states that a graph reads.</summary>
    public static StateTable Of(ModelGraph graph)
    {
        int highest = -1;
        foreach (GraphNode node in graph.Nodes)
        {
            highest = Math.Max(highest, node.Operator is ReadState read ? read.Id : -1);
        }

        if (highest < 0)
        {
            return s_none;
        }

        int[] byId = new int[highest + 1];
        int count = 0;
        foreach (GraphNode node in graph.Nodes)
        {
            if (node.Operator is ReadState read && byId[read.Id] == 0)
            {
                byId[read.Id] = ++count;
            }
        }

        StateEntry[] entries = new StateEntry[count];
        long bytes = 0;
        count = 0;
        foreach (GraphNode node in graph.Nodes)
        {
            if (node.Operator is ReadState read && byId[read.Id] == count + 1)
            {
                entries[count++] = new StateEntry(node.Inputs[0], node.Outputs[0], bytes);
                bytes += AlignedMemory.AlignUp(graph.Tensors[node.Outputs[0]].Spec.Bytes);
            }
        }

        return new StateTable(entries, byId, bytes);
    }

    /// <summary>The state that a node reads or writes, or null where it does neither or nobody reads what it writes.</summary>
    public StateEntry? Find(IOperator op)
    {
        int id = op switch { ReadState read => read.Id, WriteState write => write.Id, _ => -1 };
        return (uint)id < (uint)_byId.Length && _byId[id] > 0 ? _entries[_byId[id] - 1] : null;
    }

    /// <summary>Proves that all reads and writes of a state agree.</summary>
    /// <param name="graph">The graph of this table.</param>
    /// <param name="complete">Whether every state that is written must be read; what is left of a graph for training may write only.</param>
    /// <exception cref="ShapeException">A state has two first values, is written but never read, or is written in another shape or type.</exception>
    public void Check(ModelGraph graph, bool complete)
    {
        for (int i = 0; i < graph.Nodes.Length; i++)
        {
            GraphNode node = graph.Nodes[i];
            StateEntry? state = Find(node.Operator);
            if (node.Operator is ReadState read && state!.Value.Initial != node.Inputs[0])
            {
                throw new ShapeException($"{GraphNode.Label(i, node.Info, node.Name)}: state {read.Id} starts as tensor {node.Inputs[0]} here, as tensor {state.Value.Initial} in an earlier read; all reads of a state name the same constant.");
            }

            if (node.Operator is WriteState write && (complete || state is not null))
            {
                TensorSpec value = graph.Tensors[node.Inputs[0]].Spec;
                if (state is null)
                {
                    throw new ShapeException($"{GraphNode.Label(i, node.Info, node.Name)}: no operator reads state {write.Id}; a ReadState states what it starts as.");
                }

                TensorSpec known = graph.Tensors[state.Value.Value].Spec;
                if (value.Type != known.Type || value.Shape != known.Shape || !Quantization.Same(value.Quantization, known.Quantization))
                {
                    throw new ShapeException($"{GraphNode.Label(i, node.Info, node.Name)}: {value} is written to state {write.Id}, which is {known}{(value with { Quantization = null } == known with { Quantization = null } ? " with other quantization" : "")}; type, shape and quantization stay the same.");
                }
            }
        }
    }
}

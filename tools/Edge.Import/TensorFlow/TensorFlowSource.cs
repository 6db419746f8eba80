using Edge.Format;
using Edge.Import.TensorFlow.Messages;

namespace Edge.Import.TensorFlow;

/// <summary>An input of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Node">The node that stands for it.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Axis sizes as the model states them.</param>
internal sealed record TensorFlowInput(string Name, FlatNode Node, DataType Type, ShapeMessage Shape);

/// <summary>An output of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Tensor">The tensor.</param>
/// <param name="Type">Element type; <see cref="DataType.None"/> where the model does not state it.</param>
/// <param name="Axes">Axis sizes as the model states them.</param>
internal sealed record TensorFlowOutput(string Name, FlatOutput Tensor, DataType Type, IReadOnlyList<long> Axes);

/// <summary>A model that was read: the inlined graph between its inputs and outputs, and where its variables lie.</summary>
/// <param name="Graph">What the outputs are computed from.</param>
/// <param name="Inputs">Inputs, in order.</param>
/// <param name="Outputs">Outputs, in order.</param>
/// <param name="VariablesPrefix">Path of the checkpoint without <c>.index</c>; null for a graph alone.</param>
/// <param name="Bytes">Size of all files.</param>
internal sealed record TensorFlowSource(FlatGraph Graph, IReadOnlyList<TensorFlowInput> Inputs, IReadOnlyList<TensorFlowOutput> Outputs, string? VariablesPrefix, long Bytes);

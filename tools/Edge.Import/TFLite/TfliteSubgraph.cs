namespace Edge.Import.TFLite;

/// <summary>One subgraph, checked: indices lie within, and every tensor is made once, before it is read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Tensors">Its tensors.</param>
/// <param name="Inputs">Tensors that come from outside.</param>
/// <param name="Outputs">Tensors that go outside.</param>
/// <param name="Operators">Its operators, in execution order.</param>
internal sealed record TfliteSubgraph(string Name, TfliteTensor[] Tensors, int[] Inputs, int[] Outputs, TfliteOperator[] Operators);

namespace Edge.Import;

/// <summary>One operator that an importer knows: a row of the table in docs/importing.md.</summary>
/// <param name="Kind">Its name in the source format.</param>
/// <param name="Support">How it reaches the runtime.</param>
/// <param name="Becomes">The runtime operators it becomes, for example <c>Conv2D</c> or <c>Transpose, Softmax</c>.</param>
public sealed record FormatOperator(string Kind, OperatorSupport Support, string Becomes);

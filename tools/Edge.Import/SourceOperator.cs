namespace Edge.Import;

/// <summary>One operator of a source model, as the survey before conversion lists it.</summary>
/// <param name="Kind">Its name in the source format: <c>CONV_2D</c>, <c>Conv</c>, <c>SeparableConv2D</c>.</param>
/// <param name="Name">The node's name, or a place that identifies it.</param>
/// <param name="Support">How it reaches the runtime.</param>
/// <param name="Note">What it becomes, or why it is missing and what to do about it.</param>
public sealed record SourceOperator(string Kind, string Name, OperatorSupport Support, string Note);

namespace Edge.Tests.Harness;

/// <summary>The end of a simulated process: what was written stays visible to the next one, what was not flushed stays in doubt.</summary>
internal sealed class KilledException() : Exception("The process was killed here.");

namespace Edge.Learning.FineTuning;

/// <summary>What fine-tuning did.</summary>
/// <param name="Before">Loss and accuracy on the test samples before.</param>
/// <param name="After">The same afterwards.</param>
/// <param name="Losses">Mean training loss of each epoch.</param>
/// <param name="Steps">Training steps.</param>
/// <param name="Elapsed">Time of the training steps alone.</param>
/// <param name="TrainingBytes">Bytes of arena, parameters and optimizer state.</param>
/// <param name="Personalization">What changed; for <see cref="Runtime.Model.Personalize"/>.</param>
public sealed record FineTuneResult(
    Evaluation Before,
    Evaluation After,
    IReadOnlyList<double> Losses,
    long Steps,
    TimeSpan Elapsed,
    long TrainingBytes,
    byte[] Personalization);

namespace Edge.Learning.Data;

/// <summary>A data set in two parts: one to learn from, one that learning must not see.</summary>
/// <param name="Train">What the trainer sees.</param>
/// <param name="Test">What accuracy is stated on.</param>
public readonly record struct TrainTest(Dataset Train, Dataset Test);

namespace Edge.Learning.Callbacks;

/// <summary>Remembers the best value of a measure. Measures named accuracy are best when high, the others when low.</summary>
internal sealed class Monitor(string name, double minDelta = 0)
{
    private readonly bool _high = name.EndsWith("accuracy", StringComparison.Ordinal);

    /// <summary>The best value so far; NaN before the first.</summary>
    public double Best { get; private set; } = double.NaN;

    /// <summary>Whether the last epoch beats all before it by more than the least difference. NaN never does.</summary>
    /// <exception cref="ArgumentException">The measure does not exist.</exception>
    public bool Improves(History history)
    {
        double value = history.Epochs[^1][name];
        bool better = double.IsNaN(Best) ? !double.IsNaN(value) : _high ? value > Best + minDelta : value < Best - minDelta;
        Best = better ? value : Best;
        return better;
    }

    public void Save(BinaryWriter writer) => writer.Write(Best);

    public void Load(BinaryReader reader) => Best = reader.ReadDouble();
}

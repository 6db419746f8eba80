using Edge.Learning.Training;

namespace Edge.Learning.Callbacks;

/// <summary>Ends training when a measure no longer improves.</summary>
/// <param name="monitor">The measure, such as "val_loss"; one named accuracy is best when high, any other when low.</param>
/// <param name="patience">Epochs in a row without improvement after which training ends, 1 or more.</param>
/// <param name="restoreBest">Whether the network gets the parameters of its best epoch at the end.</param>
/// <param name="minDelta">What counts as improvement, 0 or more.</param>
public sealed class EarlyStopping(string monitor = "val_loss", int patience = 1, bool restoreBest = false, double minDelta = 0) : Callback
{
    private readonly int _patience = patience >= 1 ? patience : throw new ArgumentOutOfRangeException(nameof(patience), patience, "Patience is 1 epoch or more.");
    private readonly Monitor _monitor = new(monitor, minDelta);
    private float[][]? _best;

    /// <summary>The best epoch so far, from 1; 0 before the first.</summary>
    public int BestEpoch { get; private set; }

    /// <summary>Epochs since the best one.</summary>
    public int Waited { get; private set; }

    /// <inheritdoc/>
    public override void OnEpochEnd(FitContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (_monitor.Improves(context.History))
        {
            BestEpoch = context.Epoch;
            Waited = 0;
            if (restoreBest)
            {
                context.CopyParameters();
                _best = [.. context.Network.Parameters.Select(static parameter => (float[])parameter.Values.Clone())];
            }
        }
        else if (++Waited >= _patience)
        {
            context.StopTraining = true;
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEnd(FitContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        for (int i = 0; _best is not null && i < _best.Length; i++)
        {
            _best[i].CopyTo(context.Network.Parameters[i].Values, 0);
        }
    }

    /// <inheritdoc/>
    protected override void SaveState(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        _monitor.Save(writer);
        writer.Write(BestEpoch);
        writer.Write(Waited);
        writer.Write(_best?.Length ?? 0);
        foreach (float[] values in _best ?? [])
        {
            writer.Write(values.Length);
            writer.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values));
        }
    }

    /// <inheritdoc/>
    protected override void LoadState(BinaryReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        _monitor.Load(reader);
        BestEpoch = reader.ReadInt32();
        Waited = reader.ReadInt32();
        int count = reader.ReadInt32();
        _best = count == 0 ? null : new float[count][];
        for (int i = 0; i < count; i++)
        {
            _best![i] = new float[reader.ReadInt32()];
            reader.BaseStream.ReadExactly(System.Runtime.InteropServices.MemoryMarshal.AsBytes(_best[i].AsSpan()));
        }
    }
}

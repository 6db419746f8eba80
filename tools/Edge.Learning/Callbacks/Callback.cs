using Edge.Learning.Training;

namespace Edge.Learning.Callbacks;

/// <summary>Something that happens along a training. Each method does nothing unless it is overridden.</summary>
public abstract class Callback
{
    /// <summary>Before the first step.</summary>
    /// <param name="context">The training.</param>
    public virtual void OnTrainBegin(FitContext context)
    {
    }

    /// <summary>Before the first step of an epoch; not when an epoch is resumed in the middle.</summary>
    /// <param name="context">The training.</param>
    public virtual void OnEpochBegin(FitContext context)
    {
    }

    /// <summary>After each step.</summary>
    /// <param name="context">The training.</param>
    public virtual void OnBatchEnd(FitContext context)
    {
    }

    /// <summary>After the last step of an epoch and its validation.</summary>
    /// <param name="context">The training.</param>
    public virtual void OnEpochEnd(FitContext context)
    {
    }

    /// <summary>After each step or epoch, when every callback has seen it: the time to make a checkpoint.</summary>
    /// <param name="context">The training.</param>
    public virtual void OnSafePoint(FitContext context)
    {
    }

    /// <summary>After the last epoch, when the network has its new parameters. Not after an error.</summary>
    /// <param name="context">The training.</param>
    public virtual void OnTrainEnd(FitContext context)
    {
    }

    /// <summary>Writes what must survive an interruption: always something or always nothing, the default.</summary>
    /// <param name="writer">Receives it.</param>
    protected virtual void SaveState(BinaryWriter writer)
    {
    }

    /// <summary>Reads what <see cref="SaveState"/> wrote.</summary>
    /// <param name="reader">Gives it.</param>
    protected virtual void LoadState(BinaryReader reader)
    {
    }

    internal byte[] Save()
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        SaveState(writer);
        writer.Flush();
        return stream.ToArray();
    }

    internal void Load(byte[] state)
    {
        using BinaryReader reader = new(new MemoryStream(state));
        LoadState(reader);
    }
}

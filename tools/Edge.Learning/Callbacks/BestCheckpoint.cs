using Edge.Compiler;
using Edge.Learning.Training;
using Edge.Runtime.Storage;

namespace Edge.Learning.Callbacks;

/// <summary>Writes the network as a model file whenever a measure improves; the file is never seen half-written.</summary>
/// <param name="path">The model file.</param>
/// <param name="monitor">The measure, such as "val_loss"; one named accuracy is best when high, any other when low.</param>
/// <param name="export">How the network becomes a model.</param>
public sealed class BestCheckpoint(string path, string monitor = "val_loss", ExportOptions? export = null) : Callback
{
    private readonly Monitor _monitor = new(monitor);

    /// <inheritdoc/>
    public override void OnEpochEnd(FitContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (_monitor.Improves(context.History))
        {
            context.CopyParameters();
            byte[] file = ModelEmitter.ToBytes(context.Network.Export(export));
            AtomicFile.Write(FileStorage.ForPath(path, out string name), name, file);
        }
    }

    /// <inheritdoc/>
    protected override void SaveState(BinaryWriter writer) => _monitor.Save(writer);

    /// <inheritdoc/>
    protected override void LoadState(BinaryReader reader) => _monitor.Load(reader);
}

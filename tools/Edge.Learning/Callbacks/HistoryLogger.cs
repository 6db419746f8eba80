using System.Text;
using Edge.Learning.Training;
using Edge.Runtime.Storage;

namespace Edge.Learning.Callbacks;

/// <summary>Keeps the history in a file, written anew after each epoch: CSV, or JSON where the path ends in .json.</summary>
/// <param name="path">The file.</param>
public sealed class HistoryLogger(string path) : Callback
{
    /// <inheritdoc/>
    public override void OnEpochEnd(FitContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        string text = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? context.History.ToJson() : context.History.ToCsv();
        AtomicFile.Write(FileStorage.ForPath(path, out string name), name, Encoding.UTF8.GetBytes(text));
    }
}

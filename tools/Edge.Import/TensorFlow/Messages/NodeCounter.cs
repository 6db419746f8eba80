namespace Edge.Import.TensorFlow.Messages;

/// <summary>Counts the nodes of a model while it is read, those of functions included.</summary>
/// <param name="limits">Caps.</param>
internal sealed class NodeCounter(ImportLimits limits)
{
    // A SavedModel holds the functions for training and saving beside the one that is wanted: what is read may be more than what is converted.
    private const int ReadForOneConverted = 16;

    private int _count;

    /// <summary>Counts one more.</summary>
    public void Add()
    {
        long most = (long)limits.MaxOperators * ReadForOneConverted;
        if (++_count > most)
        {
            throw new ModelImportException($"The file has more than {most:N0} nodes; that many are allowed.");
        }
    }
}

namespace Edge.Import.TFLite;

/// <summary>One operator of a subgraph, as the file states it.</summary>
/// <param name="Kind">Its name: a builtin's, or a custom operator's own.</param>
/// <param name="Version">Its version.</param>
/// <param name="Inputs">Tensors it reads; −1: left out.</param>
/// <param name="Outputs">Tensors it makes.</param>
/// <param name="OptionsKind">Which table its options are; 0: none.</param>
/// <param name="Options">Its options.</param>
/// <param name="CustomOptions">Options of a custom operator.</param>
/// <param name="Intermediates">Tensors inside it, of which only the quantization matters.</param>
internal sealed record TfliteOperator(
    string Kind,
    int Version,
    int[] Inputs,
    int[] Outputs,
    byte OptionsKind,
    FlatTable Options,
    ReadOnlyMemory<byte> CustomOptions,
    int[] Intermediates);

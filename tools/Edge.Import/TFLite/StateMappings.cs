namespace Edge.Import.TFLite;

/// <summary>Variables behind handles, and what runs once to initialize them.</summary>
internal static class StateMappings
{
    /// <summary>The operators.</summary>
    public static IReadOnlyList<TfliteMapping> Table { get; } =
    [
        TfliteMapping.One("VAR_HANDLE", "the number of a state", static node => node.Conversion.Variables.Declare(node)),
        TfliteMapping.One("READ_VARIABLE", "ReadState", static node => node.Conversion.Variables.Read(node)),
        TfliteMapping.One("ASSIGN_VARIABLE", "WriteState", static node => node.Conversion.Variables.Assign(node, node.Conversion.IsInitialization)),
        TfliteMapping.One("CALL_ONCE", "first values of states", CallOnce),
    ];

    private static void CallOnce(TfliteNode node) => node.Conversion.Initialize(node.Options(OptionsKind.CallOnce).Int32(0));
}

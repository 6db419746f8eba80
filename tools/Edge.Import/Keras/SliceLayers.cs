using System.Text.Json;
using Edge.Compiler;

namespace Edge.Import.Keras;

/// <summary>Slices of tensors, x[:, 1:], which Keras 3 saves as GetItem and tf.keras as SlicingOpLambda. The bounds stand in the file; none of it is code.</summary>
/// <remarks>Source: keras/src/ops/numpy.py, keras/src/saving/serialization_lib.py; for Keras 2 keras/layers/core/tf_op_layer.py.</remarks>
internal static class SliceLayers
{
    private const string Becomes = "Slice, StridedSlice, Reshape";

    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("SlicingOpLambda", OperatorSupport.Supported, Becomes, static layer => Map(layer, layer.Options.Find("slice_spec")))
        {
            Objection = static layer => layer.Config.Text("function", "__operators__.getitem").EndsWith("__operators__.getitem", StringComparison.Ordinal)
                ? null : $"it is the function '{layer.Config.Text("function", "?")}'; slices, '__operators__.getitem', are supported",
        },
        new("GetItem", OperatorSupport.Supported, Becomes, static layer => Map(layer, layer.Options.Find("key") ?? layer.Arguments.ElementAtOrDefault(1))),
    ];

    private static Tensor Map(LayerContext layer, JsonElement? brackets)
    {
        if (brackets is not { ValueKind: not JsonValueKind.Undefined } stated)
        {
            throw layer.Refuse("does not state what it takes");
        }

        JsonElement value = KerasConfig.Plain(stated);
        PythonIndex[] indices = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => Index(layer, item))] : [Index(layer, value)];
        Tensor cut = PythonSlices.Cut(layer.Builder, layer.Name, layer.Input, indices, out string? problem);
        return problem is null ? cut : throw layer.Refuse(problem);
    }

    private static PythonIndex Index(LayerContext layer, JsonElement item)
    {
        switch (item.ValueKind)
        {
            case JsonValueKind.Null:
                return new PythonIndex(PythonIndexKind.NewAxis);
            case JsonValueKind.Number when item.TryGetInt32(out int element):
                return new PythonIndex(PythonIndexKind.Element, element);
            case JsonValueKind.Object:
                KerasConfig config = new(item, layer.Config.Where);
                string kind = config.Text("class_name", "__slice__");
                KerasConfig range = config.Has("config") ? config.Object("config") : config;
                if (kind == "__ellipsis__")
                {
                    return new PythonIndex(PythonIndexKind.Ellipsis);
                }

                if (kind == "__slice__")
                {
                    return new PythonIndex(PythonIndexKind.Range, Bound(range, "start"), Bound(range, "stop"), Bound(range, "step"));
                }

                break;
        }

        throw layer.Refuse($"takes {item.GetRawText()[..Math.Min(item.GetRawText().Length, 64)]}; whole numbers, slices, an ellipsis and None are allowed");
    }

    private static int? Bound(KerasConfig range, string name) => range.Has(name) ? range.Integer(name, least: int.MinValue, most: int.MaxValue) : null;
}

using System.Text.Json;
using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.Keras;

/// <summary>Functions among the layers: arithmetic on tensors that Keras 3 saves as operations and tf.keras as TFOpLambda. Nothing of them is code.</summary>
internal static class FunctionLayers
{
    private const string Becomes = "Add, Subtract, Multiply, Binary, Unary, ParametricUnary, Reduce, Reshape, Transpose, Concat and activations, by the function";

    private static readonly Dictionary<string, BinaryFunction> Binaries = new(StringComparer.Ordinal)
    {
        ["divide"] = BinaryFunction.Divide, ["truedivide"] = BinaryFunction.Divide, ["truediv"] = BinaryFunction.Divide, ["maximum"] = BinaryFunction.Maximum,
        ["minimum"] = BinaryFunction.Minimum, ["power"] = BinaryFunction.Power, ["pow"] = BinaryFunction.Power, ["squareddifference"] = BinaryFunction.SquaredDifference,
    };

    private static readonly Dictionary<string, UnaryFunction> Unaries = new(StringComparer.Ordinal)
    {
        ["abs"] = UnaryFunction.Abs, ["absolute"] = UnaryFunction.Abs, ["negative"] = UnaryFunction.Negate, ["neg"] = UnaryFunction.Negate, ["exp"] = UnaryFunction.Exp,
        ["log"] = UnaryFunction.Log, ["sqrt"] = UnaryFunction.Sqrt, ["rsqrt"] = UnaryFunction.Rsqrt, ["square"] = UnaryFunction.Square, ["sin"] = UnaryFunction.Sin,
        ["cos"] = UnaryFunction.Cos, ["erf"] = UnaryFunction.Erf,
    };

    private static readonly HashSet<string> Reductions = new(StringComparer.Ordinal) { "mean", "reducemean", "sum", "reducesum", "max", "reducemax", "min", "reducemin" };

    /// <summary>The kinds.</summary>
    public static IEnumerable<LayerKind> Kinds { get; } =
    [
        new("TFOpLambda", OperatorSupport.Supported, Becomes, Map) { Objection = Objection },
        new(OperationKind, OperatorSupport.Supported, Becomes, Map) { Objection = Objection },
    ];

    /// <summary>Name of the kind of Keras 3's operations.</summary>
    public const string OperationKind = "keras.ops";

    /// <summary>The function without its module, small and without underscores: <c>math.reduce_mean</c> is reducemean.</summary>
    private static string Function(KerasLayer layer)
    {
        string name = layer.Class == "TFOpLambda" ? layer.Config.Text("function", "?") : layer.Class;
        return name[(name.LastIndexOf('.') + 1)..].Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
    }

    private static string? Objection(KerasLayer layer) =>
        Function(layer) is var name && (name is "add" or "addv2" or "subtract" or "sub" or "multiply" or "mul" || Binaries.ContainsKey(name) || Unaries.ContainsKey(name) || Reductions.Contains(name) || MovementFunctions.Knows(name) || ActivationLayers.FunctionLike(name) is not null)
            ? null : $"it is the function '{(layer.Class == "TFOpLambda" ? layer.Config.Text("function", "?") : layer.Class)}'; replace it by a layer of Keras";

    private static Tensor Map(LayerContext layer)
    {
        string name = Function(layer.Layer);
        if (MovementFunctions.Knows(name))
        {
            return MovementFunctions.Map(layer, name);
        }

        if (Reductions.Contains(name))
        {
            return Reduce(layer, name);
        }

        if (Unaries.TryGetValue(name, out UnaryFunction unary))
        {
            return layer.Builder.Add(layer.Name, new Unary(unary), layer.Input);
        }

        if (ActivationLayers.FunctionLike(name) is { } activation)
        {
            return ActivationLayers.Apply(layer, activation, layer.Input);
        }

        (Tensor? left, float leftNumber) = Operand(layer, 0, "x", "x1");
        (Tensor? right, float rightNumber) = Operand(layer, 1, "y", "x2");
        return (name, left, right) switch
        {
            (_, null, null) => throw layer.Refuse("is called with numbers alone; a tensor is needed"),
            ("add" or "addv2", null, { } x) => Affine(layer, x, 1, leftNumber),
            ("add" or "addv2", { } x, null) => Affine(layer, x, 1, rightNumber),
            ("add" or "addv2", _, _) => layer.Builder.Add(layer.Name, new Add(), left, right),
            ("subtract" or "sub", null, { } x) => Affine(layer, x, -1, leftNumber),
            ("subtract" or "sub", { } x, null) => Affine(layer, x, 1, -rightNumber),
            ("subtract" or "sub", _, _) => layer.Builder.Add(layer.Name, new Subtract(), left, right),
            ("multiply" or "mul", null, { } x) => Affine(layer, x, leftNumber, 0),
            ("multiply" or "mul", { } x, null) => Affine(layer, x, rightNumber, 0),
            ("multiply" or "mul", _, _) => layer.Builder.Add(layer.Name, new Multiply(), left, right),
            _ => layer.Builder.Add(
                layer.Name, new Binary(Binaries[name]), left ?? layer.Builder.Scalar($"{layer.Name}/x", leftNumber), right ?? layer.Builder.Scalar($"{layer.Name}/y", rightNumber)),
        };
    }

    private static Tensor Affine(LayerContext layer, Tensor x, float factor, float summand) =>
        layer.Builder.Add(layer.Name, new ParametricUnary(ParametricFunction.Affine, factor, summand), x);

    /// <summary>An argument by its place or name: a tensor, or else a number.</summary>
    private static (Tensor? Tensor, float Number) Operand(LayerContext layer, int place, string name, string otherName)
    {
        foreach (string known in (ReadOnlySpan<string>)[name, otherName])
        {
            if (layer.Named.TryGetValue(known, out IReadOnlyList<Tensor>? named))
            {
                return (named[0], 0);
            }

            if (layer.Options.Find(known) is { } stated)
            {
                return stated.ValueKind == JsonValueKind.Array ? (Listed(layer, known, stated), 0) : (null, layer.Options.Number(known, 0));
            }
        }

        if (layer.Numbers.TryGetValue(place, out float number))
        {
            return (null, number);
        }

        // Tensors stand at the places that numbers leave.
        int index = place - layer.Numbers.Keys.Count(key => key < place);
        return index < layer.Inputs.Count ? (layer.Inputs[index], 0) : throw layer.Refuse($"is called without its argument {place + 1}");
    }

    /// <summary>A list of numbers, or of such lists, which stands in the file in place of a tensor: <c>[0.485, 0.456, 0.406]</c>.</summary>
    private static Tensor Listed(LayerContext layer, string name, JsonElement list)
    {
        List<int> sizes = [];
        for (JsonElement at = list; at.ValueKind == JsonValueKind.Array; at = at[0])
        {
            sizes.Add(at.GetArrayLength());
            if (sizes[^1] == 0 || sizes.Count > Shape.MaxRank)
            {
                throw layer.Refuse($"is called with the list '{name}', which is empty or deeper than {Shape.MaxRank} levels");
            }
        }

        float[] values = layer.Options.Numbers(name);
        return sizes.Aggregate(1L, static (count, size) => count * size) == values.Length
            ? layer.Builder.Constant<float>($"{layer.Name}/{name}", new Shape([.. sizes]), values)
            : throw layer.Refuse($"is called with the list '{name}' of {values.Length} numbers, which do not fill [{string.Join(", ", sizes)}]");
    }

    private static Tensor Reduce(LayerContext layer, string name)
    {
        // Keras states axes with the operation, TensorFlow with the call.
        Tensor input = layer.Input;
        KerasConfig options = layer.Config.Has("axis") ? layer.Config : layer.Options;
        int[] axes = options.Has("axis") ? options.Integers("axis", -1, least: -Shape.MaxRank, most: Shape.MaxRank - 1) : [];
        bool keep = options.Flag("keepdims", false);
        return name switch
        {
            "mean" or "reducemean" => layer.Builder.Add(layer.Name, new ReduceMean(IntList.Create(axes), keep), input),
            "sum" or "reducesum" => layer.Builder.Add(layer.Name, new ReduceSum(IntList.Create(axes), keep), input),
            "max" or "reducemax" => layer.Builder.Add(layer.Name, new Reduce(Reduction.Maximum, IntList.Create(axes), keep), input),
            _ => layer.Builder.Add(layer.Name, new Reduce(Reduction.Minimum, IntList.Create(axes), keep), input),
        };
    }
}

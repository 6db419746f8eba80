using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>What the recurrent operators share: places of their inputs, checks, sizes.</summary>
internal static class RecurrentRule
{
    internal const int Input = 0;
    internal const int Weights = 1;
    internal const int Recurrent = 2;
    internal const int Bias = 3;
    internal const int RecurrentBias = 4;
    internal const int Lengths = 5;
    internal const int Hidden = 6;
    internal const int Cell = 7;
    internal const int Peephole = 8;
    internal const int Projection = 9;
    internal const int ProjectionBias = 10;

    private static readonly InputRole[] s_roles =
    [
        InputRole.Data, InputRole.Weight, InputRole.Weight, InputRole.Bias, InputRole.Bias, InputRole.Data, InputRole.Data, InputRole.Data, InputRole.Weight,
        InputRole.Weight, InputRole.Bias,
    ];

    internal static OperatorInfo Info(string name, ushort code, int inputs, int outputs) => new(name, code, s_roles[..inputs], MinInputs: 3, outputs);

    /// <summary>Checks the inputs that all of them have, and states the outputs (sequence, final state).</summary>
    /// <param name="shapes">The inputs.</param>
    /// <param name="gates">Gates.</param>
    /// <param name="sequence">The outputs of all steps.</param>
    /// <param name="last">h behind the last step.</param>
    internal static RecurrentShape Check(in Shapes shapes, int gates, out TensorSpec sequence, out TensorSpec last)
    {
        for (int i = 0; i < shapes.Count; i++)
        {
            if (shapes.Has(i))
            {
                shapes.RequireType(i, i == Lengths ? DataType.Int32 : DataType.Float32);
            }
        }

        return CheckSizes(shapes, gates, out sequence, out last);
    }

    /// <summary>Checks sizes; types are the caller's.</summary>
    internal static RecurrentShape CheckSizes(in Shapes shapes, int gates, out TensorSpec sequence, out TensorSpec last)
    {
        TensorSpec x = shapes.Input(Input), w = shapes.Input(Weights), r = shapes.Input(Recurrent);
        shapes.Require(x.Shape.Rank == 3, $"the input is {x}; [batch, time, features] is allowed.");
        shapes.Require(r.Shape.Rank == 2 && r.Shape[0] % gates == 0, $"the recurrent weights are {r}; [{gates} · hidden, hidden] is allowed.");

        // A projection makes h narrower (or wider) than the cell.
        int batch = x.Shape[0], hidden = r.Shape[0] / gates, state = r.Shape[1];
        bool projected = shapes.Has(Projection);
        shapes.Require(projected || hidden == state, $"the recurrent weights are {r}; for {hidden} hidden units [{r.Shape[0]}, {hidden}] is allowed.");
        shapes.Require(w.Shape == new Shape(r.Shape[0], x.Shape[2]), $"the weights are {w}; for {hidden} hidden units and the input {x} [{r.Shape[0]}, {x.Shape[2]}] is allowed.");
        Optional(shapes, Bias, "the bias is", new Shape(r.Shape[0]));
        Optional(shapes, RecurrentBias, "the recurrent bias is", new Shape(r.Shape[0]));
        Optional(shapes, Lengths, "the lengths are", new Shape(batch));
        Optional(shapes, Hidden, "the first state is", new Shape(batch, state));
        Optional(shapes, Cell, "the first cell is", new Shape(batch, hidden));
        Optional(shapes, Projection, "the projection is", new Shape(state, hidden));
        Optional(shapes, ProjectionBias, "the bias of the projection is", new Shape(state));
        shapes.Require(projected || !shapes.Has(ProjectionBias), "there is a bias of the projection, but no projection.");
        sequence = ShapeRules.Output(shapes, DataType.Float32, [batch, x.Shape[1], state]);
        last = new TensorSpec(DataType.Float32, new Shape(batch, state));
        return RecurrentShape.Of(x.Shape, r.Shape, gates);
    }

    /// <summary>An input that may be left out, and else has one shape.</summary>
    internal static void Optional(in Shapes shapes, int input, string name, Shape shape) =>
        shapes.Require(!shapes.Has(input) || shapes.Shape(input) == shape, $"{name} {(shapes.Has(input) ? shapes.Shape(input) : default)}; {shape} is allowed.");

    /// <summary>Constant int8 weights, zero point 0, with one scale or one for each row.</summary>
    /// <param name="shapes">The inputs.</param>
    /// <param name="input">Their position.</param>
    /// <param name="name">What they are called in messages.</param>
    /// <param name="partner">Scale of what they are multiplied with.</param>
    internal static void Int8Weights(in Shapes shapes, int input, string name, float partner)
    {
        shapes.RequireType(input, DataType.Int8);
        Quantization parameters = ShapeRules.WeightScales(shapes, channelAxis: 0, input, name);
        ShapeRules.Symmetric(shapes, parameters, name + " have");
        foreach (float scale in parameters.Scales)
        {
            shapes.Require(float.IsFinite(scale * partner), $"{name} have scale {scale}, and what they are multiplied with {partner}; their product must be finite in float32.");
        }
    }

    /// <summary>What a backward phase reads besides what the forward phase saved.</summary>
    internal static Keep Keeps(uint wanted) => Keep.Input5 | ((wanted & (1u << Weights)) != 0 ? Keep.Input0 : Keep.None);

    /// <summary>A bound on values: positive, or 0 for none.</summary>
    internal static void RequireClip(in Shapes shapes, float clip, string name) =>
        shapes.Require(clip >= 0 && float.IsFinite(clip), $"{name} is {clip}; a positive number, or 0 for none, is allowed.");
}

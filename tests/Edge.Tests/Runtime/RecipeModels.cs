using Edge.Compiler;
using Edge.Learning.Recipes;
using Edge.Runtime;
using Edge.Tests.Compiler;

namespace Edge.Tests.Runtime;

/// <summary>The networks of built-in recipes as they are before training: memory and allocations do not depend on what was learned.</summary>
internal static class RecipeModels
{
    /// <summary>A model file.</summary>
    /// <param name="recipe">Name of a built-in recipe.</param>
    /// <param name="int8">Whether it is quantized; its input and output stay float32.</param>
    public static Model Load(string recipe, bool int8 = false)
    {
        Graph graph = Recipe.Load(recipe).Build().Export();
        if (int8)
        {
            graph = Quantizer.Quantize(graph, new CalibrationData(GraphRunner.Values(16 * graph.Inputs[0].Shape.ElementCount, 3, 0, 1))).Graph;
        }

        return Model.Load(ModelEmitter.ToBytes(graph));
    }
}

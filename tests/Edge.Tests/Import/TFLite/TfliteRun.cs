using Edge.Compiler;
using Edge.Import;
using Edge.Import.TFLite;
using Edge.Runtime;

namespace Edge.Tests.Import.TFLite;

/// <summary>Imports hand-made models and runs them.</summary>
internal static class TfliteRun
{
    /// <summary>The first output of a model for given inputs.</summary>
    /// <typeparam name="TIn">Type of the inputs' elements.</typeparam>
    /// <typeparam name="TOut">Type of the output's elements.</typeparam>
    public static TOut[] Run<TIn, TOut>(TfliteWriter model, params TIn[][] inputs) where TIn : unmanaged where TOut : unmanaged
    {
        using Session session = Load(model);
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i].CopyTo(session.Input<TIn>(i));
        }

        session.Run();
        return session.Output<TOut>().ToArray();
    }

    /// <summary>The first output of a model of float32.</summary>
    public static float[] Run(TfliteWriter model, params float[][] inputs) => Run<float, float>(model, inputs);

    /// <summary>A model, imported as it is and after the compiler's passes; both ways must give the same shapes.</summary>
    public static Session Load(TfliteWriter model, ImportOptions? options = null)
    {
        Graph graph = model.Open(options).Build();
        graph.Validate();
        return new Session(Model.Load(Compile.ToBytes(graph)));
    }

    /// <summary>What the conversion of a model says that cannot be converted.</summary>
    public static string Refused(TfliteWriter model, ImportOptions? options = null) => Refused(() => model.ToBytes(), options);

    /// <summary>What the conversion of a file says that cannot be converted.</summary>
    public static string Refused(Func<byte[]> file, ImportOptions? options = null) =>
        Assert.Throws<ModelImportException>(() => TfliteFormat.Open(file(), options ?? new ImportOptions()).Build()).Message;

    /// <summary>Numbers that are near enough.</summary>
    public static void AssertNear(float[] expected, float[] actual, float bound = 1e-5f)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(MathF.Abs(expected[i] - actual[i]) <= bound * MathF.Max(1, MathF.Abs(expected[i])), $"element {i} is {actual[i]:R}; {expected[i]:R} is expected of [{string.Join(", ", expected)}], found [{string.Join(", ", actual)}].");
        }
    }
}

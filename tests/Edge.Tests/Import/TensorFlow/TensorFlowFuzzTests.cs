using Edge.Fuzz;
using Edge.Import;
using Edge.Import.TensorFlow.Messages;
using Edge.Tests.Learning.Data;

namespace Edge.Tests.Import.TensorFlow;

/// <summary>Damaged SavedModels, frozen graphs and variable indexes.</summary>
public sealed class TensorFlowFuzzTests
{
    private const int Cases = 2000;

    private static readonly int[] s_extremes = [0, -1, -2, 1, 2, 3, 7, 64, 255, 65535, 65536, 1 << 20, 1 << 30, int.MaxValue - 1, int.MaxValue, int.MinValue, int.MinValue + 1];

    [Fact]
    public void Damaged_saved_models_are_refused()
    {
        using TempFolder folder = new();
        SavedModels.DenseVariables(2).Write(folder.Path);
        byte[][] seeds = [SavedModels.DenseFile(), SavedModels.DenseFile(restore: false)];
        Assert.InRange(SourceMutator.Run(Cases, random => SourceMutator.Damage(random, random.Pick(seeds)), file => Import(folder, "saved_model.pb", file)), 1, Cases - 1);
    }

    [Fact]
    public void Damaged_frozen_graphs_are_refused()
    {
        using TempFolder folder = new();
        byte[] seed = SavedModels.FrozenNetwork();
        Assert.InRange(SourceMutator.Run(Cases, random => SourceMutator.Damage(random, seed), file => Import(folder, "frozen.pb", file)), 1, Cases - 1);
    }

    [Fact]
    public void Operators_with_strange_inputs_and_attributes_are_refused()
    {
        using TempFolder folder = new();
        OperatorCase[] cases = [.. OperatorCases.All];
        Assert.InRange(SourceMutator.Run(2 * Cases, random => Strange(random, random.Pick(cases), random.Pick(cases)), file => Import(folder, "strange.pb", file)), 1, (2 * Cases) - 1);
    }

    [Fact]
    public void Damaged_variable_indexes_are_refused()
    {
        using TempFolder folder = new();
        folder.Write("saved_model.pb", SavedModels.DenseFile());
        SavedModels.DenseVariables().Write(folder.Path);
        Assert.InRange(
            SourceMutator.Run(
                Cases,
                static random => random.OneIn(4) ? SourceMutator.Damage(random, Index(0, static block => block)) : Index((byte)random.Below(2), block => random.OneIn(2) ? block : SourceMutator.Damage(random, block)),
                file =>
                {
                    folder.Write("variables/variables.index", file);
                    ModelImporter.Import(folder.Path);
                }),
            1,
            Cases - 1);

        static byte[] Index(byte compression, Func<byte[], byte[]> damage) =>
            new CheckpointWriter { Compression = compression, Damage = damage }.Add("layer/kernel", [2, 0, 0, 2], 2, 2).Add("layer/bias", [1, 1], 2).Add("other", [1], 1).Add("step", [1], 1).ToIndex();
    }

    private static void Import(TempFolder folder, string name, byte[] file)
    {
        string path = folder.Write(name, file);
        ModelImporter.Import(path);
    }

    /// <summary>A graph of one operator whose constants, sizes and attributes are others.</summary>
    private static byte[] Strange(FuzzRandom random, OperatorCase test, OperatorCase other)
    {
        GraphWriter writer = new();
        for (int i = 0; i < test.Operands.Length; i++)
        {
            Operand operand = random.OneIn(12) && other.Operands.Length > 0 ? random.Pick(other.Operands) : test.Operands[i];
            byte[] bytes = (byte[])operand.Bytes.Clone();
            long[] sizes = (long[])operand.Sizes.Clone();
            if (bytes.Length >= sizeof(int) && operand.IsConstant && random.OneIn(2))
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(random.Below(bytes.Length / sizeof(int)) * sizeof(int)), random.Pick(s_extremes));
            }

            if (sizes.Length > 0 && !operand.IsConstant && random.OneIn(3))
            {
                sizes[random.Below(sizes.Length)] = random.OneIn(2) ? 1 + random.Below(6) : random.Pick(s_extremes);
            }

            if (random.OneIn(10))
            {
                sizes = [.. sizes, 1];
            }

            _ = operand.IsConstant != random.OneIn(12)
                ? writer.Add($"in{i}", "Const", [], ("dtype", GraphWriter.Type(operand.Type)), ("value", GraphWriter.Tensor(operand.Type, sizes, bytes)))
                : writer.Input($"in{i}", operand.Type, sizes);
        }

        int inputs = random.OneIn(12) ? random.Below(test.Operands.Length + 1) : test.Operands.Length;
        (string, byte[])[] attributes = [.. (random.OneIn(10) ? other : test).Attributes.Select(attribute => (attribute.Item1, random.OneIn(3) ? Attribute(random) : attribute.Item2))];
        return writer.Add("node", test.Kind, Enumerable.Range(0, inputs).Select(static i => $"in{i}"), attributes).ToGraph();
    }

    private static byte[] Attribute(FuzzRandom random) => random.Below(6) switch
    {
        0 => GraphWriter.Integer(random.Pick(s_extremes)),
        1 => GraphWriter.Integers([.. Enumerable.Range(0, random.Below(10)).Select(_ => (long)random.Pick(s_extremes))]),
        2 => GraphWriter.Text(new[] { "SAME", "VALID", "EXPLICIT", "NCHW", "NHWC", "ab,bc->ac", "...->", ",->", "a->aa", "" }[random.Below(10)]),
        3 => GraphWriter.Number(new[] { 0, -1, float.NaN, float.PositiveInfinity, float.MaxValue, 1e-30f }[random.Below(6)]),
        4 => GraphWriter.Type((TensorFlowType)random.Below(30)),
        _ => GraphWriter.Integers(1, random.Pick(s_extremes), random.Pick(s_extremes), 1),
    };
}

using Edge.Fuzz;
using Edge.Import;
using Edge.Import.TFLite;

namespace Edge.Tests.Import.TFLite;

/// <summary>Whatever a .tflite file holds, an importer gives a graph or a ModelImportException, soon and in bounded memory.</summary>
public sealed class TfliteFuzzTests
{
    private const int Cases = 2_000;

    private static readonly byte[][] s_seeds = [Convolutions(), UInt8(), Movements(), Recurrent(), Variables(), Sparse()];

    [Fact]
    public void Seeds_are_well_formed()
    {
        foreach (byte[] seed in s_seeds)
        {
            Assert.NotEmpty(TfliteFormat.Open(seed, new ImportOptions()).Build().Outputs);
        }
    }

    [Fact]
    public void Damaged_files_are_refused_or_imported()
    {
        int imported = SourceMutator.Run(Cases, static random => SourceMutator.Damage(random, random.Pick(s_seeds)), static file => TfliteFormat.Open(file, new ImportOptions()).Build());
        Assert.InRange(imported, Cases / 20, Cases - (Cases / 10));      // most damage is found, some shows nowhere
    }

    [Fact]
    public void Every_cut_is_refused()
    {
        byte[] seed = s_seeds[0];
        for (int length = 0; length < seed.Length - 16; length += 3)
        {
            byte[] cut = seed[..length];
            Assert.Throws<ModelImportException>(() => TfliteFormat.Open(cut, new ImportOptions()).Build());
        }
    }

    private static byte[] Convolutions()
    {
        TfliteWriter model = new();
        int x = model.Input(TensorKind.Int8, [1, 6, 6, 2], 0.1f, 3), conv = model.Tensor(TensorKind.Int8, [1, 3, 3, 4], 0.2f, -5), depth = model.Tensor(TensorKind.Int8, [1, 2, 2, 4], 0.2f, 1);
        int mean = model.Tensor(TensorKind.Int8, [1, 4], 0.2f, 1), dense = model.Tensor(TensorKind.Int8, [1, 3], 0.3f, 9), softmax = model.Tensor(TensorKind.Int8, [1, 3], 1 / 256f, -128);
        int weights = model.PerChannel(TensorKind.Int8, [4, 3, 3, 2], [.. Enumerable.Range(0, 72).Select(static i => (sbyte)(i - 40))], [0.1f, 0.2f, 0.3f, 0.4f], 0);
        model.Add(3, [x, weights, model.Integers(1, 2, 3, 4)], [conv], OptionsKind.Conv2D, new Flat { [1] = 2, [2] = 2, [3] = (byte)3 });
        model.Add(
            4, [conv, model.Constant(TensorKind.Int8, [1, 2, 2, 4], new sbyte[16], 0.1f), -1], [depth], OptionsKind.DepthwiseConv2D, new Flat { [0] = (byte)1, [1] = 1, [2] = 1, [3] = 1 });
        model.Add(40, [depth, model.Integers(1, 2)], [mean], OptionsKind.Reducer);
        model.Add(9, [mean, model.Constant(TensorKind.Int8, [3, 4], new sbyte[12], 0.1f), model.Integers(7, 8, 9)], [dense], OptionsKind.FullyConnected);
        model.Add(25, [dense], [softmax], OptionsKind.Softmax, new Flat { [0] = 1f });
        return model.Output(softmax).ToBytes();
    }

    private static byte[] UInt8()
    {
        TfliteWriter model = new();
        int x = model.Input(TensorKind.UInt8, [1, 4, 4, 1], 0.1f, 3), conv = model.Tensor(TensorKind.UInt8, [1, 4, 4, 2], 0.2f, 5), pool = model.Tensor(TensorKind.UInt8, [1, 2, 2, 2], 0.2f, 5);
        int sum = model.Tensor(TensorKind.UInt8, [1, 2, 2, 2], 0.3f, 7);
        int weights = model.Constant(TensorKind.UInt8, [2, 2, 2, 1], new byte[] { 0, 255, 3, 4, 5, 6, 7, 8 }, 0.1f, 100);
        model.Add(3, [x, weights, model.Integers(1, 2)], [conv], OptionsKind.Conv2D, new Flat { [1] = 1, [2] = 1, [3] = (byte)1 });
        model.Add(1, [conv], [pool], OptionsKind.Pool2D, new Flat { [0] = (byte)1, [1] = 2, [2] = 2, [3] = 2, [4] = 2 });
        model.Add(0, [pool, model.Constant(TensorKind.UInt8, [], new byte[] { 9 }, 0.5f, 1)], [sum], OptionsKind.Add);
        return model.Output(sum).ToBytes();
    }

    private static byte[] Movements()
    {
        TfliteWriter model = new();
        int x = model.Input(2, 3, 4), part = model.Tensor(TensorKind.Float32, [2, 2, 2]), padded = model.Tensor(TensorKind.Float32, [2, 4, 2]), picked = model.Tensor(TensorKind.Float32, [2, 4, 3]);
        int shape = model.Tensor(TensorKind.Int32, [3]), flat = model.Tensor(TensorKind.Float32, [24]), a = model.Tensor(TensorKind.Float32, [12]), b = model.Tensor(TensorKind.Float32, [12]);
        model.Add(45, [x, model.Integers(0, 0, 1), model.Integers(2, 3, 5), model.Integers(1, 2, 2)], [part], OptionsKind.StridedSlice, new Flat { [0] = 1 });
        model.Add(34, [part, model.Constant(TensorKind.Int32, [3, 2], new[] { 0, 0, 1, 1, 0, 0 })], [padded]);
        model.Add(36, [padded, model.Integers(1, 0, 1)], [picked], OptionsKind.Gather, new Flat { [0] = 2 });
        model.Add(77, [picked], [shape], OptionsKind.Shape);
        model.Add(22, [picked, model.Integers(-1)], [flat], OptionsKind.Reshape);
        model.Add(49, [model.Scalar(0), flat], [a, b], OptionsKind.Split, new Flat { [0] = 2 });
        return model.Output(a).Output(b).Output(shape).ToBytes();
    }

    private static byte[] Recurrent()
    {
        TfliteWriter model = new();
        int[] inputs = new int[24];
        Array.Fill(inputs, -1);
        inputs[0] = model.Input(1, 3, 2);
        for (int gate = 0; gate < 4; gate++)
        {
            inputs[1 + gate] = model.Floats([2, 2], 0.1f, 0.2f, 0.3f, gate);
            inputs[5 + gate] = model.Floats([2, 2], 0.4f, 0.3f, 0.2f, -gate);
            inputs[12 + gate] = model.Floats([2], gate, 1);
        }

        inputs[18] = model.Variable(TensorKind.Float32, [1, 2]);
        inputs[19] = model.Variable(TensorKind.Float32, [1, 2]);
        return model.Then(44, inputs, [1, 3, 2], OptionsKind.UnidirectionalSequenceLstm, new Flat { [0] = (byte)4 }).ToBytes();
    }

    private static byte[] Variables() => TfliteStateTests.Counter().ToBytes();

    private static byte[] Sparse() => TfliteFileTests.SparseModel().ToBytes();
}

using System.Buffers.Binary;
using Edge.Compiler;
using Edge.Format;
using Edge.Import;
using Edge.Import.TFLite;
using Edge.Runtime;

namespace Edge.Tests.Import.TFLite;

/// <summary>Files: what is read from them, and what of hostile ones is refused. Names of weaknesses are those of TensorFlow Lite.</summary>
public sealed class TfliteFileTests
{
    /// <summary>Adds a sparse constant: [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 3, 4]] by compressed rows.</summary>
    internal static TfliteWriter SparseModel()
    {
        TfliteWriter model = new();
        int sparse = model.Constant(TensorKind.Float32, [3, 4], new[] { 1f, 3, 4 });
        model.Tensors[sparse][6] = new Flat
        {
            [0] = (int[])[0, 1],
            [2] = (Flat[])
            [
                new Flat { [0] = (byte)0, [1] = 3 },
                new Flat { [0] = (byte)1, [2] = (byte)1, [3] = new Flat { [0] = (int[])[0, 1, 1, 3] }, [4] = (byte)3, [5] = new Flat { [0] = (byte[])[1, 2, 3] } },
            ],
        };
        return model.Then(0, [model.Input(3, 4), sparse], [3, 4], OptionsKind.Add);
    }

    [Fact]
    public void A_survey_names_inputs_outputs_operators_and_what_is_missing()
    {
        TfliteWriter model = new();
        int x = model.Input(1, 2), y = model.Tensor(TensorKind.Float32, [1, 2]), z = model.Tensor(TensorKind.Float32, [1, 2]);
        model.Tensors[x][7] = (int[])[-1, 2];
        model.Add(19, [x], [y]);
        model.Add(32, [y], [z], custom: "MyOperator");
        SourceModel source = model.Output(z).Open();
        Assert.Equal("t0: float32 [?, 2]", source.Inputs.Single().ToString());
        Assert.Equal([("RELU", OperatorSupport.Supported), ("MyOperator", OperatorSupport.Missing)], source.Operators.Select(static op => (op.Kind, op.Support)));
        Assert.Contains("MyOperator 't2'", Assert.Throws<ModelImportException>(source.Build).Message, StringComparison.Ordinal);

        // Cut before it, the model converts.
        Graph graph = model.Open(new ImportOptions { Outputs = ["t1"] }).Build();
        Assert.Equal("t1", graph.Outputs.Single().Name);
        Assert.Contains("no tensor 'other'", TfliteRun.Refused(model, new ImportOptions { Outputs = ["other"] }), StringComparison.Ordinal);
    }

    [Fact]
    public void Shapes_and_values_of_inputs_can_be_given()
    {
        TfliteWriter model = new();
        int x = model.Input(1, 2, 2, 1), y = model.Tensor(TensorKind.Float32, [1, 4]);
        model.Add(22, [x, model.Input(TensorKind.Int32, [2])], [y], OptionsKind.Reshape);
        model.Output(y);
        InputValue target = new(DataType.Int32, new Shape(2), new byte[] { 1, 0, 0, 0, 255, 255, 255, 255 });
        ImportOptions options = new()
        {
            Values = new Dictionary<string, InputValue> { ["t2"] = target },
            Shapes = new Dictionary<string, IReadOnlyList<int>> { ["t0"] = [1, 3, 3, 1] },
        };
        Assert.Contains("the new shape", TfliteRun.Refused(model), StringComparison.Ordinal);
        Graph graph = model.Open(options).Build();
        Assert.Equal(new Shape(1, 9), graph.Outputs.Single().Shape);
        Assert.Single(graph.Inputs);
        Assert.Contains("axes of at least 1", TfliteRun.Refused(model, options with { Shapes = new Dictionary<string, IReadOnlyList<int>> { ["t0"] = [1, 0, 3, 1] } }), StringComparison.Ordinal);
    }

    [Fact]
    public void Sparse_tensors_become_dense() =>
        Assert.Equal([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4], TfliteRun.Run(SparseModel(), new float[12]));

    [Fact]
    public void Sparse_blocks_become_dense()
    {
        // 4 × 4 in blocks of 2 × 2; the blocks at (0, 1) and (1, 0) are stored.
        TfliteWriter model = new();
        int sparse = model.Constant(TensorKind.Float32, [4, 4], new[] { 1f, 2, 3, 4, 5, 6, 7, 8 });
        model.Tensors[sparse][6] = new Flat
        {
            [0] = (int[])[0, 1, 2, 3],
            [1] = (int[])[0, 1],
            [2] = (Flat[])
            [
                new Flat { [1] = 2 },
                new Flat { [0] = (byte)1, [2] = (byte)2, [3] = new Flat { [0] = (ushort[])[0, 1, 2] }, [4] = (byte)1, [5] = new Flat { [0] = (int[])[1, 0] } },
                new Flat { [1] = 2 },
                new Flat { [1] = 2 },
            ],
        };
        Assert.Equal([0, 0, 1, 2, 0, 0, 3, 4, 5, 6, 0, 0, 7, 8, 0, 0], TfliteRun.Run(model.Then(0, [model.Input(4, 4), sparse], [4, 4], OptionsKind.Add), new float[16]));
    }

    // CVE-2022-23560, CVE-2021-37684: indices and segments of sparse tensors beyond their bounds.
    [Theory]
    [InlineData(new[] { 0, 1, 1, 4 }, new byte[] { 1, 2, 3 }, "segment")]
    [InlineData(new[] { 0, -1, 1, 3 }, new byte[] { 1, 2, 3 }, "segment")]
    [InlineData(new[] { 0, 1 }, new byte[] { 1, 2, 3 }, "segments")]
    [InlineData(new[] { 0, 1, 1, 3 }, new byte[] { 1, 2, 4 }, "index 4")]
    [InlineData(new[] { 0, 1, 1, 2 }, new byte[] { 200, 2, 3 }, "index 200")]
    public void Sparse_indices_lie_within(int[] segments, byte[] indices, string message)
    {
        TfliteWriter model = SparseModel();
        Flat level = ((Flat[])((Flat)model.Tensors[0][6])[2])[1];
        ((Flat)level[3])[0] = segments;
        ((Flat)level[5])[0] = indices;
        Assert.Contains(message, TfliteRun.Refused(model), StringComparison.Ordinal);
    }

    [Fact]
    public void Sparse_tensors_do_not_grow_without_bound()
    {
        TfliteWriter model = SparseModel();
        model.Tensors[0][0] = (int[])[3, 1 << 26];
        Assert.Contains("expands to", TfliteRun.Refused(model), StringComparison.Ordinal);
        model.Tensors[0][0] = (int[])[3, int.MaxValue, int.MaxValue, int.MaxValue];
        Assert.Throws<ModelImportException>(() => model.Open().Build());
    }

    // CVE-2020-15211: index −1 of an input that is not optional, or of an output.
    [Theory]
    [InlineData(1, new[] { -1 }, "input 0 is left out")]
    [InlineData(1, new int[0], "input 0 is left out")]
    [InlineData(1, new[] { 99 }, "tensor 99")]
    [InlineData(1, new[] { -2 }, "tensor -2")]
    [InlineData(2, new[] { -1 }, "tensor -1")]
    [InlineData(2, new int[0], "made by no operator")]
    [InlineData(2, new[] { 0 }, "is made once")]
    public void Operands_lie_within_and_are_there(int field, int[] operands, string message)
    {
        TfliteWriter model = new();
        model.Then(19, [model.Input(1, 2)], [1, 2]);
        model.Operators[0][field] = operands;
        Assert.Contains(message, TfliteRun.Refused(model), StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_are_made_before_they_are_read()
    {
        // A cycle of two operators, and an operator that reads itself.
        TfliteWriter cycle = new();
        int a = cycle.Tensor(TensorKind.Float32, [1]), b = cycle.Tensor(TensorKind.Float32, [1]);
        cycle.Add(19, [b], [a]);
        cycle.Add(19, [a], [b]);
        Assert.Contains("nothing before it makes", TfliteRun.Refused(cycle.Output(b)), StringComparison.Ordinal);
        TfliteWriter self = new();
        a = self.Tensor(TensorKind.Float32, [1]);
        self.Add(0, [a, a], [a]);
        Assert.Contains("nothing before it makes", TfliteRun.Refused(self.Output(a)), StringComparison.Ordinal);
    }

    // CVE-2021-29602, CVE-2021-29585, CVE-2021-29595: zero channels, strides, windows, blocks.
    [Fact]
    public void Zeros_where_something_is_divided_are_refused()
    {
        foreach (int field in (int[])[1, 2, 4, 5])
        {
            TfliteWriter model = Conv();
            ((Flat)model.Operators[0][4])[field] = 0;
            Assert.Contains("at least 1", TfliteRun.Refused(model), StringComparison.Ordinal);
        }

        TfliteWriter channels = Conv();
        channels.Tensors[1][0] = (int[])[1, 1, 1, 0];
        Assert.Contains("every axis needs at least one element", TfliteRun.Refused(channels), StringComparison.Ordinal);
        TfliteWriter input = Conv();
        input.Tensors[0][0] = (int[])[1, 0, 2, 1];
        Assert.Contains("every axis needs at least one element", TfliteRun.Refused(input), StringComparison.Ordinal);

        foreach (int field in (int[])[1, 2, 3, 4])
        {
            TfliteWriter pool = new();
            pool.Then(17, [pool.Input(1, 2, 2, 1)], [1, 1, 1, 1], OptionsKind.Pool2D, new Flat { [1] = 1, [2] = 1, [3] = 1, [4] = 1, [field] = 0 });
            Assert.Contains("at least 1", TfliteRun.Refused(pool), StringComparison.Ordinal);
        }

        foreach ((int code, OptionsKind kind) in new[] { (26, OptionsKind.SpaceToDepth), (5, OptionsKind.DepthToSpace) })
        {
            TfliteWriter blocks = new();
            Assert.Contains("block size", TfliteRun.Refused(blocks.Then(code, [blocks.Input(1, 2, 2, 4)], [1, 1, 1, 4], kind)), StringComparison.OrdinalIgnoreCase);
        }

        TfliteWriter split = new();
        int x = split.Input(1, 4);
        split.Add(49, [split.Scalar(1), x], [], OptionsKind.Split);
        Assert.Contains("into 0 outputs", TfliteRun.Refused(split.Output(x)), StringComparison.Ordinal);

        TfliteWriter dense = new();
        dense.Then(9, [dense.Input(1, 4), dense.Floats([2, 2], 1, 2, 3, 4), -1], [1, 2], OptionsKind.FullyConnected);
        dense.Tensors[1][0] = (int[])[4, 0];
        Assert.Throws<ModelImportException>(() => dense.Open().Build());
    }

    // CVE-2021-37686: a stride of 0 never ends.
    [Fact]
    public void A_strided_slice_ends()
    {
        foreach (int stride in (int[])[0, int.MinValue])
        {
            TfliteWriter model = new();
            model.Then(45, [model.Input(1, 4), model.Integers(0, 0), model.Integers(1, 4), model.Integers(1, stride)], [1, 4], OptionsKind.StridedSlice);
            Assert.Contains("stride", TfliteRun.Refused(model), StringComparison.Ordinal);
        }

        TfliteWriter nothing = new();
        nothing.Then(45, [nothing.Input(1, 4), nothing.Integers(0, 3), nothing.Integers(1, 3), nothing.Integers(1, 1)], [1, 1], OptionsKind.StridedSlice);
        Assert.Contains("takes nothing", TfliteRun.Refused(nothing), StringComparison.Ordinal);
    }

    // CVE-2021-37687, CVE-2020-15212: negative indices of gathers and segments.
    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void Constant_indices_lie_within(int index)
    {
        TfliteWriter gather = new();
        Assert.Contains($"picks element {index}", TfliteRun.Refused(gather.Then(36, [gather.Input(1, 3), gather.Integers(index)], [1, 1], OptionsKind.Gather, new Flat { [0] = 1 })), StringComparison.Ordinal);
        TfliteWriter embedding = new();
        int output = embedding.Tensor(TensorKind.Float32, [1, 2]);
        embedding.Add(7, [embedding.Integers(index), embedding.Input(3, 2)], [output]);
        Assert.Contains($"picks element {index}", TfliteRun.Refused(embedding.Output(output)), StringComparison.Ordinal);

        TfliteWriter rows = new();
        Assert.Contains($"picks element {index}", TfliteRun.Refused(rows.Then(107, [rows.Input(3, 2), rows.Constant(TensorKind.Int32, [1, 1], new[] { index })], [1, 2])), StringComparison.Ordinal);
        TfliteWriter scatter = new();
        Assert.Contains(
            $"picks element {index}",
            TfliteRun.Refused(scatter.Then(122, [scatter.Constant(TensorKind.Int32, [1, 1], new[] { index }), scatter.Input(1), scatter.Integers(3)], [3])), StringComparison.Ordinal);

        TfliteWriter both = new();
        output = both.Tensor(TensorKind.Float32, [1]);
        both.Add(36, [both.Floats([3], 1, 2, 3), both.Integers(index)], [output], OptionsKind.Gather);
        Assert.Contains("picks element", TfliteRun.Refused(both.Then(0, [both.Input(1), output], [1], OptionsKind.Add)), StringComparison.Ordinal);
    }

    [Fact]
    public void Computed_indices_are_checked_when_the_model_runs()
    {
        TfliteWriter model = new();
        int output = model.Tensor(TensorKind.Float32, [1]);
        model.Add(36, [model.Floats([3], 1, 2, 3), model.Input(TensorKind.Int32, [1])], [output], OptionsKind.Gather);
        using Session session = TfliteRun.Load(model.Output(output));
        session.Input<int>()[0] = 2;
        session.Run();
        Assert.Equal([3], session.Output<float>().ToArray());
        session.Input<int>()[0] = -1;
        Assert.Throws<ArgumentOutOfRangeException>(session.Run);
    }

    // CVE-2021-37682: quantization of another kind than the kernel takes for granted.
    [Fact]
    public void Quantization_is_what_it_must_be()
    {
        Flat[] spoilt =
        [
            new() { [4] = (byte)1, [5] = new Flat(), [2] = (float[])[0.5f], [3] = (long[])[0] },
            new() { [2] = (float[])[0.5f, 0.5f], [3] = (long[])[0], [6] = 0 },
            new() { [2] = (float[])[0.5f, 0.5f, 0.5f], [3] = (long[])[0, 0], [6] = 1 },
            new() { [2] = (float[])[0.5f, 0.5f], [3] = (long[])[0, 0], [6] = 9 },
            new() { [2] = (float[])[0.5f, 0.5f], [3] = (long[])[0, 0], [6] = -1 },
            new() { [2] = (float[])[0.5f], [3] = (long[])[1L << 40] },
            new() { [2] = (float[])[float.NaN], [3] = (long[])[0] },
            new() { [2] = (float[])[-1f], [3] = (long[])[0] },
            new() { [2] = (float[])[0.5f], [3] = (long[])[200] },
            new(),
        ];
        foreach (Flat quantization in spoilt)
        {
            TfliteWriter model = new();
            int x = model.Input(TensorKind.Int8, [1, 3], 0.5f), y = model.Tensor(TensorKind.Int8, [1, 3], 0.5f);
            model.Add(0, [x, x], [y], OptionsKind.Add);
            model.Tensors[y][4] = quantization;
            Assert.Throws<ModelImportException>(() => model.Output(y).Open().Build());
            model.Tensors[y][4] = new Flat { [2] = (float[])[0.5f], [3] = (long[])[0] };
            Assert.NotEmpty(model.Open().Build().Nodes);
        }
    }

    // CVE-2025-53630 and its kin: products of sizes beyond any integer.
    [Theory]
    [InlineData(new[] { int.MaxValue, int.MaxValue, int.MaxValue })]
    [InlineData(new[] { 1 << 16, 1 << 16, 1 << 16, 1 << 16 })]
    [InlineData(new[] { 65_537, 65_537 })]
    [InlineData(new[] { 1, -5 })]
    [InlineData(new[] { 1, 1, 1, 1, 1, 1, 1, 1, 1 })]
    public void Sizes_do_not_overflow(int[] shape)
    {
        TfliteWriter constant = new();
        int x = constant.Input(1, 2), weights = constant.Floats([1, 2], 1, 2);
        constant.Then(0, [x, weights], [1, 2], OptionsKind.Add);
        constant.Tensors[weights][0] = shape;
        Assert.Throws<ModelImportException>(() => constant.Open().Build());

        TfliteWriter fill = new();
        int filled = fill.Tensor(TensorKind.Float32, [1]);
        fill.Add(94, [fill.Integers(shape), fill.Floats([], 1)], [filled]);
        Assert.Throws<ModelImportException>(() => fill.Then(0, [fill.Input(1), filled], [1], OptionsKind.Add).Open().Build());
    }

    [Fact]
    public void Offsets_and_field_lists_lie_within()
    {
        byte[] good = Conv().ToBytes();
        Assert.NotEmpty(TfliteFormat.Open(good, new ImportOptions()).Build().Nodes);
        foreach ((int at, int value) in new[] { (0, 0), (0, int.MaxValue), (0, -1), (0, good.Length), (Root(good), int.MinValue), (Root(good), 1 << 20), (Root(good), -(1 << 20)) })
        {
            byte[] bad = (byte[])good.Clone();
            BinaryPrimitives.WriteInt32LittleEndian(bad.AsSpan(at), value);
            Assert.Throws<ModelImportException>(() => TfliteFormat.Open(bad, new ImportOptions()));
        }

        foreach (int length in (int[])[0, 1, 3, 5, 40_000])
        {
            byte[] bad = (byte[])good.Clone();
            int root = Root(good), fields = root - BinaryPrimitives.ReadInt32LittleEndian(good.AsSpan(root));
            BinaryPrimitives.WriteUInt16LittleEndian(bad.AsSpan(fields), (ushort)length);
            Assert.Throws<ModelImportException>(() => TfliteFormat.Open(bad, new ImportOptions()));
        }

        static int Root(byte[] file) => BinaryPrimitives.ReadInt32LittleEndian(file);
    }

    [Fact]
    public void Other_files_versions_and_types_are_refused()
    {
        Assert.Contains("TFL3", TfliteRun.Refused(static () => new byte[100]), StringComparison.Ordinal);
        TfliteWriter version = Conv();
        version.Version = 2;
        Assert.Contains("schema version 2", TfliteRun.Refused(version), StringComparison.Ordinal);
        TfliteWriter text = new();
        Assert.Contains("String", TfliteRun.Refused(text.Then(19, [text.Input(TensorKind.String, [1])], [1])), StringComparison.Ordinal);
        TfliteWriter shuffled = new();
        shuffled.Then(9, [shuffled.Input(1, 2), shuffled.Floats([1, 2], 1, 2), -1], [1, 1], OptionsKind.FullyConnected, new Flat { [1] = (byte)1 });
        Assert.Contains("shuffled", TfliteRun.Refused(shuffled), StringComparison.Ordinal);
        TfliteWriter buffer = Conv();
        buffer.Tensors[1][2] = 77;
        Assert.Contains("buffer 77", TfliteRun.Refused(buffer), StringComparison.Ordinal);
        TfliteWriter options = new();
        options.Then(25, [options.Input(1, 2)], [1, 2], OptionsKind.Add);
        Assert.Contains("options of kind 11", TfliteRun.Refused(options), StringComparison.Ordinal);
        TfliteWriter data = Conv();
        data.Buffers[1][0] = new byte[5];
        Assert.Contains("5 bytes", TfliteRun.Refused(data), StringComparison.Ordinal);
    }

    [Fact]
    public void Large_buffers_may_lie_behind_the_tables()
    {
        TfliteWriter model = Conv();
        byte[] plain = model.ToBytes();
        model.Buffers[1].Remove(0);
        model.Buffers[1][1] = (ulong)plain.Length;
        model.Buffers[1][2] = 4ul;
        byte[] file = model.ToBytes();
        model.Buffers[1][1] = (ulong)file.Length;
        file = [.. model.ToBytes(), .. BitConverter.GetBytes(3f)];
        Graph graph = TfliteFormat.Open(file, new ImportOptions()).Build();
        Assert.Equal([3f], graph.Nodes[0].Inputs[1]!.Values<float>().ToArray());
        model.Buffers[1][2] = ulong.MaxValue;
        Assert.Contains("bytes from byte", TfliteRun.Refused(() => model.ToBytes()), StringComparison.Ordinal);
    }

    [Fact]
    public void Caps_hold()
    {
        TfliteWriter model = new();
        int x = model.Input(1, 2);
        for (int i = 0; i < 10; i++)
        {
            int y = model.Tensor(TensorKind.Float32, [1, 2]);
            model.Add(19, [x], [y]);
            x = y;
        }

        model.Output(x);
        Assert.Contains("at most 9 are allowed", TfliteRun.Refused(model, new ImportOptions { Limits = new ImportLimits { MaxOperators = 9 } }), StringComparison.Ordinal);
        Assert.Contains("at most 10 are allowed", TfliteRun.Refused(model, new ImportOptions { Limits = new ImportLimits { MaxTensors = 10 } }), StringComparison.Ordinal);
        Assert.Equal(10, model.Open(new ImportOptions { Limits = new ImportLimits { MaxOperators = 10, MaxTensors = 11 } }).Build().Nodes.Count);
    }

    [Fact]
    public void What_is_copied_out_of_a_file_has_a_bound()
    {
        // Vectors may be shared: 20,000 operators with one list of 1,000 inputs are 80 MB of copies of a small file.
        FlatBuffer buffer = new(Conv().ToBytes(), "The file");
        int copies = 0;
        Assert.Contains("used so often", Assert.Throws<ModelImportException>(() =>
        {
            for (; copies < 1_000_000; copies++)
            {
                buffer.Copy(4000, "inputs");
            }
        }).Message, StringComparison.Ordinal);
        Assert.Equal((1 << 20) / 4000, copies);
    }

    private static TfliteWriter Conv()
    {
        TfliteWriter model = new();
        int x = model.Input(1, 2, 2, 1), weights = model.Floats([1, 1, 1, 1], 2);
        return model.Then(3, [x, weights, -1], [1, 2, 2, 1], OptionsKind.Conv2D, new Flat { [1] = 1, [2] = 1, [4] = 1, [5] = 1 });
    }
}

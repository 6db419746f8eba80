using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Fuzz;
using Edge.Tests.Harness;
using static Edge.Tests.Format.TestModel;

namespace Edge.Tests.Format;

/// <summary>What is written is read: every value, in place, under any later minor version.</summary>
public sealed class ModelFileTests
{
    [Fact]
    public void Random_models_survive_the_round_trip()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            FuzzRandom random = new(2, seed);
            ModelWriter writer = new() { StripNames = random.OneIn(4) };
            List<Action<ModelView>> checks = [];
            int[] quantizations = [.. Enumerable.Range(0, random.Below(4)).Select(_ => AddQuantization(writer, random, checks))];
            int tensors = 1 + random.Below(12);
            for (int i = 0; i < tensors; i++)
            {
                AddTensor(writer, random, i, quantizations, checks);
            }

            for (int i = random.Below(6); i > 0; i--)
            {
                AddOperator(writer, random, tensors, checks);
            }

            int[] inputs = Indices(random, tensors, lowest: 0);
            int[] outputs = Indices(random, tensors, lowest: 0);
            writer.SetInterface(inputs, outputs);
            Dictionary<string, string> metadata = [];
            for (int i = random.Below(5); i > 0; i--)
            {
                string key = $"k{random.Below(100)}ß";
                if (metadata.TryAdd(key, $"välue {i}"))
                {
                    writer.AddMetadata(key, metadata[key]);
                }
            }

            byte[] file = writer.ToArray();
            ModelView view = ModelView.Open(file, ModelLimits.Default);
            Assert.Equal(file, writer.ToArray());
            Assert.Equal(tensors, view.Tensors.Length);
            Assert.Equal(inputs, view.Inputs.ToArray());
            Assert.Equal(outputs, view.Outputs.ToArray());
            Assert.Equal(metadata.OrderBy(static pair => pair.Key, StringComparer.Ordinal), view.ReadMetadata());
            Assert.True(view.VerifyIdentity());
            foreach (Action<ModelView> check in checks)
            {
                check(view);
            }

            Assert.Equal(file, EdgeFile.Parse(file).ToArray());
        }
    }

    [Fact]
    public void Programs_survive_the_round_trip()
    {
        ModelView view = ModelView.Open(Build(), ModelLimits.Default);

        Assert.Equal(2, view.Programs.Length);
        Assert.Equal((ProgramKind.Infer, 2u, 0u, 2u, 0u, 2u, 128ul), Fields(view.Programs[0]));
        Assert.Equal((ProgramKind.Train, 1u, 2u, 1u, 2u, 1u, 64ul), Fields(view.Programs[1]));
        Assert.Equal((1u, StepPhase.Backward, 1u), (view.Steps[2].Index, view.Steps[2].Phase, view.Steps[2].GradientMask));
        Assert.Equal((BufferKind.Value, 5u, 64ul, 32ul), (view.Buffers[1].Kind, view.Buffers[1].Index, view.Buffers[1].Offset, view.Buffers[1].Bytes));

        static (ProgramKind, uint, uint, uint, uint, uint, ulong) Fields(ProgramRecord record) =>
            (record.Kind, record.Batch, record.FirstStep, record.StepCount, record.FirstBuffer, record.BufferCount, record.ArenaBytes);
    }

    [Fact]
    public void Sections_and_constants_start_at_multiples_of_64_and_opening_allocates_nothing()
    {
        byte[] file = Build();
        ModelView view = ModelView.Open(file, ModelLimits.Default);
        foreach (SectionRecord section in view.Sections)
        {
            Assert.Equal(0ul, section.Offset % 64);
        }

        foreach (TensorRecord tensor in view.Tensors)
        {
            Assert.Equal(0ul, tensor.DataOffset % 64);
        }

        Assert.Equal(0, AllocationMeter.Measure(static () =>
        {
            ModelView opened = ModelView.Open(Symmetric, ModelLimits.Default);
            Assert.True(opened.Operators.Length == 2 && opened.OperatorAttributes(0).Length == 8 && opened.Scales(1).Length == 4);
        }));
    }

    [Fact]
    public void A_file_at_an_odd_address_is_refused_and_one_at_a_multiple_of_4_is_not()
    {
        byte[] file = Build();
        byte[] shifted = new byte[file.Length + 8];
        for (int shift = 0; shift < 8; shift++)
        {
            file.CopyTo(shifted, shift);
            ReadOnlyMemory<byte> slice = shifted.AsMemory(shift, file.Length);
            if (shift % 4 == 0)
            {
                _ = ModelView.Open(slice.Span, ModelLimits.Default);
            }
            else
            {
                ArgumentException error = Assert.Throws<ArgumentException>(() => ModelView.Open(slice.Span, ModelLimits.Default).Header);
                Assert.Contains("multiple of 4", error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Unknown_optional_sections_are_skipped_wherever_they_stand()
    {
        for (int position = 0; position <= Parts().Sections.Count; position++)
        {
            byte[] file = Edited(parts => parts.Sections.Insert(position, new FileSection((SectionKind)(100 + position), SectionFlags.None, [1, 2, 3])));
            ModelView view = ModelView.Open(file, ModelLimits.Default);
            Assert.Equal(6, view.Tensors.Length);
            Assert.Equal("größe", view.TensorName(5));
        }
    }

    [Fact]
    public void The_reserved_signature_section_is_skipped()
    {
        ModelView view = ModelView.Open(Edited(static parts => parts.Sections.Add(new FileSection(SectionKind.Signature, SectionFlags.None, new byte[64]))), ModelLimits.Default);

        Assert.Equal(64, view.SectionBytes(SectionKind.Signature));
        Assert.True(view.VerifyIdentity());
    }

    [Fact]
    public void A_higher_minor_version_may_use_reserved_fields_and_flags()
    {
        (SectionKind Kind, string Field)[] fields =
        [
            (SectionKind.Tensors, "Reserved"), (SectionKind.Operators, "Reserved"), (SectionKind.Programs, "Reserved"), (SectionKind.Steps, "Reserved2"),
            (SectionKind.Buffers, "Reserved"),
        ];
        foreach ((SectionKind kind, string field) in fields)
        {
            ModelView view = ModelView.Open(With(kind, 0, field, 1, minor: 1), ModelLimits.Default);
            Assert.Equal(1, view.Header.Minor);
            Assert.Throws<ModelFormatException>(() => ModelView.Open(With(kind, 0, field, 1, minor: 0), ModelLimits.Default).Header);
        }
    }

    [Fact]
    public void Stripped_names_leave_the_identity_as_it_is()
    {
        byte[] named = Build();
        byte[] stripped = Build(stripNames: true);
        ModelView view = ModelView.Open(stripped, ModelLimits.Default);

        Assert.True(stripped.Length < named.Length);
        Assert.Equal(IdentityOf(named), IdentityOf(stripped));
        Assert.True(view.VerifyIdentity());
        Assert.Equal("", view.TensorName(5));
        Assert.Equal("", view.OperatorName(0));
    }

    [Fact]
    public void Any_change_of_content_changes_the_identity()
    {
        foreach (FileSection section in Parts().Sections)
        {
            bool counts = section.Kind is not (SectionKind.Names or SectionKind.Signature);
            byte[] file = Edited(parts => parts.Edit(section.Kind, static bytes => bytes[^1] ^= 1));
            try
            {
                Assert.Equal(!counts, ModelView.Open(file, ModelLimits.Default).VerifyIdentity());
            }
            catch (ModelFormatException)
            {
                // The last byte of some tables is a high byte that has one allowed value.
                Assert.True(counts);
            }
        }

        Assert.False(ModelView.Open(With(SectionKind.Operators, 1, "Version", 3), ModelLimits.Default).VerifyIdentity());
        Assert.False(ModelView.Open(WithByte(SectionKind.Weights, 0, 1), ModelLimits.Default).VerifyIdentity());
    }

    [Fact]
    public void The_writer_refuses_what_the_reader_would()
    {
        ModelWriter writer = new();
        Assert.Throws<ArgumentException>(() => writer.AddConstant("c", DataType.Float32, new Shape(2), new byte[7]));
        writer.AddMetadata("k", "v");
        Assert.Contains("'k'", Assert.Throws<ArgumentException>(() => writer.AddMetadata("k", "w")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => writer.AddMetadata("", "v"));
        writer.AddTensor("x", DataType.Float32, new Shape(1));
        writer.SetInterface([1], []);
        Assert.Contains("tensor index 1", Assert.Throws<ModelFormatException>(writer.ToArray).Message, StringComparison.Ordinal);
    }

    /// <summary>A file without per-axis zero points, which cost a note for each record.</summary>
    private static byte[] Symmetric { get; } = Edited(static parts =>
    {
        parts.Edit(SectionKind.Quantizations, static bytes => bytes.AsSpan(28, 4).Fill(0xFF));
        parts.Find(SectionKind.QuantizationData)!.Bytes = parts.Find(SectionKind.QuantizationData)!.Bytes[..24];
    });

    private static byte[] IdentityOf(byte[] file)
    {
        ContentId id = ModelView.Open(file, ModelLimits.Default).Header.Identity;
        return ((ReadOnlySpan<byte>)id).ToArray();
    }

    private static int AddQuantization(ModelWriter writer, FuzzRandom random, List<Action<ModelView>> checks)
    {
        int axis = random.Below(3) - 1;
        int count = axis < 0 ? 1 : 3;
        float[] scales = [.. Enumerable.Range(0, count).Select(_ => (1 + random.Below(1000)) / 256f)];
        int[] zeroPoints = random.OneIn(2) ? [] : [.. Enumerable.Range(0, count).Select(_ => 1 + random.Below(100))];
        int index = writer.AddQuantization(scales, zeroPoints, axis);
        checks.Add(view =>
        {
            Assert.Equal(axis, view.Quantizations[index].Axis);
            Assert.Equal(scales, view.Scales(index).ToArray());
            Assert.Equal(zeroPoints, view.ZeroPoints(index).ToArray());
        });
        return index;
    }

    private static void AddTensor(ModelWriter writer, FuzzRandom random, int index, int[] quantizations, List<Action<ModelView>> checks)
    {
        // Axes of size 3 fit every quantization; only small integers take one.
        DataType[] types = [DataType.Float32, DataType.Int8, DataType.UInt8, DataType.Int16, DataType.Int32, DataType.Int64, DataType.Bool];
        DataType type = random.Pick(types);
        int[] sizes = new int[random.Below(Shape.MaxRank + 1)];
        sizes.AsSpan().Fill(3);
        Shape shape = new(sizes);
        int quantization = type is DataType.Int8 or DataType.UInt8 or DataType.Int16 && sizes.Length >= 2 && quantizations.Length > 0 ? random.Pick(quantizations) : -1;
        string name = random.OneIn(3) ? "" : $"tensör {index}";
        byte[] data = [];
        if (random.OneIn(2) && sizes.Length < 6)
        {
            data = new byte[shape.ElementCount * type.Size()];
            foreach (ref byte value in data.AsSpan())
            {
                value = (byte)(type == DataType.Bool ? random.Below(2) : random.Below(256));
            }

            Assert.Equal(index, writer.AddConstant(name, type, shape, data, quantization));
        }
        else
        {
            Assert.Equal(index, writer.AddTensor(name, type, shape, quantization));
        }

        bool named = !writer.StripNames;
        checks.Add(view =>
        {
            Assert.Equal(type, view.Tensors[index].Type);
            Assert.Equal(shape, view.TensorShape(index));
            Assert.Equal(quantization, view.Tensors[index].Quantization);
            Assert.Equal(data, view.TensorData(index).ToArray());
            Assert.Equal(named ? name : "", view.TensorName(index));
        });
    }

    private static void AddOperator(ModelWriter writer, FuzzRandom random, int tensors, List<Action<ModelView>> checks)
    {
        int[] inputs = Indices(random, tensors, lowest: -1);
        int[] outputs = Indices(random, tensors, lowest: 0);
        byte[] attributes = [.. Enumerable.Range(0, random.Below(12)).Select(_ => (byte)random.Next())];
        ushort code = (ushort)random.Next();
        int index = writer.AddOperator("öp", code, 7, inputs, outputs, attributes);
        bool named = !writer.StripNames;
        checks.Add(view =>
        {
            Assert.Equal((code, (ushort)7), (view.Operators[index].Code, view.Operators[index].Version));
            Assert.Equal(inputs, view.OperatorInputs(index).ToArray());
            Assert.Equal(outputs, view.OperatorOutputs(index).ToArray());
            Assert.Equal(attributes, view.OperatorAttributes(index).ToArray());
            Assert.Equal(named ? "öp" : "", view.OperatorName(index));
        });
    }

    private static int[] Indices(FuzzRandom random, int count, int lowest) => [.. Enumerable.Range(0, random.Below(4)).Select(_ => lowest + random.Below(count - lowest))];
}

using System.Text;
using Edge.Format;
using Edge.Fuzz;
using static Edge.Tests.Format.TestModel;

namespace Edge.Tests.Format;

/// <summary>Each way to be malformed is refused by its own check, with a message that says what was found and what is allowed.</summary>
public sealed class MalformedFileTests
{
    private const long Max = uint.MaxValue;

    private static readonly Dictionary<string, (Func<byte[]> File, string[] Words)> Causes = new()
    {
        // Header and section table.
        ["empty file"] = (() => [], ["0 bytes", "64"]),
        ["shorter than a header"] = (() => Build()[..63], ["63 bytes", "64"]),
        ["another kind of file"] = (() => WithHeader("Magic", 0x464C457F), ["0x464C457F", "EDGE"]),
        ["big-endian magic"] = (() => WithHeader("Magic", 0x45444745), ["0x45444745", "0x45474445"]),
        ["major version above"] = (() => WithHeader("Major", 2), ["version 2.0", "1.x"]),
        ["major version below"] = (() => WithHeader("Major", 0), ["version 0.0", "1.x"]),
        ["truncated"] = (() => Build()[..^1], ["states", "truncated"]),
        ["grown"] = (() => [.. Build(), 0], ["states", "grown"]),
        ["file bytes overflow"] = (() => WithHeader("FileBytes", -1), ["18446744073709551615"]),
        ["section count beyond the limit"] = (() => WithHeader("SectionCount", 65), ["65 sections", "MaxSections"]),
        ["section count overflow"] = (() => WithHeader("SectionCount", Max), ["4294967295", "64"]),
        ["section table beyond the file"] = (() => WithHeader("SectionCount", 64), ["64 sections", "end at byte 2112", "truncated"]),
        ["header checksum"] = (() => Patched(21, 0x5A), ["checksum", "0x", "damaged"]),
        ["header reserved"] = (() => WithHeader("Reserved", 1), ["Header", "0x1", "reserved fields are 0"]),
        ["section reserved"] = (() => WithSection(2, "Reserved", 7), ["Section 2", "0x7", "reserved fields are 0"]),
        ["section flags"] = (() => WithSection(2, "Flags", 3), ["Section 2", "0x2", "only flag"]),
        ["section overlaps the one before"] = (() => WithSection(1, "Offset", 64), ["Section 1", "starts at byte 64", "must start at"]),
        ["hole between sections"] = (() => WithSection(1, "Offset", 1 << 20), ["Section 1", "1048576", "must start at"]),
        ["section beyond the file"] = (() => WithSection(12, "Length", 1 << 20), ["1048576 bytes", "ends at"]),
        ["section length overflow"] = (() => WithSection(0, "Length", -1), ["18446744073709551615 bytes"]),
        ["section checksum"] = (() => WithSection(3, "Crc", 1), ["Section 3", "checksum", "0x00000001"]),
        ["padding not zero"] = (() => Patched(TableEnd(Build()) + 5, 1), ["not zero"]),
        ["bytes after the last section"] = (WithUnlistedByte, ["last section ends at", "no bytes may follow"]),
        ["section twice"] = (() => Edited(static file => file.Sections.Add(file.Sections[1])), ["second section", "Tensors"]),
        ["unknown required section"] = (() => Edited(static file => file.Sections.Add(new FileSection((SectionKind)77, SectionFlags.Required, [1]))), ["kind 77", "required", "newer"]),
        ["no graph"] = (() => Edited(static file => file.Sections.RemoveAt(0)), ["Graph", "0 bytes", "16"]),
        ["graph too long"] = (() => WithBytes(SectionKind.Graph, static bytes => [.. bytes, 0]), ["Graph", "17 bytes", "16"]),
        ["half a record"] = (() => WithBytes(SectionKind.Tensors, static bytes => bytes[..^1]), ["Tensors", "383 bytes", "64"]),

        // Graph.
        ["graph inputs elsewhere"] = (() => With(SectionKind.Graph, 0, "FirstInput", 0), ["Graph", "inputs from 0", "must start at 8"]),
        ["graph outputs overflow"] = (() => With(SectionKind.Graph, 0, "OutputCount", Max), ["Graph", "4294967295 outputs"]),
        ["graph input index"] = (() => With(SectionKind.Indices, 8, "Index", 6), ["Graph inputs", "index 6", "6 tensors"]),
        ["graph input left out"] = (() => With(SectionKind.Indices, 8, "Index", -1), ["Graph inputs", "index -1", "6 tensors"]),
        ["indices in use by nobody"] = (() => WithBytes(SectionKind.Indices, static bytes => [.. bytes, 0, 0, 0, 0]), ["Indices", "11 of 12", "all must be"]),

        // Tensors.
        ["tensor type none"] = (() => With(SectionKind.Tensors, 0, "Type", 0), ["Tensor 0", "type 0", "not supported"]),
        ["tensor type reserved"] = (() => With(SectionKind.Tensors, 0, "Type", 9), ["Tensor 0", "float16", "not supported"]),
        ["tensor type unknown"] = (() => With(SectionKind.Tensors, 0, "Type", 200), ["Tensor 0", "type 200", "not supported"]),
        ["rank"] = (() => With(SectionKind.Tensors, 0, "Rank", 9), ["Tensor 0", "rank 9", "8"]),
        ["axis of size 0"] = (() => With(SectionKind.Tensors, 0, "Sizes.1", 0), ["Tensor 0", "axis 1", "size 0", "start at 1"]),
        ["axis of negative size"] = (() => With(SectionKind.Tensors, 0, "Sizes.0", -2), ["Tensor 0", "axis 0", "size -2"]),
        ["axis beyond the rank"] = (() => With(SectionKind.Tensors, 0, "Sizes.2", 1), ["Tensor 0", "axis 2", "size 1", "beyond the rank are 0"]),
        ["tensor too large"] = (() => With(SectionKind.Tensors, 0, "Sizes.0", int.MaxValue), ["Tensor 0", "2147483583", "MaxTensorBytes"]),
        ["tensor reserved"] = (() => With(SectionKind.Tensors, 5, "Reserved", 1), ["Tensor 5", "reserved fields are 0"]),
        ["tensor flags"] = (() => With(SectionKind.Tensors, 1, "Flags", 3), ["Tensor 1", "0x2", "only flag"]),
        ["tensor quantization index"] = (() => With(SectionKind.Tensors, 2, "Quantization", 2), ["Tensor 2", "quantization 2", "there are 2"]),
        ["tensor quantization below −1"] = (() => With(SectionKind.Tensors, 2, "Quantization", -2), ["Tensor 2", "quantization -2"]),
        ["quantized float"] = (() => With(SectionKind.Tensors, 0, "Quantization", 0), ["Tensor 0", "float32", "only int8"]),
        ["quantized along a missing axis"] = (() => With(SectionKind.Quantizations, 1, "Axis", 2), ["Tensor 2", "axis 2", "existing axis"]),
        ["scales for another size"] = (() => With(SectionKind.Quantizations, 1, "Axis", 1), ["Tensor 2", "4 scales", "axis 1"]),
        ["zero point out of range"] = (() => WithBytes(SectionKind.QuantizationData, static bytes => [.. bytes[..4], 0, 1, 0, 0, .. bytes[8..]]), ["Tensor 4", "zero point 256", "-128", "127"]),
        ["per-axis zero point out of range"] = (() => WithByte(SectionKind.QuantizationData, 25, 1), ["Tensor 2", "zero point", "-128", "127"]),

        // Constants.
        ["data of no constant"] = (() => With(SectionKind.Tensors, 0, "DataBytes", 24), ["Tensor 0", "no constant", "24 bytes"]),
        ["encoding"] = (() => With(SectionKind.Tensors, 1, "Encoding", 1), ["Tensor 1", "encoding 1", "raw (0)"]),
        ["data too short"] = (() => With(SectionKind.Tensors, 1, "DataBytes", 44), ["Tensor 1", "44 bytes", "takes 48"]),
        ["data not aligned"] = (() => With(SectionKind.Tensors, 2, "DataOffset", 48), ["Tensor 2", "at 48", "multiple of 64"]),
        ["data overlaps"] = (() => With(SectionKind.Tensors, 2, "DataOffset", 0), ["Tensor 2", "at 0", "must start at 64"]),
        ["data beyond the weights"] = (() => WithBytes(SectionKind.Weights, static bytes => bytes[..^1]), ["Tensor 3", "130 bytes of weights", "lie inside"]),
        ["weights in use by nobody"] = (() => WithBytes(SectionKind.Weights, static bytes => [.. bytes, 0]), ["Weights", "131 of 132", "all must be"]),
        ["weights padding not zero"] = (() => WithByte(SectionKind.Weights, 50, 1), ["Tensor 2", "between 48 and 64", "not zero"]),
        ["bool neither 0 nor 1"] = (() => WithByte(SectionKind.Weights, 129, 2), ["Tensor 3", "bool", "0 and 1"]),

        // Quantization.
        ["quantization axis"] = (() => With(SectionKind.Quantizations, 0, "Axis", 8), ["Quantization 0", "axis 8", "0 … 7"]),
        ["two scales without axis"] = (() => With(SectionKind.Quantizations, 0, "Count", 2), ["Quantization 0", "2 scales", "one scale"]),
        ["no scale"] = (() => With(SectionKind.Quantizations, 1, "Count", 0), ["Quantization 1", "0 scales"]),
        ["scales beyond the data"] = (() => With(SectionKind.Quantizations, 1, "Count", Max), ["Quantization 1", "17179869180 bytes of scales"]),
        ["scales elsewhere"] = (() => With(SectionKind.Quantizations, 1, "ScalesOffset", 0), ["Quantization 1", "from 0", "must start at 8"]),
        ["odd offset of scales"] = (() => With(SectionKind.Quantizations, 1, "ScalesOffset", 9), ["Quantization 1", "from 9", "must start at 8"]),
        ["zero points elsewhere"] = (() => With(SectionKind.Quantizations, 1, "ZeroPointsOffset", 8), ["Quantization 1", "zero points from 8", "must start at 24"]),
        ["scale zero"] = (() => WithBytes(SectionKind.QuantizationData, static bytes => [0, 0, 0, 0, .. bytes[4..]]), ["Quantization 0", "scale 0", "positive"]),
        ["scale NaN"] = (() => WithBytes(SectionKind.QuantizationData, static bytes => [0, 0, 0xC0, 0x7F, .. bytes[4..]]), ["Quantization 0", "scale NaN", "finite"]),
        ["scale infinite"] = (() => WithBytes(SectionKind.QuantizationData, static bytes => [0, 0, 0x80, 0x7F, .. bytes[4..]]), ["Quantization 0", "finite"]),
        ["quantization data in use by nobody"] = (() => WithBytes(SectionKind.QuantizationData, static bytes => [.. bytes, 0, 0, 0, 0]), ["QuantizationData", "40 of 44", "all must be"]),

        // Operators.
        ["operator reserved"] = (() => With(SectionKind.Operators, 1, "Reserved", 1), ["Operator 1", "reserved fields are 0"]),
        ["operator indices elsewhere"] = (() => With(SectionKind.Operators, 1, "FirstIndex", 0), ["Operator 1", "from 0", "must start at 4"]),
        ["operator indices beyond the table"] = (() => With(SectionKind.Operators, 1, "InputCount", 65535), ["Operator 1", "65536 tensor indices", "of 11"]),
        ["operator input"] = (() => With(SectionKind.Indices, 0, "Index", 6), ["Operator 0 inputs", "index 6", "6 tensors", "−1"]),
        ["operator input below −1"] = (() => With(SectionKind.Indices, 0, "Index", -2), ["Operator 0 inputs", "index -2"]),
        ["operator output left out"] = (() => With(SectionKind.Indices, 3, "Index", -1), ["Operator 0 outputs", "index -1"]),
        ["attributes elsewhere"] = (() => With(SectionKind.Operators, 1, "AttributesOffset", 4), ["Operator 1", "attribute bytes from 4", "must start at 8"]),
        ["attributes beyond the section"] = (() => With(SectionKind.Operators, 1, "AttributesBytes", Max), ["Operator 1", "4294967295 attribute bytes", "of 12"]),
        ["attributes in use by nobody"] = (() => With(SectionKind.Operators, 1, "AttributesBytes", 3), ["Attributes", "11 of 12", "all must be"]),

        // Programs.
        ["program kind"] = (() => With(SectionKind.Programs, 0, "Kind", 3), ["Program 0", "kind 3", "0 … 2"]),
        ["program scheme"] = (() => With(SectionKind.Programs, 1, "Scheme", 3), ["Program 1", "scheme 3", "0 … 2"]),
        ["batch 0"] = (() => With(SectionKind.Programs, 0, "Batch", 0), ["Program 0", "batch 0"]),
        ["batch overflow"] = (() => With(SectionKind.Programs, 0, "Batch", Max), ["Program 0", "batch 4294967295", "2147483647"]),
        ["program flags"] = (() => With(SectionKind.Programs, 1, "Flags", 2), ["Program 1", "0x2", "only flag"]),
        ["program reserved"] = (() => With(SectionKind.Programs, 1, "Reserved", 1), ["Program 1", "reserved fields are 0"]),
        ["steps elsewhere"] = (() => With(SectionKind.Programs, 1, "FirstStep", 0), ["Program 1", "steps from 0", "must start at 2"]),
        ["steps beyond the section"] = (() => With(SectionKind.Programs, 1, "StepCount", Max), ["Program 1", "4294967295 steps", "of 3"]),
        ["steps in use by nobody"] = (() => With(SectionKind.Programs, 1, "StepCount", 0), ["Steps", "2 of 3", "all must be"]),
        ["buffers elsewhere"] = (() => With(SectionKind.Programs, 1, "FirstBuffer", 1), ["Program 1", "buffers from 1", "must start at 2"]),
        ["buffers in use by nobody"] = (() => Edited(static file => file.Find(SectionKind.Buffers)!.Bytes = [.. file.Find(SectionKind.Buffers)!.Bytes, .. new byte[24]]), ["Buffers", "3 of 4"]),
        ["arena beyond the limit"] = (() => With(SectionKind.Programs, 0, "ArenaBytes", 1L << 40), ["Program 0", "1099511627776", "MaxArenaBytes"]),
        ["arena larger than its buffers"] = (() => With(SectionKind.Programs, 0, "ArenaBytes", 192), ["Program 0", "192", "end at 128"]),
        ["arena smaller than its buffers"] = (() => With(SectionKind.Programs, 0, "ArenaBytes", 64), ["Program 0", "at 64", "arena of 64", "inside"]),
        ["buffer not aligned"] = (() => With(SectionKind.Buffers, 1, "Offset", 32), ["Program 0", "at 32", "multiples of 64"]),
        ["buffer offset overflow"] = (() => With(SectionKind.Buffers, 1, "Offset", -64), ["Program 0", "18446744073709551552"]),
        ["buffer length overflow"] = (() => With(SectionKind.Buffers, 1, "Bytes", -1), ["Program 0", "18446744073709551615 bytes"]),
        ["buffer kind"] = (() => With(SectionKind.Buffers, 2, "Kind", 4), ["Program 1", "0 … 3"]),
        ["buffer reserved"] = (() => With(SectionKind.Buffers, 2, "Reserved", 1), ["buffer of program 1", "reserved fields are 0"]),
        ["buffer second reserved"] = (() => With(SectionKind.Buffers, 0, "Reserved2", 1), ["buffer of program 0", "reserved fields are 0"]),
        ["step phase"] = (() => With(SectionKind.Steps, 2, "Phase", 3), ["Step 2", "phase 3", "0 … 2"]),
        ["step reserved"] = (() => With(SectionKind.Steps, 1, "Reserved", 1), ["Step 1", "reserved fields are 0"]),
        ["step second reserved"] = (() => With(SectionKind.Steps, 1, "Reserved2", 0x100), ["Step 1", "0x100", "reserved fields are 0"]),

        // Names: 9 offsets, then x w q b y größe first.
        ["names too short"] = (() => WithBytes(SectionKind.Names, static bytes => bytes[..35]), ["Names", "35 bytes", "8 names", "36"]),
        ["first name elsewhere"] = (() => WithByte(SectionKind.Names, 0, 1), ["Names", "name 0", "starts at 1"]),
        ["names fall"] = (() => WithByte(SectionKind.Names, 8, 0), ["Names", "name 2", "starts at 0 after 1", "rise"]),
        ["name beyond the text"] = (() => WithByte(SectionKind.Names, 31, 0x80), ["Names", "name 7", "inside"]),
        ["text in use by nobody"] = (() => WithBytes(SectionKind.Names, static bytes => [.. bytes, 65]), ["Names", "last name ends at"]),
        ["name not UTF-8"] = (() => WithByte(SectionKind.Names, 36, 0xFF), ["Names", "name 0", "UTF-8"]),
        ["name ends inside a character"] = (() => WithByte(SectionKind.Names, 24, 8), ["Names", "name 5", "UTF-8"]),

        // Metadata: labels, task.
        ["metadata too short for a count"] = (() => WithBytes(SectionKind.Metadata, static bytes => bytes[..3]), ["Metadata", "3 bytes"]),
        ["metadata pair count overflow"] = (() => WithBytes(SectionKind.Metadata, static bytes => [255, 255, 255, 255, .. bytes[4..]]), ["Metadata", "34359738364"]),
        ["metadata beyond the limit"] = (() => WithBytes(SectionKind.Metadata, static _ => [1, 4, 0, 0, .. new byte[8 * 1025]]), ["1025 pairs", "MaxMetadataPairs"]),
        ["metadata length overflow"] = (() => WithBytes(SectionKind.Metadata, static bytes => [.. bytes[..4], 255, 255, 255, 255, .. bytes[8..]]), ["Metadata", "bytes of text"]),
        ["metadata text in use by nobody"] = (() => WithBytes(SectionKind.Metadata, static bytes => [.. bytes, 65]), ["Metadata", "bytes of text"]),
        ["metadata not UTF-8"] = (() => WithByte(SectionKind.Metadata, 20, 0xC0), ["Metadata", "pair 0", "UTF-8"]),
        ["metadata keys twice"] = (() => Pairs(("a", "1"), ("a", "2")), ["'a'", "unique"]),
        ["metadata keys out of order"] = (() => Pairs(("b", "1"), ("a", "2")), ["'a'", "follows 'b'", "rising"]),
        ["metadata key empty"] = (() => Pairs(("", "1")), ["key 0", "not empty"]),
    };

    public static TheoryData<string> Names => [.. Causes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_malformed_file_is_refused_with_what_was_found_and_what_is_allowed(string cause)
    {
        (Func<byte[]> make, string[] words) = Causes[cause];
        byte[] file = make();
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => ModelView.Open(file, ModelLimits.Default).Header);

        Assert.All(words, word => Assert.Contains(word, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_limit_refuses_what_is_beyond_it_and_takes_what_is_at_it()
    {
        byte[] file = Build();
        (ModelLimits Below, ModelLimits At, string Name)[] limits =
        [
            (new() { MaxFileBytes = file.Length - 1 }, new() { MaxFileBytes = file.Length }, "MaxFileBytes"),
            (new() { MaxTensors = 5 }, new() { MaxTensors = 6 }, "6 records"),
            (new() { MaxOperators = 1 }, new() { MaxOperators = 2 }, "2 records"),
            (new() { MaxSections = 12 }, new() { MaxSections = 13 }, "MaxSections"),
            (new() { MaxPrograms = 1 }, new() { MaxPrograms = 2 }, "2 records"),
            (new() { MaxMetadataPairs = 1 }, new() { MaxMetadataPairs = 2 }, "MaxMetadataPairs"),
            (new() { MaxTensorBytes = 47 }, new() { MaxTensorBytes = 48 }, "MaxTensorBytes"),
            (new() { MaxArenaBytes = 127 }, new() { MaxArenaBytes = 128 }, "MaxArenaBytes"),
        ];
        foreach ((ModelLimits below, ModelLimits at, string name) in limits)
        {
            _ = ModelView.Open(file, at);
            ModelFormatException error = Assert.Throws<ModelFormatException>(() => ModelView.Open(file, below).Header);
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Limits_that_no_span_can_hold_are_refused_where_they_are_set()
    {
        Assert.Throws<ArgumentOutOfRangeException>(static () => new ModelLimits { MaxFileBytes = int.MaxValue });
        Assert.Throws<ArgumentOutOfRangeException>(static () => new ModelLimits { MaxTensorBytes = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(static () => new ModelLimits { MaxTensors = -1 });
    }

    [Fact]
    public void Any_single_damaged_byte_is_refused()
    {
        byte[] file = Build();
        for (int i = 0; i < file.Length; i++)
        {
            byte[] damaged = (byte[])file.Clone();
            damaged[i] ^= 0x10;
            Assert.Throws<ModelFormatException>(() => ModelView.Open(damaged, ModelLimits.Default).Header);
        }
    }

    [Fact]
    public void Any_truncated_file_is_refused()
    {
        byte[] file = Build();
        for (int length = 0; length < file.Length; length++)
        {
            byte[] cut = file[..length];
            Assert.Throws<ModelFormatException>(() => ModelView.Open(cut, ModelLimits.Default).Header);
        }
    }

    [Fact]
    public void Records_cannot_make_work_by_sharing_a_long_list()
    {
        // 60,000 quantization records over one list of 60,000 scales would be 3.6 · 10⁹ checks.
        ModelWriter writer = new();
        writer.AddTensor("x", DataType.Float32, new Shape(1));
        float[] scales = new float[60_000];
        scales.AsSpan().Fill(1);
        writer.AddQuantization(scales, [], axis: 0);
        EdgeFile parts = EdgeFile.Parse(writer.ToArray());
        FileSection records = parts.Find(SectionKind.Quantizations)!;
        records.Bytes = [.. Enumerable.Repeat(records.Bytes, 60_000).SelectMany(static bytes => bytes)];
        byte[] file = parts.ToArray();

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => ModelView.Open(file, ModelLimits.Default).Header);
        Assert.Contains("must start at 240000", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Patched(int position, byte change)
    {
        byte[] file = Build();
        file[position] ^= change;
        return file;
    }

    private static byte[] Pairs(params (string Key, string Value)[] pairs) => WithBytes(SectionKind.Metadata, _ =>
    {
        List<byte> bytes = [.. BitConverter.GetBytes(pairs.Length)];
        foreach ((string key, string value) in pairs)
        {
            bytes.AddRange(BitConverter.GetBytes(key.Length));
            bytes.AddRange(BitConverter.GetBytes(value.Length));
        }

        bytes.AddRange(pairs.SelectMany(static pair => Encoding.ASCII.GetBytes(pair.Key + pair.Value)));
        return [.. bytes];
    });
}

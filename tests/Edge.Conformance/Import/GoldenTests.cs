using System.Globalization;
using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime;
using Edge.Tests.Harness;

namespace Edge.Conformance.Import;

/// <summary>Imported models give the outputs of TensorFlow Lite Micro's reference kernels: integers to the bit, floats to their last digits.</summary>
public sealed class GoldenTests
{
    private const int Samples = 8;

    public static TheoryData<string> Tflite { get; } = [.. SourceModels.TfliteNames];

    [Theory]
    [MemberData(nameof(Tflite))]
    public void A_tflite_model_gives_the_golden_outputs(string name)
    {
        string golden = SharedData.Require($"golden/{name}");
        using Model model = SourceModels.Load(SourceModels.TflitePath(name));
        using Session session = new(model);
        Assert.Equal((1, 1), (session.InputCount, session.OutputCount));
        for (int i = 0; i < Samples; i++)
        {
            byte[] input = File.ReadAllBytes(Path.Combine(golden, string.Create(CultureInfo.InvariantCulture, $"in_{i}.bin")));
            byte[] expected = File.ReadAllBytes(Path.Combine(golden, string.Create(CultureInfo.InvariantCulture, $"out_{i}.bin")));
            Assert.Equal(session.InputSpec(0).Bytes, input.Length);
            input.CopyTo(session.Input<byte>());
            session.Run();
            Check(session.OutputSpec(0).Type, expected, session.Output<byte>(), $"{name}, vector {i}");
        }
    }

    [Theory]
    [MemberData(nameof(Tflite))]
    public void All_vectors_at_once_on_two_threads_give_the_same(string name)
    {
        string golden = SharedData.Require($"golden/{name}");
        using Model model = SourceModels.Load(SourceModels.TflitePath(name));
        using Session session = new(model, new SessionOptions { BatchSize = Samples, Threads = 2 });
        byte[] expected = All("out"), inputs = All("in");
        inputs.CopyTo(session.Input<byte>());
        session.Run();
        Check(session.OutputSpec(0).Type, expected, session.Output<byte>(), name);

        byte[] All(string kind) =>
            [.. Enumerable.Range(0, Samples).SelectMany(i => File.ReadAllBytes(Path.Combine(golden, string.Create(CultureInfo.InvariantCulture, $"{kind}_{i}.bin"))))];
    }

    private static void Check(DataType type, byte[] expected, ReadOnlySpan<byte> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        if (type != DataType.Float32)
        {
            int different = 0, largest = 0;
            for (int i = 0; i < expected.Length; i++)
            {
                int distance = type == DataType.Int8 ? Math.Abs((sbyte)expected[i] - (sbyte)actual[i]) : Math.Abs(expected[i] - actual[i]);
                different += distance != 0 ? 1 : 0;
                largest = Math.Max(largest, distance);
            }

            Assert.True(different == 0, $"{what}: {different} of {expected.Length} values differ, by up to {largest}.");
            return;
        }

        ReadOnlySpan<float> want = MemoryMarshal.Cast<byte, float>(expected), got = MemoryMarshal.Cast<byte, float>(actual);
        for (int i = 0; i < want.Length; i++)
        {
            float bound = MathF.Max(1e-5f, 1e-4f * MathF.Abs(want[i]));
            Assert.True(MathF.Abs(want[i] - got[i]) <= bound, $"{what}: value {i} is {got[i]:R}; {want[i]:R} within {bound} is expected.");
        }
    }
}

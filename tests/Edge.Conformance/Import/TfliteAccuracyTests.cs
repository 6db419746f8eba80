using Edge.Learning.Data;
using Edge.Runtime;
using Edge.Tests.Harness;

namespace Edge.Conformance.Import;

/// <summary>Imported classifiers of CIFAR-10 on its whole test set: as many right as the reference runtime's.</summary>
public sealed class TfliteAccuracyTests(ITestOutputHelper output)
{
    private const int Images = 10_000;
    private const int Classes = 10;

    // Counted with TensorFlow Lite Micro's reference kernels; see the README of the data folder. Floats may turn a tie.
    [Theory]
    [InlineData("pretrainedResnet", 7_548, 5)]
    [InlineData("pretrainedResnet_quant", 7_556, 0)]
    public void ResNet_is_right_as_often_as_the_reference(string name, int expected, int tolerance)
    {
        TrainTest data = Cifar10.Load(SharedData.Require("cifar10"));
        using Model model = SourceModels.Load(SourceModels.TflitePath(name));
        using Session session = new(model, new SessionOptions { Threads = Environment.ProcessorCount });
        Assert.Equal(Images, data.Test.Count);
        int right = 0;
        for (int i = 0; i < Images; i++)
        {
            right += Largest(data.Test.RawBytes(i), session) == data.Test.Label(i) ? 1 : 0;
        }

        output.WriteLine($"{name}: {right:N0} of {Images:N0}");
        Assert.InRange(right, expected - tolerance, expected + tolerance);
    }

    private static int Largest(ReadOnlySpan<byte> image, Session session)
    {
        Span<float> scores = stackalloc float[Classes];
        if (session.InputSpec(0).Quantization is null)
        {
            Span<float> pixels = session.Input<float>();
            for (int i = 0; i < image.Length; i++)
            {
                pixels[i] = image[i];
            }

            session.Run();
            session.Output<float>().CopyTo(scores);
        }
        else
        {
            Span<sbyte> pixels = session.Input<sbyte>();
            for (int i = 0; i < image.Length; i++)
            {
                pixels[i] = (sbyte)(image[i] - 128);
            }

            session.Run();
            for (int i = 0; i < Classes; i++)
            {
                scores[i] = session.Output<sbyte>()[i];
            }
        }

        int largest = 0;                                                 // ties go to the lower class
        for (int i = 1; i < Classes; i++)
        {
            largest = scores[i] > scores[largest] ? i : largest;
        }

        return largest;
    }
}

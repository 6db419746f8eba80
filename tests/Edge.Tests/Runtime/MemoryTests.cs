using System.Buffers;
using Edge.Compiler;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;
using Edge.Tests.Compiler;
using Edge.Tests.Harness;

namespace Edge.Tests.Runtime;

/// <summary>Memory is a number that is known before anything runs, and stated here. A change that costs bytes has to change it, with the reason.</summary>
public sealed class MemoryTests
{
    // The first pooling reads [26, 26, 32] and writes [13, 13, 32]: float32 86,528 + 21,632 bytes, int8 21,632 + 5,408, rounded up to 64. At no other
    // step more is alive, and operators need no scratch.
    [Theory]
    [InlineData(false, 108_160)]
    [InlineData(true, 27_072)]
    public void Inference_needs_what_lives_together_and_no_byte_more(bool int8, long bytes)
    {
        using Model model = RecipeModels.Load("mnist-cnn", int8);
        Assert.Equal(bytes, model.InferenceBytes);
        Assert.Equal(model.InferenceLowerBoundBytes, model.InferenceBytes);
        using Session session = new(model);
        Assert.Equal(bytes, session.ArenaBytes);
    }

    // Adam keeps three floats for each trained parameter (value and two moments) besides the arena.
    //   last:1  1,290 parameters, 15,552 bytes with every tensor rounded up to 64. The peak is the forward pass: the 108,160 (27,072) bytes from above and 64 for
    //           the label. An int8 head stays int8.
    //   last:2  206,218 parameters, 2,474,688 bytes. The arena holds the gradient of the [128, 1600] weights, 819,200 bytes, and what the dense layers
    //           keep: the head's activations are gone by then, so float32 and int8 need the same.
    //   bias    234 parameters, 2,880 bytes, but gradients reach the first convolution: an int8 model becomes float32 throughout. The peak is there: the
    //           gradient and the kept output of [26, 26, 32].
    //   full    225,034 parameters, 2,700,480 bytes. The arena holds the largest weight gradient and every kept activation.
    [Theory]
    [InlineData(false, "last:1", 15_552 + 108_224)]
    [InlineData(false, "last:2", 2_474_688 + 827_264)]
    [InlineData(false, "bias", 2_880 + 216_448)]
    [InlineData(false, "full", 2_700_480 + 982_336)]
    [InlineData(true, "last:1", 15_552 + 27_136)]
    [InlineData(true, "last:2", 2_474_688 + 827_264)]
    [InlineData(true, "bias", 2_880 + 216_448)]
    [InlineData(true, "full", 2_700_480 + 982_336)]
    public void Training_needs_its_pinned_bytes(bool int8, string scheme, long bytes)
    {
        using Model model = RecipeModels.Load("mnist-cnn", int8);
        TrainerOptions options = new() { Optimizer = new Adam(0.001f), Scheme = UpdateScheme.Parse(scheme) };
        Assert.Equal(bytes, model.TrainingBytes(options));
        using Trainer trainer = new(model, options);
        Assert.Equal(bytes, trainer.TotalBytes);
    }

    [Theory]
    [InlineData("full", 4, 0f)]
    [InlineData("last:1", 7, 1f)]
    [InlineData("bias", 1, 1f)]
    public void Training_bytes_are_known_for_every_option(string scheme, int batch, float clipNorm)
    {
        using Model model = RecipeModels.Load("mnist-mlp-128");
        foreach (Optimizer optimizer in (Optimizer[])[new Sgd(0.1f), new Sgd(0.1f, momentum: 0.9f), new RmsProp(0.1f), new AdamW(0.1f)])
        {
            TrainerOptions options = new() { Optimizer = optimizer, Scheme = UpdateScheme.Parse(scheme), BatchSize = batch, ClipNorm = clipNorm };
            using Trainer trainer = new(model, options);
            Assert.Equal(trainer.TotalBytes, model.TrainingBytes(options));
            Assert.True(trainer.TotalBytes > trainer.ArenaBytes);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_session_stays_inside_the_memory_it_is_given(bool int8)
    {
        using Model model = RecipeModels.Load("mnist-cnn", int8);
        int bytes = (int)model.InferenceBytes;
        using GuardedMemory memory = new(bytes, alignment: 64);
        using GuardedManager manager = new(memory);
        float[] input = GraphRunner.Values(784, 5, 0, 1);
        float[] expected = new float[10];
        using (Session own = new(model))
        {
            own.Run(input, expected);
        }

        // What the memory held before must not matter.
        memory.Span().Fill(0xFF);
        float[] output = new float[10];
        using (Session session = new(model, new SessionOptions { Arena = manager.Memory }))
        {
            Assert.Equal(bytes, session.ArenaBytes);
            session.Run(input, output);
            session.Run(input, output);
        }

        memory.Check("the arena");
        Assert.Equal(expected, output);
        Assert.NotEqual(-1, memory.Span().IndexOfAnyExcept((byte)0xFF));
        Assert.Equal(0, manager.Pins);
    }

    [Fact]
    public void States_lie_in_the_memory_that_a_session_is_given()
    {
        Graph graph = new();
        Tensor x = graph.AddInput("x", new Shape(1, 16));
        Tensor old = graph.Add(new ReadState(3), graph.Constant<float>("start", new Shape(1, 16), GraphRunner.Values(16, 1)));
        graph.AddOutput(graph.Add(new WriteState(3), graph.Add(new Add(Activation.None), x, old)));
        using Model model = Model.Load(ModelEmitter.ToBytes(graph));
        int bytes = (int)model.InferenceBytes;
        Assert.Equal(3 * 64, bytes);                 // input and old value; the sum and what is written take the place of one of them; the state
        using GuardedMemory memory = new(bytes, alignment: 64);
        using GuardedManager manager = new(memory);
        memory.Span().Fill(0xFF);
        float[] input = GraphRunner.Values(16, 2), output = new float[16];
        using (Session session = new(model, new SessionOptions { Arena = manager.Memory }))
        {
            session.Run(input, output);
            session.Run(input, output);
        }

        memory.Check("the arena");
        float[] expected = [.. GraphRunner.Values(16, 1).Select((start, i) => start + input[i] + input[i])];
        Assert.Equal(expected, output);
        Assert.Equal(expected, System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(memory.Span()[^64..]).ToArray());
    }

    [Fact]
    public void Memory_that_is_too_small_or_not_aligned_is_refused()
    {
        using Model model = RecipeModels.Load("moons");
        int bytes = (int)model.InferenceBytes;
        using GuardedMemory memory = new(bytes + 64, alignment: 64);
        using GuardedManager manager = new(memory);
        Assert.Contains($"has {bytes - 1} bytes", Assert.Throws<ArgumentException>(() => new Session(model, new SessionOptions { Arena = manager.Memory[..(bytes - 1)] })).Message, StringComparison.Ordinal);
        Assert.Contains("4 past a multiple of 64", Assert.Throws<ArgumentException>(() => new Session(model, new SessionOptions { Arena = manager.Memory.Slice(4, bytes) })).Message, StringComparison.Ordinal);
        Assert.Equal(0, manager.Pins);
    }

    private sealed unsafe class GuardedManager(GuardedMemory memory) : MemoryManager<byte>
    {
        /// <summary>Pins that were not given back.</summary>
        public int Pins { get; private set; }

        public override Span<byte> GetSpan() => memory.Span();

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            Pins++;
            return new MemoryHandle(memory.Pointer + elementIndex, default, this);
        }

        public override void Unpin() => Pins--;

        protected override void Dispose(bool disposing)
        {
        }
    }
}

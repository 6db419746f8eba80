using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Runtime.Storage;
using Edge.Runtime.Training;

// Everything a device does, compiled ahead of time: load, run, train, save through two slots, load again. Exits 0 when every answer is right.

string folder = Path.Combine(Path.GetTempPath(), "edge-aot-" + Environment.ProcessId);
Directory.CreateDirectory(folder);
try
{
    using Model model = Model.Load(BuildModel());
    float[] before = new float[3];
    using (Session session = new(model))
    {
        session.Run([1, -2, 0.5f, 3], before);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            session.Run([1, -2, 0.5f, 3], before);
        }

        Check(GC.GetAllocatedBytesForCurrentThread() == allocated, "a run allocates");
    }

    Check(Math.Abs(before[0] + before[1] + before[2] - 1) < 1e-5, "the probabilities do not add up to 1");

    byte[] delta;
    using (Trainer trainer = new(model, new TrainerOptions { Optimizer = new Adam(0.05f), Scheme = UpdateScheme.LastLayers(1) }))
    {
        float first = trainer.Step([1, -2, 0.5f, 3], [2]);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        float last = first;
        for (int i = 0; i < 100; i++)
        {
            last = trainer.Step([1, -2, 0.5f, 3], [2]);
        }

        Check(GC.GetAllocatedBytesForCurrentThread() == allocated, "a training step allocates");
        Check(last < first / 2, $"the loss went from {first} to {last}");
        delta = trainer.SavePersonalization();
    }

    FileStorage storage = new(folder);
    new TwoSlotStore(storage, "user", 1 << 20).Save(delta);
    Check(new TwoSlotStore(storage, "user", 1 << 20).TryLoad(out byte[]? loaded), "the saved state is gone");
    using Model tuned = model.Personalize(loaded!);
    float[] after = new float[3];
    using (Session session = new(tuned))
    {
        session.Run([1, -2, 0.5f, 3], after);
    }

    Check(after[2] > before[2] && after[2] > 0.8f, $"class 2 went from {before[2]} to {after[2]}");
    Console.WriteLine($"class 2: {before[2]:0.000} before, {after[2]:0.000} after {101} steps; {model.InferenceBytes} bytes of arena");
    return 0;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

static void Check(bool condition, string failure)
{
    if (!condition)
    {
        throw new InvalidOperationException(failure);
    }
}

static byte[] BuildModel()
{
    ModelWriter writer = new();
    int x = writer.AddTensor("x", DataType.Float32, new Shape(1, 4));
    int hidden = Dense(writer, x, "hidden", 4, 8, Activation.Relu);
    int logits = Dense(writer, hidden, "logits", 8, 3, Activation.None);
    int y = writer.AddTensor("y", DataType.Float32, new Shape(1, 3));
    AttributeWriter attributes = new();
    new Softmax().Write(attributes);
    writer.AddOperator("softmax", Softmax.Info.Code, 1, [logits], [y], attributes.ToArray());
    writer.SetInterface([x], [y]);
    return writer.ToArray();
}

static int Dense(ModelWriter writer, int input, string name, int inputs, int outputs, Activation activation)
{
    float[] weights = new float[inputs * outputs];
    CounterRandom random = new(7, (ulong)outputs);
    for (int i = 0; i < weights.Length; i++)
    {
        weights[i] = random.Uniform((ulong)i, -0.5f, 0.5f);
    }

    int w = writer.AddConstant(name + "/weights", DataType.Float32, new Shape(outputs, inputs), MemoryMarshal.AsBytes<float>(weights));
    int b = writer.AddConstant(name + "/bias", DataType.Float32, new Shape(outputs), new byte[outputs * sizeof(float)]);
    int y = writer.AddTensor(name, DataType.Float32, new Shape(1, outputs));
    AttributeWriter attributes = new();
    new Edge.Runtime.Operators.Dense(activation).Write(attributes);
    writer.AddOperator(name, Edge.Runtime.Operators.Dense.Info.Code, 1, [input, w, b], [y], attributes.ToArray());
    return y;
}

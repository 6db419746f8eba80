// Teach a model a user's handwriting: FineTune MODEL.edge SAMPLES.bin STATE, where SAMPLES.bin holds one label byte and 28 × 28 bytes of grey a sample.
// #region readme
using Edge.Runtime;
using Edge.Runtime.Storage;
using Edge.Runtime.Training;

using Model model = Model.Load(args[0]);                 // float32 or int8: the trained tail becomes float32
using Trainer trainer = new(model, new TrainerOptions
{
    Optimizer = new Sgd(0.01f, momentum: 0.9f),
    Scheme = UpdateScheme.LastLayers(2),
});

byte[] samples = File.ReadAllBytes(args[1]);
float[] pixels = new float[784];
for (int epoch = 0; epoch < 30; epoch++)
{
    float loss = 0;
    for (int start = 0; start < samples.Length; start += 785)
    {
        for (int i = 0; i < 784; i++)
        {
            pixels[i] = samples[start + 1 + i] / 255f;
        }

        loss += trainer.Step(pixels, [samples[start]]);  // 0 bytes allocated
    }

    Console.WriteLine($"epoch {epoch}: loss {loss / (samples.Length / 785):0.000}");
}

// Two slots, flushed: a power cut leaves the old or the new state. Later: model.Personalize(state).
FileStorage storage = FileStorage.ForPath(args[2], out string name);
new TwoSlotStore(storage, name, maxPayloadBytes: 1 << 24).Save(trainer.SavePersonalization());
// #endregion

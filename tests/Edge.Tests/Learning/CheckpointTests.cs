using System.Buffers.Binary;
using Edge.Format;
using Edge.Fuzz;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;

namespace Edge.Tests.Learning;

/// <summary>A checkpoint whose checksum is right and whose values no update would take is refused before anything changes.</summary>
public sealed class CheckpointTests
{
    [Theory]
    [InlineData(-1, 0.01f)]
    [InlineData(long.MaxValue, 0.01f)]
    [InlineData(1, float.NaN)]
    [InlineData(1, -0.01f)]
    [InlineData(1, float.PositiveInfinity)]
    public void Steps_and_rates_that_no_update_takes_are_refused(long step, float rate)
    {
        SeedModel network = new();
        int x = network.Add(new Dense(), [network.Input(1, 4), network.Constant(3, 4), network.Constant(3)]);
        using Model model = Model.Load(network.Output(network.Add(new Softmax(), [x])).Build());
        using Trainer trainer = new(model, new TrainerOptions { Optimizer = new Adam(0.01f) });
        trainer.Step([1, 2, 3, 4], (int[])[1]);
        byte[] before = trainer.SaveCheckpoint();
        byte[] forged = (byte[])before.Clone();
        BinaryPrimitives.WriteInt64LittleEndian(forged.AsSpan(40), step);
        BinaryPrimitives.WriteSingleLittleEndian(forged.AsSpan(48), rate);
        BinaryPrimitives.WriteUInt32LittleEndian(forged.AsSpan(forged.Length - 4), Crc32C.Compute(forged.AsSpan(0, forged.Length - 4)));

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => trainer.LoadCheckpoint(forged));
        Assert.Contains("learning rate", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, trainer.SaveCheckpoint());
    }
}

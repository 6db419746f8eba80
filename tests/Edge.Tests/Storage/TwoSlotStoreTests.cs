using System.Buffers.Binary;
using Edge.Format;
using Edge.Runtime.Storage;
using Edge.Tests.Harness;

namespace Edge.Tests.Storage;

public sealed class TwoSlotStoreTests
{
    private static readonly byte[] s_state = [1, 2, 3, 4, 5];

    [Fact]
    public void Nothing_is_found_before_the_first_save_and_loading_writes_nothing()
    {
        var disk = new SimulatedDisk();
        Assert.False(new TwoSlotStore(disk, "s", 10).TryLoad(out byte[]? payload));
        Assert.Null(payload);
        Assert.Empty(disk.Files);
    }

    [Fact]
    public void A_slot_is_laid_out_as_documented()
    {
        var disk = new SimulatedDisk();
        new TwoSlotStore(disk, "s", 10).Save(s_state);
        Assert.Equal(["s.0"], disk.Files);
        Assert.Equal(Slot(1, s_state), disk.ReadAll("s.0"));
    }

    [Fact]
    public void Any_bit_that_flips_makes_the_slot_invalid()
    {
        byte[] slot = Slot(7, s_state);
        for (int bit = 0; bit < slot.Length * 8; bit++)
        {
            byte[] damaged = (byte[])slot.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            var disk = new SimulatedDisk();
            disk.Place("s.1", damaged);
            var store = new TwoSlotStore(disk, "s", 10);
            Assert.False(store.TryLoad(out _), $"bit {bit}");
            store.Save([9]);
            Assert.True(store.TryLoad(out byte[]? payload));
            Assert.Equal([9], payload);
        }
    }

    [Fact]
    public void Any_truncation_makes_the_slot_invalid_and_what_follows_the_payload_means_nothing()
    {
        byte[] slot = Slot(7, s_state);
        for (int length = 0; length < slot.Length; length++)
        {
            Assert.Null(Load(10, slot[..length], null));
        }
        Assert.Equal(s_state, Load(10, [.. slot, 0xFF, 0xFF], null));
    }

    [Fact]
    public void A_payload_above_the_limit_is_neither_believed_nor_saved()
    {
        Assert.Equal(s_state, Load(5, Slot(7, s_state), null));
        Assert.Null(Load(4, Slot(7, s_state), null));

        var disk = new SimulatedDisk();
        var exception = Assert.Throws<ArgumentException>(() => new TwoSlotStore(disk, "s", 4).Save(s_state));
        Assert.Contains("5 bytes", exception.Message, StringComparison.Ordinal);
        Assert.Contains("up to 4", exception.Message, StringComparison.Ordinal);
        Assert.Empty(disk.Operations);
    }

    [Fact]
    public void A_length_that_lies_costs_no_memory()
    {
        byte[] slot = Slot(7, s_state);
        BinaryPrimitives.WriteUInt32LittleEndian(slot.AsSpan(12), int.MaxValue - 100);
        BinaryPrimitives.WriteUInt32LittleEndian(slot.AsSpan(28), Crc32C.Compute(slot.AsSpan(0, 28)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(Load(Array.MaxLength, slot, null));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
    }

    [Theory]
    [InlineData(1, 2, 1)]
    [InlineData(2, 1, 0)]
    [InlineData(ulong.MaxValue, 0, 1)]
    [InlineData(0, ulong.MaxValue, 0)]
    [InlineData(5, 5, 0)]
    public void The_slot_with_the_higher_number_wins_across_the_wrap_to_zero(ulong first, ulong second, int winner)
    {
        var disk = new SimulatedDisk();
        disk.Place("s.0", Slot(first, [0]));
        disk.Place("s.1", Slot(second, [1]));
        var store = new TwoSlotStore(disk, "s", 10);
        Assert.True(store.TryLoad(out byte[]? payload));
        Assert.Equal([(byte)winner], payload);

        for (byte i = 10; i < 14; i++)
        {
            store.Save([i]);
            Assert.True(new TwoSlotStore(disk, "s", 10).TryLoad(out payload));
            Assert.Equal([i], payload);
        }
    }

    [Fact]
    public void A_slot_that_cannot_be_read_leaves_the_other_one_and_alone_is_an_error()
    {
        var disk = new SimulatedDisk();
        var store = new TwoSlotStore(disk, "s", 10);
        store.Save([1]);
        store.Save([2]);
        disk.FailWhen = (_, operation) => operation.StartsWith("read s.1", StringComparison.Ordinal);
        Assert.True(store.TryLoad(out byte[]? payload));
        Assert.Equal([1], payload);

        disk.Delete("s.0");
        Assert.Throws<StorageException>(() => store.TryLoad(out _));
        Assert.Throws<StorageException>(() => new TwoSlotStore(disk, "s", 10).Save([3]));
    }

    [Fact]
    public void Saving_settles_into_one_flush()
    {
        var disk = new SimulatedDisk();
        var store = new TwoSlotStore(disk, "s", 10);
        store.Save([1]);
        store.Save([2]);
        disk.Operations.Clear();
        store.Save([3]);
        Assert.Equal(["open s.0", "open or create s.0", "write s.0 at 0", "write s.0 at 32", "flush s.0"], disk.Operations);
    }

    private static byte[]? Load(int limit, byte[]? first, byte[]? second)
    {
        var disk = new SimulatedDisk();
        if (first is not null)
        {
            disk.Place("s.0", first);
        }
        if (second is not null)
        {
            disk.Place("s.1", second);
        }
        return new TwoSlotStore(disk, "s", limit).TryLoad(out byte[]? payload) ? payload : null;
    }

    /// <summary>A slot as the documentation of <see cref="TwoSlotStore"/> lays it out.</summary>
    private static byte[] Slot(ulong sequence, byte[] payload)
    {
        byte[] slot = new byte[32 + payload.Length];
        "EDGESLOT"u8.CopyTo(slot);
        BinaryPrimitives.WriteUInt32LittleEndian(slot.AsSpan(8), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(slot.AsSpan(12), (uint)payload.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(slot.AsSpan(16), sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(slot.AsSpan(24), Crc32C.Compute(payload));
        BinaryPrimitives.WriteUInt32LittleEndian(slot.AsSpan(28), Crc32C.Compute(slot.AsSpan(0, 28)));
        payload.CopyTo(slot, 32);
        return slot;
    }
}

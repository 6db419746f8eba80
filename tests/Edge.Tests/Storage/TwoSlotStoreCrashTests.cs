using Edge.Runtime.Storage;
using Edge.Tests.Harness;

namespace Edge.Tests.Storage;

public sealed class TwoSlotStoreCrashTests
{
    private const string Name = "user.edgedelta";
    private const int Cap = 1 << 16;

    private static readonly int[] s_sizes = [0, 1, 500, 512, 513, 1500, 4096, 5000];

    /// <summary>What happened to the disk before the save that is looked at.</summary>
    public enum History
    {
        /// <summary>Nothing: the first save ever.</summary>
        None,

        /// <summary>One save by the same process: the second slot is created.</summary>
        OneSave,

        /// <summary>Two saves by the same process: the first slot is overwritten.</summary>
        TwoSaves,

        /// <summary>Two saves, then another process; everything is on the medium.</summary>
        Restart,

        /// <summary>A process was killed in the first save, after it created the slot.</summary>
        KilledAfterCreate,

        /// <summary>A process was killed in the first save before the slot was flushed: it reads as valid.</summary>
        KilledInFirstSave,

        /// <summary>A process was killed in the second save before the slot was flushed: both slots read as valid, one is on the medium.</summary>
        KilledInSecondSave,

        /// <summary>A process was killed in the third save while it wrote.</summary>
        KilledInThirdSave,

        /// <summary>Two saves, then the newest slot rotted.</summary>
        NewestDamaged,
    }

    public static TheoryData<History> Histories => [.. Enum.GetValues<History>()];

    [Theory]
    [MemberData(nameof(Histories))]
    public void A_crash_at_any_moment_of_a_save_leaves_the_old_or_the_new_state_and_after_it_the_new_one(History history)
    {
        foreach (int size in s_sizes)
        {
            Situation situation = Prepare(history, size);
            byte[] payload = Payload(size, 9);
            var enumeration = new CrashEnumeration();
            enumeration.Run(situation.Disk, [.. situation.Allowed, payload], payload, () => situation.Store.Save(payload), Load, Save);
            Assert.True(enumeration.Violation is null, $"{size} bytes: {enumeration.Violation}");
            Assert.True(enumeration.States > 5);
            Assert.Equal(payload, Load(situation.Disk));
        }
    }

    [Theory]
    [InlineData(History.None, 2)]
    [InlineData(History.OneSave, 2)]
    [InlineData(History.TwoSaves, 1)]
    [InlineData(History.KilledAfterCreate, 2)]
    [InlineData(History.KilledInFirstSave, 2)]
    [InlineData(History.KilledInSecondSave, 3)]
    public void Without_any_one_of_its_flushes_a_save_breaks_its_promise(History history, int flushes)
    {
        const int Size = 1500;
        Situation whole = Prepare(history, Size);
        int before = whole.Disk.Flushes;
        whole.Store.Save(Payload(Size, 9));
        Assert.Equal(flushes, whole.Disk.Flushes - before);

        for (int dropped = 0; dropped < flushes; dropped++)
        {
            Situation situation = Prepare(history, Size);
            situation.Disk.DropFlush = before + dropped;
            byte[] payload = Payload(Size, 9);
            var enumeration = new CrashEnumeration();
            enumeration.Run(situation.Disk, [.. situation.Allowed, payload], payload, () => situation.Store.Save(payload), Load, Save);
            Assert.True(enumeration.Violation is not null, $"{history}: flush {dropped} of the save could be left out.");
        }
    }

    [Theory]
    [MemberData(nameof(Histories))]
    public void When_any_operation_fails_the_old_state_stays_and_the_next_save_works(History history)
    {
        foreach (int size in new[] { 1, 600 })
        {
            foreach (bool forgets in new[] { false, true })
            {
                foreach (bool restarts in new[] { false, true })
                {
                    int failed = 0;
                    while (FailAndRetry(history, size, failed, forgets, restarts))
                    {
                        failed++;
                    }
                    Assert.InRange(failed, 5, 30);
                }
            }
        }
    }

    /// <summary>False if the save had no operation of that index.</summary>
    private static bool FailAndRetry(History history, int size, int failing, bool forgets, bool restarts)
    {
        Situation situation = Prepare(history, size);
        SimulatedDisk disk = situation.Disk;
        byte[]? seen = Load(disk);
        string[] files = [.. disk.Files];
        byte[] payload = Payload(size, 9);
        int start = disk.Operations.Count;
        string failedOperation = "";
        disk.FailedFlushForgets = forgets;
        disk.FailWhen = (index, operation) =>
        {
            bool fails = index == start + failing;
            failedOperation = fails ? operation : failedOperation;
            return fails;
        };
        bool saved = true;
        try
        {
            situation.Store.Save(payload);
        }
        catch (StorageException)
        {
            saved = false;
        }
        disk.FailWhen = null;
        if (failedOperation.Length == 0)
        {
            Assert.True(saved);
            return false;
        }
        string context = $"{history}, {size} bytes, '{failedOperation}' fails, forgets {forgets}, restarts {restarts}: ";
        Assert.True(CrashEnumeration.Same(saved ? payload : seen, Load(disk)), context + "the state seen is not the one to expect.");
        Assert.True(saved || disk.Files.SequenceEqual(files), context + "a file was left behind.");

        List<byte[]?> allowed = saved ? [payload] : [.. situation.Allowed, payload];
        byte[] again = Payload(size, 10);
        var enumeration = new CrashEnumeration();
        enumeration.Look(disk, "after the failure", allowed, again, Load, Save);
        Assert.True(enumeration.Violation is null, context + enumeration.Violation);

        // A later process cannot know that flushing the slot it finds newest failed once and now succeeds without doing anything.
        if (forgets && restarts && history == History.KilledInSecondSave && failedOperation == $"flush {Name}.1")
        {
            return true;
        }
        TwoSlotStore store = restarts ? Open(disk) : situation.Store;
        enumeration.Run(disk, [.. allowed, again], again, () => store.Save(again), Load, Save);
        Assert.True(enumeration.Violation is null, context + enumeration.Violation);
        return true;
    }

    [Fact]
    public void An_unreadable_slot_is_not_overwritten_before_the_other_one_is_settled()
    {
        // Slot 1 reads as valid and is not on the medium; slot 0 is, and cannot be read at the moment.
        Situation situation = Prepare(History.KilledInSecondSave, 1500);
        situation.Disk.FailWhen = (_, operation) => operation.StartsWith($"read {Name}.0", StringComparison.Ordinal);
        byte[] payload = Payload(1500, 9);
        var enumeration = new CrashEnumeration();
        enumeration.Run(situation.Disk, [.. situation.Allowed, payload], payload, () => situation.Store.Save(payload), Load, Save);
        Assert.True(enumeration.Violation is null, enumeration.Violation);
    }

    [Fact]
    public void A_save_lasts_when_someone_deleted_the_slots_since_the_last_one()
    {
        Situation situation = Prepare(History.TwoSaves, 600);
        situation.Disk.Delete(Name + ".0");
        situation.Disk.Delete(Name + ".1");
        situation.Disk.FlushDirectory();
        byte[] payload = Payload(600, 9);
        var enumeration = new CrashEnumeration();
        enumeration.Run(situation.Disk, [null, payload], payload, () => situation.Store.Save(payload), Load, Save);
        Assert.True(enumeration.Violation is null, enumeration.Violation);
    }

    [Fact]
    public void A_long_life_of_saves_failures_kills_and_losses_of_power_never_loses_what_was_saved()
    {
        var random = new Random(1789);
        var disk = new SimulatedDisk();
        TwoSlotStore store = Open(disk);
        byte[]? safe = null;
        var doubtful = new List<byte[]>();
        int saves = 0, failures = 0, kills = 0, losses = 0;
        for (int step = 0; step < 20_000; step++)
        {
            byte[] payload = Payload(random.Next(3) * 700 + random.Next(8), step);
            int start = disk.Operations.Count;
            bool flaky = random.Next(3) == 0;
            // Reads do not fail here: a slot that cannot be read counts as damaged, which may cost the newest state.
            disk.FailWhen = (_, operation) => flaky && random.Next(8) == 0 && !operation.StartsWith("read", StringComparison.Ordinal)
                && !operation.StartsWith("length", StringComparison.Ordinal);
            int fatal = random.Next(4) == 0 ? start + random.Next(12) : int.MaxValue;
            disk.KillWhen = (index, _) => index == fatal;
            bool killed = false;
            try
            {
                store.Save(payload);
                safe = payload;
                doubtful.Clear();
                saves++;
            }
            catch (StorageException)
            {
                doubtful.Add(payload);
                failures++;
            }
            catch (KilledException)
            {
                doubtful.Add(payload);
                killed = true;
                kills++;
            }
            disk.FailWhen = null;
            disk.KillWhen = null;
            bool powerLost = random.Next(5) == 0;
            if (powerLost)
            {
                disk = disk.Crash(random);
                losses++;
            }
            byte[]? found = Load(disk);
            Assert.True(CrashEnumeration.Same(safe, found) || doubtful.Exists(state => CrashEnumeration.Same(state, found)), $"Step {step} lost the state.");
            if (powerLost)
            {
                safe = found;                        // it was read from the medium
                doubtful.Clear();
            }
            if (killed || powerLost || random.Next(10) == 0)
            {
                store = Open(disk);
            }
            disk.Operations.Clear();
        }
        Assert.True(saves > 5000 && failures > 1000 && kills > 1000 && losses > 1000, $"{saves} {failures} {kills} {losses}");
    }

    private sealed record Situation(SimulatedDisk Disk, TwoSlotStore Store, List<byte[]?> Allowed);

    private static Situation Prepare(History history, int size)
    {
        var disk = new SimulatedDisk();
        TwoSlotStore store = Open(disk);
        byte[] first = Payload(size, 1), second = Payload(size / 2, 2), third = Payload(size + 100, 3);
        switch (history)
        {
            case History.None:
                return new(disk, store, [null]);
            case History.OneSave:
                store.Save(first);
                return new(disk, store, [first]);
            case History.TwoSaves:
                store.Save(first);
                store.Save(second);
                return new(disk, store, [second]);
            case History.Restart:
                store.Save(first);
                store.Save(second);
                return new(disk, Open(disk), [second]);
            case History.KilledAfterCreate:
                KillBefore(disk, store, first, "write");
                return new(disk, Open(disk), [null]);
            case History.KilledInFirstSave:
                KillBefore(disk, store, first, "flush");
                return new(disk, Open(disk), [null, first]);
            case History.KilledInSecondSave:
                store.Save(first);
                KillBefore(disk, store, second, "flush");
                Assert.Equal(second, Load(disk));
                return new(disk, Open(disk), [first, second]);
            case History.KilledInThirdSave:
                store.Save(first);
                store.Save(second);
                KillBefore(disk, store, third, $"write {Name}.0 at 32");
                return new(disk, Open(disk), [second, third]);
            case History.NewestDamaged:
                store.Save(first);
                store.Save(second);
                byte[] slot = disk.ReadAll(Name + ".1")!;
                slot[^1] ^= 1;
                disk.Place(Name + ".1", slot);
                return new(disk, Open(disk), [first]);
            default:
                throw new ArgumentOutOfRangeException(nameof(history), history, "Say here what happened before.");
        }
    }

    private static void KillBefore(SimulatedDisk disk, TwoSlotStore store, byte[] payload, string operation)
    {
        disk.KillWhen = (_, text) => text.StartsWith(operation, StringComparison.Ordinal);
        Assert.Throws<KilledException>(() => store.Save(payload));
        disk.KillWhen = null;
    }

    private static TwoSlotStore Open(IStorage disk) => new(disk, Name, Cap);

    private static byte[]? Load(IStorage disk) => Open(disk).TryLoad(out byte[]? payload) ? payload : null;

    private static void Save(IStorage disk, byte[] payload) => Open(disk).Save(payload);

    private static byte[] Payload(int size, int seed)
    {
        byte[] payload = new byte[size];
        new Random(seed).NextBytes(payload);
        return payload;
    }
}

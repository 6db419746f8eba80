using Edge.Runtime.Storage;
using Edge.Tests.Harness;

namespace Edge.Tests.Storage;

public sealed class AtomicFileTests
{
    private const string Name = "model.edge";

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_crash_at_any_moment_leaves_the_old_or_the_new_file_and_after_it_the_new_one(bool old, bool leftOver)
    {
        foreach (int size in new[] { 0, 1, 500, 512, 513, 1500, 4096 })
        {
            (SimulatedDisk disk, byte[]? before) = Prepare(old, leftOver);
            byte[] data = Data(size, 9);
            var enumeration = new CrashEnumeration();
            enumeration.Run(disk, [before, data], data, () => AtomicFile.Write(disk, Name, data), Load, Save);
            Assert.True(enumeration.Violation is null, $"{size} bytes: {enumeration.Violation}");
            Assert.Equal([Name], disk.Files);
            Assert.Equal(data, disk.ReadAll(Name));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_any_one_of_its_flushes_it_breaks_its_promise(bool old)
    {
        byte[] data = Data(1500, 9);
        (SimulatedDisk whole, _) = Prepare(old, leftOver: false);
        AtomicFile.Write(whole, Name, data);
        Assert.Equal(2, whole.Flushes);
        for (int dropped = 0; dropped < whole.Flushes; dropped++)
        {
            (SimulatedDisk disk, byte[]? before) = Prepare(old, leftOver: false);
            disk.DropFlush = dropped;
            var enumeration = new CrashEnumeration();
            enumeration.Run(disk, [before, data], data, () => AtomicFile.Write(disk, Name, data), Load, Save);
            Assert.True(enumeration.Violation is not null, $"Flush {dropped} could be left out.");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void When_any_operation_fails_the_old_file_stays_nothing_is_left_behind_and_a_retry_works(bool old)
    {
        byte[] data = Data(600, 9);
        for (int failing = 0; ; failing++)
        {
            (SimulatedDisk disk, byte[]? before) = Prepare(old, leftOver: false);
            string failed = "";
            disk.FailWhen = (index, operation) =>
            {
                failed = index == failing ? operation : failed;
                return index == failing;
            };
            if (failing == 6)                        // delete, create, write, flush, rename, flush directory
            {
                AtomicFile.Write(disk, Name, data);
                Assert.Equal("", failed);
                return;
            }
            Assert.Throws<StorageException>(() => AtomicFile.Write(disk, Name, data));
            disk.FailWhen = null;
            bool replaced = failed == "flush directory";
            Assert.Equal(replaced ? data : before, disk.ReadAll(Name));
            Assert.DoesNotContain(Name + ".tmp", disk.Files);

            byte[] again = Data(300, 10);
            var enumeration = new CrashEnumeration();
            enumeration.Run(disk, [before, data, again], again, () => AtomicFile.Write(disk, Name, again), Load, Save);
            Assert.True(enumeration.Violation is null, $"After '{failed}' failed: {enumeration.Violation}");
        }
    }

    private static (SimulatedDisk Disk, byte[]? Before) Prepare(bool old, bool leftOver)
    {
        var disk = new SimulatedDisk();
        byte[]? before = old ? Data(1000, 1) : null;
        if (before is not null)
        {
            disk.Place(Name, before);
        }
        if (leftOver)
        {
            disk.Place(Name + ".tmp", Data(3000, 2));
        }
        return (disk, before);
    }

    private static byte[]? Load(IStorage storage) => ((SimulatedDisk)storage).ReadAll(Name);

    private static void Save(IStorage storage, byte[] data) => AtomicFile.Write(storage, Name, data);

    private static byte[] Data(int size, int seed)
    {
        byte[] data = new byte[size];
        new Random(seed).NextBytes(data);
        return data;
    }
}

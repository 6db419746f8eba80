using Edge.Runtime.Storage;
using Edge.Tests.Harness;
using Edge.Tests.Learning.Data;

namespace Edge.Tests.Storage;

public sealed class FileStorageTests
{
    [Fact]
    public void It_does_to_files_what_the_simulated_disk_does()
    {
        using var directory = new TempFolder();
        var disk = new SimulatedDisk();
        foreach (IStorage storage in new IStorage[] { new FileStorage(directory.Path), disk })
        {
            Assert.Null(storage.OpenRead("a"));
            using (IStorageFile file = storage.OpenWrite("a"))
            {
                Assert.Equal(0, file.Length);
                file.Write([1, 2, 3], 2);
                file.Write([], 0);
                file.Flush();
            }
            using (IStorageFile file = storage.OpenWrite("a"))
            {
                file.Write([9], 0);
                Assert.Equal(5, file.Length);
                byte[] bytes = new byte[10];
                Assert.Equal(4, file.Read(bytes, 1));
                Assert.Equal([0, 1, 2, 3], bytes[..4]);
                Assert.Equal(0, file.Read(bytes, 5));
                Assert.Equal(0, file.Read(bytes, 50));
            }
            storage.FlushDirectory();
            using (IStorageFile file = storage.OpenWrite("b"))
            {
                file.Write([7], 0);
            }
            storage.Rename("b", "a");
            storage.Rename("a", "c");
            Assert.Null(storage.OpenRead("a"));
            Assert.Null(storage.OpenRead("b"));
            using (IStorageFile? file = storage.OpenRead("c"))
            {
                Assert.Equal(1, file!.Length);
            }
            storage.FlushDirectory();
            Assert.Throws<StorageException>(() => storage.Rename("missing", "c"));
            storage.Delete("c");
            storage.Delete("c");
            Assert.Null(storage.OpenRead("c"));
        }
        Assert.Empty(Directory.GetFileSystemEntries(directory.Path));
    }

    [Fact]
    public void States_and_files_survive_on_a_real_disk()
    {
        using var directory = new TempFolder();
        var storage = new FileStorage(directory.Path);
        for (int i = 0; i < 5; i++)
        {
            byte[] state = new byte[10_000 - (i * 2000)];
            new Random(i).NextBytes(state);
            new TwoSlotStore(storage, "user.edgedelta", 10_000).Save(state);
            Assert.True(new TwoSlotStore(storage, "user.edgedelta", 10_000).TryLoad(out byte[]? loaded));
            Assert.Equal(state, loaded);

            FileStorage same = FileStorage.ForPath(Path.Combine(directory.Path, "model.edge"), out string name);
            AtomicFile.Write(same, name, state);
            Assert.Equal(state, File.ReadAllBytes(Path.Combine(directory.Path, "model.edge")));
        }
        Assert.Equal(["model.edge", "user.edgedelta.0", "user.edgedelta.1"],
            Directory.GetFiles(directory.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../a")]
    [InlineData("a/b")]
    [InlineData("a\0b")]
    public void A_name_is_a_plain_file_name(string name)
    {
        using var directory = new TempFolder();
        Assert.Throws<ArgumentException>(() => new FileStorage(directory.Path).OpenWrite(name));
    }

    [Fact]
    public void Errors_say_what_failed_where_why_and_what_to_do()
    {
        using var directory = new TempFolder();
        string gone = Path.Combine(directory.Path, "gone");
        Assert.Contains("no such directory", Assert.Throws<StorageException>(() => new FileStorage(gone)).Message, StringComparison.Ordinal);

        Directory.CreateDirectory(gone);
        var storage = new FileStorage(gone);
        Directory.Delete(gone);
        StorageException exception = Assert.Throws<StorageException>(() => storage.OpenWrite("a"));
        Assert.Equal("open", exception.Operation);
        Assert.Equal(Path.Combine(gone, "a"), exception.Path);

        Directory.CreateDirectory(Path.Combine(directory.Path, "a"));
        Assert.Throws<StorageException>(() => new FileStorage(directory.Path).OpenWrite("a"));
        Assert.Throws<StorageException>(() => new FileStorage(directory.Path).OpenRead("a"));
        Assert.Throws<StorageException>(() => AtomicFile.Write(new FileStorage(directory.Path), "a", [1]));
        Assert.Empty(Directory.GetFiles(directory.Path));
    }

    [Fact]
    public void A_full_disk_and_a_flush_that_is_not_confirmed_are_errors()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;                                  // /dev/full is Linux's
        }
        using var directory = new TempFolder();
        File.CreateSymbolicLink(Path.Combine(directory.Path, "full"), "/dev/full");
        var storage = new FileStorage(directory.Path);
        using (IStorageFile file = storage.OpenWrite("full"))
        {
            StorageException exception = Assert.Throws<StorageException>(() => file.Write([1, 2, 3], 0));
            Assert.Equal("write", exception.Operation);
            Assert.Contains("No space left", exception.Message, StringComparison.Ordinal);
            Assert.Contains("Free some space", exception.Message, StringComparison.Ordinal);

            // A device file cannot be flushed: errno 22, which the base library would pass over in silence.
            exception = Assert.Throws<StorageException>(file.Flush);
            Assert.Equal("flush", exception.Operation);
            Assert.Contains("errno 22", exception.Message, StringComparison.Ordinal);
        }
        string gone = Path.Combine(directory.Path, "gone");
        Directory.CreateDirectory(gone);
        var lost = new FileStorage(gone);
        Directory.Delete(gone);
        Assert.Contains("errno 2)", Assert.Throws<StorageException>(lost.FlushDirectory).Message, StringComparison.Ordinal);
    }
}

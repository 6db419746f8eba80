namespace Edge.Tests.Harness;

public sealed class SharedDataTests
{
    [Fact]
    public void Folder_next_to_a_parent_is_found()
    {
        DirectoryInfo root = Directory.CreateTempSubdirectory("edge-shared-");
        try
        {
            string data = Directory.CreateDirectory(Path.Combine(root.FullName, "shared", "data")).FullName;
            string deep = Directory.CreateDirectory(Path.Combine(root.FullName, "repo", "tests", "bin")).FullName;
            Assert.Equal(data, SharedData.Find(null, deep));
            Assert.Equal(data, SharedData.Find(Path.Combine(root.FullName, "shared"), Path.GetTempPath()));
            Assert.Null(SharedData.Find(Path.Combine(root.FullName, "repo"), deep));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }
}

namespace Edge.Tests.Harness;

/// <summary>The folder of real data sets, models and golden vectors that some tests read; it is not part of the repository.</summary>
public static class SharedData
{
    /// <summary>The data folder itself, or null when there is none.</summary>
    /// <remarks>EDGE_SHARED names the folder that holds <c>data/</c>. Without it, every parent of the test binary is asked for
    /// <c>shared/data</c>, so a folder <c>shared</c> inside or next to the repository is found.</remarks>
    public static string? Root { get; } = Find(Environment.GetEnvironmentVariable("EDGE_SHARED"), AppContext.BaseDirectory);

    /// <summary>The path of a file or folder below the data folder, such as "mnist" or "golden/ad01_fp32".</summary>
    /// <returns>An existing path. When there is none the test is skipped with a reason; with CI=true it fails instead,
    /// so that a build server cannot go green without its data.</returns>
    public static string Require(string relative)
    {
        string? path = Root is null ? null : Path.Combine(Root, relative);
        if (path is not null && (Directory.Exists(path) || File.Exists(path)))
        {
            return path;
        }

        string reason = path is null
            ? $"The data folder was not found, so '{relative}' is missing. Set EDGE_SHARED to the folder that holds data/, or put shared/ next to the repository."
            : $"'{path}' does not exist. Copy '{relative}' into the data folder.";
        if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            Assert.Fail(reason);
        }

        Assert.Skip(reason);
        return reason;
    }

    internal static string? Find(string? environment, string start)
    {
        if (!string.IsNullOrEmpty(environment))
        {
            string data = Path.Combine(environment, "data");
            return Directory.Exists(data) ? data : null;
        }

        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
        {
            string data = Path.Combine(folder.FullName, "shared", "data");
            if (Directory.Exists(data))
            {
                return data;
            }
        }

        return null;
    }
}

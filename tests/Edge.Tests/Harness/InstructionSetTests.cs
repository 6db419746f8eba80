using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Edge.Tests.Harness;

/// <summary>Runs the operator and kernel tests again in child processes that lack instruction sets, so every path is exercised on any machine.</summary>
public sealed partial class InstructionSetTests
{
    /// <summary>Set in the children: what they run must not start children of its own.</summary>
    private const string ChildVariable = "EDGE_INSTRUCTION_SET_CHILD";

    /// <summary>Whether this process is such a child.</summary>
    internal static bool IsChild { get; } = Environment.GetEnvironmentVariable(ChildVariable) is not null;

    private static readonly string[] Namespaces = ["Edge.Tests.Operators*", "Edge.Tests.Kernels*"];

    [Theory]
    [InlineData("DOTNET_EnableAVX512", "DOTNET_EnableAVX512F")] // .NET 10 knows the first name, .NET 8 and 9 the second
    [InlineData("DOTNET_EnableAVX2")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    public async Task Operators_and_kernels_pass_without(params string[] disabled)
    {
        Assert.False(IsChild, "A child must not start children; the namespaces to run include this class.");
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Edge.Tests.exe" : "Edge.Tests"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in Namespaces)
        {
            start.ArgumentList.Add("-namespace");
            start.ArgumentList.Add(name);
        }

        start.ArgumentList.Add("-noColor");
        start.Environment[ChildVariable] = "1";
        foreach (string variable in disabled)
        {
            start.Environment[variable] = "0";
        }

        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync();
        string output = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        Assert.True(child.ExitCode == 0, $"With {string.Join(", ", disabled)} = 0 the child ended with {child.ExitCode}:\n{output}\n{await errors}");
        Match total = Total().Match(output);
        Assert.True(total.Success, $"The child printed no summary:\n{output}");
        int tests = int.Parse(total.Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(tests >= 50, $"Only {tests} tests ran in the child; the filter {string.Join(", ", Namespaces)} no longer fits.");
    }

    [GeneratedRegex(@"Total: (\d+)")]
    private static partial Regex Total();
}

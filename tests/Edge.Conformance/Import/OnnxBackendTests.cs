using Edge.Tests.Harness;
using Edge.Tests.Learning.Data;

namespace Edge.Conformance.Import;

/// <summary>The backend tests of the ONNX project: every one passes but those listed with a reason, and a listed one must not pass.</summary>
public sealed class OnnxBackendTests
{
    private const double LeastPassing = 0.97;

    [Fact]
    public void Every_test_passes_except_those_listed_with_a_reason()
    {
        Dictionary<string, string> expected = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Import", "onnx-backend-failures.txt"))
            .Where(static line => line.Length > 0 && line[0] != '#')
            .Select(static line => line.Split(": ", 2))
            .ToDictionary(static parts => parts[0], static parts => parts[1]);
        IReadOnlyList<OnnxBackendCase> cases = OnnxBackendCase.ReadAll(SharedData.Require("onnx/backend-tests.zip"));
        Assert.True(cases.Count >= 600, $"{cases.Count} tests were found");
        using TempFolder folder = new();
        int passed = 0;
        List<string> surprises = [];
        foreach (OnnxBackendCase test in cases)
        {
            string? problem = test.Run(folder.Path);
            passed += problem is null ? 1 : 0;
            if (problem is null == expected.Remove(test.Name))
            {
                surprises.Add(problem is null ? $"{test.Name} passes now; take it off the list" : $"{test.Name}: {problem}");
            }
        }

        surprises.AddRange(expected.Keys.Select(static name => $"{name} is listed but is no test"));
        Assert.True(surprises.Count == 0, $"{passed} of {cases.Count} pass, {surprises.Count} differ from the list:\n{string.Join('\n', surprises)}");
        Assert.True(passed >= LeastPassing * cases.Count, $"{passed} of {cases.Count} pass; at least {LeastPassing:P0} must");
    }
}

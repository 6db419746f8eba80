using System.Globalization;
using System.IO.MemoryMappedFiles;
using Edge.Fuzz;

// dotnet run -c Release --project tests/Edge.Fuzz -- --count 1000000 [--seed S] [--first K] [--threads T] | --replay K [--seed S] [--save FILE]
const string Usage = "Usage: --count N [--seed S] [--first K] [--threads T], or --replay K [--seed S] [--save FILE]";
Dictionary<string, string> options = [];
for (int i = 0; i < args.Length; i += 2)
{
    if (i + 1 == args.Length || args[i] is not ("--seed" or "--count" or "--first" or "--threads" or "--replay" or "--save"))
    {
        Console.Error.WriteLine(Usage);
        return 2;
    }

    options[args[i]] = args[i + 1];
}

long Number(string name, long value) => options.TryGetValue(name, out string? text) ? long.Parse(text, CultureInfo.InvariantCulture) : value;

ulong seed = (ulong)Number("--seed", 1);
Fuzzer fuzzer = new(seed);
if (options.ContainsKey("--replay"))
{
    long index = Number("--replay", 0);
    if (options.TryGetValue("--save", out string? path))
    {
        File.WriteAllBytes(path, fuzzer.Make(index));
    }

    using FuzzTarget target = new();
    Console.WriteLine($"fuzz: seed {seed}, case {index}: {fuzzer.Replay(index, target)}");
    return 0;
}

// A touched guard page ends the process: then this file still names the case of each thread, 8 bytes each.
int threads = (int)Number("--threads", Environment.ProcessorCount);
string statePath = Path.Combine(Path.GetTempPath(), $"edge-fuzz-{Environment.ProcessId}.state");
FuzzSummary summary;
using (MemoryMappedFile state = MemoryMappedFile.CreateFromFile(statePath, FileMode.Create, null, sizeof(long) * threads))
using (MemoryMappedViewAccessor view = state.CreateViewAccessor())
{
    Console.WriteLine($"fuzz: seed {seed}; after a crash, {statePath} holds the running case of each of {threads} threads (int64)");
    summary = fuzzer.Run(Number("--first", 0), Number("--count", 100_000), threads, view);
}

File.Delete(statePath);
foreach (FuzzFailure failure in summary.Failures)
{
    Console.WriteLine($"FAILED case {failure.Case} (--seed {seed} --replay {failure.Case}): {failure.What}");
}

Console.WriteLine(summary);
return summary.Failures.Count == 0 ? 0 : 1;

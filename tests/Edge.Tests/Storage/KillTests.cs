using System.Buffers.Binary;
using System.Diagnostics;
using Edge.CrashVictim;
using Edge.Runtime.Storage;
using Edge.Tests.Learning.Data;

namespace Edge.Tests.Storage;

public sealed class KillTests
{
    private const int Lanes = 2;
    private const int KillsPerLane = 100;

    [Fact]
    public async Task Two_hundred_processes_killed_while_saving_leave_a_valid_state_not_older_than_the_last_one_reported()
    {
        string victim = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Edge.CrashVictim.exe" : "Edge.CrashVictim");
        Assert.True(File.Exists(victim), $"'{victim}' is missing. Build tests/Edge.CrashVictim.");
        long[] saved = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(() => KillRepeatedly(victim, lane))));
        Assert.All(saved, count => Assert.True(count > KillsPerLane, $"Only {count} saves: the kills came too early to mean anything."));
    }

    /// <summary>Returns the last number found.</summary>
    private static long KillRepeatedly(string victim, int lane)
    {
        using var directory = new TempFolder();
        var random = new Random(9000 + lane);
        long last = 0;
        for (int kill = 0; kill < KillsPerLane; kill++)
        {
            using var process = Process.Start(new ProcessStartInfo(victim, [directory.Path]) { RedirectStandardOutput = true })!;
            Stream reports = process.StandardOutput.BaseStream;
            byte[] line = new byte[8];
            long reported = last;
            // Some die while they start and load, most between their first save and some milliseconds later.
            if (random.Next(10) == 0)
            {
                Thread.Sleep(random.Next(60));
            }
            else if (reports.ReadAtLeast(line, line.Length, throwOnEndOfStream: false) == line.Length)
            {
                reported = BinaryPrimitives.ReadInt64LittleEndian(line);
                SpinFor(random.NextDouble() * 6);
            }
            process.Kill();
            while (reports.ReadAtLeast(line, line.Length, throwOnEndOfStream: false) == line.Length)
            {
                reported = BinaryPrimitives.ReadInt64LittleEndian(line);
            }
            process.WaitForExit();
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(128 + 9, process.ExitCode);   // by the kill, not by an error of its own
            }

            var store = new TwoSlotStore(new FileStorage(directory.Path), Program.StateName, Program.MaxBytes);
            long found = store.TryLoad(out byte[]? state) ? Program.NumberOf(state) : 0;
            Assert.InRange(found, reported, reported + 1);
            last = found;
        }
        return last;
    }

    private static void SpinFor(double milliseconds)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds)
        {
            Thread.SpinWait(20);
        }
    }
}

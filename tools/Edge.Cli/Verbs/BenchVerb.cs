using System.CommandLine;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Edge.Runtime;

namespace Edge.Cli.Verbs;

/// <summary><c>edge bench</c>: time and memory of inference.</summary>
internal static class BenchVerb
{
    public static Command Create()
    {
        Verb verb = new("bench", "Measure the time of one run (median, fastest, 90th percentile), memory and allocation.");
        Argument<string> model = verb.Argument<string>("model", "The .edge file.");
        Option<int> threads = verb.Count("--threads", "Threads that share one run.", 1);
        Option<int> runs = verb.Count("--runs", "Measured runs; 0 measures for about two seconds.", 0, lowest: 0);
        Option<string?> personalization = verb.Option<string>("--personalization", "Saved fine-tuning to apply.");
        return verb.Does((parsed, report) =>
        {
            using Model loaded = Models.Load(parsed.GetValue(model)!, parsed.GetValue(personalization));
            int team = parsed.GetValue(threads);
            Measurement result = null!;
            report.Progress("measuring", progress => result = Measure(loaded, team, parsed.GetValue(runs), share => progress(share, "")));
            report.Values["median_us"] = result.MedianMicroseconds;
            report.Values["min_us"] = result.MinMicroseconds;
            report.Values["p90_us"] = result.P90Microseconds;
            report.Values["allocated_bytes_per_run"] = result.AllocatedBytesPerRun;
            report.Values["arena_bytes"] = result.ArenaBytes;
            report.Values["file_bytes"] = loaded.FileBytes;
            report.Values["prepared_bytes"] = loaded.PreparedBytes;
            report.Values["threads"] = team;
            report.Values["runs"] = result.Runs;
            string machine = $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.ProcessArchitecture}, vectors of {Vector<byte>.Count * 8} bits{(Vector512.IsHardwareAccelerated ? " (512 where wanted)" : "")}, {Environment.ProcessorCount} processors";
            report.Values["machine"] = machine;
            report.Line($"median {result.MedianMicroseconds:0.0} µs, fastest {result.MinMicroseconds:0.0} µs, 90 % within {result.P90Microseconds:0.0} µs ({result.Runs} runs, {team} thread{(team == 1 ? "" : "s")})");
            report.Line($"{machine}");
            report.Line($"{result.AllocatedBytesPerRun} bytes allocated a run, arena {result.ArenaBytes:N0} bytes, file {loaded.FileBytes:N0} bytes, packed weights {loaded.PreparedBytes:N0} bytes");
        });
    }

    /// <summary>Time and memory of inference.</summary>
    internal sealed record Measurement(double MedianMicroseconds, double MinMicroseconds, double P90Microseconds, long AllocatedBytesPerRun, long ArenaBytes, int Runs);

    /// <summary>Measures; inputs are a fixed pattern of ordinary values.</summary>
    internal static Measurement Measure(Model model, int threads, int runs = 0, Action<double>? progress = null)
    {
        using Session session = new(model, new SessionOptions { Threads = threads });
        Fill(session);

        // Tiered compilation replaces a method some 100 ms after its 30th call: warm up in time, not in runs.
        Stopwatch watch = Stopwatch.StartNew();
        int warm = 0;
        progress?.Invoke(0.1);
        while (watch.ElapsedMilliseconds < 600 || warm < 50)
        {
            session.Run();
            if (++warm >= 50 && watch.ElapsedMilliseconds > 3000)
            {
                break;
            }
        }

        double estimate = watch.Elapsed.TotalSeconds / warm;
        int count = runs > 0 ? runs : (int)Math.Clamp(2 / estimate, 20, 20_000);
        double[] times = new double[count];
        progress?.Invoke(0.3);

        // The calling thread's count is exact; with helpers the count of all threads, in which other work of the process shows too.
        long before = Allocated(threads);
        for (int i = 0; i < count; i++)
        {
            Fill(session);
            long start = Stopwatch.GetTimestamp();
            session.Run();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        long allocated = (Allocated(threads) - before) / count;
        Array.Sort(times);
        return new Measurement(times[count / 2], times[0], times[(int)(count * 0.9)], allocated, session.ArenaBytes, count);
    }

    private static long Allocated(int threads) => threads == 1 ? GC.GetAllocatedBytesForCurrentThread() : GC.GetTotalAllocatedBytes(precise: true);

    private static void Fill(Session session)
    {
        for (int i = 0; i < session.InputCount; i++)
        {
            if (session.InputSpec(i).Type == Edge.Format.DataType.Float32)
            {
                Span<float> values = session.Input<float>(i);
                for (int k = 0; k < values.Length; k++)
                {
                    values[k] = (k % 17 / 8f) - 1;
                }
            }
            else
            {
                Span<byte> values = session.Input<byte>(i);
                for (int k = 0; k < values.Length; k++)
                {
                    values[k] = (byte)(k % 251 & 1);
                }
            }
        }
    }
}

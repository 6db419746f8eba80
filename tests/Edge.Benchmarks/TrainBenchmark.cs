using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Edge.Learning;
using Edge.Learning.Data;
using Edge.Learning.Recipes;

namespace Edge.Benchmarks;

/// <summary>Seconds per training epoch of the built-in recipes, and of the same networks in PyTorch, taken in turns: ours, theirs, ours, theirs.</summary>
internal static class TrainBenchmark
{
    private const string Python = "/usr/bin/python3";
    private const string Usage = "usage: Edge.Benchmarks train --data DIR [--recipes mnist-mlp-512,mnist-cnn] [--threads 1,2] [--rounds 3]";

    internal static int Run(string[] arguments)
    {
        string? data = Environment.GetEnvironmentVariable(DatasetLoader.DirectoryVariable);
        string[] recipes = ["mnist-mlp-512", "mnist-cnn"];
        int[] threads = [1, 2];
        int rounds = 3;
        for (int i = 0; i < arguments.Length; i += 2)
        {
            string value = i + 1 < arguments.Length ? arguments[i + 1] : "";
            bool known = true;
            switch (arguments[i])
            {
                case "--data": data = value; break;
                case "--recipes": recipes = value.Split(','); break;
                case "--threads": known = TryIntegers(value, out threads); break;
                case "--rounds": known = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out rounds) && rounds > 0; break;
                default: known = false; break;
            }

            if (!known || value.Length == 0)
            {
                Console.Error.WriteLine($"'{arguments[i]} {value}' is not understood. {Usage}");
                return 2;
            }
        }

        if (string.IsNullOrEmpty(data) || recipes.FirstOrDefault(static name => !Recipe.BuiltIn.Contains(name) || !name.StartsWith("mnist-", StringComparison.Ordinal)) is not null)
        {
            Console.Error.WriteLine($"Give the folder of MNIST with --data, and recipes of MNIST. {Usage}");
            return 2;
        }

        string? torch = Output(Python, "-c", "import torch; print(torch.__version__)");
        Console.WriteLine($"{Processor()}, {Environment.ProcessorCount} logical processors; {RuntimeInformation.OSDescription}; {RuntimeInformation.FrameworkDescription}, SDK {Output("dotnet", "--version") ?? "unknown"}; " +
            $"commit {Output("git", "rev-parse", "--short", "HEAD") ?? "unknown"}{(string.IsNullOrEmpty(Output("git", "status", "--porcelain", "--untracked-files=no")) ? "" : " with changes")}; " +
            (torch is null ? $"no peer: {Python} finds no module torch (Debian: python3-torch)" : $"PyTorch {torch}"));
        Console.WriteLine();
        Console.WriteLine($"Seconds per epoch of 60,000 samples, median of {rounds} after one epoch of warm-up.");
        Console.WriteLine();
        Console.WriteLine("| recipe | threads | Edge | PyTorch | Edge / PyTorch |");
        Console.WriteLine("|---|---:|---:|---:|---:|");
        foreach (string name in recipes)
        {
            Recipe recipe = Recipe.Load(name);
            Dataset train = recipe.Dataset.Load(data).Train;
            foreach (int count in threads)
            {
                Line(recipe, train, data, count, rounds, torch is not null);
            }
        }

        return 0;
    }

    private static void Line(Recipe recipe, Dataset train, string data, int threads, int rounds, bool hasPeer)
    {
        Network network = recipe.Build();
        double[] ours = new double[rounds], theirs = new double[rounds];
        Epoch(0);
        for (int round = 0; round < rounds; round++)
        {
            ours[round] = Epoch(round + 1);
            theirs[round] = hasPeer ? Peer(recipe.Name, data, threads) : double.NaN;
        }

        double edge = Median(ours), peer = Median(theirs);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| {recipe.Name} | {threads} | {edge:0.00} | {(hasPeer ? peer.ToString("0.00", CultureInfo.InvariantCulture) : "–")} | {(hasPeer ? (edge / peer).ToString("0.00", CultureInfo.InvariantCulture) : "–")} |"));

        double Epoch(int done) => network.Fit(
            train, new FitOptions { Epochs = done + 1, InitialEpoch = done, BatchSize = recipe.BatchSize, Threads = threads, Seed = recipe.Seed, ClipNorm = recipe.ClipNorm }).Epochs[^1].Seconds;
    }

    /// <summary>Seconds of the second epoch of a new process; its first is the warm-up.</summary>
    private static double Peer(string recipe, string data, int threads)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "peers", "pytorch_train.py");
        string text = Output(Python, script, recipe, data, threads.ToString(CultureInfo.InvariantCulture), "2") ?? throw new InvalidOperationException($"{script} failed; run it by hand to see why.");
        return double.Parse(text.Split('\n')[^1], CultureInfo.InvariantCulture);
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        int middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }

    private static bool TryIntegers(string text, out int[] values)
    {
        string[] parts = text.Split(',');
        values = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out values[i]) || values[i] < 1)
            {
                return false;
            }
        }

        return true;
    }

    private static string Processor()
    {
        const string Key = "model name";
        string? line = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(static text => text.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    /// <summary>What a command prints, or null when it is missing or fails.</summary>
    private static string? Output(string command, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string text = process.StandardOutput.ReadToEnd();
            _ = errors.Result;
            process.WaitForExit();
            return process.ExitCode == 0 ? text.Trim() : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}

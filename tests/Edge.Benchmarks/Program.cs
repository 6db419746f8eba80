using Edge.Benchmarks;

switch (args.FirstOrDefault())
{
    case "gemm":
        GemmBenchmark.Run();
        return 0;
    case "conv":
        ConvBenchmark.Run();
        return 0;
    default:
        Console.Error.WriteLine("usage: Edge.Benchmarks gemm|conv");
        return 2;
}

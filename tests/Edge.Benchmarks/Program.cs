using Edge.Benchmarks;

switch (args.FirstOrDefault())
{
    case "gemm":
        GemmBenchmark.Run();
        return 0;
    case "conv":
        ConvBenchmark.Run();
        return 0;
    case "int8":
        Int8Benchmark.Run();
        return 0;
    case "channelwise":
        ConvBenchmark.RunChannelwise();
        return 0;
    case "recurrent":
        RecurrentBenchmark.Run();
        return 0;
    case "train":
        return TrainBenchmark.Run(args[1..]);
    default:
        Console.Error.WriteLine("usage: Edge.Benchmarks gemm|conv|channelwise|int8|recurrent|train");
        return 2;
}

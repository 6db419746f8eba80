using System.Runtime.InteropServices;
using System.Text.Json;
using Edge.Runtime.Training;

namespace Edge.Tests.Harness;

/// <summary>A training recorded in PyTorch: initial values, batches, losses, first output and gradients, final values.</summary>
internal sealed class RecordedRun
{
    private readonly JsonElement _trace;
    private readonly byte[] _bytes;

    private RecordedRun(JsonElement trace, byte[] bytes)
    {
        _trace = trace;
        _bytes = bytes;
        Losses = [.. trace.GetProperty("losses").EnumerateArray().Select(static loss => loss.GetDouble())];
    }

    public double[] Losses { get; }

    public static RecordedRun Load(string name)
    {
        string folder = SharedData.Require(Path.Combine("traces", name));
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "trace.json")));
        return new RecordedRun(document.RootElement.Clone(), File.ReadAllBytes(Path.Combine(folder, "tensors.bin")));
    }

    public bool Has(string name) => _trace.GetProperty("tensors").TryGetProperty(name, out _);

    /// <summary>What follows a prefix in the names of all tensors that start with it.</summary>
    public IEnumerable<string> Names(string prefix) =>
        _trace.GetProperty("tensors").EnumerateObject().Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(tensor => tensor.Name[prefix.Length..]);

    public T[] Tensor<T>(string name) where T : unmanaged
    {
        JsonElement tensor = _trace.GetProperty("tensors").GetProperty(name);
        int length = tensor.GetProperty("shape").EnumerateArray().Aggregate(1, static (product, size) => product * size.GetInt32());
        return MemoryMarshal.Cast<byte, T>(_bytes.AsSpan(tensor.GetProperty("offset").GetInt32(), length * 4)).ToArray();
    }

    public Optimizer Optimizer()
    {
        JsonElement optimizer = _trace.GetProperty("optimizer");
        float rate = Number("learning_rate", 0);
        return optimizer.GetProperty("kind").GetString() switch
        {
            "sgd" => new Sgd(rate, Number("momentum", 0), optimizer.TryGetProperty("nesterov", out JsonElement nesterov) && nesterov.GetBoolean(), Number("weight_decay_l2", 0)),
            "rmsprop" => new RmsProp(rate, Number("rho", 0), Number("epsilon", 0)),
            "adam" => new Adam(rate, Number("beta1", 0), Number("beta2", 0), Number("epsilon", 0)),
            "adamw" => new AdamW(rate, Number("beta1", 0), Number("beta2", 0), Number("epsilon", 0), Number("weight_decay", 0)),
            string kind => throw new InvalidDataException($"Optimizer '{kind}' is not known to this test."),
            null => throw new InvalidDataException("The trace names no optimizer."),
        };

        float Number(string key, float otherwise) => optimizer.TryGetProperty(key, out JsonElement value) ? value.GetSingle() : otherwise;
    }
}

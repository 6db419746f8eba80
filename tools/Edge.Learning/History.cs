using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Edge.Learning;

/// <summary>What training measured, epoch by epoch.</summary>
public sealed class History
{
    private readonly List<EpochRecord> _epochs = [];

    /// <summary>One record for each finished epoch.</summary>
    public IReadOnlyList<EpochRecord> Epochs => _epochs;

    /// <summary>One measure over all epochs.</summary>
    /// <param name="name">Such as "loss" or "val_accuracy".</param>
    /// <exception cref="ArgumentException">It was not measured.</exception>
    public double[] Values(string name) => [.. _epochs.Select(epoch => epoch[name])];

    /// <summary>A table with a head, one line for each epoch: epoch, each measure, seconds. Invariant culture, all digits.</summary>
    public string ToCsv()
    {
        StringBuilder text = new();
        if (_epochs.Count > 0)
        {
            text.Append("epoch,").AppendJoin(',', _epochs[0].Values.Select(static pair => pair.Key)).Append(",seconds\n");
        }

        foreach (EpochRecord epoch in _epochs)
        {
            text.Append(CultureInfo.InvariantCulture, $"{epoch.Epoch},").AppendJoin(',', epoch.Values.Select(static pair => pair.Value.ToString("R", CultureInfo.InvariantCulture)))
                .Append(CultureInfo.InvariantCulture, $",{epoch.Seconds:0.###}\n");
        }

        return text.ToString();
    }

    /// <summary>An array of objects, one for each epoch; a measure that is not finite is null.</summary>
    public string ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartArray();
            foreach (EpochRecord epoch in _epochs)
            {
                json.WriteStartObject();
                json.WriteNumber("epoch", epoch.Epoch);
                foreach ((string name, double value) in epoch.Values)
                {
                    if (double.IsFinite(value))
                    {
                        json.WriteNumber(name, value);
                    }
                    else
                    {
                        json.WriteNull(name);
                    }
                }

                json.WriteNumber("seconds", Math.Round(epoch.Seconds, 3));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    internal void Add(EpochRecord record) => _epochs.Add(record);
}

/// <summary>What one epoch measured.</summary>
/// <param name="Epoch">Its number, from 1.</param>
/// <param name="Values">"loss" and the metrics over the training samples as they were learned, then the same with "val_" over the validation set.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record EpochRecord(int Epoch, IReadOnlyList<KeyValuePair<string, double>> Values, double Seconds)
{
    /// <summary>A value by its name.</summary>
    /// <param name="name">Such as "val_loss".</param>
    /// <exception cref="ArgumentException">It was not measured.</exception>
    public double this[string name] => Evaluation.Find(Values, name);
}

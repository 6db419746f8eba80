using Edge.Runtime.Training;

namespace Edge.Learning.Metrics;

/// <summary>A mean over samples that says how good predictions are.</summary>
public abstract class Metric
{
    /// <summary>Names that <see cref="Parse"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = ["accuracy", "binary_accuracy", "mean_squared_error", "mean_absolute_error"];

    /// <summary>Its name in histories, such as "accuracy".</summary>
    public abstract string Name { get; }

    /// <summary>A metric by its name; "accuracy" is the binary one for binary cross-entropy.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="loss">What is minimized.</param>
    /// <exception cref="ArgumentException">The name is unknown.</exception>
    public static Metric Parse(string name, Loss loss) => name switch
    {
        "accuracy" when loss == Loss.BinaryCrossEntropy => new BinaryAccuracy("accuracy"),
        "accuracy" => new Accuracy(),
        "binary_accuracy" => new BinaryAccuracy(),
        "mean_squared_error" => new MeanSquaredError(),
        "mean_absolute_error" => new MeanAbsoluteError(),
        _ => throw new ArgumentException($"Metric '{name}' is unknown; known are {string.Join(", ", Names)}.", nameof(name)),
    };

    /// <summary>Measures a batch against class ids, without allocating.</summary>
    /// <param name="predictions">[labels, width], row-major.</param>
    /// <param name="labels">A class id per row.</param>
    /// <param name="width">Values per row.</param>
    /// <returns>The sum over rows, each weighing 1.</returns>
    /// <exception cref="NotSupportedException">It measures float targets only.</exception>
    public virtual double Sum(ReadOnlySpan<float> predictions, ReadOnlySpan<int> labels, int width) =>
        throw new NotSupportedException($"Metric '{Name}' measures float targets; the samples have class ids. Use accuracy.");

    /// <summary>Measures a batch against float targets, without allocating.</summary>
    /// <param name="predictions">[rows, width], row-major.</param>
    /// <param name="targets">As many values.</param>
    /// <param name="width">Values per row.</param>
    /// <returns>The sum over rows, each weighing 1.</returns>
    public abstract double Sum(ReadOnlySpan<float> predictions, ReadOnlySpan<float> targets, int width);

    /// <summary>Position of the largest value, the first one if there are several.</summary>
    /// <param name="values">At least one.</param>
    public static int ArgMax(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            best = values[i] > values[best] ? i : best;
        }

        return best;
    }
}

/// <summary>How often the largest prediction is the true class; ties go to the lowest class.</summary>
public sealed class Accuracy : Metric
{
    /// <inheritdoc/>
    public override string Name => "accuracy";

    /// <inheritdoc/>
    public override double Sum(ReadOnlySpan<float> predictions, ReadOnlySpan<int> labels, int width)
    {
        int right = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            right += ArgMax(predictions.Slice(i * width, width)) == labels[i] ? 1 : 0;
        }

        return right;
    }

    /// <inheritdoc/>
    public override double Sum(ReadOnlySpan<float> predictions, ReadOnlySpan<float> targets, int width)
    {
        int right = 0;
        for (int i = 0; i < targets.Length; i += width)
        {
            right += ArgMax(predictions.Slice(i, width)) == ArgMax(targets.Slice(i, width)) ? 1 : 0;
        }

        return right;
    }
}

/// <summary>How often prediction and target lie on the same side of ½; a prediction of exactly ½ counts as 0.</summary>
/// <param name="name">Its name in histories.</param>
public sealed class BinaryAccuracy(string name = "binary_accuracy") : Metric
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override double Sum(ReadOnlySpan<float> predictions, ReadOnlySpan<float> targets, int width)
    {
        int right = 0;
        for (int i = 0; i < targets.Length; i++)
        {
            right += predictions[i] > 0.5f == targets[i] > 0.5f ? 1 : 0;
        }

        return (double)right / width;
    }
}

/// <summary>Mean of squared differences.</summary>
public sealed class MeanSquaredError : Metric
{
    /// <inheritdoc/>
    public override string Name => "mean_squared_error";

    /// <inheritdoc/>
    public override double Sum(ReadOnlySpan<float> predictions, ReadOnlySpan<float> targets, int width)
    {
        double sum = 0;
        for (int i = 0; i < targets.Length; i++)
        {
            double difference = (double)predictions[i] - targets[i];
            sum += difference * difference;
        }

        return sum / width;
    }
}

/// <summary>Mean of absolute differences.</summary>
public sealed class MeanAbsoluteError : Metric
{
    /// <inheritdoc/>
    public override string Name => "mean_absolute_error";

    /// <inheritdoc/>
    public override double Sum(ReadOnlySpan<float> predictions, ReadOnlySpan<float> targets, int width)
    {
        double sum = 0;
        for (int i = 0; i < targets.Length; i++)
        {
            sum += Math.Abs((double)predictions[i] - targets[i]);
        }

        return sum / width;
    }
}

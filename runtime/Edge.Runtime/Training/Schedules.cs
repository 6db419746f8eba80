namespace Edge.Runtime.Training;

// Every formula counts the updates already made, k = step − 1, so the first step gets the start of the curve.
// Powers are by multiplication (IntegerPower) and end in one rounding to float.

/// <summary>The base rate in every step.</summary>
public sealed class ConstantRate : LearningRateSchedule
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is below 1.</exception>
    public override float Rate(long step, float baseRate)
    {
        Hyperparameter.AtLeastOne(step, nameof(step));
        return baseRate;
    }
}

/// <summary>Stairs: η · factor^⌊k / every⌋, k = step − 1.</summary>
/// <remarks>Source: PyTorch torch.optim.lr_scheduler.StepLR.</remarks>
public sealed class StepDecay : LearningRateSchedule
{
    private readonly long _every;
    private readonly float _factor;

    /// <summary>Makes the schedule.</summary>
    /// <param name="every">Steps between two drops, 1 or more.</param>
    /// <param name="factor">What each drop leaves of the rate, 0 &lt; factor ≤ 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public StepDecay(long every, float factor)
    {
        _every = Hyperparameter.AtLeastOne(every, nameof(every));
        _factor = Hyperparameter.Factor(factor, nameof(factor));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is below 1.</exception>
    public override float Rate(long step, float baseRate)
        => (float)(baseRate * IntegerPower.Of(_factor, (Hyperparameter.AtLeastOne(step, nameof(step)) - 1) / _every));
}

/// <summary>A smooth exponential: η · rate^(k / decaySteps), k = step − 1.</summary>
/// <remarks>Source: TensorFlow tf.keras.optimizers.schedules.ExponentialDecay with staircase off.</remarks>
public sealed class ExponentialDecay : LearningRateSchedule
{
    private readonly long _decaySteps;
    private readonly float _rate;

    /// <summary>Makes the schedule.</summary>
    /// <param name="decaySteps">Steps in which the rate falls to <paramref name="rate"/> of itself, 1 or more.</param>
    /// <param name="rate">0 &lt; rate ≤ 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public ExponentialDecay(long decaySteps, float rate)
    {
        _decaySteps = Hyperparameter.AtLeastOne(decaySteps, nameof(decaySteps));
        _rate = Hyperparameter.Factor(rate, nameof(rate));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is below 1.</exception>
    public override float Rate(long step, float baseRate)
    {
        (long whole, long rest) = Math.DivRem(Hyperparameter.AtLeastOne(step, nameof(step)) - 1, _decaySteps);
        return (float)(baseRate * IntegerPower.Of(_rate, whole) * Math.Pow(_rate, (double)rest / _decaySteps));
    }
}

/// <summary>Half a cosine from the base rate down to a fraction of it: η · (f + (1 − f) · (1 + cos(π · k / total)) / 2), k = min(step − 1, total).</summary>
/// <remarks>After <c>total</c> steps the rate stays at its minimum. Sources: Loshchilov, Hutter 2017, "SGDR", arXiv:1608.03983, without
/// restarts; TensorFlow tf.keras.optimizers.schedules.CosineDecay (there the fraction is called alpha).</remarks>
public sealed class CosineDecay : LearningRateSchedule
{
    private readonly long _totalSteps;
    private readonly float _minimumFraction;

    /// <summary>Makes the schedule.</summary>
    /// <param name="totalSteps">Steps until the minimum, 1 or more.</param>
    /// <param name="minimumFraction">f, what remains of the base rate, 0 ≤ f ≤ 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public CosineDecay(long totalSteps, float minimumFraction = 0)
    {
        _totalSteps = Hyperparameter.AtLeastOne(totalSteps, nameof(totalSteps));
        _minimumFraction = Hyperparameter.Fraction(minimumFraction, nameof(minimumFraction));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is below 1.</exception>
    public override float Rate(long step, float baseRate)
    {
        double done = Math.Min(Hyperparameter.AtLeastOne(step, nameof(step)) - 1, _totalSteps) / (double)_totalSteps;
        double fraction = _minimumFraction + ((1.0 - _minimumFraction) * 0.5 * (1 + Math.Cos(Math.PI * done)));
        return (float)(baseRate * fraction);
    }
}

/// <summary>A line from η / warmup in step 1 to η in step <c>warmup</c>: η · step / warmup; then another schedule, which sees its own step 1.</summary>
/// <remarks>Source: Goyal et al. 2017, "Accurate, large minibatch SGD", arXiv:1706.02677, section 2.2 (gradual warmup).</remarks>
public sealed class LinearWarmup : LearningRateSchedule
{
    private readonly long _warmupSteps;
    private readonly LearningRateSchedule _then;

    /// <summary>Makes the schedule.</summary>
    /// <param name="warmupSteps">Steps of the line, 1 or more.</param>
    /// <param name="then">What follows, from step <paramref name="warmupSteps"/> + 1; null keeps the base rate.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="warmupSteps"/> is below 1.</exception>
    public LinearWarmup(long warmupSteps, LearningRateSchedule? then = null)
    {
        _warmupSteps = Hyperparameter.AtLeastOne(warmupSteps, nameof(warmupSteps));
        _then = then ?? new ConstantRate();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is below 1.</exception>
    public override float Rate(long step, float baseRate)
        => Hyperparameter.AtLeastOne(step, nameof(step)) <= _warmupSteps
            ? (float)(baseRate * ((double)step / _warmupSteps))
            : _then.Rate(step - _warmupSteps, baseRate);
}

namespace Edge.Learning.Data;

/// <summary>How different generated digits look from each other.</summary>
public sealed record DigitsOptions
{
    /// <summary>Rotation, slant, size, position and stroke jitter, relative to the default of 1; 0 draws all digits alike. 0 .. 2.</summary>
    public float Distortion { get; init; } = 1;

    /// <summary>Standard deviation of the noise on each pixel, 0 .. 128. Default: 6 of 255.</summary>
    public float Noise { get; init; } = 6;

    /// <summary>Thinnest stroke, half its width in pixels; positive.</summary>
    public float ThinnestStroke { get; init; } = 0.7f;

    /// <summary>Thickest stroke, half its width in pixels; at most 4.</summary>
    public float ThickestStroke { get; init; } = 1.7f;

    internal void Validate()
    {
        if (!(Distortion is >= 0 and <= 2 && Noise is >= 0 and <= 128 && ThinnestStroke > 0 && ThickestStroke >= ThinnestStroke && ThickestStroke <= 4))
        {
            throw new ArgumentException($"{this}: distortion lies in 0 .. 2, noise in 0 .. 128, and 0 < thinnest ≤ thickest ≤ 4.");
        }
    }
}

using System.Runtime.CompilerServices;

namespace Edge.Format;

/// <summary>Caps that bound what an untrusted file may cost. A file beyond one is refused before memory is spent on it.</summary>
/// <remarks>Setting a cap below 0, or a number of bytes above <see cref="MaxSpanBytes"/>, is an <see cref="ArgumentOutOfRangeException"/>.</remarks>
public sealed record ModelLimits
{
    /// <summary>2³¹ − 65: what one span can address, with room to round up to a multiple of 64.</summary>
    public const long MaxSpanBytes = int.MaxValue - 64;

    /// <summary>Largest file in bytes. Default: <see cref="MaxSpanBytes"/>.</summary>
    public long MaxFileBytes { get; init => field = Checked(value); } = MaxSpanBytes;

    /// <summary>Most tensors, and most quantization records. Default: 65,536.</summary>
    public int MaxTensors { get; init => field = Checked(value); } = 65_536;

    /// <summary>Most operators. Default: 65,536.</summary>
    public int MaxOperators { get; init => field = Checked(value); } = 65_536;

    /// <summary>Most sections. Default: 64.</summary>
    public int MaxSections { get; init => field = Checked(value); } = 64;

    /// <summary>Most programs. Default: 256.</summary>
    public int MaxPrograms { get; init => field = Checked(value); } = 256;

    /// <summary>Most metadata pairs. Default: 1,024.</summary>
    public int MaxMetadataPairs { get; init => field = Checked(value); } = 1_024;

    /// <summary>Largest tensor in bytes. Default: <see cref="MaxSpanBytes"/>.</summary>
    public long MaxTensorBytes { get; init => field = Checked(value); } = MaxSpanBytes;

    /// <summary>Largest arena of one program in bytes. Default: <see cref="MaxSpanBytes"/>.</summary>
    public long MaxArenaBytes { get; init => field = Checked(value); } = MaxSpanBytes;

    /// <summary>The defaults.</summary>
    public static ModelLimits Default { get; } = new();

    private static long Checked(long value, [CallerMemberName] string name = "") =>
        value is >= 0 and <= MaxSpanBytes ? value : throw new ArgumentOutOfRangeException(name, value, $"{value}; 0 … {MaxSpanBytes} is allowed.");

    private static int Checked(int value, [CallerMemberName] string name = "") => (int)Checked((long)value, name);
}

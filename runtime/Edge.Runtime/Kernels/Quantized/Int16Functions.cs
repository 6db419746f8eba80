using System.Runtime.CompilerServices;

namespace Edge.Runtime.Kernels;

/// <summary>Logistic function and hyperbolic tangent of int16 values, by linear interpolation in one table; results in Q0.15.</summary>
/// <remarks>
/// Source: Logistic and Tanh for int16 in TensorFlow Lite kernels/internal/reference/integer_ops/{logistic,tanh}.h, with their table sigmoid_table_uint16, reproduced operation by
/// operation because every rounding shows in the result. The input has scale 2^power; times 3/4, 8 becomes 10.7, the end of the table.
/// </remarks>
internal static class Int16Functions
{
    /// <summary>Scale of the functions' results and the gates' inputs as powers of two.</summary>
    public const int ResultPower = -15, GatePower = -12;

    /// <summary>Powers of the input's scale for which the arithmetic fits int32.</summary>
    public const int LeastPower = -24, MostPower = 2;

    /// <summary>sigmoid(i / 24) in Q0.16, i = 0 … 255. 44 of its values are one step above the rounded ones, so it is a table and no formula.</summary>
    internal static ReadOnlySpan<ushort> Table =>
    [
        32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794, 41432, 42064, 42688,
        43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443, 48964, 49475, 49975, 50464, 50942, 51409,
        51865, 52311, 52745, 53169, 53581, 53983, 54374, 54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433,
        57724, 58007, 58280, 58544, 58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110,
        61279, 61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990, 63090, 63186,
        63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968, 64030, 64090, 64148, 64204, 64257, 64308,
        64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652, 64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900,
        64926, 64950, 64974, 64997, 65019, 65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208,
        65221, 65234, 65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360, 65367,
        65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433, 65438, 65442, 65445, 65449,
        65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476, 65479, 65481, 65483, 65485, 65488, 65489, 65491,
        65493, 65495, 65497, 65498, 65500, 65501, 65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513,
        65514, 65515, 65516, 65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524,
        65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529, 65529, 65530, 65530,
        65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532, 65532, 65532, 65532, 65533, 65533, 65533,
        65533, 65533, 65533, 65533, 65533, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65535,
    ];

    /// <summary>1 / (1 + exp(−x)) for a scale of 2^−12.</summary>
    public static short Sigmoid(short x) => SigmoidOf(x * 3);

    /// <summary>1 / (1 + exp(−x / 12288)).</summary>
    /// <param name="scaled">x, at least −(2³¹ − 1).</param>
    public static short SigmoidOf(int scaled)
    {
        uint magnitude = (uint)Math.Abs(scaled);
        uint index = magnitude >> 9;
        uint result = index >= 255 ? 0x7FFFu << 10 : ((uint)Table[(int)index] << 9) + ((magnitude & 0x1FF) * (uint)(Table[(int)index + 1] - Table[(int)index]));
        result = scaled >= 0 ? result + (1 << 9) : (1u << (16 + 9)) - result + (1 << 9) - 1;
        return (short)(result >> 10);
    }

    /// <summary>tanh(x) for a scale of 2^power.</summary>
    /// <param name="x">The value.</param>
    /// <param name="power"><see cref="LeastPower"/> … <see cref="MostPower"/>.</param>
    public static short Tanh(short x, int power)
    {
        int shift = power - GatePower;
        return TanhOf(shift >= 0 ? x * (3 << shift) : ((x * 3) + (1 << (-shift - 1))) >> -shift);
    }

    /// <summary>tanh(x / 12288).</summary>
    /// <param name="scaled">x, at least −(2³¹ − 1).</param>
    public static short TanhOf(int scaled)
    {
        uint magnitude = (uint)Math.Abs(scaled);
        uint index = magnitude >> 8;
        int result = index >= 255 ? 0xFFFF << 8 : (Table[(int)index] << 8) + ((int)(magnitude & 0xFF) * (Table[(int)index + 1] - Table[(int)index]));
        result = scaled >= 0 ? result - (1 << (14 + 9)) + (1 << (9 - 2)) : -result + (1 << (14 + 9)) + (1 << (9 - 2)) - 1;
        return (short)(result >> (9 - 1));
    }

    /// <summary>A value within int16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static short Saturate(int value) => (short)Math.Clamp(value, short.MinValue, short.MaxValue);
}

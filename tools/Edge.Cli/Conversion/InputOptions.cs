using System.Globalization;
using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Import;

namespace Edge.Cli.Conversion;

/// <summary>Shapes and values of inputs as the command line gives them.</summary>
internal static class InputOptions
{
    /// <summary>Shapes from <c>NAME=1,3,224,224</c>.</summary>
    /// <exception cref="ArgumentException">One is malformed.</exception>
    public static Dictionary<string, IReadOnlyList<int>> Shapes(IEnumerable<string> options)
    {
        Dictionary<string, IReadOnlyList<int>> shapes = [];
        foreach (string option in options)
        {
            (string name, string[] parts) = Split("--shape", option, "1,3,224,224");
            shapes[name] = [.. parts.Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size > 0
                ? size : throw new ArgumentException($"--shape is '{option}'; whole numbers of 1 or more, separated by commas, are allowed for the axes."))];
        }

        return shapes;
    }

    /// <summary>Values from <c>NAME=3,4</c>, in the type and shape of the source's input.</summary>
    /// <param name="options">The options.</param>
    /// <param name="inputs">The source's inputs.</param>
    /// <exception cref="ArgumentException">One is malformed, or names no input.</exception>
    public static Dictionary<string, InputValue> Values(IEnumerable<string> options, IReadOnlyList<SourceTensor> inputs)
    {
        Dictionary<string, InputValue> values = [];
        foreach (string option in options)
        {
            (string name, string[] parts) = Split("--value", option, "1,64");
            SourceTensor input = inputs.FirstOrDefault(input => input.Name == name)
                ?? throw new ArgumentException($"--value names '{name}'; the model's inputs are {string.Join(", ", inputs)}.");
            values[name] = new InputValue(input.Type, Shape(option, input, parts.Length), Data(option, input.Type, parts));
        }

        return values;
    }

    private static Shape Shape(string option, SourceTensor input, int count)
    {
        int open = input.Axes.Count(static axis => axis < 0);
        int known = 1;
        foreach (int axis in input.Axes.Where(static axis => axis >= 0))
        {
            known *= axis;
        }

        return open <= 1 && (open == 0 ? count == known : known > 0 && count % known == 0)
            ? new Shape([.. input.Axes.Select(axis => axis < 0 ? count / known : axis)])
            : throw new ArgumentException($"--value is '{option}', which is {count} values; {input} takes {(open == 0 ? $"{known}" : open == 1 ? $"a multiple of {known}" : "a shape with at most one open axis: give --shape too")}.");
    }

    private static byte[] Data(string option, DataType type, string[] parts)
    {
        return type switch
        {
            DataType.Float32 => Bytes(static part => float.Parse(part, NumberStyles.Float, CultureInfo.InvariantCulture)),
            DataType.Int8 => Bytes(static part => sbyte.Parse(part, CultureInfo.InvariantCulture)),
            DataType.UInt8 => Bytes(static part => byte.Parse(part, CultureInfo.InvariantCulture)),
            DataType.Int16 => Bytes(static part => short.Parse(part, CultureInfo.InvariantCulture)),
            DataType.Int32 => Bytes(static part => int.Parse(part, CultureInfo.InvariantCulture)),
            DataType.Int64 => Bytes(static part => long.Parse(part, CultureInfo.InvariantCulture)),
            _ => Bytes(static part => (byte)(part switch { "true" or "1" => 1, "false" or "0" => 0, _ => throw new FormatException() })),
        };

        byte[] Bytes<T>(Func<string, T> parse) where T : unmanaged
        {
            try
            {
                T[] values = [.. parts.Select(parse)];
                return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
            }
            catch (Exception error) when (error is FormatException or OverflowException)
            {
                throw new ArgumentException($"--value is '{option}'; values of {type.Name()}, separated by commas, are allowed.", error);
            }
        }
    }

    private static (string Name, string[] Parts) Split(string name, string option, string example)
    {
        // Names of tensors may hold '=' and ':', values do not.
        int equals = option.LastIndexOf('=');
        return equals > 0 && equals + 1 < option.Length
            ? (option[..equals], option[(equals + 1)..].Split(','))
            : throw new ArgumentException($"{name} is '{option}'; NAME={example} is the form.");
    }
}

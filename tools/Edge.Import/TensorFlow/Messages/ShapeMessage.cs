using Edge.Format;
using Edge.Import.Protobuf;

namespace Edge.Import.TensorFlow.Messages;

/// <summary>A TensorShapeProto.</summary>
/// <param name="Axes">Sizes; −1 where one is open.</param>
/// <param name="IsUnknown">Whether not even the number of axes is known.</param>
/// <remarks>Source: tensorflow/core/framework/tensor_shape.proto.</remarks>
internal sealed record ShapeMessage(IReadOnlyList<long> Axes, bool IsUnknown)
{
    /// <summary>No axes.</summary>
    public static ShapeMessage Scalar { get; } = new([], false);

    /// <summary>Reads the message.</summary>
    public static ShapeMessage Read(ProtobufReader reader)
    {
        List<long> axes = [];
        bool unknown = false;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    axes.Add(ReadAxis(reader.Message("Dim")));
                    break;
                case 3:
                    unknown = reader.Integer() != 0;
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new ShapeMessage(axes, unknown);
    }

    /// <summary>Sizes that must all be known.</summary>
    /// <param name="what">What has them, for messages.</param>
    public int[] Sizes(string what)
    {
        if (IsUnknown || Axes.Count > Shape.MaxRank)
        {
            throw new ModelImportException($"'{what}' has {(IsUnknown ? "an unknown number of" : $"{Axes.Count}")} axes; 0 … {Shape.MaxRank} are allowed.");
        }

        int[] sizes = new int[Axes.Count];
        for (int i = 0; i < sizes.Length; i++)
        {
            sizes[i] = Axes[i] is >= 0 and <= int.MaxValue
                ? (int)Axes[i]
                : throw new ModelImportException($"'{what}': axis {i} has {Axes[i]} elements; 0 … {int.MaxValue} are allowed.");
        }

        return sizes;
    }

    /// <summary>The number of elements, refused beyond what one tensor can hold.</summary>
    /// <param name="sizes">The sizes, each at least 0.</param>
    /// <param name="what">What has them, for messages.</param>
    public static long Count(ReadOnlySpan<int> sizes, string what)
    {
        if (sizes.Contains(0))
        {
            return 0;
        }

        long count = 1;
        foreach (int size in sizes)
        {
            count *= size;
            if (count > int.MaxValue)
            {
                throw new ModelImportException($"'{what}' has sizes [{string.Join(", ", sizes.ToArray())}]; at most {int.MaxValue:N0} elements are allowed.");
            }
        }

        return count;
    }

    private static long ReadAxis(ProtobufReader reader)
    {
        long size = 0;
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                size = reader.Integer();
            }
            else
            {
                reader.Skip();
            }
        }

        return size;
    }
}

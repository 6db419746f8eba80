using System.Runtime.InteropServices;
using Edge.Format;

namespace Edge.Runtime.Operators;

/// <summary>
/// Detections out of anchors: decodes boxes, drops those that overlap a better one, and lists the best. Inputs, float32: encodings [1, N, 4 or more] (y, x, height,
/// width), scores [1, N, classes, perhaps with a background class before them], anchors [N, 4] (y, x, height, width) → boxes [1, D, 4] (top, left, bottom, right),
/// classes [1, D], scores [1, D], count [1], where D = maxDetections · maxClassesPerDetection; entries beyond the count are 0.
/// </summary>
/// <param name="MaxDetections">Most boxes, at least 1.</param>
/// <param name="MaxClassesPerDetection">Classes listed for each box, the best ones; at least 1. For regular suppression every box counts for one class.</param>
/// <param name="Classes">Number of classes, without background.</param>
/// <param name="ScoreThreshold">Smallest score of a detection.</param>
/// <param name="OverlapThreshold">Largest intersection over union with a better box, above 0 and at most 1.</param>
/// <param name="ScaleY">Divides the encoded y.</param>
/// <param name="ScaleX">Divides the encoded x.</param>
/// <param name="ScaleHeight">Divides the encoded height.</param>
/// <param name="ScaleWidth">Divides the encoded width.</param>
/// <param name="Regular">Whether boxes are suppressed class by class; otherwise once, by their best class.</param>
/// <param name="DetectionsPerClass">Most boxes of a class for regular suppression, at least 1.</param>
/// <remarks>Of equal scores the earlier anchor is the better one. Source: TensorFlow Lite's custom operator TFLite_Detection_PostProcess (detection_postprocess.cc).</remarks>
public readonly record struct DetectionPostProcess(
    int MaxDetections,
    int MaxClassesPerDetection,
    int Classes,
    float ScoreThreshold,
    float OverlapThreshold,
    float ScaleY,
    float ScaleX,
    float ScaleHeight,
    float ScaleWidth,
    bool Regular = false,
    int DetectionsPerClass = 100) : IOperator<DetectionPostProcess>
{
    private const int Most = 1 << 20;

    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("DetectionPostProcess", 76, inputs: 3, outputs: 4);

    /// <inheritdoc/>
    public static DetectionPostProcess Read(ref AttributeReader attributes) => new(
        attributes.Int32("max detections", 1, Most),
        attributes.Int32("max classes per detection", 1, Most),
        attributes.Int32("classes", 1, Most),
        attributes.Single("score threshold", float.NegativeInfinity, float.PositiveInfinity),
        attributes.Single("overlap threshold"),
        attributes.Single("scale y"),
        attributes.Single("scale x"),
        attributes.Single("scale height"),
        attributes.Single("scale width"),
        attributes.Bool("regular"),
        attributes.Int32("detections per class", 1, Most));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Int32(MaxDetections);
        attributes.Int32(MaxClassesPerDetection);
        attributes.Int32(Classes);
        attributes.Single(ScoreThreshold);
        attributes.Single(OverlapThreshold);
        attributes.Single(ScaleY);
        attributes.Single(ScaleX);
        attributes.Single(ScaleHeight);
        attributes.Single(ScaleWidth);
        attributes.Bool(Regular);
        attributes.Int32(DetectionsPerClass);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        for (int input = 0; input < 3; input++)
        {
            shapes.RequireType(input, DataType.Float32);
        }

        Shape encodings = shapes.Shape(0), scores = shapes.Shape(1), anchors = shapes.Shape(2);
        shapes.Require(
            encodings.Rank == 3 && encodings[0] == 1 && encodings[2] >= 4 && scores.Rank == 3 && scores[0] == 1 && scores[1] == encodings[1] && anchors == new Shape(encodings[1], 4),
            $"encodings {encodings}, scores {scores} and anchors {anchors}; [1, N, 4 or more], [1, N, classes] and [N, 4] are allowed.");
        shapes.Require(
            Classes >= 1 && scores[2] - Classes is 0 or 1, $"{Classes} classes, but the scores {scores} have {scores[2]}; as many, or one more for the background, are allowed.");
        shapes.Require(
            MaxDetections is >= 1 and <= Most && MaxClassesPerDetection is >= 1 and <= Most && DetectionsPerClass is >= 1 and <= Most,
            $"{MaxDetections} detections, {MaxClassesPerDetection} classes a detection and {DetectionsPerClass} detections a class; 1 … {Most} each are allowed.");
        shapes.Require(OverlapThreshold is > 0 and <= 1, $"the overlap threshold is {OverlapThreshold}; more than 0, at most 1, is allowed.");
        shapes.Require(
            !float.IsNaN(ScoreThreshold) && ScaleY != 0 && ScaleX != 0 && ScaleHeight != 0 && ScaleWidth != 0 && float.IsFinite(ScaleY + ScaleX + ScaleHeight + ScaleWidth),
            $"the score threshold is {ScoreThreshold} and the scales are {ScaleY}, {ScaleX}, {ScaleHeight}, {ScaleWidth}; numbers, and scales other than 0, are allowed.");
        long detections = (long)MaxDetections * MaxClassesPerDetection, boxes = encodings[1];
        long bytes = (Sorted(boxes) * sizeof(ulong)) + (((boxes * 5) + (2 * (MaxDetections + (long)Math.Min(boxes, DetectionsPerClass))) + Math.Min(boxes, Math.Max(MaxDetections, DetectionsPerClass))) * 2 * sizeof(float));
        shapes.Require(bytes <= int.MaxValue, $"{boxes} boxes and {MaxDetections} detections need {bytes} bytes of scratch; at most {int.MaxValue} are allowed.");
        return new OperatorPlan(
            ShapeRules.Output(shapes, DataType.Float32, [1, detections, 4]),
            ShapeRules.Output(shapes, DataType.Float32, [1, detections]),
            ShapeRules.Output(shapes, DataType.Float32, [1, detections]),
            new TensorSpec(DataType.Float32, new Shape(1)))
        {
            ScratchBytes = (int)bytes,
        };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        int count = io.InputShape(0)[1];
        for (int output = 0; output < 4; output++)
        {
            io.Output(output).Clear();
        }

        int keys = (int)Sorted(count);
        Span<ulong> order = io.Scratch<ulong>()[..keys];
        Span<float> memory = MemoryMarshal.Cast<ulong, float>(io.Scratch<ulong>()[keys..]);
        Span<float> boxes = memory[..(4 * count)], scores = memory.Slice(4 * count, count);
        memory = memory[(5 * count)..];
        Decode(io.Input(0), io.InputShape(0)[2], io.Input(2), boxes);
        if (Regular)
        {
            SuppressByClass(io, boxes, scores, order, memory);
        }
        else
        {
            SuppressOnce(io, boxes, scores, order, MemoryMarshal.Cast<float, int>(memory));
        }
    }

    private long Sorted(long boxes) => Math.Max(Math.Max(boxes, Classes), MaxDetections + Math.Min(boxes, DetectionsPerClass));

    private void Decode(ReadOnlySpan<float> encodings, int width, ReadOnlySpan<float> anchors, Span<float> boxes)
    {
        for (int i = 0; i < boxes.Length / 4; i++)
        {
            ReadOnlySpan<float> code = encodings.Slice(i * width, 4), anchor = anchors.Slice(i * 4, 4);
            float y = (float)(((double)code[0] / ScaleY * anchor[2]) + anchor[0]), x = (float)(((double)code[1] / ScaleX * anchor[3]) + anchor[1]);
            float halfHeight = (float)(0.5 * Math.Exp((double)code[2] / ScaleHeight) * anchor[2]), halfWidth = (float)(0.5 * Math.Exp((double)code[3] / ScaleWidth) * anchor[3]);
            Span<float> box = boxes.Slice(i * 4, 4);
            (box[0], box[1], box[2], box[3]) = (y - halfHeight, x - halfWidth, y + halfHeight, x + halfWidth);
        }
    }

    /// <summary>Fast suppression: once, by the best class of each box.</summary>
    private void SuppressOnce(in Buffers io, ReadOnlySpan<float> boxes, Span<float> best, Span<ulong> order, Span<int> selected)
    {
        ReadOnlySpan<float> scores = io.Input(1);
        int width = io.InputShape(1)[2], background = width - Classes, listed = Math.Min(MaxClassesPerDetection, Classes);
        for (int i = 0; i < best.Length; i++)
        {
            ReadOnlySpan<float> row = scores.Slice((i * width) + background, Classes);
            best[i] = row[0];
            foreach (float score in row)
            {
                best[i] = score > best[i] ? score : best[i];
            }
        }

        int count = Select(boxes, best, MaxDetections, order, selected);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> row = scores.Slice((selected[i] * width) + background, Classes);
            Sort(row, order);
            for (int k = 0; k < listed; k++)
            {
                int at = (i * listed) + k, type = Index(order[k]);
                boxes.Slice(selected[i] * 4, 4).CopyTo(io.Output(0)[(at * 4)..]);
                io.Output(1)[at] = type;
                io.Output(2)[at] = row[type];
            }
        }

        io.Output(3)[0] = count * listed;
    }

    /// <summary>Regular suppression: class by class, the best of all classes are kept.</summary>
    private void SuppressByClass(in Buffers io, ReadOnlySpan<float> boxes, Span<float> column, Span<ulong> order, Span<float> memory)
    {
        ReadOnlySpan<float> scores = io.Input(1);
        int width = io.InputShape(1)[2], background = width - Classes, perClass = Math.Min(column.Length, DetectionsPerClass), room = MaxDetections + perClass, count = 0;
        Span<float> kept = memory[..room], keptSorted = memory.Slice(room, room);
        Span<int> entries = MemoryMarshal.Cast<float, int>(memory.Slice(2 * room, room)), entriesSorted = MemoryMarshal.Cast<float, int>(memory.Slice(3 * room, room));
        Span<int> selected = MemoryMarshal.Cast<float, int>(memory[(4 * room)..]);
        for (int type = 0; type < Classes; type++)
        {
            for (int i = 0; i < column.Length; i++)
            {
                column[i] = scores[(i * width) + background + type];
            }

            int found = Select(boxes, column, DetectionsPerClass, order, selected);
            for (int i = 0; i < found; i++)
            {
                kept[count] = column[selected[i]];
                entries[count++] = (selected[i] * Classes) + type;
            }

            Sort(kept[..count], order);
            count = Math.Min(count, MaxDetections);
            for (int i = 0; i < count; i++)
            {
                keptSorted[i] = kept[Index(order[i])];
                entriesSorted[i] = entries[Index(order[i])];
            }

            keptSorted[..count].CopyTo(kept);
            entriesSorted[..count].CopyTo(entries);
        }

        for (int i = 0; i < count; i++)
        {
            (int box, int type) = Math.DivRem(entries[i], Classes);
            boxes.Slice(box * 4, 4).CopyTo(io.Output(0)[(i * 4)..]);
            io.Output(1)[i] = type;
            io.Output(2)[i] = kept[i];
        }

        io.Output(3)[0] = count;
    }

    /// <summary>The best boxes that overlap no better one.</summary>
    private int Select(ReadOnlySpan<float> boxes, ReadOnlySpan<float> scores, int most, Span<ulong> order, Span<int> selected)
    {
        int candidates = 0, count = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            if (scores[i] >= ScoreThreshold)
            {
                order[candidates++] = Key(scores[i], i);
            }
        }

        order[..candidates].Sort();
        for (int i = 0; i < candidates && count < most; i++)
        {
            int box = Index(order[i]);
            bool free = true;
            for (int k = 0; k < count && free; k++)
            {
                free = !(Overlap(boxes.Slice(selected[k] * 4, 4), boxes.Slice(box * 4, 4)) > OverlapThreshold);
            }

            if (free)
            {
                selected[count++] = box;
            }
        }

        return count;
    }

    private static void Sort(ReadOnlySpan<float> scores, Span<ulong> order)
    {
        for (int i = 0; i < scores.Length; i++)
        {
            order[i] = Key(scores[i], i);
        }

        order[..scores.Length].Sort();
    }

    /// <summary>A number that is smaller for a larger score, and for an earlier position where scores are equal.</summary>
    private static ulong Key(float score, int index)
    {
        uint bits = BitConverter.SingleToUInt32Bits(score + 0f);                    // −0 becomes 0
        uint rising = (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
        return ((ulong)~rising << 32) | (uint)index;
    }

    private static int Index(ulong key) => (int)(uint)key;

    /// <summary>Intersection over union; 0 where a box is empty.</summary>
    private static float Overlap(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        float areaA = (a[2] - a[0]) * (a[3] - a[1]), areaB = (b[2] - b[0]) * (b[3] - b[1]);
        if (areaA <= 0 || areaB <= 0)
        {
            return 0;
        }

        float height = Math.Max(Math.Min(a[2], b[2]) - Math.Max(a[0], b[0]), 0), width = Math.Max(Math.Min(a[3], b[3]) - Math.Max(a[1], b[1]), 0), shared = height * width;
        return shared / (areaA + areaB - shared);
    }
}

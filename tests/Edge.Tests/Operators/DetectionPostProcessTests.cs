using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Tests.Harness;

namespace Edge.Tests.Operators;

public sealed class DetectionPostProcessTests : OperatorTests<DetectionPostProcess>
{
    private static readonly DetectionPostProcess s_fast = new(5, 1, 3, 0.3f, 0.5f, 10, 10, 5, 5);

    protected override IEnumerable<OperatorCase<DetectionPostProcess>> Cases =>
    [
        Of(s_fast, 12, 4),
        Of(s_fast with { MaxClassesPerDetection = 2 }, 12, 3),
        Of(s_fast with { MaxClassesPerDetection = 9, MaxDetections = 30, ScoreThreshold = -10 }, 7, 4),
        Of(s_fast with { ScoreThreshold = 50 }, 5, 4),
        Of(s_fast with { Regular = true }, 12, 4),
        Of(s_fast with { Regular = true, DetectionsPerClass = 2, OverlapThreshold = 0.1f }, 20, 3),
        Of(s_fast with { Regular = true, MaxDetections = 40, ScoreThreshold = -10 }, 6, 4),
        new(s_fast, Float(1, 6, 7), Float(1, 6, 4), Float(6, 4)),
    ];

    protected override IEnumerable<OperatorCase<DetectionPostProcess>> BadCases =>
    [
        Of(s_fast, 4, 5),
        Of(s_fast, 4, 2),
        new(s_fast, Float(1, 6, 3), Float(1, 6, 4), Float(6, 4)),
        new(s_fast, Float(2, 6, 4), Float(2, 6, 4), Float(6, 4)),
        new(s_fast, Float(1, 6, 4), Float(1, 5, 4), Float(6, 4)),
        new(s_fast, Float(1, 6, 4), Float(1, 6, 4), Float(5, 4)),
        new(s_fast, Float(1, 6, 4), Float(1, 6, 4), Typed(DataType.Int8, 6, 4)),
        Of(s_fast with { MaxDetections = 0 }, 4, 4),
        Of(s_fast with { MaxClassesPerDetection = 0 }, 4, 4),
        Of(s_fast with { DetectionsPerClass = 0 }, 4, 4),
        Of(s_fast with { Classes = 0 }, 4, 1),
        Of(s_fast with { OverlapThreshold = 0 }, 4, 4),
        Of(s_fast with { OverlapThreshold = 1.5f }, 4, 4),
        Of(s_fast with { ScoreThreshold = float.NaN }, 4, 4),
        Of(s_fast with { ScaleX = 0 }, 4, 4),
        Of(s_fast with { ScaleWidth = float.NaN }, 4, 4),
    ];

    /// <summary>Anchors of some size, near each other, so that boxes overlap.</summary>
    protected override TestTensor Fill(OperatorCase<DetectionPostProcess> testCase, int input, CounterRandom random) =>
        Uniform(testCase.Inputs[input], random, input == 2 ? 0.4f : -2, input == 2 ? 0.8f : 2);

    [Fact]
    public void Of_equal_scores_the_earlier_anchor_is_better()
    {
        TestTensor encodings = TestTensor.Float(new Shape(1, 3, 4), new float[12]), scores = TestTensor.Float(new Shape(1, 3, 1), 0.5f, 0.5f, 0.9f);
        TestTensor anchors = TestTensor.Float(new Shape(3, 4), 1, 1, 2, 2, 1, 1, 2, 2, 9, 9, 2, 2);
        using OperatorRunner runner = new(DetectionPostProcess.Info, new DetectionPostProcess(3, 1, 1, 0.1f, 0.5f, 1, 1, 1, 1), [encodings, scores, anchors]);
        runner.Forward();
        Assert.Equal([8f, 8, 10, 10, 0, 0, 2, 2, 0, 0, 0, 0], runner.Output<float>().ToArray());
        Assert.Equal([0.9f, 0.5f, 0], runner.Output<float>(2).ToArray());
        Assert.Equal([2f], runner.Output<float>(3).ToArray());
    }

    protected override DoubleTensor[] Reference(DetectionPostProcess op, DoubleTensor?[] inputs, OracleRun run)
    {
        DoubleTensor codes = inputs[0]!, scores = inputs[1]!, anchors = inputs[2]!;
        int count = anchors.Shape[0], background = scores.Shape[2] - op.Classes, listed = Math.Min(op.MaxClassesPerDetection, op.Classes), room = op.MaxDetections * op.MaxClassesPerDetection;
        double[][] boxes =
        [
            .. Enumerable.Range(0, count).Select(i =>
            {
                double y = (codes[0, i, 0] / op.ScaleY * anchors[i, 2]) + anchors[i, 0], x = (codes[0, i, 1] / op.ScaleX * anchors[i, 3]) + anchors[i, 1];
                double h = Math.Exp(codes[0, i, 2] / op.ScaleHeight) * anchors[i, 2] / 2, w = Math.Exp(codes[0, i, 3] / op.ScaleWidth) * anchors[i, 3] / 2;
                return (double[])[y - h, x - w, y + h, x + w];
            }),
        ];
        double Score(int box, int type) => scores[0, box, background + type];
        List<int> Select(Func<int, double> score, int most)
        {
            List<int> selected = [];
            foreach (int box in Enumerable.Range(0, count).Where(box => score(box) >= op.ScoreThreshold).OrderByDescending(score))
            {
                if (selected.Count < most && selected.All(other => Overlap(boxes[other], boxes[box]) <= op.OverlapThreshold))
                {
                    selected.Add(box);
                }
            }

            return selected;
        }

        List<(int Box, int Type)> found;
        if (op.Regular)
        {
            found = [.. Enumerable.Range(0, op.Classes).SelectMany(type => Select(box => Score(box, type), op.DetectionsPerClass).Select(box => (box, type)))];
            found = [.. found.OrderByDescending(entry => Score(entry.Box, entry.Type)).Take(op.MaxDetections)];
        }
        else
        {
            found =
            [
                .. Select(box => Enumerable.Range(0, op.Classes).Max(type => Score(box, type)), op.MaxDetections)
                    .SelectMany(box => Enumerable.Range(0, op.Classes).OrderByDescending(type => Score(box, type)).Take(listed).Select(type => (box, type))),
            ];
        }

        DoubleTensor places = new(new Shape(1, room, 4)), types = new(new Shape(1, room)), best = new(new Shape(1, room));
        for (int i = 0; i < found.Count; i++)
        {
            boxes[found[i].Box].CopyTo(places.Values, i * 4);
            types[i] = found[i].Type;
            best[i] = Score(found[i].Box, found[i].Type);
        }

        return [places, types, best, new DoubleTensor(new Shape(1), [found.Count])];
    }

    private static double Overlap(double[] a, double[] b)
    {
        double shared = Math.Max(Math.Min(a[2], b[2]) - Math.Max(a[0], b[0]), 0) * Math.Max(Math.Min(a[3], b[3]) - Math.Max(a[1], b[1]), 0);
        return shared / (((a[2] - a[0]) * (a[3] - a[1])) + ((b[2] - b[0]) * (b[3] - b[1])) - shared);
    }

    private static OperatorCase<DetectionPostProcess> Of(DetectionPostProcess op, int boxes, int classes) => new(op, Float(1, boxes, 4), Float(1, boxes, classes), Float(boxes, 4));
}

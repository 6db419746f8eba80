using System.Globalization;

namespace Edge.Learning.Data;

/// <summary>The strokes of the generated digits: a few ways of writing each, as lines and quadratic curves.</summary>
internal static class DigitShapes
{
    /// <summary>By digit and style. Coordinates are percent of the box of the digit, x to the right and y down.</summary>
    /// <remarks>M x y starts a stroke, L x y draws a line, Q cx cy x y a quadratic curve, as in SVG paths.</remarks>
    private static readonly string[][] Paths =
    [
        [
            "M 50 0 Q 84 0 84 50 Q 84 100 50 100 Q 16 100 16 50 Q 16 0 50 0",
            "M 52 2 Q 74 4 74 50 Q 74 98 50 98 Q 27 98 27 50 Q 28 4 52 2",
            "M 60 3 Q 18 4 18 54 Q 20 100 48 99 Q 84 96 83 46 Q 80 2 46 6",
        ],
        [
            "M 50 0 L 50 100",
            "M 32 22 L 54 0 L 54 100",
            "M 33 22 L 52 2 L 52 98 M 30 98 L 74 98",
            "M 62 0 L 42 100",
        ],
        [
            "M 18 26 Q 22 0 50 0 Q 80 0 80 27 Q 80 48 50 72 L 18 98 L 84 98",
            "M 20 22 Q 28 0 52 0 Q 80 2 78 30 Q 74 62 38 90 Q 20 100 17 88 Q 18 76 38 84 Q 62 98 86 90",
            "M 20 12 Q 48 -8 70 8 Q 86 26 62 56 L 18 98 L 82 95",
        ],
        [
            "M 20 14 Q 34 0 54 0 Q 78 2 77 24 Q 74 46 42 48 Q 80 48 82 73 Q 80 100 48 100 Q 26 100 16 84",
            "M 20 2 L 78 2 L 46 40 Q 82 40 83 70 Q 80 101 46 100 Q 26 98 16 84",
            "M 22 18 Q 30 0 52 0 Q 77 2 75 24 Q 72 45 48 46 M 48 46 Q 82 48 81 74 Q 76 100 48 100 Q 22 98 18 80",
        ],
        [
            "M 26 2 L 18 56 L 84 54 M 66 8 L 63 100",
            "M 64 0 L 14 66 L 88 66 M 64 0 L 64 100",
            "M 28 4 Q 14 46 28 52 Q 44 58 72 48 M 77 2 Q 68 56 66 100",
        ],
        [
            "M 78 2 L 28 2 L 24 46 Q 46 32 66 40 Q 86 52 80 76 Q 70 104 40 100 Q 26 98 18 90",
            "M 30 4 L 26 46 Q 56 34 74 52 Q 84 70 72 88 Q 50 108 18 88 M 30 4 L 80 4",
            "M 78 4 Q 34 0 28 24 Q 28 40 52 48 Q 80 58 77 80 Q 68 102 44 100 Q 30 100 20 92",
        ],
        [
            "M 70 2 Q 22 22 20 68 Q 22 100 50 100 Q 80 98 80 74 Q 78 50 52 50 Q 28 52 21 72",
            "M 62 0 Q 32 34 24 66 Q 18 98 48 100 Q 76 98 76 74 Q 72 54 48 56 Q 30 58 24 76",
            "M 54 0 Q 22 30 24 72 Q 28 100 50 99 Q 74 94 72 74 Q 64 56 44 64 Q 32 70 26 80",
        ],
        [
            "M 16 4 L 82 4 L 42 100",
            "M 16 4 L 82 4 L 44 100 M 34 50 L 78 50",
            "M 17 18 L 18 4 L 82 4 Q 54 46 50 100",
            "M 18 8 Q 50 2 82 4 Q 62 56 34 100",
        ],
        [
            "M 50 0 Q 76 2 76 24 Q 74 44 50 48 Q 22 54 20 76 Q 22 100 50 100 Q 78 100 80 76 Q 78 54 50 48 Q 26 44 24 24 Q 24 2 50 0",
            "M 76 14 Q 58 -6 36 4 Q 14 20 34 38 L 66 58 Q 88 76 68 94 Q 46 108 28 92 Q 14 74 36 56 Q 66 38 76 14",
            "M 50 2 Q 72 2 72 24 Q 72 46 50 46 Q 28 46 28 24 Q 28 2 50 2 M 50 46 Q 79 48 79 73 Q 79 99 50 99 Q 21 99 21 73 Q 21 48 50 46",
        ],
        [
            "M 78 30 Q 76 0 48 0 Q 20 2 20 29 Q 22 55 48 55 Q 74 53 78 30 L 72 100",
            "M 76 30 Q 74 2 48 2 Q 20 4 20 31 Q 22 54 46 54 Q 72 52 76 30 Q 82 76 66 92 Q 46 106 24 92",
            "M 74 12 Q 52 -8 32 10 Q 14 32 26 48 Q 46 60 66 36 L 75 10 L 62 100",
        ],
    ];

    /// <summary>By digit and style, the strokes of a shape.</summary>
    internal static DigitShape[][] All { get; } = Array.ConvertAll(Paths, static styles => Array.ConvertAll(styles, Parse));

    private static DigitShape Parse(string path)
    {
        var points = new List<(float X, float Y)>();
        var segments = new List<(int From, int Control, int To)>();
        string[] words = path.Split(' ');
        for (int at = 0; at < words.Length;)
        {
            string command = words[at++];
            int before = points.Count - 1;
            points.Add(Point(words, ref at));
            if (command == "L")
            {
                segments.Add((before, -1, before + 1));
            }
            else if (command == "Q")
            {
                points.Add(Point(words, ref at));
                segments.Add((before, before + 1, before + 2));
            }
        }

        return new DigitShape([.. points], [.. segments]);
    }

    private static (float X, float Y) Point(string[] words, ref int at) =>
        (float.Parse(words[at++], CultureInfo.InvariantCulture) / 100, float.Parse(words[at++], CultureInfo.InvariantCulture) / 100);
}

/// <summary>Strokes over shared points, so that moving a point moves all that meet there.</summary>
/// <param name="Points">In the unit square.</param>
/// <param name="Segments">Indices of start, control point (−1: a line) and end.</param>
internal sealed record DigitShape((float X, float Y)[] Points, (int From, int Control, int To)[] Segments);

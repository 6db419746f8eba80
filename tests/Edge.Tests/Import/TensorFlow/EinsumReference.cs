namespace Edge.Tests.Import.TensorFlow;

/// <summary>Einsum by its definition: a loop over all letters.</summary>
internal static class EinsumReference
{
    public static double[] Run(string equation, float[] a, int[] left, float[] b, int[] right, out int[] sizes)
    {
        // The tests' ellipses stand for two axes.
        equation = equation.Replace("...", "yz", StringComparison.Ordinal);
        string[] sides = equation.Split("->");
        string[] operands = sides[0].Split(',');
        Dictionary<char, int> size = [];
        foreach ((string labels, int[] shape) in new[] { (operands[0], left), (operands[1], right) })
        {
            for (int i = 0; i < labels.Length; i++)
            {
                size[labels[i]] = shape[i];
            }
        }

        char[] letters = [.. size.Keys];
        sizes = [.. sides[1].Select(label => size[label])];
        double[] result = new double[sizes.Aggregate(1, static (product, n) => product * n)];
        Dictionary<char, int> at = letters.ToDictionary(static label => label, static _ => 0);
        int total = size.Values.Aggregate(1, static (product, n) => product * n);
        for (int i = 0; i < total; i++)
        {
            int rest = i;
            foreach (char label in letters)
            {
                at[label] = rest % size[label];
                rest /= size[label];
            }

            result[Place(sides[1])] += (double)a[Place(operands[0])] * b[Place(operands[1])];
        }

        return result;

        int Place(string labels) => labels.Aggregate(0, (place, label) => (place * size[label]) + at[label]);
    }
}

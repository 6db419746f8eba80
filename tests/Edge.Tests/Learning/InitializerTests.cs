using Edge.Learning.Layers;
using Edge.Runtime;

namespace Edge.Tests.Learning;

public sealed class InitializerTests
{
    [Theory]
    [InlineData(12, 5)]
    [InlineData(5, 12)]
    [InlineData(7, 7)]
    [InlineData(1, 3)]
    public void An_orthogonal_matrix_has_orthonormal_rows_or_columns(int rows, int columns)
    {
        float[] values = new float[rows * columns];
        Initializer.Orthogonal.Fill(values, columns, rows, new CounterRandom(3));
        bool byRow = rows <= columns;
        int count = Math.Min(rows, columns), length = Math.Max(rows, columns);
        for (int a = 0; a < count; a++)
        {
            for (int b = 0; b <= a; b++)
            {
                double product = 0;
                for (int i = 0; i < length; i++)
                {
                    product += (double)Element(a, i) * Element(b, i);
                }

                Assert.Equal(a == b ? 1 : 0, product, 1e-6);
            }
        }

        float Element(int vector, int i) => byRow ? values[(vector * columns) + i] : values[(i * columns) + vector];
    }
}

using System.Numerics.Tensors;
using Edge.Runtime;

namespace Edge.Learning.Layers;

/// <summary>The first values of a parameter: a function of seed and shape alone.</summary>
public abstract class Initializer
{
    /// <summary>Uniform in ± √(6 / (fan in + fan out)). Keeps the variance of values and gradients where the activation is about linear.</summary>
    /// <remarks>Source: Glorot, Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", equation 16.</remarks>
    public static Initializer GlorotUniform { get; } = new UniformInitializer(static (fanIn, fanOut) => Math.Sqrt(6.0 / ((double)fanIn + fanOut)));

    /// <summary>Uniform in ± √(6 / fan in), for Relu.</summary>
    /// <remarks>Source: He et al. 2015, arXiv:1502.01852, equation 10: variance 2 / fan in.</remarks>
    public static Initializer HeUniform { get; } = new UniformInitializer(static (fanIn, _) => Math.Sqrt(6.0 / fanIn));

    /// <summary>Normal with deviation √(2 / fan in), for Relu.</summary>
    /// <remarks>Source: He et al. 2015, arXiv:1502.01852, equation 10.</remarks>
    public static Initializer HeNormal { get; } = new HeNormalInitializer();

    /// <summary>
    /// A random matrix [values / fan in, fan in] whose rows, or else columns, whichever are fewer, have length 1 and are at right angles. For recurrent weights: a product with it
    /// keeps lengths, so neither states nor gradients vanish or grow over many steps.
    /// </summary>
    /// <remarks>Source: Saxe et al. 2013, arXiv:1312.6120. Gram-Schmidt on normal numbers, in double.</remarks>
    public static Initializer Orthogonal { get; } = new OrthogonalInitializer();

    /// <summary>0 everywhere.</summary>
    public static Initializer Zeros { get; } = new ConstantInitializer(0);

    /// <summary>1 everywhere.</summary>
    public static Initializer Ones { get; } = new ConstantInitializer(1);

    /// <summary>One value everywhere.</summary>
    /// <param name="value">The value; finite.</param>
    public static Initializer Constant(float value) => float.IsFinite(value)
        ? new ConstantInitializer(value)
        : throw new ArgumentOutOfRangeException(nameof(value), value, "A parameter starts with a finite value.");

    /// <summary>Fills a parameter.</summary>
    /// <param name="values">Receives the values.</param>
    /// <param name="fanIn">Values that one output sums up.</param>
    /// <param name="fanOut">Outputs that one input reaches.</param>
    /// <param name="random">Numbers of this parameter alone.</param>
    public abstract void Fill(Span<float> values, int fanIn, int fanOut, in CounterRandom random);

    private sealed class ConstantInitializer(float value) : Initializer
    {
        public override void Fill(Span<float> values, int fanIn, int fanOut, in CounterRandom random) => values.Fill(value);
    }

    private sealed class UniformInitializer(Func<int, int, double> limit) : Initializer
    {
        public override void Fill(Span<float> values, int fanIn, int fanOut, in CounterRandom random)
        {
            float bound = (float)limit(fanIn, fanOut);
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = random.Uniform((ulong)i, -bound, bound);
            }
        }
    }

    private sealed class OrthogonalInitializer : Initializer
    {
        public override void Fill(Span<float> values, int fanIn, int fanOut, in CounterRandom random)
        {
            int rows = values.Length / fanIn;
            int count = Math.Min(rows, fanIn), length = Math.Max(rows, fanIn);
            double[][] vectors = new double[count][];
            for (int v = 0; v < count; v++)
            {
                vectors[v] = new double[length];
                for (int i = 0; i < length; i++)
                {
                    vectors[v][i] = random.Gaussian((ulong)((v * length) + i));
                }

                // Twice is enough to reach the rounding error.
                for (int pass = 0; pass < 2; pass++)
                {
                    for (int other = 0; other < v; other++)
                    {
                        double product = TensorPrimitives.Dot<double>(vectors[v], vectors[other]);
                        for (int i = 0; i < length; i++)
                        {
                            vectors[v][i] -= product * vectors[other][i];
                        }
                    }

                    double norm = Math.Sqrt(TensorPrimitives.Dot<double>(vectors[v], vectors[v]));
                    TensorPrimitives.Divide<double>(vectors[v], norm, vectors[v]);
                }
            }

            for (int i = 0; i < values.Length; i++)
            {
                (int row, int column) = (i / fanIn, i % fanIn);
                values[i] = (float)(rows <= fanIn ? vectors[row][column] : vectors[column][row]);
            }
        }
    }

    private sealed class HeNormalInitializer : Initializer
    {
        public override void Fill(Span<float> values, int fanIn, int fanOut, in CounterRandom random)
        {
            float deviation = (float)Math.Sqrt(2.0 / fanIn);
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = deviation * random.Gaussian((ulong)i);
            }
        }
    }
}

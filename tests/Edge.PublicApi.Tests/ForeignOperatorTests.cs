using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;

namespace Edge.PublicApi.Tests;

/// <summary>An operator written outside the library runs, trains and needs nothing internal.</summary>
public sealed class ForeignOperatorTests
{
    /// <summary>y = x · |x|, element by element; slope 2 · |x|.</summary>
    private readonly record struct SignedSquare : IOperator<SignedSquare>, IDifferentiable
    {
        public static OperatorInfo Info { get; } = OperatorInfo.Data("SignedSquare", 60_001);

        public static SignedSquare Read(ref AttributeReader attributes) => default;

        public void Write(AttributeWriter attributes)
        {
        }

        public OperatorPlan Infer(in Shapes shapes) => OperatorPlan.Like(shapes.Input(0), inPlace: false);

        public void Forward(in Buffers io)
        {
            ReadOnlySpan<float> x = io.Input(0);
            Span<float> y = io.Output(0);
            for (int i = 0; i < x.Length; i++)
            {
                y[i] = x[i] * MathF.Abs(x[i]);
            }
        }

        public Keep Keeps(uint wanted) => Keep.Input0;

        public void Backward(in Gradients io)
        {
            ReadOnlySpan<float> x = io.Input(0);
            Span<float> dy = io.OutputGradient(0);
            Span<float> dx = io.InputGradient(0);
            for (int i = 0; i < x.Length; i++)
            {
                dx[i] += dy[i] * 2 * MathF.Abs(x[i]);
            }
        }
    }

    [Fact]
    public void It_runs_and_gradients_pass_through_it()
    {
        OperatorSet operators = new OperatorSet().Add<Dense>().Add<SignedSquare>().Add<MeanSquaredError>();
        using Model model = Model.Load(Build(), new ModelLoadOptions { Operators = operators });
        float[] output = new float[1];
        using (Session session = new(model))
        {
            session.Run([3, -1], output);
        }

        Assert.Equal(4, output[0]);                  // (1·3 + 1·(−1))² = 4

        using Trainer trainer = new(model, new TrainerOptions { Loss = Loss.MeanSquaredError, Optimizer = new Sgd(0.01f) });
        Assert.Equal(9, trainer.Step([3, -1], [1f]));

        // dL/dy = 2·(4 − 1) = 6, dy/dz = 2·|2| = 4, dz/dw = x: w −= 0.01 · 24 · x.
        Assert.Equal(0.28, trainer.Parameter(0)[0], 6);
        Assert.Equal(1.24, trainer.Parameter(0)[1], 6);
    }

    [Fact]
    public void A_set_without_it_refuses_the_model_by_name()
    {
        ModelFormatException error = Assert.Throws<ModelFormatException>(static () => Model.Load(Build()));
        Assert.Contains("square", error.Message);
        Assert.Contains("60001", error.Message);
    }

    [Fact]
    public void Two_operators_of_one_code_are_refused_and_named()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(static () => new OperatorSet().Add<Dense>().Add<Dense>());
        Assert.Contains("Dense", error.Message);
    }

    private static byte[] Build()
    {
        ModelWriter writer = new();
        int x = writer.AddTensor("x", DataType.Float32, new Shape(1, 2));
        int weights = writer.AddConstant("weights", DataType.Float32, new Shape(1, 2), System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>([1f, 1f]));
        int z = writer.AddTensor("z", DataType.Float32, new Shape(1, 1));
        int y = writer.AddTensor("y", DataType.Float32, new Shape(1, 1));
        AttributeWriter attributes = new();
        default(Dense).Write(attributes);
        writer.AddOperator("dense", Dense.Info.Code, 1, [x, weights], [z], attributes.ToArray());
        writer.AddOperator("square", SignedSquare.Info.Code, 1, [z], [y], []);
        writer.SetInterface([x], [y]);
        return writer.ToArray();
    }
}

using Edge.Format;
using Edge.Runtime.Kernels;

namespace Edge.Runtime.Operators;

/// <summary>Matrix product of the last two axes, [..., m, k] · [..., k, n] → [..., m, n]; the axes before broadcast as NumPy's do. float32, or int8 with scale and zero point as TFLite.</summary>
/// <param name="TransposeA">Whether the left input is stored as [..., k, m].</param>
/// <param name="TransposeB">Whether the right input is stored as [..., n, k].</param>
/// <remarks>int8: a · b − zero points in int32, then one multiplier. Source: ONNX MatMul-13 for rank 2 and more; TFLite BATCH_MATMUL. Gradients: dA = dY · Bᵀ and dB = Aᵀ · dY, summed over broadcast axes.</remarks>
public readonly record struct MatMul(bool TransposeA = false, bool TransposeB = false) : IOperator<MatMul>, IDifferentiable, IPreparable
{
    /// <inheritdoc/>
    public static OperatorInfo Info { get; } = OperatorInfo.Data("MatMul", 10, inputs: 2);

    /// <inheritdoc/>
    public static MatMul Read(ref AttributeReader attributes) => new(attributes.Bool("transpose a"), attributes.Bool("transpose b"));

    /// <inheritdoc/>
    public void Write(AttributeWriter attributes)
    {
        attributes.Bool(TransposeA);
        attributes.Bool(TransposeB);
    }

    /// <inheritdoc/>
    public OperatorPlan Infer(in Shapes shapes)
    {
        TensorSpec a = shapes.Input(0), b = shapes.Input(1);
        bool int8 = a.Type == DataType.Int8 && b.Type == DataType.Int8;
        shapes.Require(
            int8 || (a.Type == DataType.Float32 && b.Type == DataType.Float32),
            $"the inputs are {a} and {b}; float32, or int8 with scale and zero point, is allowed for both. Dequantize other integers first.");
        Quantization? quantization = null;
        if (int8)
        {
            ShapeRules.RequireInt8(shapes, 0);
            ShapeRules.RequireInt8(shapes, 1);
            quantization = ShapeRules.DeclaredInt8(shapes);
            double real = Int8MatMul.Real(a.Quantization!, b.Quantization!, quantization);
            shapes.Require(real < 1 << 30, $"the scales of the inputs are {a.Quantization!.Scale} and {b.Quantization!.Scale}, that of the output {quantization.Scale}; a ratio of product and output below 2^30 is allowed.");
        }

        shapes.Require(a.Shape.Rank >= 2 && b.Shape.Rank >= 2, $"the inputs are {a} and {b}; at least two axes each are needed. Reshape vectors first.");
        int inner = a.Shape[TransposeA ? -2 : -1], rightInner = b.Shape[TransposeB ? -1 : -2];
        shapes.Require(
            inner == rightInner,
            $"the inputs are {a}{(TransposeA ? " (transposed)" : "")} and {b}{(TransposeB ? " (transposed)" : "")}, so the inner sizes {inner} and {rightInner} differ; they must agree.");
        int rank = Math.Max(a.Shape.Rank, b.Shape.Rank);
        Span<long> sizes = stackalloc long[Shape.MaxRank];
        for (int axis = 0; axis < rank - 2; axis++)
        {
            int left = BatchSize(a.Shape, rank, axis), right = BatchSize(b.Shape, rank, axis);
            shapes.Require(
                left == right || left == 1 || right == 1, $"the inputs are {a} and {b}; axis {axis} of the output would be {left} or {right}: equal sizes or 1 are allowed.");
            sizes[axis] = left == 1 ? right : left;
        }

        sizes[rank - 2] = a.Shape[TransposeA ? -1 : -2];
        sizes[rank - 1] = b.Shape[TransposeB ? -2 : -1];
        TensorSpec output = ShapeRules.Output(shapes, a.Type, sizes[..rank], quantization);
        if (!int8)
        {
            return new OperatorPlan(output) { OverwritesGradients = true };
        }

        long scratch = Int8MatMul.ScratchBytes(output.Shape[-2], output.Shape[-1], inner);
        shapes.Require(scratch <= int.MaxValue, $"the inputs {a} and {b} need {scratch} bytes of scratch; {int.MaxValue} are allowed.");
        return new OperatorPlan(output) { ScratchBytes = (int)scratch };
    }

    /// <inheritdoc/>
    public void Forward(in Buffers io)
    {
        Products products = new(this, io.InputShape(0), io.InputShape(1), io.OutputShape(0));
        (int m, int n, int k) = (products.M, products.N, products.K);
        ReadOnlySpan<float> a = io.Input(0), b = io.Input(1);
        Span<float> y = io.Output(0);
        do
        {
            Gemm.Multiply(
                m, n, k, a[products.A..], products.ARow, products.AColumn, b[products.B..], products.BRow, products.BColumn,
                y[products.Y..], n, accumulate: false, bias: default, Activation.None, io.Team);
        }
        while (products.Next());
    }

    /// <inheritdoc/>
    public IKernel? Prepare(in Preparation preparation) => preparation.Input(0).Type == DataType.Int8
        ? new Int8MatMulKernel(this, new Int8MatMul(preparation.Input(0).Quantization!, preparation.Input(1).Quantization!, preparation.Output(0).Quantization!))
        : null;

    /// <summary>The product of int8 matrices, one after the other.</summary>
    internal void Forward(in Buffers io, Int8MatMul kernel)
    {
        Products products = new(this, io.InputShape(0), io.InputShape(1), io.OutputShape(0), joins: false);
        do
        {
            kernel.Multiply(
                products.M, products.N, products.K, io.Input<sbyte>(0)[products.A..], TransposeA, io.Input<sbyte>(1)[products.B..], TransposeB,
                io.Scratch<byte>(), io.Output<sbyte>(0)[products.Y..], io.Team);
        }
        while (products.Next());
    }

    /// <inheritdoc/>
    public Keep Keeps(uint wanted) => ((wanted & 1) != 0 ? Keep.Input1 : Keep.None) | ((wanted & 2) != 0 ? Keep.Input0 : Keep.None);

    /// <inheritdoc/>
    public void Backward(in Gradients io)
    {
        Products p = new(this, io.InputShape(0), io.InputShape(1), io.OutputShape(0));
        (int m, int n, int k) = (p.M, p.N, p.K);
        ReadOnlySpan<float> allY = io.OutputGradient(0);
        do
        {
            ReadOnlySpan<float> dy = allY[p.Y..];
            if (io.Wants(0))
            {
                ReadOnlySpan<float> b = io.Input(1)[p.B..];
                Span<float> da = io.InputGradient(0)[p.A..];
                bool add = io.Accumulate(0) || !p.FirstOfA;
                if (TransposeA)
                {
                    Gemm.Multiply(k, m, n, b, p.BRow, p.BColumn, dy, 1, n, da, m, add, default, Activation.None, io.Team);
                }
                else
                {
                    Gemm.Multiply(m, k, n, dy, n, 1, b, p.BColumn, p.BRow, da, k, add, default, Activation.None, io.Team);
                }
            }

            if (io.Wants(1))
            {
                ReadOnlySpan<float> a = io.Input(0)[p.A..];
                Span<float> db = io.InputGradient(1)[p.B..];
                bool add = io.Accumulate(1) || !p.FirstOfB;
                if (TransposeB)
                {
                    Gemm.Multiply(n, k, m, dy, 1, n, a, p.ARow, p.AColumn, db, k, add, default, Activation.None, io.Team);
                }
                else
                {
                    Gemm.Multiply(k, n, m, a, p.AColumn, p.ARow, dy, n, 1, db, n, add, default, Activation.None, io.Team);
                }
            }
        }
        while (p.Next());
    }

    /// <summary>Size of an axis of the output's rank; axes missing at the front are 1.</summary>
    private static int BatchSize(in Shape shape, int rank, int axis)
    {
        int own = axis - (rank - shape.Rank);
        return own < 0 ? 1 : shape[own];
    }

    /// <summary>Walks over the single products. Where the right matrix is the same for all and the left rows follow each other, it is one product of many rows.</summary>
    private ref struct Products
    {
        private readonly Shape _a;
        private readonly Shape _b;
        private readonly Shape _y;
        private readonly int _axes;
        private Shape _index;

        public Products(MatMul op, in Shape a, in Shape b, in Shape y, bool joins = true)
        {
            _a = a;
            _b = b;
            _y = y;
            _axes = y.Rank - 2;
            M = y[-2];
            N = y[-1];
            K = a[op.TransposeA ? -2 : -1];
            if (joins && !op.TransposeA && b.Product(0, b.Rank - 2) == 1)
            {
                M = y.Product(0, y.Rank - 1);
                _axes = 0;
            }

            (ARow, AColumn) = op.TransposeA ? (1, M) : (K, 1);
            (BRow, BColumn) = op.TransposeB ? (1, K) : (N, 1);
            _index = new Shape(stackalloc int[_axes]);
        }

        public readonly int M { get; }

        public readonly int N { get; }

        public readonly int K { get; }

        public readonly int ARow { get; }

        public readonly int AColumn { get; }

        public readonly int BRow { get; }

        public readonly int BColumn { get; }

        /// <summary>Where the current matrices start.</summary>
        public int A { get; private set; }

        public int B { get; private set; }

        public int Y { get; private set; }

        /// <summary>Whether the current left matrix was not visited before.</summary>
        public readonly bool FirstOfA => First(_a);

        public readonly bool FirstOfB => First(_b);

        public bool Next()
        {
            for (int axis = _axes - 1; axis >= 0; axis--)
            {
                if (_index[axis] + 1 < _y[axis])
                {
                    _index = _index.With(axis, _index[axis] + 1);
                    A = Offset(_a) * M * K;
                    B = Offset(_b) * K * N;
                    Y += M * N;
                    return true;
                }

                _index = _index.With(axis, 0);
            }

            return false;
        }

        private readonly int Offset(in Shape shape)
        {
            int offset = 0;
            for (int axis = 0; axis < _axes; axis++)
            {
                int size = BatchSize(shape, _y.Rank, axis);
                offset = (offset * size) + (size == 1 ? 0 : _index[axis]);
            }

            return offset;
        }

        /// <summary>A broadcast matrix is visited first where all its broadcast axes stand at 0.</summary>
        private readonly bool First(in Shape shape)
        {
            for (int axis = 0; axis < _axes; axis++)
            {
                if (BatchSize(shape, _y.Rank, axis) == 1 && _index[axis] != 0)
                {
                    return false;
                }
            }

            return true;
        }
    }
}

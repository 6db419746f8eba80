using Edge.Compiler;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Import.TFLite;

/// <summary>One operator under conversion: what it reads, what it is to make, and how to add that to the graph.</summary>
/// <param name="conversion">The conversion.</param>
/// <param name="op">The operator.</param>
internal sealed class TfliteNode(TfliteConversion conversion, TfliteOperator op)
{
    /// <summary>The operator as the file states it.</summary>
    public TfliteOperator Operator => op;

    /// <summary>The graph.</summary>
    public GraphBuilder Builder => conversion.Builder;

    /// <summary>The conversion.</summary>
    public TfliteConversion Conversion => conversion;

    /// <summary>The name of what it adds: that of its first output.</summary>
    public string Name => op.Outputs.Length > 0 ? conversion.Stated(op.Outputs[0]).Name : op.Kind;

    /// <summary>How many inputs it names, left-out ones included.</summary>
    public int InputCount => op.Inputs.Length;

    /// <summary>How many outputs it makes.</summary>
    public int OutputCount => op.Outputs.Length;

    /// <summary>Its options; all defaults where it has none.</summary>
    /// <param name="kind">Which table they are.</param>
    public FlatTable Options(OptionsKind kind) => op.OptionsKind == (byte)kind ? op.Options
        : op.OptionsKind == 0 ? default
        : throw new ModelImportException($"it has options of kind {op.OptionsKind}; {(byte)kind} ({kind}) is needed.");

    /// <summary>Whether an input is there.</summary>
    /// <param name="input">Its position.</param>
    public bool Has(int input) => input < op.Inputs.Length && op.Inputs[input] >= 0;

    /// <summary>An input.</summary>
    /// <param name="input">Its position.</param>
    public Tensor Input(int input) => conversion.Value(Index(input));

    /// <summary>An input that may be left out.</summary>
    /// <param name="input">Its position.</param>
    public Tensor? Optional(int input) => Has(input) ? Input(input) : null;

    /// <summary>An input as the file states it.</summary>
    /// <param name="input">Its position.</param>
    public TfliteTensor Stated(int input) => conversion.Stated(Index(input));

    /// <summary>An output as the file states it.</summary>
    /// <param name="output">Its position.</param>
    public TfliteTensor StatedOutput(int output) => output < op.Outputs.Length
        ? conversion.Stated(op.Outputs[output])
        : throw new ModelImportException($"it has {op.Outputs.Length} outputs; output {output} is needed.");

    /// <summary>Whether an input has its elements in the file.</summary>
    /// <param name="input">Its position.</param>
    public bool IsStored(int input) => conversion.HasData(Index(input));

    /// <summary>The whole numbers of a constant input; none where the file states a tensor without elements.</summary>
    /// <param name="input">Its position.</param>
    /// <param name="what">What it stands for, for messages.</param>
    public int[] Integers(int input, string what)
    {
        TfliteTensor stated = Stated(input);
        if (stated.Axes.AsSpan().Contains(0))
        {
            return [];
        }

        return Array.ConvertAll(GraphBuilder.Integers(Input(input), what), value => value is >= int.MinValue and <= int.MaxValue
            ? (int)value
            : throw new ModelImportException($"{what} holds {value}; 32-bit integers are allowed."));
    }

    /// <summary>An input that must be constant.</summary>
    /// <param name="input">Its position.</param>
    /// <param name="what">What it stands for, for messages.</param>
    public Tensor Constant(int input, string what) => Input(input) is { IsConstant: true } constant
        ? constant
        : throw new ModelImportException($"{what} is {Input(input)}, which is computed; a constant is needed.");

    /// <summary>The only number of a constant input.</summary>
    /// <param name="input">Its position.</param>
    /// <param name="what">What it stands for, for messages.</param>
    public int Integer(int input, string what) => Integers(input, what) is [int value]
        ? value
        : throw new ModelImportException($"{what} is {Stated(input).Name}, which is no single number.");

    /// <summary>Type and quantization that the file states for an output; the shape follows from the inputs.</summary>
    /// <param name="output">Its position.</param>
    public TensorSpec Declared(int output = 0)
    {
        TfliteTensor stated = StatedOutput(output);
        return new TensorSpec(stated.Type, default, stated.Quantization);
    }

    /// <summary>Adds an operator that makes output 0 with the type and quantization that the file states.</summary>
    /// <typeparam name="TOperator">The operator.</typeparam>
    /// <param name="operator">Its attributes.</param>
    /// <param name="inputs">What it reads.</param>
    public void Compute<TOperator>(TOperator @operator, params ReadOnlySpan<Tensor?> inputs) where TOperator : struct, IOperator<TOperator> =>
        Set(Builder.Add(Name, @operator, Declared(), inputs));

    /// <summary>Adds an operator that can apply an activation to what it makes.</summary>
    /// <typeparam name="TOperator">The operator.</typeparam>
    /// <param name="code">The activation as the file states it.</param>
    /// <param name="make">The operator with an activation.</param>
    /// <param name="inputs">What it reads.</param>
    public void Activated<TOperator>(byte code, Func<Activation, TOperator> make, params ReadOnlySpan<Tensor?> inputs) where TOperator : struct, IOperator<TOperator>
    {
        const byte Tanh = 4;
        if (code != Tanh)
        {
            Compute(make(Clamp(code)), inputs);
            return;
        }

        Set(ActivatedBehind(Builder.Add(Name, make(Activation.None), Declared(), inputs), code));
    }

    /// <summary>A fused activation.</summary>
    /// <param name="code">As the file states it.</param>
    /// <remarks>Source: ActivationFunctionType, tensorflow/lite/schema/schema.fbs.</remarks>
    public static Activation Clamp(byte code) => code switch
    {
        0 => Activation.None,
        1 => Activation.Relu,
        2 => Activation.ReluN1To1,
        3 => Activation.Relu6,
        _ => throw new ModelImportException($"it applies activation {code}; 0 … 4 (none, RELU, RELU_N1_TO_1, RELU6, TANH) is allowed."),
    };

    /// <summary>An operator on real numbers that the runtime has in float32 only: integers that stand for reals are dequantized before and quantized behind it.</summary>
    /// <typeparam name="TOperator">The operator.</typeparam>
    /// <param name="operator">Its attributes.</param>
    /// <param name="code">An activation behind it, as the file states it; 0: none.</param>
    /// <param name="inputs">What it reads.</param>
    public void ComputeReal<TOperator>(TOperator @operator, byte code, params ReadOnlySpan<Tensor?> inputs) where TOperator : struct, IOperator<TOperator>
    {
        Tensor?[] reals = new Tensor?[inputs.Length];
        for (int i = 0; i < reals.Length; i++)
        {
            reals[i] = inputs[i] is { } input ? Real(input) : null;
        }

        TfliteTensor stated = StatedOutput(0);
        Tensor result = ActivatedBehind(Builder.Add(Name, @operator, reals), code);
        Set(stated.IsQuantized ? Builder.Add($"{Name}/quantized", default(Quantize), Declared(), result) : result);
    }

    /// <summary>The real numbers of a tensor: dequantized where it is quantized.</summary>
    /// <param name="tensor">The tensor.</param>
    public Tensor Real(Tensor tensor) => tensor.Quantization is null ? tensor : Builder.Add($"{tensor.Name}/real", default(Dequantize), tensor);

    /// <summary>The integers that the file stores for a quantized input, as float32.</summary>
    /// <param name="input">Its position.</param>
    public Tensor StoredNumbers(int input)
    {
        // stored = real / scale + zero point, exact behind the rounding: 16 bits are far below float32's 24.
        Quantization parameters = Stated(input).InterfaceQuantization!;
        Tensor affine = Builder.Add($"{Name}/steps", new ParametricUnary(ParametricFunction.Affine, 1 / parameters.Scale, parameters.ZeroPoint), Real(Input(input)));
        return Builder.Add($"{Name}/stored", new Unary(UnaryFunction.Round), affine);
    }

    /// <summary>A tensor with an activation behind it.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="code">The activation, as the file states it.</param>
    public Tensor ActivatedBehind(Tensor tensor, byte code)
    {
        const byte Tanh = 4;
        string name = $"{Name}/activation";
        TensorSpec same = tensor.Spec with { Shape = default };
        if (code == Tanh && tensor.Quantization is not null)
        {
            throw new ModelImportException("it applies TANH to integers; RELU, RELU6 and RELU_N1_TO_1 are allowed, as in TensorFlow Lite.");
        }

        return code == Tanh ? Builder.Add(name, default(Tanh), tensor) : Clamp(code) switch
        {
            Activation.Relu => Builder.Add(name, default(Relu), same, tensor),
            Activation.Relu6 => Builder.Add(name, default(Relu6), same, tensor),
            Activation.ReluN1To1 => Builder.Add(name, new Clip(-1, 1), same, tensor),
            _ => tensor,
        };
    }

    /// <summary>States what output 0 is whose elements were only moved: what the file states for it must mean the same bits.</summary>
    /// <param name="value">The tensor.</param>
    /// <param name="output">The output's position.</param>
    public void Move(Tensor value, int output = 0)
    {
        if (Declared(output).Quantization is { } stated && value.Quantization is { } present && !Quantization.Same(stated, present))
        {
            value = Requantized(value, stated, output);
        }

        Set(value, output);
    }

    /// <summary>Whether an input is quantized.</summary>
    /// <param name="input">Its position.</param>
    public bool IsQuantized(int input) => Input(input).Quantization is not null;

    /// <summary>Whether an input is uint8 that stands for reals, which the graph has as int8; some reference kernels treat it otherwise than int8.</summary>
    /// <param name="input">Its position.</param>
    public bool IsLegacy(int input) => Stated(input) is { Kind: TensorKind.UInt8, IsQuantized: true };

    /// <summary>States what an output is.</summary>
    /// <param name="value">The tensor.</param>
    /// <param name="output">The output's position.</param>
    public void Set(Tensor value, int output = 0) => conversion.Set(StatedOutput(output).Index, value);

    /// <summary>An axis counted from the front.</summary>
    /// <param name="axis">As the file states it; negative counts from the end.</param>
    /// <param name="rank">Number of axes.</param>
    public static int Axis(int axis, int rank) => axis >= -rank && axis < rank
        ? axis < 0 ? axis + rank : axis
        : throw new ModelImportException($"it names axis {axis}; {-rank} … {rank - 1} is allowed for {rank} axes.");

    /// <summary>
    /// TensorFlow Lite copies the bits and lets them mean what the output states. Where scales differ by less than any of 256 values can show, a
    /// requantization keeps the bits too; anything else would change what the numbers mean.
    /// </summary>
    private Tensor Requantized(Tensor value, Quantization stated, int output)
    {
        const double Least = 1.0 / 1024;
        Quantization present = value.Quantization!;
        if (stated.ZeroPoint != present.ZeroPoint || Math.Abs((present.Scale / (double)stated.Scale) - 1) > Least || value.Type == DataType.Int16)
        {
            throw new ModelImportException(
                $"it moves values of scale {present.Scale} and zero point {present.ZeroPoint} to an output of scale {stated.Scale} and zero point {stated.ZeroPoint}; equal ones are needed.");
        }

        return Builder.Add($"{StatedOutput(output).Name}/scale", default(Requantize), new TensorSpec(value.Type, default, stated), value);
    }

    private int Index(int input) => Has(input)
        ? op.Inputs[input]
        : throw new ModelImportException($"input {input} is left out; it has {op.Inputs.Length} inputs, and this one is needed.");
}

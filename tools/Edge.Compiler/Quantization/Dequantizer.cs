using System.Numerics;
using System.Runtime.InteropServices;
using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Kernels;
using Edge.Runtime.Operators;
using QuantizeOperator = Edge.Runtime.Operators.Quantize;

namespace Edge.Compiler;

/// <summary>The float32 network that a quantized one stands for: constants with the values they represent, arithmetic in float32, the same inputs and outputs.</summary>
/// <remarks>
/// What was a quantized activation is clamped to the range its parameters can express, because converters drop a Relu whose range the parameters already state. So the difference
/// between a network and its float32 reading is rounding, and nothing else. An operator without a float32 form stays as it is, between Quantize and Dequantize.
/// </remarks>
public static class Dequantizer
{
    /// <summary>Makes the float32 network.</summary>
    /// <param name="graph">A graph; unchanged. One without quantized tensors gives a copy.</param>
    public static Graph ToFloat(Graph graph) => ToFloat(graph, out _);

    /// <summary>Makes the float32 network.</summary>
    /// <param name="graph">A graph; unchanged.</param>
    /// <param name="counterparts">For each input and output of a node the tensor that stands for it: float32 where it was quantized.</param>
    public static Graph ToFloat(Graph graph, out IReadOnlyDictionary<Tensor, Tensor> counterparts)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Builder builder = new(graph);
        Graph result = builder.Build();
        counterparts = builder.Counterparts;
        return result;
    }

    /// <summary>Whether a tensor holds real numbers in quantized form.</summary>
    /// <param name="spec">Its spec.</param>
    public static bool IsQuantized(in TensorSpec spec) => spec.Quantization is not null && spec.Type is DataType.Int8 or DataType.UInt8 or DataType.Int16;

    /// <summary>Whether activations of a graph are quantized: weights alone do not count.</summary>
    /// <param name="graph">The graph.</param>
    public static bool HasQuantizedActivations(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return graph.Inputs.Concat(graph.Nodes.SelectMany(static node => node.Outputs)).Any(static tensor => IsQuantized(tensor.Spec));
    }

    /// <summary>The range of values that quantized elements can express.</summary>
    internal static ValueRange Range(DataType type, Quantization parameters)
    {
        (int lowest, int highest) = type switch
        {
            DataType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
            DataType.UInt8 => ((int)byte.MinValue, (int)byte.MaxValue),
            _ => (short.MinValue, short.MaxValue),
        };
        return new ValueRange(parameters.Scale * (lowest - parameters.ZeroPoint), parameters.Scale * (highest - parameters.ZeroPoint));
    }

    private sealed class Builder(Graph source)
    {
        private readonly Graph _target = new();
        private readonly Dictionary<Tensor, Tensor> _real = [];

        /// <summary>For each tensor what stands for it.</summary>
        public IReadOnlyDictionary<Tensor, Tensor> Counterparts => _real;

        public Graph Build()
        {
            List<Tensor> inputs = [];
            foreach (Tensor input in source.Inputs)
            {
                inputs.Add(_target.AddInput(input.Name, input.Spec));
            }

            for (int i = 0; i < inputs.Count; i++)
            {
                Tensor input = source.Inputs[i];
                _real.Add(input, IsQuantized(input.Spec) ? _target.Add(input.Name + "_float", default(Dequantize), inputs[i]) : inputs[i]);
            }

            foreach (Node node in source.Nodes)
            {
                Add(node);
            }

            foreach (Tensor output in source.Outputs)
            {
                Tensor real = Real(output);
                if (!IsQuantized(output.Spec) && real.Producer is not null && !_target.IsOutput(real))
                {
                    _target.Rename(real, output.Name);
                }

                _target.AddOutput(IsQuantized(output.Spec) ? Quantized(real, output) : real);
            }

            foreach ((string key, string value) in source.Metadata)
            {
                _target.Metadata.Add(key, value);
            }

            return _target;
        }

        private void Add(Node node)
        {
            if (node.Operator is QuantizeOperator or Dequantize or Requantize)
            {
                _real.Add(node.Output, Clamped(Real(node.Inputs[0]!), node.Output));
                return;
            }

            Tensor?[] inputs = [.. node.Inputs.Select((input, i) => input is null ? null : IsBias(node, i) ? Bias(node, i) : Real(input))];
            TensorSpec[] specs = [.. node.Outputs.Select(static output => IsQuantized(output.Spec) ? new TensorSpec(DataType.Float32, output.Shape) : output.Spec)];
            bool passes = BitOperations.PopCount(QuantizationRules.Linked(node.Operator)) == 1;
            string[] names = [.. node.Outputs.Select(output => passes || !IsQuantized(output.Spec) ? Name(output) : output.Name + "_unclamped")];
            try
            {
                Node made = _target.AddNode(node.Info, node.Operator, node.Name, inputs, specs, names);
                for (int i = 0; i < node.Outputs.Count; i++)
                {
                    _real.Add(node.Outputs[i], passes ? made.Outputs[i] : Clamped(made.Outputs[i], node.Outputs[i]));
                }
            }
            catch (ShapeException)
            {
                Keep(node);
            }
        }

        /// <summary>An operator without a float32 form for the case: it reads and writes what it did.</summary>
        private void Keep(Node node)
        {
            Tensor?[] inputs = [.. node.Inputs.Select(input => input switch
            {
                null => null,
                { IsConstant: true } => _target.Constant(input.Name, input.Spec, input.Data),
                _ when IsQuantized(input.Spec) => Quantized(Real(input), input),
                _ => Real(input),
            })];
            Node made = _target.AddNode(node.Info, node.Operator, node.Name, inputs, [.. node.Outputs.Select(static output => output.Spec)], [.. node.Outputs.Select(Name)]);
            for (int i = 0; i < node.Outputs.Count; i++)
            {
                Tensor output = made.Outputs[i];
                _real.Add(node.Outputs[i], IsQuantized(output.Spec) ? _target.Add(output.Name + "_float", default(Dequantize), output) : output);
            }
        }

        // An output of the model keeps its name for what the caller sees.
        private string Name(Tensor output) => source.IsOutput(output) && IsQuantized(output.Spec) ? output.Name + "_float" : output.Name;

        private Tensor Clamped(Tensor real, Tensor original)
        {
            if (!IsQuantized(original.Spec))
            {
                return real;
            }

            ValueRange range = Range(original.Type, original.Quantization!);
            return _target.AddNode(Clip.Info, new Clip(range.Min, range.Max), original.Name + "/range", [real], [], [Name(original)]).Output;
        }

        private Tensor Quantized(Tensor real, Tensor original) =>
            _target.AddNode(QuantizeOperator.Info, default(QuantizeOperator), original.Name + "/quantize", [real], [original.Spec], [original.Name]).Output;

        private Tensor Real(Tensor tensor)
        {
            if (_real.TryGetValue(tensor, out Tensor? real))
            {
                return real;
            }

            if (!tensor.IsConstant)
            {
                throw new InvalidOperationException($"{tensor} is read before it is computed; sort the graph first.");
            }

            if (IsQuantized(tensor.Spec))
            {
                float[] values = new float[tensor.Shape.ElementCount];
                AffineQuantization.Dequantize(tensor.Data.Span, tensor.Spec, values);
                real = _target.Constant<float>(tensor.Name, tensor.Shape, values);
            }
            else
            {
                real = _target.Constant(tensor.Name, tensor.Spec, tensor.Data);
            }

            _real.Add(tensor, real);
            return real;
        }

        private static bool IsBias(Node node, int input) =>
            node.Info.Role(input) == InputRole.Bias && node.Inputs[input] is { IsConstant: true, Type: DataType.Int32 or DataType.Int64 } && IsQuantized(node.Inputs[0]!.Spec);

        private Tensor Bias(Node node, int input)
        {
            Tensor bias = node.Inputs[input]!;
            float[] values = new float[bias.Shape.ElementCount];
            AffineQuantization.DequantizeBias(bias.Data.Span, bias.Spec, node.Inputs[0]!.Quantization, node.Inputs[1]!.Quantization, values);
            return _target.Constant<float>(bias.Name, bias.Shape, values);
        }
    }
}

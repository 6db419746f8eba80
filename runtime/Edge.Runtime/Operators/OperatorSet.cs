using Edge.Format;

namespace Edge.Runtime.Operators;

/// <summary>The operators that a model may use. An application that lists its own few lets trimming drop the rest.</summary>
public sealed class OperatorSet
{
    private readonly Dictionary<ushort, Entry> _entries = [];

    /// <summary>All operators of this library.</summary>
    public static OperatorSet Default { get; } = new OperatorSet()
        .Add<Dense>()
        .Add<Conv2D>()
        .Add<DepthwiseConv2D>()
        .Add<MaxPool2D>()
        .Add<AveragePool2D>()
        .Add<GlobalAveragePool>()
        .Add<Add>()
        .Add<Subtract>()
        .Add<Multiply>()
        .Add<MatMul>()
        .Add<Relu>()
        .Add<Relu6>()
        .Add<LeakyRelu>()
        .Add<Sigmoid>()
        .Add<Tanh>()
        .Add<Gelu>()
        .Add<HardSwish>()
        .Add<Softmax>()
        .Add<BatchNorm>()
        .Add<LayerNorm>()
        .Add<Dropout>()
        .Add<Reshape>()
        .Add<Transpose>()
        .Add<Concat>()
        .Add<Pad>()
        .Add<ReduceMean>()
        .Add<ReduceSum>()
        .Add<Quantize>()
        .Add<Dequantize>()
        .Add<Requantize>()
        .Add<Slice>()
        .Add<Unary>()
        .Add<ParametricUnary>()
        .Add<Binary>()
        .Add<Compare>()
        .Add<Logical>()
        .Add<Select>()
        .Add<Clip>()
        .Add<Cast>()
        .Add<PRelu>()
        .Add<Reduce>()
        .Add<ArgMax>()
        .Add<TopK>()
        .Add<CumulativeSum>()
        .Add<LogSoftmax>()
        .Add<L2Normalization>()
        .Add<Gather>()
        .Add<Embedding>()
        .Add<GatherNd>()
        .Add<GatherElements>()
        .Add<ScatterNd>()
        .Add<ScatterElements>()
        .Add<Tile>()
        .Add<BroadcastTo>()
        .Add<Resize>()
        .Add<ConvTranspose2D>()
        .Add<Conv3D>()
        .Add<ConvTranspose3D>()
        .Add<MaxPool3D>()
        .Add<AveragePool3D>()
        .Add<SoftmaxCrossEntropy>()
        .Add<BinaryCrossEntropy>()
        .Add<MeanSquaredError>()
        .Add<OneHot>()
        .Add<StridedSlice>()
        .Add<GridSample>()
        .Add<LocalResponseNormalization>()
        .Add<SpaceToDepth>()
        .Add<DepthToSpace>()
        .Add<SpaceToBatch>()
        .Add<BatchToSpace>()
        .Add<MaxPoolWithIndices>()
        .Add<DetectionPostProcess>()
        .Add<MirrorPad>()
        .Add<ReverseSequence>()
        .Add<Rnn>()
        .Add<Lstm>()
        .Add<Gru>()
        .Add<Svdf>()
        .Add<ReadState>()
        .Add<WriteState>();

    /// <summary>All operators of the set, in the order of their codes.</summary>
    public IEnumerable<OperatorInfo> Operators
    {
        get
        {
            List<OperatorInfo> infos = [];
            foreach (Entry entry in _entries.Values)
            {
                infos.Add(entry.Info);
            }

            infos.Sort(static (left, right) => left.Code.CompareTo(right.Code));
            return infos;
        }
    }

    /// <summary>Adds an operator.</summary>
    /// <typeparam name="T">The operator.</typeparam>
    /// <returns>This set.</returns>
    /// <exception cref="ArgumentException">The set already has an operator of that code; the message names both.</exception>
    public OperatorSet Add<T>() where T : struct, IOperator<T>
    {
        OperatorInfo info = T.Info;
        if (_entries.TryGetValue(info.Code, out Entry? other))
        {
            throw new ArgumentException($"Operator {info.Name} has code {info.Code}, which {other.Info.Name} already has. Codes are unique and never reused.");
        }

        _entries.Add(info.Code, new Entry(info, static (ref AttributeReader attributes) => T.Read(ref attributes)));
        return this;
    }

    /// <summary>Finds an operator by code.</summary>
    /// <param name="code">The code.</param>
    /// <returns>Its identity, or null.</returns>
    public OperatorInfo? Find(ushort code) => _entries.TryGetValue(code, out Entry? entry) ? entry.Info : null;

    /// <summary>Reads an operator.</summary>
    /// <param name="code">Its code, which must be in the set.</param>
    /// <param name="attributes">Its attribute bytes.</param>
    /// <exception cref="ModelFormatException">The attributes are malformed.</exception>
    internal IOperator Read(ushort code, ReadOnlySpan<byte> attributes)
    {
        Entry entry = _entries[code];
        AttributeReader reader = new(entry.Info.Name, attributes);
        IOperator op = entry.Read(ref reader);
        reader.End();
        return op;
    }

    private delegate IOperator ReadOperator(ref AttributeReader attributes);

    private sealed record Entry(OperatorInfo Info, ReadOperator Read);
}

using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Compiler;

/// <summary>The work of <see cref="LayoutPropagation"/>: every tensor of the source is known as a tensor of the target and the order of axes that is still to be applied.</summary>
/// <param name="source">The graph; unchanged.</param>
/// <param name="keepsInputs">Whether transpositions of the graph's inputs stay where they are.</param>
internal sealed class LayoutRewriter(Graph source, bool keepsInputs) : GraphRewriter(source)
{
    private readonly Dictionary<Tensor, Value> _values = [];
    private readonly Dictionary<(Tensor, IntList), Tensor> _transposed = [];

    /// <inheritdoc/>
    protected override void AddInput(Tensor source, Tensor input) => _values.Add(source, new Value(input, null));

    /// <inheritdoc/>
    protected override Tensor Plain(Tensor source) => Materialize(Get(source));

    /// <inheritdoc/>
    protected override void Visit(Node node)
    {
        if (node.StateId is null && node.Outputs.Count > 0 && Propagate(node))
        {
            return;
        }

        Node copy = Copy(node, node.Operator, [.. node.Inputs.Select(input => input is null ? null : Plain(input))]);
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            _values.Add(node.Outputs[i], new Value(copy.Outputs[i], null));
        }
    }

    private Value Get(Tensor tensor)
    {
        if (!_values.TryGetValue(tensor, out Value? value))
        {
            value = new Value(Constant(tensor), null);
            _values.Add(tensor, value);
        }

        return value;
    }

    /// <summary>Takes a node over without the orders that its inputs still wait for, where it does not mind.</summary>
    private bool Propagate(Node node)
    {
        if (node.Operator is Transpose transpose)
        {
            Value value = Get(node.Inputs[0]!);
            if (value.Flat is not null || (keepsInputs && Source.IsInput(node.Inputs[0]!)))
            {
                return false;
            }

            IntList order = value.Order is { } before ? Permutation.Then(before, transpose.Permutation) : transpose.Permutation;
            Set(node, value.Actual, order);
            return true;
        }

        if (!node.Inputs.Any(input => input is { IsConstant: false } && Get(input) is { IsPlain: false }))
        {
            return false;
        }

        Value first = node.Inputs[0] is { } data ? Get(data) : Value.None;
        if (first.Flat is not null)
        {
            return node.Operator is Dense ? Dense(node, first) : LayoutTraits.IsUnary(node) && Pass(node, first);
        }

        return LayoutTraits.IsUnary(node) ? Pass(node, first)
            : LayoutTraits.Broadcasts(node.Operator) ? Broadcast(node)
            : node.Operator switch
            {
                Concat concat => Join(node, concat),
                Reshape reshape => Reshape(node, reshape, first),
                MatMul product => Product(node, product),
                _ => first.Order is { } order && Along(node, first, order),
            };
    }

    /// <summary>An operator with one data input that says what it does along which axes.</summary>
    private bool Along(Node node, Value value, IntList order)
    {
        if (LayoutTraits.KeepsLastAxis(node.Operator))
        {
            return order[order.Count - 1] == order.Count - 1 && Pass(node, value);
        }

        return LayoutTraits.WithOrder(node.Operator, order, node.Inputs[0]!.Shape.Rank) is { } op
            ? Pass(node, value, op)
            : LayoutTraits.Reduces(node.Operator, order, out IOperator reduced, out IntList? left) && Reduce(node, value, reduced, left);
    }

    /// <summary>An operator whose output has the axes of its input: it works on them in the order in which they are.</summary>
    private bool Pass(Node node, Value value, IOperator? op = null)
    {
        if (node.Inputs.Skip(1).Any(input => input is not null && !Get(input).IsPlain))
        {
            return false;
        }

        Tensor?[] inputs = [value.Actual, .. node.Inputs.Skip(1).Select(input => input is null ? null : Plain(input))];
        Node copy = Copy(node, op ?? node.Operator, inputs, shape => value.Order is { } order ? Permutation.Apply(Permutation.Inverse(order), shape) : shape);
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            _values.Add(node.Outputs[i], value with { Actual = copy.Outputs[i], Cached = null });
        }

        return true;
    }

    private bool Reduce(Node node, Value value, IOperator op, IntList? left)
    {
        IntList order = left ?? value.Order!.Value;
        Node copy = Copy(node, op, [value.Actual], shape => Permutation.Apply(Permutation.Inverse(order), shape));
        foreach ((Tensor output, Tensor now) in node.Outputs.Zip(copy.Outputs))
        {
            _values.Add(output, new Value(now, Permutation.IsIdentity(order) ? null : order));
        }

        return true;
    }

    /// <summary>An operator on several tensors that broadcast: they work in that order of axes for which the fewest elements move.</summary>
    private bool Broadcast(Node node)
    {
        if (Choose(node) is not { } order)
        {
            return false;
        }

        IntList inverse = Permutation.Inverse(order);
        Tensor?[] inputs = [.. node.Inputs.Select(input => input is null ? null : Ordered(input, order))];
        Node copy = Copy(node, node.Operator, inputs, shape => Permutation.Apply(inverse, shape));
        _values.Add(node.Output, new Value(copy.Output, order));
        return true;
    }

    private bool Join(Node node, Concat concat)
    {
        if (Choose(node) is not { } order)
        {
            return false;
        }

        int axis = concat.Axis < 0 ? concat.Axis + order.Count : concat.Axis;
        IntList inverse = Permutation.Inverse(order);
        Tensor?[] inputs = [.. node.Inputs.Select(input => Ordered(input!, order))];
        Node copy = Copy(node, new Concat(order[axis]), inputs, shape => Permutation.Apply(inverse, shape));
        _values.Add(node.Output, new Value(copy.Output, order));
        return true;
    }

    /// <summary>The order in which an operator on several tensors works best, or null for the order that the source has.</summary>
    private IntList? Choose(Node node)
    {
        int rank = node.Output.Shape.Rank;
        if (node.Inputs.Any(input => input is not null && Get(input).Flat is not null))
        {
            return null;
        }

        IntList? best = null;
        long least = Cost(null);
        foreach (Tensor? input in node.Inputs)
        {
            if (input is not null && Get(input).Order is { } order && order.Count == rank && order != best)
            {
                long cost = Cost(order);
                if (cost < least || (cost == least && best is null))
                {
                    (best, least) = (order, cost);
                }
            }
        }

        return best;

        long Cost(IntList? wanted)
        {
            long elements = 0;
            foreach (Tensor? input in node.Inputs)
            {
                if (input is null or { IsConstant: true })
                {
                    continue;
                }

                Value value = Get(input);
                IntList from = Padded(value, rank);
                IntList move = wanted is { } to ? Permutation.Then(from, Permutation.Inverse(to)) : from;
                elements += Permutation.IsFree(move, PaddedShape(value.Actual.Shape, rank)) ? 0 : input.Shape.ElementCount;
            }

            return elements;
        }
    }

    /// <summary>The order of a value with axes of size 1 put before its own.</summary>
    private static IntList Padded(Value value, int rank)
    {
        int own = value.Actual.Shape.Rank, more = rank - own;
        int[] order = new int[rank];
        for (int i = 0; i < rank; i++)
        {
            order[i] = i < more ? i : more + (value.Order is { } stated ? stated[i - more] : i - more);
        }

        return IntList.Create(order);
    }

    private static Shape PaddedShape(Shape shape, int rank)
    {
        int[] sizes = new int[rank];
        Array.Fill(sizes, 1);
        shape.Axes.CopyTo(sizes.AsSpan(rank - shape.Rank));
        return new Shape(sizes);
    }

    /// <summary>A tensor such that, with an order applied, it is one of the source: for operators that broadcast.</summary>
    private Tensor Ordered(Tensor source, IntList order)
    {
        Value value = Get(source);
        if (source.Shape.ElementCount == 1 && source.IsConstant)
        {
            return value.Actual;
        }

        IntList from = Padded(value, order.Count);
        IntList move = Permutation.Then(from, Permutation.Inverse(order));
        Tensor tensor = value.Actual;
        Shape padded = PaddedShape(tensor.Shape, order.Count);
        if (tensor.IsConstant)
        {
            return tensor.Quantization is { Axis: >= 0 } || (Permutation.IsIdentity(move) && tensor.Shape == padded)
                ? tensor
                : Target.Constant(
                    tensor.Name, tensor.Spec with { Shape = Permutation.Apply(move, padded) }, Permutation.Apply(move, padded, tensor.Type.Size(), tensor.Data.Span));
        }

        if (Permutation.IsIdentity(move))
        {
            return tensor;
        }

        if (Permutation.IsFree(move, padded))
        {
            return Reshaped(tensor, Permutation.Apply(move, padded));
        }

        return Transposed(tensor.Shape == padded ? tensor : Target.Add(tensor.Name, new Reshape(IntList.Create(padded.Axes)), tensor), move);
    }

    /// <summary>A reshape that splits or joins axes which lie side by side does not mind the order of the others.</summary>
    private bool Reshape(Node node, Reshape reshape, Value value)
    {
        if (value.Order is not { } order)
        {
            return false;
        }

        Shape input = node.Inputs[0]!.Shape, output = node.Output.Shape;
        if (Permutation.IsFree(order, value.Actual.Shape))
        {
            int[] target = reshape.Target.Values.ToArray();
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = target[i] == 0 && (i > 0 || order[0] != 0) ? output[i] : target[i];
            }

            _values.Add(node.Output, new Value(Target.Add(node.Output.Name, new Reshape(IntList.Create(target)), value.Actual), null));
            return true;
        }

        List<(int[], int[])>? groups = LayoutTraits.Groups(input, output);
        IntList? gathered = groups is null ? null : LayoutTraits.Gathered(groups, order, value.Actual.Shape);
        if (gathered is not { } side || !Permutation.IsIdentity(side))
        {
            if (order[0] == 0 && output.Rank == 2 && output[0] == input[0] && EndsInDense(node.Output, depth: 4))
            {
                Tensor flat = Target.Add(node.Output.Name, new Reshape([0, -1]), value.Actual);
                _values.Add(node.Output, new Value(flat, null) { Flat = (value.Actual.Shape, order) });
                return true;
            }
        }

        if (groups is null || groups.Sum(static group => group.Item2.Length) == 0)
        {
            return false;
        }

        // Where they do not, a transposition that gathers them costs as much as the one that is due, and perhaps the rest cancels later.
        Tensor tensor = value.Actual;
        if (!Permutation.IsIdentity(gathered!.Value))
        {
            order = Permutation.Then(Permutation.Inverse(gathered.Value), order);
            tensor = Transposed(tensor, gathered.Value);
        }

        (Shape shape, IntList left) = LayoutTraits.Reshaped(groups, output, order);
        Set(node, Reshaped(tensor, shape), left);
        return true;
    }

    /// <summary>Whether only dense layers with constant weights, and functions of each element before them, read a tensor.</summary>
    private bool EndsInDense(Tensor tensor, int depth) => depth > 0 && tensor.Consumers.Count > 0 && !Source.IsOutput(tensor) && tensor.Consumers.All(consumer =>
        consumer.Operator is Dense
            ? consumer.Inputs[0] == tensor && StoredWeights(consumer.Inputs[1]!) is not null
            : LayoutTraits.IsUnary(consumer) && EndsInDense(consumer.Output, depth - 1));

    /// <summary>The constant that a layer's weights are, or are dequantized from.</summary>
    private static Tensor? StoredWeights(Tensor weights) =>
        weights.IsConstant ? weights : weights.Producer is { Operator: Dequantize } producer && producer.Inputs[0] is { IsConstant: true } stored ? stored : null;

    /// <summary>A dense layer behind a flattened picture: its weights take the order in which the elements are.</summary>
    private bool Dense(Node node, Value value)
    {
        (Shape shape, IntList order) = value.Flat!.Value;
        Tensor weights = node.Inputs[1]!, stored = StoredWeights(weights)!;
        int outputs = stored.Shape[0];

        // The weights count elements in the source's order [C, H, W]; seen as [out, C, H, W] they move back to the order that is there.
        Shape logical = Permutation.Apply(order, shape).With(0, outputs);
        byte[] data = Permutation.Apply(Permutation.Inverse(order), logical, stored.Type.Size(), stored.Data.Span);
        Tensor moved = Target.Constant(stored.Name, stored.Spec, data);
        if (weights != stored)
        {
            moved = Target.Add(weights.Name, new Dequantize(), moved);
        }

        Node copy = Copy(node, node.Operator, [value.Actual, moved, node.Input(2) is { } bias ? Plain(bias) : null]);
        _values.Add(node.Output, new Value(copy.Output, null));
        return true;
    }

    /// <summary>A matrix product takes its operands transposed as well.</summary>
    private bool Product(Node node, MatMul product)
    {
        Value a = Get(node.Inputs[0]!), b = Get(node.Inputs[1]!);
        bool swapA = Swaps(a), swapB = Swaps(b);
        if (!swapA && !swapB)
        {
            return false;
        }

        MatMul op = new(product.TransposeA != swapA, product.TransposeB != swapB);
        Node copy = Copy(node, op, [swapA ? a.Actual : Materialize(a), swapB ? b.Actual : Materialize(b)]);
        _values.Add(node.Output, new Value(copy.Output, null));
        return true;

        static bool Swaps(Value value)
        {
            if (value.Order is not { Count: >= 2 } order)
            {
                return false;
            }

            int last = order.Count - 1;
            int[] swapped = [.. Enumerable.Range(0, order.Count)];
            (swapped[last], swapped[last - 1]) = (last - 1, last);
            return order.Values.SequenceEqual(swapped);
        }
    }

    private void Set(Node node, Tensor actual, IntList order) => _values.Add(node.Output, new Value(actual, Permutation.IsIdentity(order) ? null : order));

    /// <summary>A value as the source has it, computed once.</summary>
    private Tensor Materialize(Value value)
    {
        if (value.IsPlain)
        {
            return value.Actual;
        }

        if (value.Cached is { } cached)
        {
            return cached;
        }

        Tensor tensor = value.Actual;
        if (value.Flat is var (shape, flatOrder))
        {
            Tensor unflat = Target.Add(tensor.Name, new Reshape(IntList.Create([0, .. shape.Axes[1..]])), tensor);
            value.Cached = Target.Add(tensor.Name, new Reshape([0, -1]), Target.Add(tensor.Name, new Transpose(flatOrder), unflat));
        }
        else
        {
            IntList order = value.Order!.Value;
            value.Cached = Permutation.IsFree(order, tensor.Shape) && !tensor.IsConstant
                ? Reshaped(tensor, Permutation.Apply(order, tensor.Shape))
                : Transposed(tensor, order);
        }

        return value.Cached;
    }

    /// <summary>A tensor with its axes in another order, made once.</summary>
    private Tensor Transposed(Tensor tensor, IntList order)
    {
        if (!_transposed.TryGetValue((tensor, order), out Tensor? result))
        {
            result = Target.Add(tensor.Name, new Transpose(order), tensor);
            _transposed.Add((tensor, order), result);
        }

        return result;
    }

    /// <summary>A reshape that leaves the batch open.</summary>
    private Tensor Reshaped(Tensor tensor, Shape shape)
    {
        int[] target = shape.Axes.ToArray();
        if (target.Length > 0 && tensor.Shape.Rank > 0)
        {
            target[0] = tensor.Shape[0] == target[0] ? 0 : -1;
        }

        return Target.Add(tensor.Name, new Reshape(IntList.Create(target)), tensor);
    }

    /// <summary>A tensor of the target that becomes one of the source when an order is applied to it.</summary>
    /// <param name="Actual">The tensor.</param>
    /// <param name="Order">The order; null where there is nothing to apply.</param>
    private sealed record Value(Tensor Actual, IntList? Order)
    {
        public static Value None { get; } = new(null!, null);

        /// <summary>Where the tensor is flattened from axis 1 on: the shape before, and the order that was to be applied to that.</summary>
        public (Shape Shape, IntList Order)? Flat { get; init; }

        /// <summary>The tensor of the source, once it was needed.</summary>
        public Tensor? Cached { get; set; }

        public bool IsPlain => Order is null && Flat is null;
    }
}

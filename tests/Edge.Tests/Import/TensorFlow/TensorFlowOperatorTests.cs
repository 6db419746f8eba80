using Edge.Format;
using Edge.Import;
using Edge.Import.TensorFlow;

namespace Edge.Tests.Import.TensorFlow;

/// <summary>Every operator of the importer, as the only node of a frozen graph.</summary>
public sealed class TensorFlowOperatorTests
{
    private const double Tolerance = 1e-5;

    // What only variables, functions or branches have; other tests have them.
    private static readonly string[] s_elsewhere =
        ["Assert", "Keras GRU", "Keras LSTM", "Merge", "NoOp", "ReadVariableOp", "ResourceGather", "Switch", "VarHandleOp", "Variable", "VariableV2"];

    public static TheoryData<string> Names => [.. OperatorCases.All.Select(static test => test.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_operator_computes_what_TensorFlow_does(string name)
    {
        OperatorCase test = OperatorCases.All.Single(test => test.Name == name);
        GraphWriter writer = new();
        for (int i = 0; i < test.Operands.Length; i++)
        {
            Operand operand = test.Operands[i];
            _ = operand.IsConstant
                ? writer.Add($"in{i}", "Const", [], ("dtype", GraphWriter.Type(operand.Type)), ("value", GraphWriter.Tensor(operand.Type, operand.Sizes, operand.Bytes)))
                : writer.Input($"in{i}", operand.Type, operand.Sizes);
        }

        writer.Add("node", test.Kind, test.Operands.Select(static (_, i) => $"in{i}"), test.Attributes);
        byte[] file = writer.ToGraph();
        ImportOptions options = new() { Outputs = [.. test.Values.Select(static (_, i) => i == 0 ? "node" : $"node:{i}")] };
        double[][] actual = ImportedGraph.Run(
            ImportedGraph.Import(file, options), [.. Given(test, ImportedGraph.Open(file, options))], out Shape[] shapes);
        for (int output = 0; output < test.Values.Length; output++)
        {
            Assert.Equal(test.Sizes[output], shapes[output].Axes.ToArray());
            Assert.Equal(test.Values[output].Length, actual[output].Length);
            for (int i = 0; i < actual[output].Length; i++)
            {
                double expected = test.Values[output][i];
                Assert.True(
                    Math.Abs(expected - actual[output][i]) <= Tolerance * Math.Max(1, Math.Abs(expected)), $"Output {output}, element {i}: {actual[output][i]} instead of {expected}.");
            }
        }
    }

    [Fact]
    public void Every_operator_has_a_case()
    {
        HashSet<string> tested = [.. OperatorCases.All.Select(static test => test.Kind), .. s_elsewhere];
        Assert.Empty(TensorFlowOperators.All.Select(static op => op.Kind).Except(tested));
    }

    private static IEnumerable<byte[]> Given(OperatorCase test, SourceModel model) =>
        model.Inputs.Select(input => test.Operands[int.Parse(input.Name[2..], System.Globalization.CultureInfo.InvariantCulture)].Bytes);
}

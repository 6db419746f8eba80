using System.Runtime.InteropServices;
using Edge.Import.TensorFlow.Messages;
using static Edge.Tests.Import.TensorFlow.GraphWriter;

namespace Edge.Tests.Import.TensorFlow;

/// <summary>Small models as TensorFlow and Keras write them.</summary>
internal static class SavedModels
{
    private static readonly (string, byte[])[] s_valid = [("strides", Integers(1, 1, 1, 1)), ("padding", Text("VALID"))];

    /// <summary>x · 2 + 1, rectified, through two functions; the variables' tensors have names that only the restore function or the object graph tells.</summary>
    public static GraphWriter Dense(bool restore = true)
    {
        GraphWriter writer = new GraphWriter()
            .Input("serving_default_x", TensorFlowType.Float, -1, 2)
            .Add("dense/kernel", "VarHandleOp", [], ("shared_name", Text("dense/kernel")), ("dtype", Type(TensorFlowType.Float)))
            .Add("dense/bias", "VarHandleOp", [], ("shared_name", Text("dense/bias")), ("dtype", Type(TensorFlowType.Float)))
            .Add("call", "StatefulPartitionedCall", ["serving_default_x", "dense/kernel", "dense/bias"], ("f", FunctionOf("wrapper")))
            .Add("saver_filename", "Placeholder", [], ("dtype", Type(TensorFlowType.String)))
            .Function("wrapper", ["x", "k", "b"], [("identity", "Identity:output:0")],
            [
                Node("inner", "StatefulPartitionedCall", ["x", "k", "b", "^other"], ("f", FunctionOf("model"))),
                Node("Identity", "Identity", ["inner:output:0"]),
            ])
            .Function("model", ["x", "k", "b"], [("identity", "Relu:activations:0")],
            [
                Node("MatMul/ReadVariableOp", "ReadVariableOp", ["k"]),
                Node("MatMul", "MatMul", ["x", "MatMul/ReadVariableOp:value:0"]),
                Node("BiasAdd/ReadVariableOp", "ReadVariableOp", ["b"]),
                Node("BiasAdd", "BiasAdd", ["MatMul:product:0", "BiasAdd/ReadVariableOp:value:0"]),
                Node("Relu", "Relu", ["BiasAdd:output:0"]),
            ]);
        return !restore ? writer : writer
            .Add("restored", "StatefulPartitionedCall", ["saver_filename", "dense/kernel", "dense/bias"], ("f", FunctionOf("restore")))
            .Function("restore", ["file", "v0", "v1"], [("identity", "file")],
            [
                Node("names", "Const", [], ("value", TextTensor("layer/bias", "layer/kernel"))),
                Node("slices", "Const", [], ("value", TextTensor("", ""))),
                Node("RestoreV2", "RestoreV2", ["file", "names:output:0", "slices:output:0"]),
                Node("Identity", "Identity", ["RestoreV2:tensors:1"]),
                Node("Assign", "AssignVariableOp", ["v0", "Identity:output:0"]),
                Node("Identity_1", "Identity", ["RestoreV2:tensors:0"]),
                Node("Assign_1", "AssignVariableOp", ["v1", "Identity_1:output:0"]),
            ]);
    }

    /// <summary>The file of <see cref="Dense"/>.</summary>
    public static byte[] DenseFile(bool restore = true) => Dense(restore).ToSavedModel(
        [("x", "serving_default_x:0", TensorFlowType.Float, [-1, 2])], [("y", "call:0", TensorFlowType.Float, [-1, 2])]);

    /// <summary>The variables of <see cref="Dense"/>, with slots of an optimizer beside them.</summary>
    public static CheckpointWriter DenseVariables(int shards = 1) => new CheckpointWriter(shards)
        .Add("layer/kernel", [2, 0, 0, 2], 2, 2).Add("layer/bias", [1, 1], 2)
        .Add("layer/kernel/.OPTIMIZER_SLOT/m", [9, 9, 9, 9], 2, 2).Add("layer/bias/.OPTIMIZER_SLOT/m", [9, 9], 2).Add("layer/kernel/.OPTIMIZER_SLOT/v", [8, 8, 8, 8], 2, 2);

    /// <summary>A graph with its constants inside: convolution, batch normalization, activation, pooling, dense layer.</summary>
    public static byte[] FrozenNetwork() => new GraphWriter()
        .Input("image", TensorFlowType.Float, -1, 3, 3, 1)
        .Constant("filter", [1f, 2, 3, 4, -1, 0, 1, 0], 2, 2, 1, 2)
        .Constant("one", [1f, 1], 2).Constant("zero", [0f, 0], 2).Constant("variance", [0.75f, 0.75f], 2)
        .Add("conv", "Conv2D", ["image", "filter"], s_valid)
        .Add("bias", "BiasAdd", ["conv", "one"])
        .Add("norm", "FusedBatchNormV3", ["bias", "one", "zero", "zero", "variance"], ("is_training", Flag(false)), ("epsilon", Number(0.25f)))
        .Add("relu", "Relu", ["norm"])
        .Constant("axes", [1, 2], 2)
        .Add("pool", "Mean", ["relu", "axes"], ("keep_dims", Flag(false)))
        .Constant("weights", [1f, 0, -1, 0, 1, 1], 2, 3)
        .Add("logits", "MatMul", ["pool", "weights"])
        .Add("prob", "Softmax", ["logits"])
        .Add("init", "NoOp", [])
        .ToGraph();

    /// <summary>Bytes of numbers.</summary>
    public static byte[] Bytes(params float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}

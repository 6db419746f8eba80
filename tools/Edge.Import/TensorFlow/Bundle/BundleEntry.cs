using Edge.Import.Protobuf;
using Edge.Import.TensorFlow.Messages;

namespace Edge.Import.TensorFlow.Bundle;

/// <summary>A BundleEntryProto: where a tensor of a checkpoint lies.</summary>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Axis sizes.</param>
/// <param name="Shard">Number of its data file.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Checksum">Their masked CRC-32C.</param>
/// <param name="IsSliced">Whether the tensor is cut into several entries.</param>
/// <remarks>Source: tensorflow/core/protobuf/tensor_bundle.proto.</remarks>
internal sealed record BundleEntry(TensorFlowType Type, ShapeMessage Shape, int Shard, long Offset, long Size, uint Checksum, bool IsSliced)
{
    /// <summary>Reads the message.</summary>
    public static BundleEntry Read(ProtobufReader reader)
    {
        TensorFlowType type = TensorFlowType.Invalid;
        ShapeMessage shape = ShapeMessage.Scalar;
        int shard = 0;
        long offset = 0, size = 0;
        uint checksum = 0;
        bool sliced = false;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    type = TensorFlowTypes.Read(reader.Integer());
                    break;
                case 2:
                    shape = ShapeMessage.Read(reader.Message("TensorShapeProto"));
                    break;
                case 3:
                    shard = reader.Int32();
                    break;
                case 4:
                    offset = reader.Integer();
                    break;
                case 5:
                    size = reader.Integer();
                    break;
                case 6:
                    checksum = reader.Fixed32();
                    break;
                case 7:
                    sliced = true;
                    reader.Skip();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new BundleEntry(type, shape, shard, offset, size, checksum, sliced);
    }
}

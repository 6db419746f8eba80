using System.Numerics;
using Edge.Format;
using Edge.Runtime.Operators;

namespace Edge.Runtime.Kernels;

/// <summary>A forward phase that is one body for all integer types.</summary>
internal interface IIntegerForward
{
    /// <summary>Computes the outputs for elements of one type.</summary>
    /// <typeparam name="T">Type of input 0.</typeparam>
    void Integers<T>(in Buffers io) where T : unmanaged, IBinaryInteger<T>;
}

/// <summary>Chooses the element type.</summary>
internal static class IntegerTypes
{
    /// <summary>Runs the body for the integer type of input 0.</summary>
    internal static void Forward<TBody>(in TBody body, in Buffers io) where TBody : struct, IIntegerForward
    {
        switch (io.InputSpec(0).Type)
        {
            case DataType.Int8:
                body.Integers<sbyte>(io);
                break;
            case DataType.UInt8:
                body.Integers<byte>(io);
                break;
            case DataType.Int16:
                body.Integers<short>(io);
                break;
            case DataType.Int32:
                body.Integers<int>(io);
                break;
            default:
                body.Integers<long>(io);
                break;
        }
    }
}

using Edge.Format;

namespace Edge.Import;

/// <summary>A value that takes the place of a model's input at conversion: an input that decides shapes, such as the target of a reshape.</summary>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Axis sizes.</param>
/// <param name="Data">Elements, row-major, little-endian.</param>
public sealed record InputValue(DataType Type, Shape Shape, ReadOnlyMemory<byte> Data);

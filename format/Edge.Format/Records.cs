using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Edge.Format;

// The fixed-size records of a .edge file, exactly as stored: little-endian, no padding beyond what is declared.
// format/SPEC.md describes every field; a test compares the sizes stated there with these.

/// <summary>First 64 bytes of a file.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct FileHeader
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 64;

    /// <summary>The bytes 'E' 'D' 'G' 'E' read as a little-endian integer.</summary>
    public const uint MagicValue = 0x45474445;

    /// <summary>The major version this library reads and writes. Another one is refused.</summary>
    public const ushort CurrentMajor = 1;

    /// <summary>The minor version this library writes. A higher one is read; what it added is skipped.</summary>
    public const ushort CurrentMinor = 0;

    /// <summary><see cref="MagicValue"/>.</summary>
    public uint Magic;

    /// <summary>Structure version.</summary>
    public ushort Major;

    /// <summary>Additions within the structure.</summary>
    public ushort Minor;

    /// <summary>Bytes of the whole file.</summary>
    public ulong FileBytes;

    /// <summary>Entries of the section table that follows.</summary>
    public uint SectionCount;

    /// <summary>CRC-32C of header and section table with this field as 0.</summary>
    public uint HeaderCrc;

    /// <summary>0.</summary>
    public ulong Reserved;

    /// <summary>SHA-256 of the content; see SPEC.md, "Identity".</summary>
    public ContentId Identity;
}

/// <summary>SHA-256 that names a model's content, whatever its names section and signature.</summary>
[InlineArray(32)]
public struct ContentId
{
    private byte _first;
}

/// <summary>One entry of the section table.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct SectionRecord
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 32;

    /// <summary>What the section holds.</summary>
    public SectionKind Kind;

    /// <summary>Bit 0: a reader that does not know the kind must refuse the file.</summary>
    public SectionFlags Flags;

    /// <summary>From the file's start; a multiple of 64.</summary>
    public ulong Offset;

    /// <summary>Length in bytes, without the zero bytes that fill up to the next multiple of 64.</summary>
    public ulong Length;

    /// <summary>CRC-32C of the bytes.</summary>
    public uint Crc;

    /// <summary>0.</summary>
    public uint Reserved;
}

/// <summary>Kinds of section. Values are never reused.</summary>
public enum SectionKind : uint
{
    /// <summary>One <see cref="GraphRecord"/>.</summary>
    Graph = 1,

    /// <summary>Array of <see cref="TensorRecord"/>.</summary>
    Tensors = 2,

    /// <summary>Array of <see cref="QuantizationRecord"/>.</summary>
    Quantizations = 3,

    /// <summary>Scales (float32) and zero points (int32).</summary>
    QuantizationData = 4,

    /// <summary>Array of <see cref="OperatorRecord"/>, in execution order.</summary>
    Operators = 5,

    /// <summary>Array of int32 tensor indices.</summary>
    Indices = 6,

    /// <summary>Attribute bytes of the operators.</summary>
    Attributes = 7,

    /// <summary>Constant data, each tensor at a multiple of 64.</summary>
    Weights = 8,

    /// <summary>Array of <see cref="ProgramRecord"/>.</summary>
    Programs = 9,

    /// <summary>Array of <see cref="StepRecord"/>.</summary>
    Steps = 10,

    /// <summary>Array of <see cref="BufferRecord"/>.</summary>
    Buffers = 11,

    /// <summary>Names of tensors and operators; may be stripped.</summary>
    Names = 12,

    /// <summary>Key-value pairs in rising order of their keys.</summary>
    Metadata = 13,

    /// <summary>Signature of the identity; reserved, skipped by version 1.0 readers.</summary>
    Signature = 14,
}

/// <summary>Flags of a section.</summary>
[Flags]
public enum SectionFlags : uint
{
    /// <summary>A reader may skip the section.</summary>
    None = 0,

    /// <summary>A reader that does not know the kind must refuse the file.</summary>
    Required = 1,
}

/// <summary>The model's inputs and outputs, as ranges of the indices section: behind those of the operators, inputs first.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct GraphRecord
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 16;

    /// <summary>First index of the inputs.</summary>
    public uint FirstInput;

    /// <summary>Number of inputs.</summary>
    public uint InputCount;

    /// <summary>First index of the outputs.</summary>
    public uint FirstOutput;

    /// <summary>Number of outputs.</summary>
    public uint OutputCount;
}

/// <summary>How a constant's bytes are stored.</summary>
public enum WeightEncoding : byte
{
    /// <summary>Elements one after the other, little-endian.</summary>
    Raw = 0,
}

/// <summary>Flags of a tensor.</summary>
[Flags]
public enum TensorFlags : byte
{
    /// <summary>Computed by an operator, or an input of the model.</summary>
    None = 0,

    /// <summary>Its data is in the weights section.</summary>
    Constant = 1,
}

/// <summary>One tensor.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct TensorRecord
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 64;

    /// <summary>Element type.</summary>
    public DataType Type;

    /// <summary>Number of axes, 0 … 8.</summary>
    public byte Rank;

    /// <summary>Whether it is a constant.</summary>
    public TensorFlags Flags;

    /// <summary>How a constant's bytes are stored.</summary>
    public WeightEncoding Encoding;

    /// <summary>Index into the quantizations section, or −1.</summary>
    public int Quantization;

    /// <summary>Start of a constant's data in the weights section: the next multiple of 64 after the constant before.</summary>
    public ulong DataOffset;

    /// <summary>Stored bytes of a constant.</summary>
    public ulong DataBytes;

    /// <summary>Axis sizes; those beyond the rank are 0.</summary>
    public RecordSizes Sizes;

    /// <summary>0.</summary>
    public ulong Reserved;
}

/// <summary>Eight axis sizes.</summary>
[InlineArray(Shape.MaxRank)]
public struct RecordSizes
{
    private int _first;
}

/// <summary>Quantization parameters: real = scale · (stored − zero point).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct QuantizationRecord
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 16;

    /// <summary><see cref="ZeroPointsOffset"/> of symmetric quantization: every zero point is 0.</summary>
    public const uint NoZeroPoints = uint.MaxValue;

    /// <summary>Axis along which the parameters vary, or −1 when one pair serves the whole tensor.</summary>
    public int Axis;

    /// <summary>Number of scales.</summary>
    public uint Count;

    /// <summary>Start of the scales (float32) in the quantization data: where the values of the record before end.</summary>
    public uint ScalesOffset;

    /// <summary>Start of the zero points (int32) in the quantization data: where the scales end; or <see cref="NoZeroPoints"/>.</summary>
    public uint ZeroPointsOffset;
}

/// <summary>One operator. Its tensors are consecutive entries of the indices section: inputs, then outputs.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct OperatorRecord
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 24;

    /// <summary>Which operator.</summary>
    public ushort Code;

    /// <summary>Version of its attributes and meaning.</summary>
    public ushort Version;

    /// <summary>Number of inputs; an entry of −1 is an optional input left out.</summary>
    public ushort InputCount;

    /// <summary>Number of outputs.</summary>
    public ushort OutputCount;

    /// <summary>First entry in the indices section: where those of the operator before end.</summary>
    public uint FirstIndex;

    /// <summary>Start of its attributes: where those of the operator before end.</summary>
    public uint AttributesOffset;

    /// <summary>Bytes of its attributes.</summary>
    public uint AttributesBytes;

    /// <summary>0.</summary>
    public uint Reserved;
}

/// <summary>What a program computes.</summary>
public enum ProgramKind : byte
{
    /// <summary>The model's outputs from its inputs.</summary>
    Infer = 0,

    /// <summary>Outputs and loss.</summary>
    Evaluate = 1,

    /// <summary>One training step.</summary>
    Train = 2,
}

/// <summary>One program: steps, and the place of each of its buffers in one arena.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct ProgramRecord
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 48;

    /// <summary>Largest value of <see cref="Scheme"/>.</summary>
    public const byte HighestScheme = 2;

    /// <summary>Bit of <see cref="Flags"/>: updates wait for all gradients.</summary>
    public const uint UpdatesLast = 1;

    /// <summary>What it computes.</summary>
    public ProgramKind Kind;

    /// <summary>Update scheme of a training program: 0 everything, 1 last layers, 2 biases only.</summary>
    public byte Scheme;

    /// <summary>Code of the loss operator, 0 for inference.</summary>
    public ushort LossCode;

    /// <summary>Argument of the scheme: the number of layers.</summary>
    public uint SchemeArgument;

    /// <summary>Samples per run.</summary>
    public uint Batch;

    /// <summary>First record in the steps section.</summary>
    public uint FirstStep;

    /// <summary>Number of steps.</summary>
    public uint StepCount;

    /// <summary>First record in the buffers section.</summary>
    public uint FirstBuffer;

    /// <summary>Number of buffers.</summary>
    public uint BufferCount;

    /// <summary>Bit 0: updates wait for all gradients (clipping by global norm).</summary>
    public uint Flags;

    /// <summary>Bytes of the arena.</summary>
    public ulong ArenaBytes;

    /// <summary>0.</summary>
    public ulong Reserved;
}

/// <summary>What a step does with its operator.</summary>
public enum StepPhase : byte
{
    /// <summary>Outputs from inputs.</summary>
    Forward = 0,

    /// <summary>Input gradients from output gradients.</summary>
    Backward = 1,

    /// <summary>The optimizer changes a parameter; <see cref="StepRecord.Index"/> is a tensor.</summary>
    Update = 2,
}

/// <summary>One step of a program.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct StepRecord
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 12;

    /// <summary>Operator index (the number of operators stands for the loss); of an update the tensor index.</summary>
    public uint Index;

    /// <summary>What it does.</summary>
    public StepPhase Phase;

    /// <summary>0.</summary>
    public byte Reserved;

    /// <summary>0.</summary>
    public ushort Reserved2;

    /// <summary>Bit i: the gradient of input i is wanted.</summary>
    public uint GradientMask;
}

/// <summary>What a buffer holds.</summary>
public enum BufferKind : byte
{
    /// <summary>Value of tensor <see cref="BufferRecord.Index"/>.</summary>
    Value = 0,

    /// <summary>Gradient of tensor <see cref="BufferRecord.Index"/>.</summary>
    Gradient = 1,

    /// <summary>Scratch of step <see cref="BufferRecord.Index"/>.</summary>
    Scratch = 2,

    /// <summary>What the forward phase of operator <see cref="BufferRecord.Index"/> keeps for its backward phase.</summary>
    Saved = 3,
}

/// <summary>Place of one buffer in a program's arena.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct BufferRecord
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 24;

    /// <summary>What it holds.</summary>
    public BufferKind Kind;

    /// <summary>0.</summary>
    public byte Reserved;

    /// <summary>0.</summary>
    public ushort Reserved2;

    /// <summary>Tensor, step or operator, as the kind says.</summary>
    public uint Index;

    /// <summary>From the arena's start; a multiple of 64.</summary>
    public ulong Offset;

    /// <summary>Length in bytes.</summary>
    public ulong Bytes;
}

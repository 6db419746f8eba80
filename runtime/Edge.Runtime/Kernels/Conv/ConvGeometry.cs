namespace Edge.Runtime.Kernels;

/// <summary>Sizes of a two-dimensional convolution or pooling, already checked by the operator's shape rule. Layout NHWC, weights OHWI.</summary>
/// <param name="Batch">N.</param>
/// <param name="InputHeight">Rows of the input.</param>
/// <param name="InputWidth">Columns of the input.</param>
/// <param name="InputChannels">C of the input.</param>
/// <param name="OutputHeight">Rows of the output.</param>
/// <param name="OutputWidth">Columns of the output.</param>
/// <param name="OutputChannels">C of the output.</param>
/// <param name="KernelHeight">Rows of the window.</param>
/// <param name="KernelWidth">Columns of the window.</param>
/// <param name="StrideHeight">Step of the window between output rows.</param>
/// <param name="StrideWidth">Step of the window between output columns.</param>
/// <param name="DilationHeight">Distance between window rows.</param>
/// <param name="DilationWidth">Distance between window columns.</param>
/// <param name="PadTop">Rows of padding before the first row. What follows after the last row is implied by the output size.</param>
/// <param name="PadLeft">Columns of padding before the first column.</param>
/// <param name="Groups">1 for an ordinary convolution; a weight row then holds KernelHeight·KernelWidth·(InputChannels / Groups) values.</param>
internal readonly record struct ConvGeometry(
    int Batch,
    int InputHeight,
    int InputWidth,
    int InputChannels,
    int OutputHeight,
    int OutputWidth,
    int OutputChannels,
    int KernelHeight,
    int KernelWidth,
    int StrideHeight = 1,
    int StrideWidth = 1,
    int DilationHeight = 1,
    int DilationWidth = 1,
    int PadTop = 0,
    int PadLeft = 0,
    int Groups = 1)
{
    /// <summary>The same sizes with the batch that an output of this many elements has.</summary>
    internal ConvGeometry WithOutput(int elements) => this with { Batch = elements / (OutputHeight * OutputWidth * OutputChannels) };
}

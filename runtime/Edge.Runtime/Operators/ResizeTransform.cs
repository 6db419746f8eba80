namespace Edge.Runtime.Operators;

/// <summary>
/// Which place x of an axis of n elements an output element i of m reads. All in float32, in the order written, because a last bit decides which element is
/// nearest. s is the scale: what the model gives, or m / n. Where the model gives one, the ONNX transforms take m as s · n, with its fraction.
/// </summary>
/// <remarks>Sources: ONNX Resize-19 and ONNX Runtime's upsamplebase.h; TensorFlow Lite reference/resize_bilinear.h and resize_nearest_neighbor.h.</remarks>
public enum ResizeTransform : byte
{
    /// <summary>ONNX half_pixel: x = (i + ½) / s − ½.</summary>
    HalfPixel = 0,

    /// <summary>ONNX half_pixel_symmetric: half_pixel, moved by n / 2 · (1 − m / (s · n)), with the whole m, so that both centres meet.</summary>
    HalfPixelSymmetric = 1,

    /// <summary>ONNX pytorch_half_pixel: half_pixel, and x = 0 where m is 1.</summary>
    PytorchHalfPixel = 2,

    /// <summary>ONNX align_corners: x = i · (n − 1) / (m − 1), and 0 where m is 1.</summary>
    AlignCorners = 3,

    /// <summary>ONNX asymmetric: x = i / s.</summary>
    Asymmetric = 4,

    /// <summary>ONNX tf_half_pixel_for_nn: x = (i + ½) / s.</summary>
    HalfPixelForNearest = 5,

    /// <summary>ONNX tf_crop_and_resize: i / (m − 1) of the way from the start to the end of the region; outside the input the extrapolation value is taken.</summary>
    CropAndResize = 6,

    /// <summary>TensorFlow and TFLite: x = i · (n / m).</summary>
    TensorFlow = 7,

    /// <summary>TensorFlow and TFLite with half_pixel_centers: x = (i + ½) · (n / m) − ½, for the nearest element without the − ½.</summary>
    TensorFlowHalfPixel = 8,

    /// <summary>TensorFlow and TFLite with align_corners: x = i · ((n − 1) / (m − 1)); where m is 1, as <see cref="TensorFlow"/>.</summary>
    TensorFlowAlignCorners = 9,
}

using System.Diagnostics;

namespace Edge.Runtime.Kernels;

/// <summary>A function of two int8 values, for one pair and for vectors of pairs, with the same bits.</summary>
internal interface IInt8Binary
{
    /// <summary>The function of one pair; the specification.</summary>
    int Apply(int x0, int x1);

    /// <summary>The function lane by lane.</summary>
    TLanes Apply<TLanes>(TLanes x0, TLanes x1) where TLanes : struct, IInt32Lanes<TLanes>;
}

/// <summary>Runs an <see cref="IInt8Binary"/> over two broadcast tensors.</summary>
internal static unsafe class Int8Elementwise
{
    /// <summary>y = kernel(x0, x1), element by element.</summary>
    /// <param name="kernel">The function.</param>
    /// <param name="shape">How elements pair up.</param>
    /// <param name="x0">First tensor.</param>
    /// <param name="x1">Second tensor.</param>
    /// <param name="y">Receives the result; may be an input of the same length.</param>
    public static void Run<TKernel>(in TKernel kernel, in BroadcastShape shape, ReadOnlySpan<sbyte> x0, ReadOnlySpan<sbyte> x1, Span<sbyte> y)
        where TKernel : struct, IInt8Binary
    {
        Debug.Assert(x0.Length >= shape.Length0 && x1.Length >= shape.Length1 && y.Length >= shape.Length);
        fixed (sbyte* pointer0 = x0)
        fixed (sbyte* pointer1 = x1)
        fixed (sbyte* pointerY = y)
        {
            for (int row = 0; row < shape.Rows; row++)
            {
                (int start0, int start1) = shape.RowStart(row);
                Row(kernel, pointer0 + start0, shape.Step0, pointer1 + start1, shape.Step1, pointerY + (nint)row * shape.RowLength, shape.RowLength);
            }
        }
    }

    private static void Row<TKernel>(in TKernel kernel, sbyte* x0, int step0, sbyte* x1, int step1, sbyte* y, int count)
        where TKernel : struct, IInt8Binary
    {
        int done = 0;
        if (Int32Lanes16.IsSupported)
        {
            done = Lanes<TKernel, Int32Lanes16>(kernel, x0, step0, x1, step1, y, done, count);
        }

        if (Int32Lanes8.IsSupported)
        {
            done = Lanes<TKernel, Int32Lanes8>(kernel, x0, step0, x1, step1, y, done, count);
        }

        if (Int32Lanes4.IsSupported)
        {
            done = Lanes<TKernel, Int32Lanes4>(kernel, x0, step0, x1, step1, y, done, count);
        }

        for (; done < count; done++)
        {
            y[done] = (sbyte)kernel.Apply(x0[done * step0], x1[done * step1]);
        }
    }

    private static int Lanes<TKernel, TLanes>(in TKernel kernel, sbyte* x0, int step0, sbyte* x1, int step1, sbyte* y, int done, int count)
        where TKernel : struct, IInt8Binary
        where TLanes : struct, IInt32Lanes<TLanes>
    {
        if (count - done < TLanes.Count)
        {
            return done;
        }

        TKernel local = kernel;
        TLanes all0 = TLanes.Broadcast(*x0);
        TLanes all1 = TLanes.Broadcast(*x1);
        for (; done <= count - TLanes.Count; done += TLanes.Count)
        {
            TLanes v0 = step0 == 0 ? all0 : TLanes.LoadInt8(x0 + done);
            TLanes v1 = step1 == 0 ? all1 : TLanes.LoadInt8(x1 + done);
            TLanes.StoreInt8(local.Apply(v0, v1), y + done);
        }

        return done;
    }
}

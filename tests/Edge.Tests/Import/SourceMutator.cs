using System.Buffers.Binary;
using System.Diagnostics;
using Edge.Fuzz;
using Edge.Import;

namespace Edge.Tests.Import;

/// <summary>Damages source models of any format, and checks that an importer refuses what is damaged with its own exception, soon and in bounded memory.</summary>
public static class SourceMutator
{
    private const long BaseBytes = 256L << 20;
    private const int BytesForEach = 64;
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(2);

    private static readonly ulong[] Words =
    [
        0, 1, 2, 3, 7, 8, 9, 15, 16, 31, 63, 64, 127, 128, 255, 256, 1000, 32767, 32768, 65535, 65536, 1 << 20, 1 << 24, 1 << 30, int.MaxValue, 0x80000000, uint.MaxValue, 1ul << 32,
        1ul << 40, long.MaxValue, 1ul << 63, ulong.MaxValue, ulong.MaxValue - 1,
    ];

    /// <summary>A damaged file: bits turned, fields of 1 to 8 bytes set to extreme or near values in both byte orders, pieces moved, the end cut off or grown.</summary>
    /// <param name="random">Decides what.</param>
    /// <param name="seed">The well-formed file.</param>
    public static byte[] Damage(FuzzRandom random, byte[] seed)
    {
        byte[] bytes = (byte[])seed.Clone();
        int edits = 1;
        while (edits < 8 && random.OneIn(2))
        {
            edits++;
        }

        for (int i = 0; i < edits && bytes.Length > 0; i++)
        {
            int at = random.Below(bytes.Length);
            switch (random.Below(8))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Below(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next();
                    break;
                case 2 or 3 or 4:
                    SetField(random, bytes, at);
                    break;
                case 5:
                    int length = Math.Min(1 + random.Below(64), Math.Min(bytes.Length - at, bytes.Length));
                    bytes.AsSpan(random.Below(bytes.Length - length + 1), length).ToArray().CopyTo(bytes.AsSpan(at));
                    break;
                case 6 when random.OneIn(3):
                    bytes = bytes[..at];
                    break;
                case 7 when random.OneIn(3):
                    bytes = [.. bytes, .. new byte[random.Below(200)]];
                    break;
                default:
                    SetField(random, bytes, at & -8);
                    break;
            }
        }

        return bytes;
    }

    /// <summary>Imports damaged files: <see cref="ModelImportException"/> alone may come out, each within 2 s and 256 MB and 64 times the file.</summary>
    /// <param name="cases">How many.</param>
    /// <param name="make">Makes the file of a case.</param>
    /// <param name="import">Reads and converts it.</param>
    /// <returns>How many were imported all the same: damage to a weight, for example, shows nowhere.</returns>
    public static int Run(int cases, Func<FuzzRandom, byte[]> make, Action<byte[]> import)
    {
        int imported = 0;
        for (int i = 0; i < cases; i++)
        {
            byte[] file = make(new FuzzRandom(2026, i));
            long before = GC.GetAllocatedBytesForCurrentThread(), started = Stopwatch.GetTimestamp();
            try
            {
                import(file);
                imported++;
            }
            catch (ModelImportException)
            {
                // What is to happen.
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"Case {i} ended in {error.GetType().Name}: {error.Message}", error);
            }

            TimeSpan time = Stopwatch.GetElapsedTime(started);
            long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(time < MostTime, $"Case {i} took {time.TotalSeconds:F1} s.");
            Assert.True(bytes < BaseBytes + ((long)BytesForEach * file.Length), $"Case {i} of {file.Length:N0} bytes allocated {bytes:N0}.");
        }

        return imported;
    }

    private static void SetField(FuzzRandom random, byte[] bytes, int at)
    {
        Span<byte> target = bytes.AsSpan(at, Math.Min(1 << random.Below(4), bytes.Length - at));
        Span<byte> wide = stackalloc byte[sizeof(ulong)];
        wide.Clear();
        target.CopyTo(wide);
        ulong old = BinaryPrimitives.ReadUInt64LittleEndian(wide);
        ulong value = random.Below(4) switch
        {
            0 => old + 1 + (ulong)random.Below(8),
            1 => old - 1 - (ulong)random.Below(8),
            _ => random.Pick(Words),
        };
        BinaryPrimitives.WriteUInt64LittleEndian(wide, value);
        wide[..target.Length].CopyTo(target);
        if (random.OneIn(4))
        {
            target.Reverse();
        }
    }
}

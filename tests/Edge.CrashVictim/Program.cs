using System.Buffers.Binary;
using Edge.Runtime.Storage;

namespace Edge.CrashVictim;

/// <summary>
/// Saves states with rising numbers into the directory given, without end, and reports each number as 8 bytes on standard output once its save
/// has returned. Whoever starts it kills it.
/// </summary>
public static class Program
{
    /// <summary>The state's name.</summary>
    public const string StateName = "victim";

    /// <summary>The largest state, in bytes.</summary>
    public const int MaxBytes = 16 << 10;

    /// <summary>The process; does not return.</summary>
    public static int Main(string[] args)
    {
        var store = new TwoSlotStore(new FileStorage(args[0]), StateName, MaxBytes);
        long number = store.TryLoad(out byte[]? state) ? NumberOf(state) : 0;
        using Stream report = Console.OpenStandardOutput();
        byte[] line = new byte[8];
        while (true)
        {
            number++;
            store.Save(State(number));
            BinaryPrimitives.WriteInt64LittleEndian(line, number);
            report.Write(line);                      // 8 bytes into a pipe arrive together or not at all
        }
    }

    /// <summary>The state of a number: the number, then bytes that follow from it; the length varies too.</summary>
    public static byte[] State(long number)
    {
        byte[] state = new byte[8 + (int)((ulong)number * 2654435761 % (MaxBytes - 8))];
        BinaryPrimitives.WriteInt64LittleEndian(state, number);
        for (int i = 8; i < state.Length; i++)
        {
            state[i] = (byte)((i * 31) + number);
        }
        return state;
    }

    /// <summary>The number of a state.</summary>
    /// <exception cref="InvalidDataException">The state is not what was saved.</exception>
    public static long NumberOf(byte[] state)
    {
        long number = BinaryPrimitives.ReadInt64LittleEndian(state);
        return state.AsSpan().SequenceEqual(State(number)) ? number : throw new InvalidDataException($"State {number} is damaged.");
    }
}

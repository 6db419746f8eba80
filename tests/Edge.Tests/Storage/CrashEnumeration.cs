using Edge.Runtime.Storage;
using Edge.Tests.Harness;

namespace Edge.Tests.Storage;

/// <summary>
/// Runs one write of state on a <see cref="SimulatedDisk"/> and looks at every disk that a loss of power could leave: before each of its operations,
/// and after it.
/// </summary>
internal sealed class CrashEnumeration
{
    // More states than this at one moment are sampled: 9 sectors of a new file have 3 to 4 states each, with length and name 150 000.
    private const int Bound = 6000;

    private readonly Random _random = new(20240229);

    /// <summary>Crash states looked at.</summary>
    public int States { get; private set; }

    /// <summary>The first disk on which the promise was broken; null if none.</summary>
    public string? Violation { get; private set; }

    /// <summary>Looks at all crash states of <paramref name="write"/>.</summary>
    /// <param name="disk">The disk, with whatever went before.</param>
    /// <param name="allowed">What may be found until the write returns, its own payload included; null is nothing.</param>
    /// <param name="payload">What must be found once it has returned.</param>
    /// <param name="write">The write.</param>
    /// <param name="load">Reads the state back after a crash.</param>
    /// <param name="save">Writes another state after a crash; must work.</param>
    public void Run(SimulatedDisk disk, IReadOnlyCollection<byte[]?> allowed, byte[] payload, Action write,
        Func<IStorage, byte[]?> load, Action<IStorage, byte[]> save)
    {
        byte[] next = [.. payload, 77];
        int start = disk.Operations.Count;
        disk.BeforeOperation = operation => Look(disk, $"before operation {operation - start}", allowed, next, load, save);
        write();
        disk.BeforeOperation = null;
        Look(disk, "after the write", [payload], next, load, save);
    }

    /// <summary>Looks at all crash states of this moment.</summary>
    public void Look(SimulatedDisk disk, string moment, IReadOnlyCollection<byte[]?> allowed, byte[] next,
        Func<IStorage, byte[]?> load, Action<IStorage, byte[]> save)
    {
        if (Violation is not null)
        {
            return;
        }
        foreach (SimulatedDisk crashed in disk.CrashStates(Bound, _random))
        {
            States++;
            try
            {
                byte[]? found = load(crashed);
                if (!allowed.Any(state => Same(state, found)))
                {
                    Violation = $"{moment} of [{string.Join("; ", disk.Operations)}], crash state {States}: found {Describe(found)}, "
                        + $"allowed {string.Join(" or ", allowed.Select(Describe))}.";
                    return;
                }
                save(crashed, next);
                if (!Same(next, load(crashed)))
                {
                    Violation = $"{moment}: the save after crash state {States} was not found again.";
                    return;
                }
            }
            catch (StorageException exception)
            {
                Violation = $"{moment}, crash state {States}: {exception}";
                return;
            }
        }
    }

    public static bool Same(byte[]? a, byte[]? b) => a is null ? b is null : b is not null && a.AsSpan().SequenceEqual(b);

    private static string Describe(byte[]? state) =>
        state is null ? "nothing" : $"{state.Length} bytes {Convert.ToHexString(state.AsSpan(0, Math.Min(8, state.Length)))}…";
}

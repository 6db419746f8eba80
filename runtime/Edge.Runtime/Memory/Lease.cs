namespace Edge.Runtime.Memory;

/// <summary>Resources that several objects use; freed when the last one lets go.</summary>
/// <param name="owned">What is disposed then.</param>
internal sealed class Lease(params IDisposable[] owned) : IDisposable
{
    private int _users = 1;

    /// <summary>One more user.</summary>
    /// <exception cref="ObjectDisposedException">The last user has let go already.</exception>
    public Lease Acquire()
    {
        int users = Volatile.Read(ref _users);
        while (users > 0)
        {
            int seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
            {
                return this;
            }

            users = seen;
        }

        throw new ObjectDisposedException(nameof(Model), "The model was disposed, and no session or trainer uses it any more. Load it again.");
    }

    /// <summary>One user less.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            foreach (IDisposable resource in owned)
            {
                resource.Dispose();
            }
        }
    }
}

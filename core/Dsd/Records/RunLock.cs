namespace Dsd.Records;

/// <summary>The lock of a run folder: one process works in it at a time.</summary>
/// <remarks>
/// A file <c>running.1</c> with the holder's identity and heartbeat (<see cref="Claim"/>). That of a process of this machine that has ended is recognised at once; that
/// of another machine when its heartbeat has stopped.
/// </remarks>
internal sealed class RunLock : IDisposable
{
    private static readonly TimeSpan s_beat = TimeSpan.FromSeconds(5);
    private const int MostTries = 100;
    private readonly Claim _claim;

    private RunLock(Claim claim) => _claim = claim;

    /// <summary>True if another process has taken the folder over, since this one was suspended for too long.</summary>
    public bool IsLost => _claim.IsLost;

    /// <summary>Takes the lock of a folder.</summary>
    /// <param name="folder">The folder, which exists.</param>
    /// <param name="waiting">Called with a message if the holder is on another machine and its heartbeat must be watched. Default null: none.</param>
    /// <exception cref="DsdException">Another process holds it; the message names the process and its machine.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static RunLock Take(string folder, Action<string>? waiting = null)
    {
        for (var tries = 0; ; tries++)
        {
            var held = Claim.Find(folder, RunFiles.LockName);
            if (held is var (generation, content) && !HasStopped(folder, generation, content, waiting))
            {
                throw new DsdException(IsOwn(content)
                    ? $"{folder}: this program has this folder open already. Dispose of its RunFolder first (C#: using, F#: use within a function), or choose another folder."
                    : $"{folder}: {Holder(content)} works in this folder. Wait for its end or stop it, or choose another folder.");
            }

            if (Claim.TryMake(folder, RunFiles.LockName, (held?.Generation ?? 0) + 1, s_beat) is { } claim)
            {
                return new RunLock(claim);
            }

            if (tries == MostTries)
            {
                throw new DsdException($"{folder}: its lock {RunFiles.LockName}.* can neither be read nor taken. If no process works there, delete it.");
            }
        }
    }

    /// <summary>True if a process holds the lock of a folder, without waiting: one of another machine by the age of its last heartbeat.</summary>
    public static bool IsHeld(string folder) =>
        Claim.Find(folder, RunFiles.LockName) is var (generation, content) && Claim.IsHeld(Claim.PathOf(folder, RunFiles.LockName, generation), content);

    /// <inheritdoc cref="Claim.Restore"/>
    public void Restore() => _claim.Restore();

    public void Dispose() => _claim.Dispose();

    private static bool IsOwn(string content) => content.StartsWith($"{ProcessIdentity.Own} ", StringComparison.Ordinal);

    /// <summary>Names the process and machine in a claim.</summary>
    private static string Holder(string content) => ProcessIdentity.Describe(content.Split('\n')[0]);

    /// <summary>True if the holder has ended; the heartbeat of one on another machine is watched until it beats or has missed its time.</summary>
    private static bool HasStopped(string folder, int generation, string content, Action<string>? waiting)
    {
        var watch = new ClaimWatch(Claim.Expiry);
        if (watch.IsExpired(RunFiles.LockName, generation, content))
        {
            return true;
        }

        if (Claim.IsOfThisMachine(content))
        {
            return false;
        }

        waiting?.Invoke($"{folder}: {Holder(content)} worked here; waiting up to {Claim.Expiry.TotalSeconds:0} s to see whether it still does.");
        while (Claim.Find(folder, RunFiles.LockName) is var (now, beat))
        {
            if ((now, beat) != (generation, content))
            {
                return false;
            }

            if (watch.IsExpired(RunFiles.LockName, now, beat))
            {
                return true;
            }

            Thread.Sleep(500);
        }

        return true;
    }
}

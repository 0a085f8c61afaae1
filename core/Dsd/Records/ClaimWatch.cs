namespace Dsd.Records;

/// <summary>One process's watch over the claims of others: which of them have stood still for too long, by its own monotonic clock.</summary>
/// <param name="expiry">The time without a change after which a claim has expired.</param>
/// <param name="time">The clock. Default null: the system's.</param>
internal sealed class ClaimWatch(TimeSpan expiry, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Dictionary<string, (int Generation, string Content, long Since)> _seen = [];

    /// <summary>Returns true if a claim has not changed for too long, as observed by this process, or its holder no longer exists.</summary>
    /// <param name="name">The name of the claim.</param>
    /// <param name="generation">Its generation; a new one starts the time again, whatever its file holds.</param>
    /// <param name="content">The content of its file.</param>
    public bool IsExpired(string name, int generation, string content)
    {
        if (Claim.IsOfTheDead(content))
        {
            return true;
        }

        if (!_seen.TryGetValue(name, out var seen) || (seen.Generation, seen.Content) != (generation, content))
        {
            _seen[name] = (generation, content, _time.GetTimestamp());
            return false;
        }

        return _time.GetElapsedTime(seen.Since) > expiry;
    }
}

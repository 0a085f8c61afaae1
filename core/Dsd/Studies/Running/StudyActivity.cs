using System.Diagnostics;
using System.Globalization;

namespace Dsd.Studies;

/// <summary>Tells whether workers are running on a study, and clears away the claims of those that are no more.</summary>
internal static class StudyActivity
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    /// <summary>Whether any claim is held by a worker that runs.</summary>
    /// <param name="folder">The study's folder.</param>
    /// <param name="expiry">How long a claim of another machine may stay unchanged before its worker counts as gone; so long this call takes where there is one.</param>
    /// <param name="say">Is told about a wait; null tells nobody.</param>
    /// <returns>True as soon as one is seen; otherwise false, and no claim is left.</returns>
    public static bool IsRunning(StudyFolder folder, TimeSpan expiry, Action<string>? say)
    {
        var first = Directory.Exists(folder.Claims) ? Claim.All(folder.Claims).ToDictionary() : [];
        var elsewhere = first.Where(c => !Claim.IsOfTheDead(c.Value)).ToList();
        if (elsewhere.Exists(c => Claim.IsOfThisMachine(c.Value)))
        {
            return true;
        }

        if (elsewhere.Count > 0)
        {
            say?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{folder}: {elsewhere.Count} {(elsewhere.Count == 1 ? "block is" : "blocks are")} claimed by workers of another machine; watching for {expiry.TotalSeconds:0} s whether they still run"));
        }

        for (var clock = Stopwatch.StartNew(); elsewhere.Count > 0 && clock.Elapsed <= expiry;)
        {
            Thread.Sleep(s_look);
            var now = Claim.All(folder.Claims).ToDictionary();
            if (now.Any(c => !first.TryGetValue(c.Key, out var was) || was != c.Value))
            {
                return true;
            }

            elsewhere.RemoveAll(c => !now.ContainsKey(c.Key));
        }

        // A worker that was only stopped for long finds its claim gone, and stops. Lower generations first, as a worker gives a claim back.
        foreach (var (file, _) in first.OrderBy(c => c.Key.Length).ThenBy(c => c.Key, StringComparer.Ordinal))
        {
            File.Delete(file);
        }

        return false;
    }
}

using System.Diagnostics;
using System.Globalization;
using Dsd.Records;

namespace Dsd.Studies;

/// <summary>Detects running workers of a study, and removes the claims of those that no longer exist.</summary>
internal static class StudyActivity
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    /// <summary>Returns true if any claim is held by a running worker.</summary>
    /// <param name="folder">The study's folder.</param>
    /// <param name="expiry">The time after which an unchanged claim of another machine counts as abandoned; if there is one, this call takes that long.</param>
    /// <param name="say">Called with a message before a wait; null for none.</param>
    /// <returns>True as soon as a running worker is found; otherwise false, with all claims removed.</returns>
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

        // A worker that was only suspended for a long time finds its claim gone, and stops. Lower generations first, as a worker releases a claim.
        foreach (var (file, _) in first.OrderBy(c => c.Key.Length).ThenBy(c => c.Key, StringComparer.Ordinal))
        {
            File.Delete(file);
        }

        return false;
    }
}

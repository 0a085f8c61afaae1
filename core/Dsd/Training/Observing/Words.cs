using System.Globalization;

namespace Dsd.Training;

/// <summary>Formats numbers as words.</summary>
internal static class Words
{
    /// <summary>Formats a time, e.g. <c>"31 s"</c>, <c>"2 min 5 s"</c> or <c>"1 h 20 min"</c>; the same in every culture.</summary>
    public static string Time(double seconds)
    {
        var time = TimeSpan.FromSeconds(Math.Ceiling(Math.Min(seconds, TimeSpan.MaxValue.TotalSeconds / 2)));
        return time.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours:N0} h {time.Minutes} min")
            : time.TotalMinutes >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds} s")
            : string.Create(CultureInfo.InvariantCulture, $"{time.Seconds} s");
    }
}

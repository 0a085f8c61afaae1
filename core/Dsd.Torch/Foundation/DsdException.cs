namespace Dsd;

/// <summary>The exception for invalid user input; the message says what is wrong, where, what is allowed and how to fix it.</summary>
public class DsdException : Exception
{
    private const int MostNames = 20;

    /// <summary>Creates the exception.</summary>
    /// <param name="message">A complete sentence for the user.</param>
    /// <param name="innerException">The exception that caused this one, or null.</param>
    public DsdException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception for a name that does not exist. The message suggests the known name that is most like it, if any is, and lists what is allowed: all known names, or the nearest of more than 20.</summary>
    /// <param name="problem">The sentence that says what does not exist, e.g. <c>"There is no network named 'lenet5'."</c></param>
    /// <param name="name">The name as written.</param>
    /// <param name="known">The names that exist.</param>
    /// <param name="allowed">The sentence that says what is allowed. Default null: a list of the known names.</param>
    /// <returns>E.g. <c>"There is no network named 'lenet5'. Did you mean 'lenet-5'? Allowed names: 'lenet-5', 'vgg16'."</c></returns>
    public static DsdException UnknownName(string problem, string name, IEnumerable<string> known, string? allowed = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(known);
        List<string> names = [.. known];
        var hint = NearestNames.Likely(name, names, count: 1) is [var nearest] ? $" Did you mean '{nearest}'?" : "";
        allowed ??= names.Count is > 0 and <= MostNames
            ? $"Allowed names: {string.Join(", ", names.Select(n => $"'{n}'"))}."
            : FormattableString.Invariant($"There are {names.Count} names. {NearestNames.Sentence(name, names)}").TrimEnd();
        return new($"{problem}{hint} {allowed}");
    }
}

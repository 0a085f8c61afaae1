using System.Text.RegularExpressions;

namespace Dsd.Training;

/// <summary>Explains libtorch's errors about memory that is full.</summary>
internal static partial class OutOfMemory
{
    /// <summary>Creates the error that says how much memory is missing and which batch would need less; null if a message is about something else.</summary>
    /// <param name="what">The operation that failed, e.g. <c>"digits: step 3"</c>.</param>
    /// <param name="message">The message of libtorch.</param>
    /// <param name="batch">The batch size; null if unknown.</param>
    /// <param name="cause">The error of libtorch.</param>
    public static DsdException? Explain(string what, string message, int? batch, Exception cause)
    {
        if (!IsSaidBy(message))
        {
            return null;
        }

        var memory = OfGpu().IsMatch(message) ? "the GPU's memory" : "memory";
        var wanted = Wanted().Match(message) is { Success: true } more ? $"; {more.Groups["size"].Value} more were to be allocated" : "";
        var free = Capacity().Match(message) is { Success: true } room ? $", and {room.Groups["free"].Value} of {room.Groups["total"].Value} are free" : "";
        var advice = batch is > 1 and var size
            ? FormattableString.Invariant($"A batch of {size / 2} instead of {size} takes about half the memory of activations")
            : "Take smaller inputs or a smaller network";
        return new DsdException($"{what}: {memory} is full{wanted}{free}. {advice}; other programs may hold memory too{(memory == "memory" ? "" : " ('nvidia-smi' lists them)")}.", cause);
    }

    /// <summary>True if an error, or one that caused it, is about memory that is full.</summary>
    public static bool IsCauseOf(Exception error) => IsSaidBy(error.Message) || (error.InnerException is { } cause && IsCauseOf(cause));

    private static bool IsSaidBy(string message) => OfGpu().IsMatch(message) || OfCpu().IsMatch(message);

    [GeneratedRegex("CUDA out of memory|CUDA error: out of memory")]
    private static partial Regex OfGpu();

    [GeneratedRegex("DefaultCPUAllocator: (can't allocate|not enough) memory")]
    private static partial Regex OfCpu();

    [GeneratedRegex(@"[Tt]ried to allocate (?<size>[\d.]+ (GiB|MiB|KiB|bytes))")]
    private static partial Regex Wanted();

    [GeneratedRegex(@"total capacity of (?<total>[\d.]+ \w+) of which (?<free>[\d.]+ \w+) is free")]
    private static partial Regex Capacity();
}

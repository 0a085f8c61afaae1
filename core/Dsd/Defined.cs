using System.Runtime.CompilerServices;

namespace Dsd;

/// <summary>A check for undefined enum values, such as a cast can produce, which no file format can hold.</summary>
internal static class Defined
{
    public static T Value<T>(T value, [CallerArgumentExpression(nameof(value))] string name = "") where T : struct, Enum =>
        Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{typeof(T).Name} is one of {string.Join(", ", Enum.GetNames<T>())}.");
}

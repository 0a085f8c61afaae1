using System.Runtime.CompilerServices;

namespace Dsd;

/// <summary>Refuses enum values that have no name, such as those a cast can make: no file form could hold them.</summary>
internal static class Defined
{
    public static T Value<T>(T value, [CallerArgumentExpression(nameof(value))] string name = "") where T : struct, Enum =>
        Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{typeof(T).Name} is one of {string.Join(", ", Enum.GetNames<T>())}.");
}

namespace Dsd;

/// <summary>The attribute that declares a type's notebook formatters to .NET Interactive, which finds it by name alone.</summary>
/// <remarks>Public for Dsd.Charts: an attribute that F# declares as internal has no public property, and is not found.</remarks>
[AttributeUsage(AttributeTargets.Class)]
public sealed class TypeFormatterSourceAttribute : Attribute
{
    /// <summary>The type whose <c>CreateTypeFormatters</c> creates the formatters.</summary>
    public Type FormatterSourceType { get; } = typeof(NotebookFormatter);
}

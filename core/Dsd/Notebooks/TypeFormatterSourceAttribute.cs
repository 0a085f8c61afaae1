namespace Dsd;

/// <summary>Tells .NET Interactive how a type shows itself in a notebook; it is found by the name of this attribute alone.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class TypeFormatterSourceAttribute : Attribute
{
    /// <summary>The type whose <c>CreateTypeFormatters</c> makes the formatters.</summary>
    public Type FormatterSourceType { get; } = typeof(NotebookFormatter);
}

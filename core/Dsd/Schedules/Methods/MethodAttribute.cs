namespace Dsd.Schedules;

/// <summary>Names a method of <see cref="Methods"/> as files and the command line do, with its source.</summary>
/// <param name="name">The name, e.g. <c>"rigl"</c>.</param>
/// <param name="summary">What it does, in one sentence.</param>
/// <param name="source">The publication.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MethodAttribute(string name, string summary, string source) : Attribute
{
    public string Name => name;

    public string Summary => summary;

    public string Source => source;
}

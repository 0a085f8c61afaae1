namespace Dsd.Examples.Tests;

/// <summary>Makes a folder the current one for a while.</summary>
internal sealed class WorkingFolder : IDisposable
{
    private readonly string _before = Environment.CurrentDirectory;

    public WorkingFolder(string folder) => Environment.CurrentDirectory = folder;

    public void Dispose() => Environment.CurrentDirectory = _before;
}

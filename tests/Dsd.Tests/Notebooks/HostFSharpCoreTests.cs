using System.Reflection;
using System.Runtime.Loader;

namespace Dsd.Tests.Torch;

/// <summary>Asked directly, since a test host answers for what it finds by name; the kernel itself is asked by NotebookTests.</summary>
public sealed class HostFSharpCoreTests
{
    private static readonly Assembly s_host = AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName("FSharp.Core"));

    private static readonly Version s_version = s_host.GetName().Version!;

    [Fact]
    public void StandIn_ForANewerOneOfTheSameMajorVersion_IsTheHosts() =>
        Assert.Same(s_host, StandIn("FSharp.Core", new Version(s_version.Major, s_version.Minor + 1, 0, 0)));

    [Fact]
    public void StandIn_ForAnotherMajorVersion_IsNone() => Assert.Null(StandIn("FSharp.Core", new Version(s_version.Major + 1, 0, 0, 0)));

    [Fact]
    public void StandIn_ForAnythingElse_IsNone()
    {
        Assert.Null(StandIn("FSharp.Core", null));
        Assert.Null(StandIn("Plotly.NET", s_version));
    }

    [Theory]
    [InlineData(typeof(FileNotFoundException))]
    [InlineData(typeof(FileLoadException))]
    public void StandIn_WhereTheHostsCannotBeLoaded_IsNoneAndLeavesTheMessageToTheRuntime(Type error)
    {
        var context = new Refusing(error);
        Assert.Null(HostFSharpCore.StandIn(context, new AssemblyName("FSharp.Core") { Version = s_version }));
    }

    private static Assembly? StandIn(string name, Version? version) =>
        HostFSharpCore.StandIn(AssemblyLoadContext.Default, new AssemblyName(name) { Version = version });

    private sealed class Refusing(Type error) : AssemblyLoadContext
    {
        protected override Assembly Load(AssemblyName assemblyName) => throw (Exception)Activator.CreateInstance(error, "refused")!;
    }
}

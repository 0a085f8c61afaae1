using Dsd.Torch;

namespace Dsd.Cli.Tests;

/// <summary>A copy of the command as <c>dotnet tool install</c> leaves it: TorchSharp's library is there, libtorch is not, neither in its folder nor in NuGet's.</summary>
internal sealed class BareCommand
{
    private readonly string _folder;
    private readonly Dictionary<string, string?> _environment;

    private BareCommand(string folder)
    {
        _folder = folder;
        var home = Directory.CreateDirectory(Path.Combine(folder, "home")).FullName;
        _environment = new()
        {
            ["HOME"] = home,
            ["USERPROFILE"] = home,
            ["LOCALAPPDATA"] = home,
            ["XDG_DATA_HOME"] = home,
            ["DOTNET_CLI_HOME"] = home,
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["NUGET_PACKAGES"] = Path.Combine(home, "nuget"),
            ["DSD_DATA"] = null,
        };
    }

    /// <summary>The folder that <c>dsd torch install</c> fills for this copy's user.</summary>
    public string InstallFolder => Path.Combine(_folder, "home", "dsd", "libtorch", $"{LibTorchPackage.Version}-{LibTorchPackage.Platform}");

    public static BareCommand Make(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll").Append(Path.ChangeExtension(DsdProcess.Assembly, ".runtimeconfig.json")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        var native = Path.Combine("runtimes", LibTorchPackage.Platform, "native");
        Directory.CreateDirectory(Path.Combine(folder, native));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, native), "*LibTorchSharp*"))
        {
            File.Copy(file, Path.Combine(folder, native, Path.GetFileName(file)));
        }

        return new(folder);
    }

    public Outcome Run(params string[] args)
    {
        using var process = DsdProcess.Start(_folder, _environment, DsdProcess.DotNet, [Path.Combine(_folder, Path.GetFileName(DsdProcess.Assembly)), .. args]);
        return process.Wait();
    }
}

using System.Text.RegularExpressions;

namespace Dsd.Torch;

/// <summary>The libtorch that the user named instead of TorchSharp's: found and checked, not loaded.</summary>
/// <param name="Build">The libtorch.</param>
/// <param name="Vendors">The folders where libraries that it needs, such as NVIDIA's, may be.</param>
internal sealed partial record LibTorchChoice(LibTorchBuild Build, IReadOnlyList<string> Vendors)
{
    /// <summary>The name of the libtorch of an installed PyTorch.</summary>
    public const string PyTorch = "pytorch";

    /// <summary>The environment variable that names one.</summary>
    public const string Variable = "DSD_LIBTORCH";

    /// <summary>The environment variable that accepts any version.</summary>
    public const string AnyVariable = "DSD_LIBTORCH_ANY";

    /// <summary>True if the environment names a libtorch.</summary>
    public static bool IsNamed => !string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(Variable));

    /// <summary>Finds the libtorch that the environment names; null if it names none.</summary>
    /// <exception cref="DsdException">There is none, or it does not fit.</exception>
    public static LibTorchChoice? OfEnvironment() => IsNamed
        ? Find(Environment.GetEnvironmentVariable(Variable)!, EnvironmentSwitch.Parse(Environment.GetEnvironmentVariable(AnyVariable), unset: false) == true)
        : null;

    /// <summary>Finds a libtorch and checks that it fits.</summary>
    /// <param name="named"><see cref="PyTorch"/>, or the folder of its libraries, or a folder above: of a libtorch, of PyTorch's package, or of Python's packages.</param>
    /// <param name="any">True to accept any version.</param>
    /// <exception cref="DsdException">There is none, it is of another processor, or of a version that was not tried.</exception>
    public static LibTorchChoice Find(string named, bool any)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw Refused(named, $"another libtorch than TorchSharp's can be named on Linux only. Unset {Variable} and leave --libtorch out");
        }

        string folder;
        IEnumerable<string> sites = [];
        if (named == PyTorch)
        {
            var python = PythonTorch.Find();
            folder = FolderIn(python.Folder) ?? throw Refused(named, $"{python.Folder}, the PyTorch of {python.Python}, has no {Library} in its folder lib. Name the folder that has it");
            sites = python.Sites;
        }
        else
        {
            var path = Path.GetFullPath(named);
            folder = FolderIn(path) ?? throw Refused(named, Directory.Exists(path)
                ? $"{path} has no {Library}, and neither have its folders lib and torch/lib. Name the folder that has it, or '{PyTorch}' for an installed PyTorch"
                : $"there is no folder {path}. Name the folder that has {Library}, or '{PyTorch}' for an installed PyTorch");
        }

        var library = Path.Combine(folder, Library);
        if (ElfMachine.Problem(library) is { } problem)
        {
            throw Refused(named, $"{library} {problem}. Name a libtorch for {NativeFolders.Platform}");
        }

        var build = LibTorchBuild.Of(folder);
        return any || Fits(build.Version) ? new(build, VendorsOf(folder, sites)) : throw Refused(
            named,
            $"it is {build.Name}, in {folder}. TorchSharp's library is built for 2.10, and 2.11 was tried with it; another version can end the process or compute wrong numbers. "
            + $"Name a libtorch or PyTorch of these versions, or accept this one with --libtorch-any, {AnyVariable}=1 or WithLibTorchAny(true)");
    }

    /// <summary>True for the releases that TorchSharp's library is known to work with: 2.10 and 2.11.</summary>
    internal static bool Fits(string? version) => version is not null && Tried().IsMatch(version);

    private static string Library => NativeFolders.FileName("torch_cpu");

    private static string? FolderIn(string path) => new[] { path, Path.Combine(path, "lib"), Path.Combine(path, "torch", "lib") }
        .FirstOrDefault(f => File.Exists(Path.Combine(f, Library))) is { } folder ? Path.TrimEndingDirectorySeparator(folder) : null;

    /// <summary>NVIDIA's packages and those of PyTorch's wheel lie beside the package torch, or in another folder that Python searches.</summary>
    private static List<string> VendorsOf(string folder, IEnumerable<string> sites)
    {
        var beside = Path.GetFullPath(Path.Combine(folder, "..", ".."));
        return [.. sites.Prepend(beside).Distinct().SelectMany(site => PackagesOf(site).Append(Path.Combine(site, "cusparselt", "lib")).Append(Path.Combine(site, "torch.libs"))).Where(Directory.Exists)];
    }

    private static IEnumerable<string> PackagesOf(string site)
    {
        var nvidia = Path.Combine(site, "nvidia");
        return Directory.Exists(nvidia) ? Directory.EnumerateDirectories(nvidia).Select(f => Path.Combine(f, "lib")).Order(StringComparer.Ordinal) : [];
    }

    private static DsdException Refused(string named, string reason) => new($"libtorch '{named}' cannot be used: {reason}.");

    [GeneratedRegex(@"^2\.1[01]\.\d+(\+.*)?$")]
    private static partial Regex Tried();
}

using Dsd.Torch;
using TorchSharp;

namespace Dsd.Tests.Torch;

[Trait("Tier", "slow")]
public sealed class TorchRuntimeTests : IDisposable
{
    private const string Sum = """printfn "sum %g" (TorchSharp.torch.ones(3L).sum().item<float32>())""";
    private static readonly string Built = AppContext.BaseDirectory;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dsd-native-tests-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Configure_InThisProcess_MakesTorchWork()
    {
        TorchRuntime.Configure();
        TorchRuntime.Configure();

        using var sum = torch.ones(3).sum();
        Assert.Equal(3f, sum.item<float>());
        Assert.Null(NativeLoading.LastFailure);
    }

    [SkippableFact]
    public void Configure_InThisProcess_LoadsLibtorchOnce()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux names libraries by symbol versions.");
        TorchRuntime.Configure();

        var files = File.ReadLines("/proc/self/maps")
            .Where(line => line.EndsWith("/libtorch_cpu.so", StringComparison.Ordinal))
            .Select(line => line[line.IndexOf('/')..])
            .Distinct();
        Assert.Equal(NativeFolders.Loaded(), Path.GetDirectoryName(Assert.Single(files)));
    }

    [Fact]
    public void Script_ConfigureFirst_ComputesWithTorch() => Assert.Contains("sum 3", RunScript($"""
        {References(Built)}
        Dsd.Torch.TorchRuntime.Configure()
        {Sum}
        """), StringComparison.Ordinal);

    [Fact]
    public void Script_AnyMemberOfDsdFirst_ComputesWithTorch() => Assert.Contains("sum 3", RunScript($"""
        {References(Built)}
        let random = Dsd.CounterRandom.For(1L, "any")
        {Sum}
        """), StringComparison.Ordinal);

    [Fact]
    public void Script_AssembliesInAContextOfTheirOwn_ComputesWithTorch() => Assert.Contains("threads 1", RunScript($"""
        let context = System.Runtime.Loader.AssemblyLoadContext "own"
        let torchSharp = context.LoadFromAssemblyPath "{Built}TorchSharp.dll"
        let torch = context.LoadFromAssemblyPath "{Built}Dsd.Torch.dll"
        torch.GetType("Dsd.Torch.TorchRuntime").GetMethod("Configure").Invoke(null, [| null |])
        let call name (args: obj array) = torchSharp.GetType("TorchSharp.torch").GetMethod(name).Invoke(null, args)
        call "set_num_threads" [| box 1 |] |> ignore
        printfn "threads %O" (call "get_num_threads" [||])
        """), StringComparison.Ordinal);

    [SkippableTheory]
    [InlineData("Dsd.Torch.TorchRuntime.Configure()", true)]
    [InlineData("Dsd.Torch.TorchRuntime.Configure(Dsd.Torch.TorchRuntimeOptions.FromEnvironment().WithLibTorch SITE)", false)]
    public void Script_WithANamedLibtorch_ComputesOnThatOne(string configure, bool isInEnvironment)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Another libtorch can be named on Linux only.");
        var lib = FakeTorch.PyTorch(_folder.FullName, FakeTorch.Cpu);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Built, "runtimes", NativeFolders.Platform, "native")).Where(f => Path.GetFileName(f) is var name && (name.StartsWith("libgomp", StringComparison.Ordinal) || File.Exists(Path.Combine(lib, name)))))
        {
            File.Delete(Path.Combine(lib, Path.GetFileName(file)));
            File.Copy(file, Path.Combine(lib, Path.GetFileName(file)));
        }

        var output = RunScript(
            $"""
            {References(Built)}
            {configure.Replace("SITE", $"\"{_folder.FullName}\"", StringComparison.Ordinal)}
            printfn "on %O" Dsd.Torch.TorchRuntime.State.LibTorch
            for line in System.IO.File.ReadLines "/proc/self/maps" do if line.EndsWith "/libtorch_cpu.so" then printfn "from %s" (line.Substring(line.IndexOf '/'))
            {Sum}
            """,
            isInEnvironment ? [("DSD_LIBTORCH", _folder.FullName)] : []);

        Assert.Contains("on applied: PyTorch 2.11.0+cpu without CUDA", output, StringComparison.Ordinal);
        Assert.Equal([$"from {Path.Combine(lib, "libtorch_cpu.so")}"], output.Split('\n', StringSplitOptions.TrimEntries).Where(l => l.StartsWith("from ", StringComparison.Ordinal)).Distinct());
        Assert.Contains("sum 3", output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Script_OldRuntime_LoadsACopyThatLiesInNoFolder()
    {
        Skip.IfNot(NativeLoading.OldRuntime(), "A copy is loaded only with a C++ runtime older than GCC 13's.");
        var home = _folder.CreateSubdirectory("home").FullName;
        var temporary = _folder.CreateSubdirectory("temporary").FullName;

        var output = RunScript(
            $"{References(Built)}\nDsd.Torch.TorchRuntime.Configure()\n{Sum}", ("XDG_DATA_HOME", home), ("TMPDIR", temporary));

        Assert.Contains("sum 3", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(home, "dsd")));
        Assert.Empty(Directory.GetDirectories(temporary, "dsd-native-*"));
    }

    [Fact]
    public void Script_NoNativeLibraryAnywhere_SaysWhereItLooked()
    {
        File.Copy(Path.Combine(Built, "TorchSharp.dll"), Path.Combine(_folder.FullName, "TorchSharp.dll"));
        File.Copy(Path.Combine(Built, "Dsd.Torch.dll"), Path.Combine(_folder.FullName, "Dsd.Torch.dll"));
        File.Copy(Path.Combine(Built, "Dsd.dll"), Path.Combine(_folder.FullName, "Dsd.dll"));
        var folder = _folder.FullName + Path.DirectorySeparatorChar;

        var output = RunScript($"""
            {References(folder)}
            try Dsd.Torch.TorchRuntime.Configure() with :? Dsd.DsdException as e -> printfn "REASON %s" e.Message
            """, ("NUGET_PACKAGES", folder));

        var reason = output[output.IndexOf("REASON", StringComparison.Ordinal)..];
        Assert.Contains(NativeFolders.FileName("LibTorchSharp"), reason, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(folder, "runtimes", NativeFolders.Platform, "native"), reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_FileNowhere_GivesNull() =>
        Assert.Null(NativeFolders.Find(typeof(torch).Assembly, "there-is-no-such-file.so"));

    private static string References(string folder) => $"#r \"{folder}TorchSharp.dll\"\n#r \"{folder}Dsd.Torch.dll\"\n#r \"{folder}Dsd.dll\"";

    private string RunScript(string text, params (string Name, string Value)[] environment)
    {
        var (exitCode, output) = FSharpScript.Run(_folder.FullName, text.Replace('\\', '/'), environment);
        Assert.True(exitCode == 0, output);
        return output;
    }
}

using Dsd.Torch;

namespace Dsd.Tests.Torch;

/// <summary>What Python says about PyTorch, by scripts in its place.</summary>
public sealed class PythonTorchTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Find_WherePythonHasIt_GivesItsFolderAndTheSearchedOnes()
    {
        Skip.If(OperatingSystem.IsWindows(), "The Pythons are shell scripts.");
        var bin = Python("bin", "python3", "echo 'torch /opt/my site/torch'\necho 'site /opt/my site'\necho 'site /usr/lib/é'");

        var found = PythonTorch.Find(bin);

        Assert.Equal((Path.Combine(bin, "python3"), "/opt/my site/torch"), (found.Python, found.Folder));
        Assert.Equal(["/opt/my site", "/usr/lib/é"], found.Sites);
    }

    [SkippableFact]
    public void Find_Python3WithoutIt_AsksPython()
    {
        Skip.If(OperatingSystem.IsWindows(), "The Pythons are shell scripts.");
        var path = $"{Python("bin", "python3", "")}:{Python("env", "python", "echo 'torch /env/torch'")}";

        Assert.Equal("/env/torch", PythonTorch.Find(path).Folder);
    }

    [SkippableFact]
    public void Find_NoPython_SaysSo()
    {
        Skip.If(OperatingSystem.IsWindows(), "The Pythons are shell scripts.");
        Directory.CreateDirectory(_folder["empty"]);
        File.WriteAllText(_folder["empty", "python3"], "not executable");

        var message = Assert.Throws<DsdException>(() => PythonTorch.Find($"{_folder["empty"]}::.")).Message;

        Assert.StartsWith("libtorch 'pytorch' cannot be used: there is no python3 or python in PATH. Activate the environment", message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Find_PythonWithoutPyTorch_NamesEachPython()
    {
        Skip.If(OperatingSystem.IsWindows(), "The Pythons are shell scripts.");
        var bin = Python("bin", "python3", "");
        Python("bin", "python", "echo 'Traceback' >&2\necho 'ImportError: No module named util' >&2\nexit 1");

        var message = Assert.Throws<DsdException>(() => PythonTorch.Find(bin)).Message;

        Assert.Contains($"{bin}/python3 has no module torch, and {bin}/python failed with code 1 and said 'ImportError: No module named util'. ", message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Find_PythonThatDoesNotAnswer_IsEndedAndNamed()
    {
        Skip.If(OperatingSystem.IsWindows(), "The Pythons are shell scripts.");
        var bin = Python("bin", "python3", "exec sleep 60");

        var message = Assert.Throws<DsdException>(() => PythonTorch.Find(bin, TimeSpan.FromSeconds(0.2))).Message;

        Assert.Contains($"{bin}/python3 did not answer within 0.2 seconds", message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Find_ARealPython_LooksNotInTheWorkingFolder()
    {
        Skip.If(OperatingSystem.IsWindows(), "The Pythons are shell scripts.");
        var real = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(f => Path.Combine(f, "python3")).FirstOrDefault(File.Exists);
        Skip.If(real is null, "There is no python3 here.");
        FakeTorch.PyTorch(_folder["site"], FakeTorch.Cpu);
        File.WriteAllText(_folder["site", "torch", "__init__.py"], "raise ImportError('it was imported')");
        Directory.CreateDirectory(_folder["site", "nvidia", "cu13", "lib"]);

        Assert.Throws<DsdException>(() => PythonTorch.Find(Python("inside", "python3", $"cd '{_folder["site"]}'\nexec '{real}' -S \"$@\"")));
        var found = PythonTorch.Find(Python("path", "python3", $"PYTHONPATH='{_folder["site"]}' exec '{real}' -S \"$@\""));

        Assert.Equal(_folder["site", "torch"], found.Folder);
        Assert.Contains(_folder["site"], found.Sites);
    }

    private string Python(string folder, string name, string script)
    {
        Directory.CreateDirectory(_folder[folder]);
        File.WriteAllText(_folder[folder, name], $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_folder[folder, name], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return _folder[folder];
    }
}

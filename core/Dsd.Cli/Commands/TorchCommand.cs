using System.CommandLine;
using Dsd.Torch;

namespace Dsd.Cli;

/// <summary><c>dsd torch</c>: shows where libtorch is, or installs it for a command that was installed without it.</summary>
internal static class TorchCommand
{
    public static Command Create()
    {
        var command = new Command("torch", "Show which libtorch is loaded and from where, or install it.") { CreateInstall(), CreateRemove() }.WithHelp("""
            Training needs libtorch, the native library of PyTorch. A build from a checkout
            includes it; the command installed by 'dotnet tool install' does not, and needs
            'dsd torch install' once. Plans, reports, lists and help work without it.

            On Linux the libtorch of an installed PyTorch 2.10 or 2.11 can be used instead, with its CUDA:
            --libtorch pytorch, or DSD_LIBTORCH=pytorch for all commands, scripts and notebooks. Then neither
            an install nor a build for CUDA is needed.

            Examples:
              dsd torch
              dsd torch --libtorch pytorch
              dsd torch install
              dsd torch remove

            """);
        command.WithLibTorch().SetAction(_ =>
        {
            if (LibTorchChoice.OfEnvironment() is { Build: var named })
            {
                Console.Out.WriteLine($"{named} is in {named.Folder}");
                if (PathTrust.ProblemOfFolder(named.Folder) is { } weak)
                {
                    Console.Out.WriteLine($"It is trusted, since it is named; but {weak}");
                }

                return 0;
            }

            Console.Out.WriteLine(LibTorchPackage.Folder is { } folder
                ? $"libtorch {LibTorchPackage.Version} for {LibTorchPackage.Platform} is in {folder}"
                : LibTorchPackage.InstallFolderProblem is { } problem ? $"libtorch {LibTorchPackage.Version} for {LibTorchPackage.Platform} is not loaded from {LibTorchPackage.InstallFolder}: {problem}"
                : $"libtorch {LibTorchPackage.Version} for {LibTorchPackage.Platform} is not installed; 'dsd torch install' installs it");
            return 0;
        });
        return command;
    }

    private static Command CreateInstall()
    {
        var source = new Option<string[]>("--source") { Description = "A NuGet source to use instead of the configured ones: a URL, or a folder of packages. Repeatable.", HelpName = "SOURCE" };
        var command = new Command("install", "Download the CPU build of libtorch from the configured NuGet sources, unless it is already installed.") { source }.WithHelp($"""
            'dotnet restore' downloads one package, {LibTorchPackage.Id}, and verifies its hash; the libraries
            go to the user's local application data, where all programs that use Dsd find them. A libtorch
            in the command's own folder or in NuGet's is used as it is.

            Examples:
              dsd torch install
              dsd torch install --source ~/packages

            """);
        command.SetAction(parsed =>
        {
            using var interrupt = new Interrupt();
            var sources = (parsed.GetValue(source) ?? []).Select(s => UserPath.Expand(s) is var path && Directory.Exists(path) ? Path.GetFullPath(path) : s).ToList();
            Console.Out.WriteLine($"libtorch {LibTorchPackage.Version} is in {TorchInstall.Run(sources, Say.Line, interrupt.Token)}");
            return 0;
        });
        return command;
    }

    private static Command CreateRemove()
    {
        var command = new Command("remove", "Delete the libtorch that 'dsd torch install' installed.").WithHelp("""
            Examples:
              dsd torch remove

            """);
        command.SetAction(_ =>
        {
            Console.Out.WriteLine(TorchInstall.Remove() is { } folder ? $"Deleted {folder}" : "There is nothing to delete: 'dsd torch install' has installed no libtorch.");
            return 0;
        });
        return command;
    }
}

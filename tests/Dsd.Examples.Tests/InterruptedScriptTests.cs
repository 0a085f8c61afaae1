namespace Dsd.Examples.Tests;

/// <summary>Scripts that are interrupted while they train.</summary>
public sealed class InterruptedScriptTests : IDisposable
{
    private const string Code = """
        open System
        open System.IO
        open Dsd.Records
        open Dsd.Runs
        open Dsd.Schedules
        open Dsd.Training
        open TorchSharp
        open type TorchSharp.torch.nn
        torch.manual_seed 1L |> ignore
        let mutable steps = 0
        let loss (output: torch.Tensor) (target: torch.Tensor) =
            steps <- steps + 1
            match Environment.GetEnvironmentVariable "SIGNAL" with
            | null -> ()
            | signal when steps = 5 -> Diagnostics.Process.Start("kill", $"-{signal} {Environment.ProcessId}").WaitForExit()
            | _ -> Threading.Thread.Sleep 20
            functional.mse_loss (output, target)
        let inputs = torch.randn [| 300L; 8L |]
        let struct (train, validation, test) = Examples.Of(inputs, inputs.sum(1L, keepdim = true)).Split(train = 0.7, validation = 0.15, test = 0.15)
        let task = SupervisedTask.Of(train = train, validation = validation, test = test, loss = loss, batchSize = 64, seed = 1L)
        let schedule = Schedule.Dsd(Duration.Epochs 60.0, Duration.Epochs 20.0, Duration.Epochs 20.0, 0.5, 0.1)
        let config = RunConfig(TrainingConfig("mine", "mine", batch = 64), schedule, [| Arm.Dsd schedule |], seed = 1L)
        let result =
            use folder = if Directory.Exists "run" then RunFolder.Resume "run" else RunFolder.Create("run", config)
            FairComparison.Run(config.Arms, Linear(8L, 1L), task, TrainerSettings.Of config, Observer.None, folder = folder)
        printfn "complete: %b, continued after %A" result.IsComplete [ for r in result.Runs[0].Resumptions -> r.Step ]
        """;

    // In a compiled program an exception that nobody catches ends the process before any finally block.
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
          </PropertyGroup>
          <ItemGroup>
            <Reference Include="BUILT/Dsd*.dll" />
            <Reference Include="BUILT/TorchSharp.dll" />
          </ItemGroup>
        </Project>
        """;

    private const string Program = """
        using Dsd.Data;
        using Dsd.Schedules;
        using Dsd.Studies;
        using Dsd.Training;
        using TorchSharp;
        using static TorchSharp.torch.nn;
        Dsd.Torch.TorchRuntime.Configure();
        torch.manual_seed(1);
        var (steps, signal) = (0, args.Length > 0);
        var inputs = torch.randn(300, 8);
        var (train, validation, test) = Examples.Of(inputs, inputs.sum(1, keepdim: true)).Split(train: 0.7, validation: 0.15, test: 0.15);
        torch.Tensor Loss(torch.Tensor output, torch.Tensor target)
        {
            if (signal && ++steps == 5)
            {
                System.Diagnostics.Process.Start("kill", $"-INT {Environment.ProcessId}").WaitForExit();
            }

            Thread.Sleep(signal ? 20 : 0);
            return functional.mse_loss(output, target);
        }

        var task = SupervisedTask.Of(train, validation, test, Loss, batchSize: 64, seed: 1);
        var source = StudySource.Of(model: () => Linear(8, 1), task: _ => task);
        var schedule = Schedule.Dsd(Duration.Epochs(60), Duration.Epochs(20), Duration.Epochs(20), 0.5, 0.1);
        var study = new Study("mine", source.Config, [new StudyVariant("half", schedule)], [StudyArm.Dsd, StudyArm.Control], [1, 2]);
        Console.WriteLine(study.Run("study", source, Observer.None).IsJudged);
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    [Trait("Tier", "slow")]
    public void Script_Interrupted_EndsAfterItsCheckpointAndContinues(string signal, int exit)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals.");
        File.WriteAllText(_folder["stop.fsx"], $"#load \"{Path.Combine(Repository.Root, "scripts", "dsd.fsx")}\"\n{Code}");

        var stopped = Run(("SIGNAL", signal));
        Assert.True(stopped.ExitCode == exit, $"{stopped.ExitCode}\n{stopped.Output}{stopped.Error}");
        Assert.Matches(@"dsd: stopped after step [1-9] of \d+\. Its checkpoint is in run\. To continue, train again with RunFolder\.Resume\(""run""\)", stopped.Error);
        Assert.DoesNotContain("complete", stopped.Output, StringComparison.Ordinal);

        var continued = Run();
        Assert.True(continued.ExitCode == 0, continued.Error);
        Assert.Matches(@"complete: true, continued after \[[1-9]L\]", continued.Output);
    }

    [SkippableFact]
    [Trait("Tier", "slow")]
    public void Study_InterruptedInACompiledProgram_EndsByTheSignalAfterItsCheckpointAndContinues()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals.");
        var built = Path.Combine(Repository.Root, "core", "Dsd.FSharp", "bin", "Release", "net10.0");
        File.WriteAllText(_folder["mine.csproj"], Project.Replace("BUILT", built, StringComparison.Ordinal));
        File.WriteAllText(_folder["Program.cs"], Program);
        var build = ChildProcess.Run(_folder.Root, TimeSpan.FromMinutes(5), "dotnet", ["build", "-c", "Release"]);
        Assert.True(build.ExitCode == 0, build.Output + build.Error);
        string[] program = ["exec", "--runtimeconfig", _folder["bin", "Release", "net10.0", "mine.runtimeconfig.json"], _folder["bin", "Release", "net10.0", "mine.dll"]];
        Directory.CreateSymbolicLink(_folder["bin", "Release", "net10.0", "runtimes"], Path.Combine(built, "runtimes"));

        var stopped = ChildProcess.Run(_folder.Root, TimeSpan.FromMinutes(5), "dotnet", [.. program, "interrupted"]);
        Assert.Equal("Stopping after the step in progress. Ctrl-C again ends the program at once.\nStopped. The folder study keeps the finished trials and a checkpoint of those in training: run the study again to continue.\n", stopped.Error);
        Assert.Equal((130, ""), (stopped.ExitCode, stopped.Output));

        var continued = ChildProcess.Run(_folder.Root, TimeSpan.FromMinutes(5), "dotnet", program);
        Assert.Equal((0, "True\n"), (continued.ExitCode, continued.Output));
    }

    private (int ExitCode, string Output, string Error) Run(params ReadOnlySpan<(string Name, string Value)> environment) =>
        ChildProcess.Run(_folder.Root, TimeSpan.FromMinutes(5), "dotnet", ["fsi", "stop.fsx"], environment);
}

namespace Dsd.Examples.Tests;

/// <summary>Scripts that are interrupted while they train.</summary>
public sealed class InterruptedScriptTests : IDisposable
{
    private const string Setup = """
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
        """;

    private const string Comparison = """
        let schedule = Schedule.Dsd(Duration.Epochs 60.0, Duration.Epochs 20.0, Duration.Epochs 20.0, 0.5, 0.1)
        let config = RunConfig(TrainingConfig("mine", "mine", batch = 64), schedule, [| Arm.Dsd schedule |], seed = 1L)
        let result =
            use folder = if Directory.Exists "run" then RunFolder.Resume "run" else RunFolder.Create("run", config)
            FairComparison.Run(config.Arms, Linear(8L, 1L), task, TrainerSettings.Of config, Observer.None, folder = folder)
        printfn "complete: %b, continued after %A" result.IsComplete [ for r in result.Runs[0].Resumptions -> r.Step ]
        """;

    // An exception that nobody catches on a thread ends the process as one does in a compiled program.
    private const string StudyOnAThread = """
        open Dsd.Studies
        let source = StudySource.Of(model = (fun () -> Linear(8L, 1L)), task = (fun _ -> task))
        let schedule = Schedule.Dsd(Duration.Epochs 60.0, Duration.Epochs 20.0, Duration.Epochs 20.0, 0.5, 0.1)
        let study = Study("mine", source.Config, [ StudyVariant("half", schedule) ], [ StudyArm.Dsd; StudyArm.Control ], [ 1L; 2L ])
        let thread = Threading.Thread(fun () -> printfn "complete: %b" (study.Run("study", source, Observer.None).IsJudged))
        thread.Start()
        thread.Join()
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
        File.WriteAllText(_folder["stop.fsx"], $"#load \"{Path.Combine(Repository.Root, "scripts", "dsd.fsx")}\"\n{Setup}\n{Comparison}");

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
    public void Study_InterruptedInAProgram_EndsByTheSignalAfterItsCheckpointAndContinues()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals.");
        File.WriteAllText(_folder["stop.fsx"], $"#load \"{Path.Combine(Repository.Root, "scripts", "dsd.fsx")}\"\n{Setup}\n{StudyOnAThread}");

        var stopped = Run(("SIGNAL", "INT"));
        Assert.True(stopped.ExitCode == 130, $"{stopped.ExitCode}\n{stopped.Output}{stopped.Error}");
        Assert.Equal("Stopping after the step in progress. Ctrl-C again ends the program at once.\nStopped. The folder study keeps the finished trials and a checkpoint of those in training: run the study again to continue.\n", stopped.Error);

        var continued = Run();
        Assert.True(continued.ExitCode == 0, continued.Error);
        Assert.Contains("complete: true", continued.Output, StringComparison.Ordinal);
    }

    private (int ExitCode, string Output, string Error) Run(params ReadOnlySpan<(string Name, string Value)> environment) =>
        ChildProcess.Run(_folder.Root, TimeSpan.FromMinutes(5), "dotnet", ["fsi", "stop.fsx"], environment);
}

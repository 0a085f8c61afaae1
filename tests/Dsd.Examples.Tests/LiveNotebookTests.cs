using System.Text.RegularExpressions;

namespace Dsd.Examples.Tests;

/// <summary>The cells of notebooks/README.md that watch and stop a run, in the kernel.</summary>
[Collection("Notebooks")]
public sealed partial class LiveNotebookTests
{
    private const string FSharp = """
        Dsd.Torch.TorchRuntime.Configure()
        open Dsd.FSharp
        open Dsd.Runs
        open Dsd.Schedules
        open Dsd.Training
        open TorchSharp
        open type TorchSharp.torch.nn
        torch.manual_seed 1L |> ignore
        let mutable pause = 25
        let inputs = torch.randn [| 300L; 8L |]
        let struct (train, validation, test) = Examples.Of(inputs, inputs.sin().sum(1L, keepdim = true)).Split(train = 0.7, validation = 0.15, test = 0.15)
        let loss = System.Func<torch.Tensor, torch.Tensor, torch.Tensor>(fun output target -> System.Threading.Thread.Sleep pause; functional.mse_loss (output, target))
        let task = SupervisedTask.Of(train = train, validation = validation, test = test, loss = loss, batchSize = 64, seed = 1L)
        let network () =
            torch.manual_seed 1L |> ignore
            Linear(8L, 1L)
        let mutable model = network ()
        let schedule = Schedule.Dsd(Duration.Epochs 60.0, Duration.Epochs 20.0, Duration.Epochs 20.0, 0.5, 0.1)
        let config = RunConfig(TrainingConfig("mine", "mine", batch = 64), schedule, [| Arm.Dsd schedule; Arm.Control schedule |], seed = 1L)
        let mutable path = "stopped"
        """;

    private const string CSharp = """
        using Dsd.Runs;
        using Dsd.Schedules;
        using Dsd.Training;
        using TorchSharp;
        using static TorchSharp.torch.nn;
        Dsd.Torch.TorchRuntime.Configure();
        torch.manual_seed(1);
        var pause = 25;
        var inputs = torch.randn(300, 8);
        var (train, validation, test) = Examples.Of(inputs, inputs.sin().sum(1, keepdim: true)).Split(train: 0.7, validation: 0.15, test: 0.15);
        var task = SupervisedTask.Of(train, validation, test, loss: (output, target) => { System.Threading.Thread.Sleep(pause); return functional.mse_loss(output, target); }, batchSize: 64, seed: 1);
        TorchSharp.Modules.Linear Network()
        {
            torch.manual_seed(1);
            return Linear(8, 1);
        }
        var model = Network();
        var schedule = Schedule.Dsd(Duration.Epochs(60), Duration.Epochs(20), Duration.Epochs(20), 0.5, 0.1);
        var config = new RunConfig(new TrainingConfig("mine", "mine", batch: 64), schedule, [Arm.Dsd(schedule), Arm.Control(schedule)], seed: 1);
        var path = "stopped";
        """;

    private const string Compare = """System.Linq.Enumerable.SequenceEqual(System.IO.File.ReadAllBytes("stopped/dsd/weights.safetensors"), System.IO.File.ReadAllBytes("whole/dsd/weights.safetensors"))""";

    private static readonly string[] s_assemblies = ["TorchSharp", "Plotly.NET", "Dsd.Torch", "Dsd", "Dsd.Models", "Dsd.Data", "Dsd.Charts", "Dsd.FSharp"];

    [SkippableTheory]
    [InlineData("fsharp", FSharp, "System.Threading.Thread.Sleep 1500\npause <- 0", "path <- \"whole\"\nmodel <- network ()")]
    [InlineData("csharp", CSharp, "System.Threading.Thread.Sleep(1500);\npause = 0;", "path = \"whole\";\nmodel = Network();")]
    [Trait("Tier", "slow")]
    public void Cell_StoppedByItsButton_KeepsTheKernelAndContinuesToTheSameBits(string language, string setup, string fast, string another)
    {
        Skip.If(Jupyter.WithoutButton is not null, Jupyter.WithoutButton);
        Skip.If(OperatingSystem.IsWindows(), "Jupyter has no signals for kernels on Windows.");
        var references = string.Concat(s_assemblies.Select(a => $"#r \"../core/Dsd.FSharp/bin/Release/net10.0/{a}.dll\"\n"));
        var cell = Regex.Match(Repository.Read("notebooks/README.md"), $"```{language}\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;

        var run = Notebook.CodeOf(Jupyter.RunAndStop(Jupyter.Of(language, references + setup, cell, fast, cell, another, cell, Compare), "stopped/dsd/events.jsonl")).ToList();

        var stopped = Shown(run[1]);
        Assert.Contains(stopped, o => o.Contains("class=\"dsd-chart\"", StringComparison.Ordinal) && o.Contains("plotly.js", StringComparison.Ordinal));
        Assert.Single(stopped, o => o.StartsWith("<script>dsdDraw(", StringComparison.Ordinal));
        var words = Assert.Single(stopped, o => o.Contains("stopped after step", StringComparison.Ordinal));
        Assert.Matches(Stopped(), words);

        // The cell that continues shows the curves from the beginning, and the result.
        var continued = Shown(run[3]);
        Assert.Contains("\"x\":[0.0,", Assert.Single(continued, o => o.StartsWith("<script>dsdDraw(", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain(continued, o => o.Contains("stopped after step", StringComparison.Ordinal));
        Assert.Contains(continued, o => o.Contains("on test", StringComparison.Ordinal));
        Assert.Contains("True", Assert.Single(Shown(run[6])), StringComparison.Ordinal);
    }

    private static List<string> Shown(System.Text.Json.Nodes.JsonObject cell) =>
        [.. cell["outputs"]!.AsArray().Where(o => o!["data"]?["text/html"] is not null).Select(o => o!["data"]!["text/html"] is System.Text.Json.Nodes.JsonArray lines ? string.Concat(lines.Select(l => (string)l!)) : (string)o["data"]!["text/html"]!)];

    [GeneratedRegex(@"^<pre>dsd: stopped after step [1-9]\d* of \d+\. Its checkpoint is in stopped\. To continue, train again with RunFolder\.Resume\(&quot;stopped&quot;\) in place of RunFolder\.Create\.</pre>$")]
    private static partial Regex Stopped();
}

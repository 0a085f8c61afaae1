using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Dsd.Data;
using Dsd.Native;
using Dsd.Optimizers;
using Dsd.Records;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Cli;

/// <summary><c>dsd train</c>: a run from data to a fair comparison.</summary>
internal static class TrainCommand
{
    private static readonly ExperimentOptions s_experiment = new();
    private static readonly Option<string?> s_root = DataCommand.RootOption();
    private static readonly Option<long> s_seed = new("--seed") { Description = "Seed of initial weights, data order and augmentation.", DefaultValueFactory = _ => 1, HelpName = "N" };
    private static readonly Option<string> s_device = Choice("--device", "Where to compute; auto takes a GPU where there is one.", "auto", "cpu", "cuda");
    private static readonly Option<int?> s_threads = new("--threads") { Description = "CPU threads; 1 gives the same bits every time. Default: libtorch's choice.", HelpName = "N" };
    private static readonly Option<string> s_optimizer = Choice("--optimizer", "The optimiser.", "sgd", "adam", "adamw", "rmsprop");
    private static readonly Option<double?> s_decay = new("--weight-decay") { Description = "Weight decay, at least 0. Default 0.0005 for sgd, 0.01 for adamw, 0 for the others.", HelpName = "NUMBER" };
    private static readonly Option<bool> s_augment = new("--augment") { Description = "Shift training images by up to 2 pixels and flip them at random." };
    private static readonly Option<string?> s_out = new("--out") { Description = "Folder of the run: event logs, schedule, final weights, summary. Default: a new one under runs/.", HelpName = "DIR" };
    private static readonly Option<bool> s_force = new("--force") { Description = "Replace the run in a folder that is not empty." };
    private static readonly Option<bool> s_quiet = new("--quiet") { Description = "Show no progress." };
    private static readonly Option<bool> s_json = new("--json") { Description = "Print one JSON object on standard output and nothing else there." };

    public static Command Create()
    {
        var command = new Command("train", """
            Train Dense-Sparse-Dense and a control of the same budget, and compare them.

            The first dense phase is trained once; then both arms go on from it, with the same phases, rates and data order, one
            with a mask in its sparse phase and one without. The test set is read once for each arm, at the end.

            Examples:
              dsd train
              dsd train --sparsity 0.5 --keep fc2 --seed 2 --out runs/half
              dsd train --model resnet-20 --dense 20ep --sparse 10ep --redense 10ep --augment
              dsd train --schedule my-schedule.json --json > result.json
              dsd train --train-limit 6400 --dense 1ep --sparse 1ep --redense 1ep     a few seconds
            """);
        s_experiment.AddTo(command);
        foreach (Option option in new Option[] { s_root, s_seed, s_device, s_threads, s_optimizer, s_decay, s_augment, s_out, s_force, s_quiet, s_json })
        {
            command.Options.Add(option);
        }

        command.SetAction(Train);
        return command;
    }

    private static int Train(ParseResult parsed)
    {
        var experiment = s_experiment.Read(parsed);
        var seed = parsed.GetValue(s_seed);
        var settings = new TrainerSettings(seed, ReadOptimizer(parsed));
        var path = parsed.GetValue(s_out) ?? string.Create(CultureInfo.InvariantCulture, $"runs/{experiment.Model.Name}-{experiment.Data.Name}-{DateTime.Now:yyyyMMdd-HHmmss}");
        RunFolder.Check(path, parsed.GetValue(s_force));
        var device = ReadDevice(parsed);
        using var interrupt = new Interrupt();
        var quiet = parsed.GetValue(s_quiet);
        Action<string> say = quiet ? _ => { } : Console.Error.WriteLine;
        experiment.Data.Obtain(parsed.GetValue(s_root), say, interrupt.Token);
        var data = experiment.Data.Load(parsed.GetValue(s_root), experiment.TrainLimit);
        interrupt.Token.ThrowIfCancellationRequested();

        using var folder = RunFolder.Create(path, experiment);
        manual_seed(seed);
        using var model = experiment.Model.Create(data.Train.Channels, data.Classes);
        model.to(device);
        var task = new ImageClassification(data, experiment.Batch, seed, parsed.GetValue(s_augment) ? new Augmentation(2, flip: true) : null, device);
        say(string.Create(CultureInfo.InvariantCulture, $"Training {experiment.Model.Name} on {experiment.Data.Name}: {data.Train.Count:N0} examples, batch {experiment.Batch}, {settings.Optimizer}, {device}, {get_num_threads()} threads, seed {seed}"));
        say($"Record in {folder.Path}");

        var clock = Stopwatch.StartNew();
        Comparison comparison;
        TrainView view;
        try
        {
            (comparison, view) = TrainView.Show(experiment, quiet, show => FairComparison.Run(
                experiment.Arms,
                model,
                task,
                settings,
                (arm, happened) =>
                {
                    folder.Write(arm, happened);
                    show(arm, happened);
                },
                folder.SaveWeights,
                interrupt.Token));
        }
        catch (IOException e)
        {
            throw new DsdException($"{e.Message.TrimEnd('.')}. The run stopped; what it had written to {folder.Path} is whole.", e);
        }
        catch (Exception e) when (e is DsdException or ExternalException)
        {
            Console.Error.WriteLine($"dsd: training failed: {e.Message.Split('\n')[0]}");
            Console.Error.WriteLine($"dsd: the record up to there is in {folder.Path}");
            return DsdCommand.Failed;
        }

        var seconds = clock.Elapsed.TotalSeconds;
        var result = ResultJson.OfResult(experiment, comparison, seed, seconds, view.Done / seconds);
        var summary = Summary.Write(experiment, comparison, seed, seconds, view.Done / seconds);
        folder.Finish(summary, result);
        Console.Out.Write(parsed.GetValue(s_json) ? result + "\n" : summary);
        if (!comparison.IsComplete)
        {
            Console.Error.WriteLine($"dsd: interrupted; the record up to there is in {folder.Path}");
            return DsdCommand.Interrupted;
        }

        return 0;
    }

    private static OptimizerSettings ReadOptimizer(ParseResult parsed)
    {
        var optimizer = parsed.GetValue(s_optimizer) switch
        {
            "adam" => OptimizerSettings.Adam(),
            "adamw" => OptimizerSettings.AdamW(),
            "rmsprop" => OptimizerSettings.RmsProp(),
            _ => OptimizerSettings.Sgd(),
        };
        return parsed.GetValue(s_decay) switch
        {
            null => optimizer,
            >= 0 and < double.PositiveInfinity and var decay => optimizer.WithWeightDecay(decay),
            var decay => throw new DsdException(string.Create(CultureInfo.InvariantCulture, $"--weight-decay {decay}: give a number, at least 0.")),
        };
    }

    private static Device ReadDevice(ParseResult parsed)
    {
        var threads = parsed.GetValue(s_threads);
        if (threads < 1)
        {
            throw new DsdException(string.Create(CultureInfo.InvariantCulture, $"--threads {threads}: give 1 or more."));
        }

        NativeTorch.Load();
        if (threads is { } count)
        {
            set_num_threads(count);
        }

        var wanted = parsed.GetValue(s_device);
        if (wanted == "cuda" && !cuda.is_available())
        {
            throw new DsdException("--device cuda: no GPU can be used here. Either this is a CPU build (build with -p:TorchBackend=cuda) or there is no NVIDIA GPU with a driver. Use --device cpu.");
        }

        return wanted != "cpu" && cuda.is_available() ? CUDA : CPU;
    }

    private static Option<string> Choice(string name, string description, params string[] values)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => values[0] };
        option.AcceptOnlyFromAmong(values);
        return option;
    }
}

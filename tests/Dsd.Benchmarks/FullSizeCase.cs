using System.Globalization;
using Dsd.Data;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Training;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>The paper's networks for images at full size: three steps in each of three phases, their counts checked, and the memory that takes.</summary>
internal static class FullSizeCase
{
    /// <summary>The measurement that a process is asked for.</summary>
    public const string Word = "full-size";

    private const int StepsPerPhase = 3;
    private const int Batch = 4;
    private const double Sparsity = 0.3;
    private static readonly string[] s_networks = ["squeezenet", "resnet-18", "googlenet", "resnet-50", "alexnet", "vgg16", "vgg16-bn"];

    public static IEnumerable<Row> Rows(Bench bench)
    {
        foreach (var name in s_networks)
        {
            var what = $"{name}: peak resident memory, batch {Batch}";
            if (!File.Exists(MemoryCase.Status))
            {
                yield return bench.Skipped(what, "GB", null, $"needs {MemoryCase.Status}");
                continue;
            }

            var measured = Child.Measure(bench.Effort, Word, name);
            var note = string.Create(CultureInfo.InvariantCulture, $"{measured["parameters"]:N0} parameters, {measured["kept"]:N0} of {measured["weights"]:N0} weights kept while sparse");
            yield return bench.Value(what, measured["peak"] / 1e9, "GB", null, note);
            yield return bench.Value($"{name}: a sparse step", measured["seconds"], "s", null, $"with a third of an evaluation of {Batch} images");
        }
    }

    /// <summary>Trains a network in this process, and tells what it took.</summary>
    /// <exception cref="DsdException">A layer did not keep what the plan says.</exception>
    public static Dictionary<string, double> Measure(Effort effort, string name)
    {
        var side = effort.Pick(224, 64);
        using var model = ModelCatalog.Get(name).Create(3, effort.Pick(1000, 10), effort.Pick(1, 0.125));
        var data = RandomImages.Make(Batch * StepsPerPhase, 3, side, side, effort.Pick(1000, 10), validation: Batch);
        var task = new ImageClassification(data, Batch, seed: 1);
        var length = Duration.Steps(StepsPerPhase);
        var plan = Schedule.Dsd(length, length, length, Sparsity, rate: 1e-3).On(model, task.StepsPerEpoch);
        var ends = new List<PhaseEnded>();
        Trainer.Run(plan, model, task, new TrainerSettings(readTest: false), happened => ends.AddRange(happened is PhaseEnded end ? [end] : []));
        var peak = MemoryCase.Kilobytes("VmHWM") * 1024;
        foreach (var (phase, end) in plan.Phases.Zip(ends))
        {
            Check(phase, end);
        }

        return new()
        {
            ["peak"] = peak,
            ["parameters"] = model.parameters().Sum(p => p.numel()),
            ["weights"] = ends[1].Layers.Sum(l => l.Weights),
            ["kept"] = ends[1].Layers.Sum(l => l.Kept),
            ["seconds"] = ends[1].ElapsedSeconds / StepsPerPhase,
        };
    }

    private static void Check(PlannedPhase phase, PhaseEnded end)
    {
        foreach (var (planned, found) in phase.Layers.Zip(end.Layers))
        {
            if (phase.KeptAt(planned, 0) != found.Kept || found.NonZero > found.Kept)
            {
                throw new DsdException($"{found.Parameter} keeps {found.Kept} weights in phase {phase.Index}, of which {found.NonZero} are not zero; the plan says {phase.KeptAt(planned, 0)}.");
            }
        }
    }
}

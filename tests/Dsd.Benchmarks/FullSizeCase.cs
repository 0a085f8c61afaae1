using System.Globalization;
using Dsd.Execution;
using Dsd.Models;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Statistics;
using Dsd.Training;
using TorchSharp;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Benchmarks;

/// <summary>The paper's networks at full size: three steps in each phase of their presets, counts checked, and the memory that takes.</summary>
internal static class FullSizeCase
{
    /// <summary>The measurement that a process is asked for.</summary>
    public const string Word = "full-size";

    private const int StepsPerPhase = 3;
    private const int Batch = 4;
    private const int CaptionWords = 20;
    private const int SpeechFrames = 500;
    private const double Rate = 1e-3;

    private static IEnumerable<string> Networks => ModelCatalog.All.Where(m => m.Paper is not null).Select(m => m.Name);

    public static IEnumerable<Row> Rows(Bench bench)
    {
        foreach (var name in Networks)
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
            yield return bench.Value($"{name}: a sparse step", measured["seconds"], "s");
        }
    }

    /// <summary>Trains a network in this process, and tells what it took.</summary>
    /// <exception cref="DsdException">A layer did not keep what the plan says.</exception>
    public static Dictionary<string, double> Measure(Effort effort, string name)
    {
        var entry = ModelCatalog.Get(name);
        var width = effort.Pick(1, 0.125);
        using var scope = NewDisposeScope();
        var (model, task) = entry.Kind switch
        {
            TaskKind.Captions => Captions(entry, width),
            TaskKind.Speech => Speech(entry, width),
            _ => Images(entry, width, effort.Pick((224, 1000), (64, 10))),
        };
        using var _ = model;
        var schedule = new Schedule(entry.Paper!.Schedule.Phases.Select(p => p.WithDuration(Duration.Steps(StepsPerPhase)).WithRate(LearningRate.Constant(Rate))).ToValueList());
        var plan = schedule.On(model, task.StepsPerEpoch);
        var ends = new List<PhaseEnded>();
        Trainer.Run(plan, model, task, new TrainerSettings(optimizer: entry.Paper.Config.Optimizer, gradientClip: 1, readTest: false), happened => ends.AddRange(happened is PhaseEnded end ? [end] : []));
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

    private static (nn.Module Model, ITrainingTask Task) Images(ModelEntry entry, double width, (int Side, int Classes) size) => (
        entry.Create(3, size.Classes, width),
        new TensorTask(randn(Batch * StepsPerPhase, 3, size.Side, size.Side), randint(size.Classes, [Batch * StepsPerPhase], dtype: ScalarType.Int64), Batch));

    private static (nn.Module Model, ITrainingTask Task) Captions(ModelEntry entry, double width)
    {
        const int Features = 4096;
        const int Words = 2538;
        return (entry.Create(Features, Words, width), new PairTask(randn(Batch, Features), randint(Words, [Batch, CaptionWords], dtype: ScalarType.Int64), Words));
    }

    /// <summary>Utterances of five seconds.</summary>
    private static (nn.Module Model, ITrainingTask Task) Speech(ModelEntry entry, double width)
    {
        const int Bins = 161;
        var classes = entry.Name == "deep-speech" ? 29 : 54;
        return (entry.Create(Bins, classes, width), new PairTask(randn(Batch, SpeechFrames, Bins), full(Batch, SpeechFrames, dtype: ScalarType.Int64), classes));
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

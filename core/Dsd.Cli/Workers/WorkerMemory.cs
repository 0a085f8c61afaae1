using System.Globalization;
using Dsd.Data;
using Dsd.Plans;
using Dsd.Runs;
using Dsd.Studies;

namespace Dsd.Cli;

/// <summary>The memory that a worker of a study takes, as far as it is known before it is started; activations are not.</summary>
/// <param name="Program">The bytes of the program itself.</param>
/// <param name="Training">The bytes of weights, gradients, the optimiser's state, a periodic checkpoint and the one that arms are forked from.</param>
/// <param name="Data">The bytes of the data.</param>
internal sealed record WorkerMemory(long Program, long Training, long Data)
{
    // Measured on Linux: a worker with a small network is resident in 282 MiB, 53 of them data; most is libtorch. Rounded up, for activations.
    private const long OfTheProgram = 300L << 20;

    /// <summary>The sum, in bytes.</summary>
    public long Bytes => Program + Training + Data;

    /// <summary>Estimates the memory of a worker that may train any of some blocks.</summary>
    /// <param name="blocks">The blocks.</param>
    /// <param name="source">The source of their data.</param>
    /// <param name="study">The study.</param>
    /// <param name="seedsAtOnce">The number of seeds that it trains at once in this machine's memory. Default null: one, as on a GPU, whose memory is another.</param>
    public static WorkerMemory Of(IReadOnlyCollection<TrialBlock> blocks, CatalogTrials source, Study study, int? seedsAtOnce = null)
    {
        var configs = blocks.Select(b => b.Trials[0].Treatment.Config).Distinct().ToList();
        return new(
            OfTheProgram,
            Math.Clamp(seedsAtOnce ?? 1, 1, study.Seeds.Count) * blocks.Select(b => OfTraining(b.Trials[0].Treatment.Plan.Shape.Count, b.Trials[0].Treatment.Config.Optimizer, b.SharedSteps > 0)).DefaultIfEmpty(0).Max(),

            // A worker keeps the data of all configs that it has met.
            configs.Sum(c => OfData(source.Entries(c).Data, study.Fingerprints.FirstOrDefault(f => f.Data == c.Data)?.Bytes)));
    }

    /// <inheritdoc/>
    public override string ToString() => $"about {Size(Bytes)} ({Size(Program)} for the program, {Size(Training)} for weights, gradients, optimiser and checkpoints, {Size(Data)} for data)";

    /// <summary>Formats a number of bytes, e.g. <c>"1.3 GB"</c>.</summary>
    public static string Size(long bytes) => bytes < 1_000_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(bytes / 1e6):0} MB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB");

    private static long OfTraining(long weights, OptimizerSettings optimizer, bool isForked)
    {
        var state = optimizer.StatesPerWeight;

        // A checkpoint is written from a copy of weights and state; the one to fork from stays beside it.
        var checkpoints = isForked ? 2 : 1;
        return sizeof(float) * weights * (2 + state + (checkpoints * (1 + state)));
    }

    // Pictures of one size are held as bytes; those in folders are decoded when they are needed. Of other data, the files' size is the best guess.
    private static long OfData(DataEntry data, long? files) => data.Kind == Models.TaskKind.Images
        ? data.HasImageSize ? 0 : ((long)data.TrainExamples + data.ValidationExamples + data.TestExamples) * data.Channels * data.Height * data.Width
        : files ?? 0;
}

using System.Globalization;
using System.Text.RegularExpressions;
using Dsd.Plans;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Studies;

/// <summary>Decides how many blocks that differ in the seed alone a worker trains at once, and says why they are fewer than one could expect.</summary>
/// <param name="wanted">The number that the user wants, 0 and 1 for one after another; null for as many as fit on a GPU, and one after another elsewhere.</param>
/// <param name="workers">The number of workers among which the seeds of a study are shared. Default 1.</param>
/// <param name="onGpu">The number of workers that share this one's GPU. Default 1.</param>
/// <param name="say">Called with a sentence, once for each reason. Default null: nothing is said.</param>
internal sealed partial class SeedsAtOnce(int? wanted, int workers = 1, int onGpu = 1, Action<string>? say = null)
{
    /// <summary>The largest number that is chosen automatically: a GPU is busy by then.</summary>
    public const int Most = 128;

    private const int MostOfUnknownSize = 16;
    private readonly Dictionary<Treatment, int> _limits = [];
    private readonly HashSet<string> _said = [];
    private long? _free;

    /// <summary>Returns how a number of seeds is trained, from 2 at once; or 1, with the reason where there is one to give.</summary>
    /// <param name="network">The network of a seed, on its device.</param>
    /// <param name="task">The task of that seed.</param>
    /// <param name="settings">The settings of training.</param>
    /// <param name="free">The number of seeds to train.</param>
    public (int Count, string? Reason) Of(nn.Module network, ITrainingTask task, TrainerSettings settings, int free)
    {
        var device = network.parameters().FirstOrDefault()?.device ?? CPU;
        if (wanted is 0 or 1 || (wanted is null && device.type != DeviceType.CUDA) || free < 2)
        {
            return (1, null);
        }

        if (StackedRun.Obstacle([new StackedSeed(network, task, settings, _ => { })]) is { } obstacle)
        {
            return (1, obstacle);
        }

        if (wanted is { } number)
        {
            return (Math.Min(number, free), null);
        }

        // Read once: what libtorch keeps from seeds that were trained before is not free to the driver, but it is to them.
        var size = SeedMemory.Of(network, (IBatchTask)task, settings.Optimizer);
        _free ??= CudaMemory.Free(Math.Max(0, device.index)) / onGpu;
        var fit = Math.Min(_free is { } bytes ? size.Fit(bytes) : MostOfUnknownSize, size.IsKnown ? Most : MostOfUnknownSize);
        return fit < 2
            ? (1, string.Create(CultureInfo.InvariantCulture, $"two do not fit into the GPU's memory: one takes about {size.Bytes / 1e9:0.0} GB, and {_free / 1e9:0.0} GB are free"))
            : (Math.Min(fit, (free + workers - 1) / workers), null);
    }

    /// <summary>Returns how the seeds of each training config of a study are trained; opens a network of each.</summary>
    /// <param name="plan">The study, resolved.</param>
    /// <param name="source">The source of its networks and data.</param>
    public IReadOnlyList<SeedsPreview> Preview(StudyPlan plan, ITrialSource source) =>
    [
        .. plan.Trials.DistinctBy(t => t.Treatment.Config).Select(trial =>
        {
            var (network, task) = RunSeed.Open(source.Open, trial.Treatment.Config, trial.Seed);
            using (network)
            {
                var (count, reason) = Of(network, task, BlockRun.SettingsOf(plan.Study, trial, source), plan.Study.Seeds.Count);
                return new SeedsPreview(trial.Treatment.Config, count, reason);
            }
        }),
    ];

    /// <summary>Returns how many blocks are trained at once, this one included; where it is one because of an obstacle, this is said once.</summary>
    /// <param name="block">A block that is open.</param>
    /// <param name="free">The number of unfinished blocks that differ from it in the seed alone, itself included.</param>
    public int For(BlockRun block, int free)
    {
        var limit = _limits.GetValueOrDefault(Key(block), int.MaxValue);
        if (limit == 1)
        {
            return 1;
        }

        var (count, reason) = Of(block.Model, block.Task, block.Settings, free);
        if (reason is not null)
        {
            OneAfterAnother(block, reason);
        }

        return Math.Min(count, limit);
    }

    /// <summary>Trains seeds one after another from now on, and says why.</summary>
    public void OneAfterAnother(BlockRun block, string reason)
    {
        _limits[Key(block)] = 1;
        Say(SeedsPreview.Sentence(1, reason));
    }

    /// <summary>Trains fewer seeds at once after an error of several, as <see cref="Fewer"/> says, and says why.</summary>
    public void Failed(BlockRun block, int count, Exception error)
    {
        if (!OutOfMemory.IsCauseOf(error))
        {
            OneAfterAnother(block, error.Message.Split('\n')[0].TrimEnd('.'));
            return;
        }

        var fewer = _limits[Key(block)] = Fewer(count, error);
        Say(string.Create(CultureInfo.InvariantCulture, $"Memory is full with {count} seeds at once: {(fewer == 1 ? "they are trained one after another" : $"{fewer} are trained at once")} from now on (--seeds-at-once {fewer})."));
    }

    /// <summary>Returns how many seeds are trained at once after an error of several: half as many if memory was full, and otherwise one, where the error belongs to a seed.</summary>
    public static int Fewer(int count, Exception error) => OutOfMemory.IsCauseOf(error) ? count / 2 : 1;

    /// <summary>Adds to the description of a computation that others are trained at once with it.</summary>
    /// <param name="computation">The description of a seed alone, whose memory layout a stack does not have.</param>
    /// <param name="others">The number of other seeds.</param>
    public static string Described(string computation, int others) => others == 0 ? computation : string.Create(CultureInfo.InvariantCulture, $"{computation.Replace(", channels last", "", StringComparison.Ordinal)}; at once with {others} other seed{(others == 1 ? "" : "s")}");

    /// <summary>Returns the description of a computation without that of others.</summary>
    public static string Alone(string computation) => Others().Replace(computation, "");

    /// <summary>The note for the record of a trial that continues in another way than it was begun; null if it is the same.</summary>
    /// <param name="begun">The computation with which it was begun.</param>
    /// <param name="others">The number of seeds that are trained at once with it now.</param>
    public static ValueList<string>? Resumed(string begun, int others)
    {
        var now = Described("", others);
        var was = Others().Match(begun).Value;
        return was == now ? null : [$"The run began {Words(was)} and continues {Words(now)}; the last digits can differ from a run that never stopped."];

        static string Words(string text) => text.Length == 0 ? "alone" : text[2..];
    }

    private static Treatment Key(BlockRun block) => block.Block.Trials[0].Treatment;

    private void Say(string sentence)
    {
        if (_said.Add(sentence))
        {
            say?.Invoke(sentence);
        }
    }

    [GeneratedRegex(@"; at once with \d+ other seeds?$")]
    private static partial Regex Others();
}

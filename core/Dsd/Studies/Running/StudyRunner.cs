using System.Runtime.CompilerServices;
using Dsd.Plans;
using Dsd.Torch;
using Dsd.Training;
using TorchSharp;

namespace Dsd.Studies;

/// <summary>Runs a study from a program or script, in this process.</summary>
public static class StudyRunner
{
    /// <summary>Runs a study until it is judged, or resumes one that was started.</summary>
    /// <param name="study">The study.</param>
    /// <param name="folder">The folder for its trials; it does not exist yet, is empty, or holds this study. Other processes may work there too.</param>
    /// <param name="source">The source of networks and data.</param>
    /// <param name="observer">Shows progress, e.g. <see cref="Observer.Console"/>. Default: progress on standard error once the study has taken some seconds; <see cref="Observer.None"/> shows nothing.</param>
    /// <param name="extend">
    /// True to add missing seeds to a folder that holds this study with fewer. Finished trials are kept; selection is repeated over all
    /// seeds, and the results say that the study was extended, and whether the test split had been read by then. Default false: such a folder is rejected.
    /// </param>
    /// <param name="seedsAtOnce">
    /// The number of seeds of one network that are trained at once, as one network with a further dimension, which keeps a GPU busy; 0 and 1 train one after another. Each seed's results are those of
    /// the seed alone, within rounding; networks that cannot be trained so, e.g. with dropout, are trained one after another. Default null: on a GPU as many as fit, at most 128; on the CPU one after another.
    /// </param>
    /// <param name="cancellation">Stops after the step in progress; finished trials and a checkpoint stay. A notebook's stop button does so too and, in a script, Ctrl-C if there is no token; the script then ends.</param>
    /// <returns>The results.</returns>
    /// <exception cref="ArgumentException">The observer takes events of runs, as one of JSON lines does; a study keeps them in its folder.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of seeds at once is negative.</exception>
    /// <exception cref="PlanException">The study cannot be carried out; nothing was run.</exception>
    /// <exception cref="DsdException">The folder holds something else or is damaged, or the data are not those that the study was started with.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static StudyResults Run(
        this Study study,
        string folder,
        ITrialSource source,
        Observer? observer = null,
        bool extend = false,
        int? seedsAtOnce = null,
        CancellationToken cancellation = default)
    {
        observer ??= Observer.Default();
        var watch = observer.Study
            ?? throw new ArgumentException("This observer takes the events of runs, and a study keeps those of every trial in its folder. Give one that shows progress, such as Observer.Console().", nameof(observer));
        try
        {
            return Run(study, folder, source, (name, done, steps) => watch(name, done, steps), observer.Say, extend, seedsAtOnce, cancellation);
        }
        finally
        {
            watch(null, 0, 0);
        }
    }

    /// <summary>Runs a study until it is judged, or resumes one that was started.</summary>
    /// <param name="study">The study.</param>
    /// <param name="folder">The folder for its trials; it does not exist yet, is empty, or holds this study. Other processes may work there too.</param>
    /// <param name="source">The source of networks and data.</param>
    /// <param name="observer">Called after each step with the name of the trial, or of its block while shared phases are trained; the finished steps of the study, those of blocks that other workers finished included; and its total steps.</param>
    /// <param name="extend">
    /// True to add missing seeds to a folder that holds this study with fewer. Finished trials are kept; selection is repeated over all
    /// seeds, and the results say that the study was extended, and whether the test split had been read by then. Default false: such a folder is rejected.
    /// </param>
    /// <param name="seedsAtOnce">
    /// The number of seeds of one network that are trained at once, as one network with a further dimension, which keeps a GPU busy; 0 and 1 train one after another. Each seed's results are those of
    /// the seed alone, within rounding; networks that cannot be trained so, e.g. with dropout, are trained one after another. Default null: on a GPU as many as fit, at most 128; on the CPU one after another.
    /// </param>
    /// <param name="cancellation">Stops after the step in progress; finished trials and a checkpoint stay. A notebook's stop button does so too and, in a script, Ctrl-C if there is no token; the script then ends.</param>
    /// <returns>The results.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number of seeds at once is negative.</exception>
    /// <exception cref="PlanException">The study cannot be carried out; nothing was run.</exception>
    /// <exception cref="DsdException">The folder holds something else or is damaged, or the data are not those that the study was started with.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    [OverloadResolutionPriority(-1)]
    public static StudyResults Run(
        this Study study,
        string folder,
        ITrialSource source,
        Action<string, long, long> observer,
        bool extend = false,
        int? seedsAtOnce = null,
        CancellationToken cancellation = default) => Run(study, folder, source, observer, null, extend, seedsAtOnce, cancellation);

    private static StudyResults Run(Study study, string folder, ITrialSource source, Action<string, long, long> observer, Action<string>? say, bool extend, int? seedsAtOnce, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(study);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(observer);
        ArgumentOutOfRangeException.ThrowIfNegative(seedsAtOnce ?? 0, nameof(seedsAtOnce));
        TorchRuntime.Configure();
        var (plan, opened) = StudyOpening.Open(folder, study, source, extend);
        using var stop = new StopRequest(true, NotebookOutput.Here(), cancellation);
        var threads = torch.get_num_threads();
        try
        {
            torch.set_num_threads(study.Threads);
            new StudyWorker(plan, opened, source, observer, seeds: new SeedsAtOnce(seedsAtOnce, say: say)).Work(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsMade)
        {
            stop.Say($"Stopped. The folder {folder} keeps the finished trials and a checkpoint of those in training: run the study again to continue.");

            // A script ends here, by the signal that it got, and not by an exception that nobody catches.
            stop.Dispose();
            throw;
        }
        finally
        {
            torch.set_num_threads(threads);
        }

        return StudyResults.Read(plan, opened);
    }
}

using Dsd.Records;
using Dsd.Schedules;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Training;

/// <summary>An observer of training: progress in a terminal or notebook, events as JSON lines, or custom code.</summary>
/// <remarks>
/// Accepted wherever a trainer, a comparison or a study takes an observer. Two combine:
/// <c>Observer.Console() + Observer.JsonLines("run.jsonl")</c>. It cannot change training. If a trainer, a comparison or a study is given none, it shows
/// progress by itself as soon as it takes longer than a few seconds; <see cref="None"/> silences it.
/// </remarks>
public sealed class Observer
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private readonly Action<Arm?, TrainingEvent> _run;

    internal Observer(Action<Arm?, TrainingEvent> run, Action<string?, long, long>? study, Action<string>? say = null) => (_run, Study, Say) = (run, study, say);

    /// <summary>Shows nothing.</summary>
    public static Observer None { get; } = new((_, _) => { }, (_, _, _) => { });

    /// <summary>
    /// Called with a study's progress instead of single events: the name of what is being trained, and the study's steps done and in total; the name is null when
    /// the study is over. Null if the observer cannot watch studies.
    /// </summary>
    internal Action<string?, long, long>? Study { get; }

    /// <summary>Called with a sentence about how a study is carried out. Null if the observer shows none.</summary>
    internal Action<string>? Say { get; }

    /// <summary>
    /// Shows phase, step, loss, rate, the last validation and the time left: in a terminal as one line that changes, elsewhere as a line at the
    /// start and end of each phase and every 30 seconds in between. The same in every culture.
    /// </summary>
    /// <param name="writer">The destination of the lines. Default null: standard error.</param>
    public static Observer Console(TextWriter? writer = null) => Of(Output(writer), TimeSpan.Zero);

    /// <summary>Shows the same as <see cref="Console"/> as one line below a notebook's cell, updated in place; outside .NET Interactive it is <see cref="Console"/>.</summary>
    public static Observer Notebook() => Of(NotebookOutput.Here() ?? Output(null), TimeSpan.Zero);

    /// <summary>Writes events as JSON lines, one file per arm, which <see cref="RunRecord.Load"/> reads.</summary>
    /// <param name="path">
    /// The file of a trainer's run; it must not exist yet, its folder is created. In a comparison each arm has its own, with the arm's name before the extension: for
    /// <c>run.jsonl</c>, <c>run-dsd.jsonl</c> and <c>run-control.jsonl</c>.
    /// </param>
    /// <remarks>Not for studies, which keep the events of every trial in their folder.</remarks>
    public static Observer JsonLines(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var logs = new Dictionary<string, EventLog>();
        return new(
            (arm, happened) =>
            {
                var file = arm is null ? path : Path.Combine(Path.GetDirectoryName(path) ?? "", $"{Path.GetFileNameWithoutExtension(path)}-{arm.Name}{Path.GetExtension(path)}");
                if (!logs.TryGetValue(file, out var log))
                {
                    logs[file] = log = NewLog(file);
                }

                log.Write(happened);
                if (happened is RunEnded)
                {
                    log.Dispose();
                    logs.Remove(file);
                }
            },
            null);
    }

    /// <summary>Writes what TensorBoard shows: losses, metrics, rate, sparsity and mask changes over steps, histograms of weights at the starts and ends of phases, and hyper-parameters.</summary>
    /// <param name="folder">The log folder, which <c>tensorboard --logdir</c> takes; each arm of a comparison is a run in it. Files of earlier runs stay beside the new ones.</param>
    /// <remarks>Not for studies, whose trials are many: <c>dsd study report</c> draws them.</remarks>
    public static Observer TensorBoard(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var logs = new Dictionary<string, TensorBoardLog?>();
        return new(
            (arm, happened) =>
            {
                var path = arm is null ? folder : Path.Combine(folder, arm.Name);
                if (!logs.TryGetValue(path, out var log))
                {
                    logs[path] = log = NewBoard(path);
                }

                try
                {
                    log?.Observe(happened);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // The run and its record are worth more than a picture of it.
                    log!.Dispose();
                    logs[path] = null;
                    System.Console.Error.WriteLine($"Events for TensorBoard can no longer be written to '{path}': {e.Message.TrimEnd('.')}. Training goes on without them.");
                }

                if (happened is RunEnded && logs.Remove(path, out var ended))
                {
                    ended?.Dispose();
                }
            },
            null);
    }

    private static TensorBoardLog NewBoard(string folder)
    {
        try
        {
            return new TensorBoardLog(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"Events for TensorBoard cannot be written to '{folder}': {e.Message.TrimEnd('.')}. Choose another folder.", e);
        }
    }

    private static EventLog NewLog(string file)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            return new EventLog(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException(
                File.Exists(file)
                    ? $"The file '{file}' exists already, and Observer.JsonLines replaces none. Choose another path, or delete the file."
                    : $"Events cannot be written to '{file}': {e.Message.TrimEnd('.')}. Choose another path.",
                e);
        }
    }

    /// <summary>Writes events as JSON lines.</summary>
    /// <param name="writer">
    /// The destination; it is flushed after each line and left open. Events of a comparison's arms are interleaved, each within an object
    /// with the arm's name: <c>{"arm":"dsd","event":{…}}</c>.
    /// </param>
    /// <remarks>Not for studies, which keep the events of every trial in their folder.</remarks>
    public static Observer JsonLines(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        return new(
            (arm, happened) =>
            {
                var line = EventLog.ToLine(happened);
                writer.Write(arm is null ? $"{line}\n" : $"{{\"arm\":{System.Text.Json.JsonSerializer.Serialize(arm.Name)},\"event\":{line}}}\n");
                writer.Flush();
            },
            null);
    }

    /// <summary>Creates a custom observer, to be combined with others.</summary>
    /// <param name="observe">Called with each event as it happens.</param>
    public static Observer Of(Action<TrainingEvent> observe)
    {
        ArgumentNullException.ThrowIfNull(observe);
        return new((_, happened) => observe(happened), null);
    }

    /// <summary>Creates an observer from a function that also receives the arm, e.g. <c>RunFolder.Observe</c>, to combine with others.</summary>
    /// <param name="observe">Called with each event as it happens. A single run is passed as an arm of its name and schedule.</param>
    public static Observer OfArms(Action<Arm, TrainingEvent> observe)
    {
        ArgumentNullException.ThrowIfNull(observe);
        Arm? alone = null;
        return new(
            (arm, happened) =>
            {
                if (arm is null && happened is RunStarted started)
                {
                    alone = new Arm(started.Arm, started.Schedule);
                }

                observe(arm ?? alone!, happened);
            },
            null);
    }

    /// <summary>Converts to the function that a comparison takes.</summary>
    /// <param name="observer">The observer.</param>
    public static implicit operator Action<Arm, TrainingEvent>(Observer observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return observer.Observe;
    }

    /// <summary>Converts to the function that a trainer takes.</summary>
    /// <param name="observer">The observer.</param>
    public static implicit operator Action<TrainingEvent>(Observer observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return observer.Observe;
    }

    /// <summary>Combines two observers; the left one is called first.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    public static Observer operator +(Observer left, Observer right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return new(left._run + right._run, left.Study is { } one && right.Study is { } other ? one + other : null, left.Say + right.Say);
    }

    /// <summary>Handles an event of a single run.</summary>
    /// <param name="happened">The event.</param>
    public void Observe(TrainingEvent happened) => _run(null, happened);

    /// <summary>Handles an event of an arm of a comparison.</summary>
    /// <param name="arm">The arm.</param>
    /// <param name="happened">The event.</param>
    public void Observe(Arm arm, TrainingEvent happened)
    {
        ArgumentNullException.ThrowIfNull(arm);
        _run(arm, happened);
    }

    /// <summary>Returns the observer of a run that was given none: progress, once the run has taken some seconds.</summary>
    internal static Observer Default() => Of(Output(null), s_patience);

    private static Observer Of(IProgressOutput output, TimeSpan patience)
    {
        var (run, show) = (new RunProgress(new(output, patience)), new ProgressShow(output, patience));
        return new((arm, happened) => run.Observe(arm?.Name, happened), new StudyWatch(show).Observe, show.Say);
    }

    private static IProgressOutput Output(TextWriter? writer) =>
        writer is null && !System.Console.IsErrorRedirected ? new TerminalLine(System.Console.Error) : new PlainLines(writer ?? System.Console.Error);
}

namespace Dsd.Studies;

/// <summary>The folder of a study: the study, a folder for each finished trial, and the claims of running workers.</summary>
/// <remarks>
/// <c>study.json</c>; <c>trials/TRIAL/</c> with <c>events.jsonl</c> (the record), <c>trial.json</c> (its identity), until the judgement
/// <c>weights.safetensors</c>, and after it <c>test.jsonl</c> if the test split was read; <c>selection.json</c> (the selection on
/// validation, before the test split was read) and <c>judgement.json</c>, with the hashes of these; <c>data/</c> (the files of the data by name, size and hash);
/// until the judgement <c>weights/</c> (the weights at the ends of phases after which the test split is read);
/// <c>claims/</c> and <c>work/</c> for running work; with Slurm <c>slurm-jobs.txt</c> and the logs of workers. A trial is moved to its place complete, by one rename, so that any number of processes, even on several
/// machines that share a disk, can work on one study and be killed at any moment.
/// </remarks>
internal sealed partial class StudyFolder
{
    internal const string StudyFile = "study.json";
    private const string TrialFile = "trial.json";
    private const string TestFile = "test.jsonl";
    internal const string SelectionFile = "selection.json";
    internal const string JudgementFile = "judgement.json";
    private const long MaxTextBytes = 64L << 20;

    private readonly string _text;

    private StudyFolder(string path, string text)
    {
        Path = path;
        Study = Study.FromJson(text);
        _text = text;
    }

    /// <summary>The path of the folder.</summary>
    public string Path { get; }

    /// <summary>The study.</summary>
    public Study Study { get; }

    /// <summary>The folder of the claims of processes.</summary>
    public string Claims => In("claims");

    /// <summary>Opens the folder of a study, or creates it.</summary>
    /// <param name="path">The folder, which does not exist, is empty, or holds the same study.</param>
    /// <param name="study">The study.</param>
    /// <exception cref="DsdException">The folder holds something else, or cannot be written.</exception>
    public static StudyFolder Create(string path, Study study)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(study);
        try
        {
            if (!IsThere(path))
            {
                CheckFree(path);
                Directory.CreateDirectory(path);
                AtomicFile.WriteText(System.IO.Path.Combine(path, StudyFile), study.ToJson() + "\n");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(path, e);
        }

        var folder = Open(path);
        return folder.Study.Definition == study.Definition ? folder.Prepare() : throw folder.IsAnother(study);
    }

    /// <summary>Opens the folder of an existing study.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="DsdException">There is no study, or it has another version.</exception>
    public static StudyFolder Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var file = System.IO.Path.Combine(path, StudyFile);
        if (!File.Exists(file))
        {
            throw new DsdException($"{path}: there is no study here; the folder of a study holds a {StudyFile}.");
        }

        try
        {
            return new StudyFolder(path, ReadText(file));
        }
        catch (JsonFormatException e)
        {
            throw new DsdException($"{file}: {e.Message}. It is damaged or was written by another version of Dsd.", e);
        }
    }

    /// <summary>True if a study is complete: all its trials are finished, selections are made, and the test split was read if required.</summary>
    /// <param name="plan">The study, resolved.</param>
    public bool IsOver(StudyPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return IsJudged && plan.Trials.All(IsDone);
    }

    /// <summary>Formats the path, for messages.</summary>
    public override string ToString() => Path;

    /// <summary>True if a folder holds a study.</summary>
    internal static bool IsThere(string path) => File.Exists(System.IO.Path.Combine(path, StudyFile));

    /// <summary>Checks that a folder can become that of a study.</summary>
    internal static void CheckFree(string path)
    {
        // Another process may be creating it: then its file has a temporary name, or exists by now.
        if (File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any(e => !AtomicFile.IsBeingWritten(e, StudyFile)) && !IsThere(path)))
        {
            throw new DsdException($"{path}: holds something other than a study; choose a folder that is empty or does not exist yet.");
        }
    }

    /// <summary>Creates the subfolders.</summary>
    internal StudyFolder Prepare()
    {
        try
        {
            foreach (var part in new[] { Claims, In("trials"), In("work") })
            {
                Directory.CreateDirectory(part);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(Path, e);
        }

        return this;
    }

    private static DsdException NotWritable(string path, Exception cause) =>
        new($"{path}: the folder of the study cannot be written ({cause.Message.TrimEnd('.')}). Make room or give write permission, or choose another folder.", cause);

    /// <summary>Creates the exception for a folder that holds a different study.</summary>
    internal DsdException IsAnother(Study study) =>
        new($"{Path}: holds another study ('{Study.Name}'): {Difference(Study, study)}. Choose another folder, or run that one by naming its folder.");

    /// <summary>Checks that the study was not changed since this folder was opened.</summary>
    internal void CheckUnchanged()
    {
        if (ReadText(In(StudyFile)) != _text)
        {
            throw new DsdException($"{Path}: the study was changed while it was running. Start again to continue with the changed study.");
        }
    }

    /// <summary>Rewrites the study, e.g. with more seeds.</summary>
    internal StudyFolder Rewrite(Study study)
    {
        AtomicFile.WriteText(In(StudyFile), study.ToJson() + "\n");
        return Open(Path);
    }

    /// <summary>Gets the path of the file list of data with a hash.</summary>
    internal string DataList(string hash) => In("data", $"{hash}.tsv.gz");

    /// <summary>Creates the exception for a folder that can no longer be read or written while the study runs.</summary>
    internal StudyLostException Lost(Exception cause)
    {
        var reason = Directory.Exists(Path) ? cause.Message.TrimEnd('.') : "the folder was deleted or moved, or its disk is gone";
        return new($"{Path}: the study cannot go on here: {reason}. Trials that were finished stay as they are; when the folder can be written again, the same command goes on from them.", cause);
    }

    internal static string ReadText(string file)
    {
        InputFile.Check(file);
        return new FileInfo(file).Length <= MaxTextBytes
            ? File.ReadAllText(file)
            : throw new DsdException($"{file}: larger than {MaxTextBytes >> 20} MB, which no study is.");
    }

    private static string Difference(Study a, Study b) =>
        a.Config.WithData(b.Config.Data) == b.Config && a.Config != b.Config ? $"its data are {a.Config.Data}, not {b.Config.Data}"
        : a.Config != b.Config ? $"its setting is {a.Config}, not {b.Config}"
        : !a.Arms.Equals(b.Arms) ? $"its arms are {string.Join(", ", a.Arms.Select(x => x.Name))}, and not the same here"
        : !a.Variants.Equals(b.Variants) ? "its variants differ from those here"
        : !a.Seeds.Equals(b.Seeds) ? FormattableString.Invariant($"it has {a.Seeds.Count} seeds, and not the same as the {b.Seeds.Count} here{(a.Seeds.All(b.Seeds.Contains) ? $"; to extend it, say so: --seeds {b.Seeds.Count} at the command line, extend: true in a program" : "")}")
        : a.Device != b.Device ? $"it is computed on {a.Device ?? "the device of its source"}, not on {b.Device ?? "that of its source"}; a study stays on one device, since a GPU rounds differently"
        : a.Gates != b.Gates ? $"its gates are: {a.Gates}; not: {b.Gates}"
        : a.Rates != b.Rates ? "its grid of rates is another"
        : !a.TestAfter.Equals(b.TestAfter) ? $"the test split is read after the phases [{string.Join(", ", a.TestAfter)}], not [{string.Join(", ", b.TestAfter)}]"
        : (a.EvaluateEvery, a.EvaluateTrain) != (b.EvaluateEvery, b.EvaluateTrain) ? "it measures at other times or on other splits (evaluateEvery, evaluateTrain)"
        : "its name, question, judgement or threads differ";

    private string In(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);
}

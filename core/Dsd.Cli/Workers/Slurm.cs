using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Dsd.Cli;

/// <summary>The programs of Slurm: sbatch, squeue and scontrol.</summary>
/// <param name="run">Runs a program with arguments; returns its exit code and what it wrote to its two outputs.</param>
internal sealed class Slurm(Func<string, IReadOnlyList<string>, (int Code, string Out, string Error)> run)
{
    private const string JobVariable = "SLURM_JOB_ID";

    /// <summary>The programs as they are installed here.</summary>
    public static Slurm Installed { get; } = new(Run);

    /// <summary>Checks that jobs can be submitted from here, before anything is written.</summary>
    /// <exception cref="DsdException">Slurm is missing.</exception>
    public void Check() => run("sbatch", ["--version"]);

    /// <summary>Submits a job array, and returns its id.</summary>
    /// <exception cref="DsdException">Slurm is missing or rejects the job.</exception>
    public string Submit(IReadOnlyList<string> arguments)
    {
        var (code, output, error) = run("sbatch", ["--parsable", .. arguments]);

        // Of several clusters, the cluster's name follows.
        return code == 0 ? output.Trim().Split(';')[0] : throw new DsdException($"--launcher slurm: sbatch refused: {error.Trim()}");
    }

    /// <summary>Lists those tasks of jobs that wait, run or are ending; null if Slurm does not answer, e.g. while its controller is restarted.</summary>
    public IReadOnlyList<SlurmTask>? Queue(IReadOnlyCollection<string> jobs)
    {
        // One's own jobs, since squeue fails for an id that it no longer knows.
        var (code, output, _) = run("squeue", ["--noheader", "--array", "--me", "--format=%F %K %T %r"]);
        return code != 0 ? null :
        [
            .. output.Split('\n').Select(line => line.Split(' ', 4, StringSplitOptions.RemoveEmptyEntries))
                .Where(words => words.Length == 4 && jobs.Contains(words[0]) && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out _))
                .Select(words => new SlurmTask(words[0], int.Parse(words[1], CultureInfo.InvariantCulture), words[2], words[3].Trim())),
        ];
    }

    /// <summary>Finds out how a task ended; returns false if Slurm does not answer.</summary>
    /// <param name="task">The task.</param>
    /// <param name="end">How it ended; null if Slurm no longer knows it.</param>
    public bool TryEndOf(SlurmTask task, out SlurmEnd? end)
    {
        var (code, output, error) = run("scontrol", ["show", "job", "--oneliner", task.Name]);
        end = code == 0 ? SlurmEnd.Parse(output) : null;
        return code == 0 || error.Contains("Invalid job id", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Puts the job of this process, which was asked to stop, back into the queue; returns false outside a job, and if the job was cancelled or Slurm queues it again by itself.</summary>
    /// <param name="hasWorked">True if the process made progress: without any, its job would be queued again and again.</param>
    /// <param name="say">Receives what happened.</param>
    public bool Requeue(bool hasWorked, Action<string> say)
    {
        // A job that is cancelled, or that Slurm stops to queue it again, is no longer in the state RUNNING.
        if (Environment.GetEnvironmentVariable(JobVariable) is not { } job || run("squeue", ["--noheader", $"--jobs={job}", "--format=%T"]) is not (0, var state, _) || state.Trim() != "RUNNING")
        {
            return false;
        }

        if (!hasWorked)
        {
            say("This worker was asked to stop before its first step, so its job does not go back into the queue. Give it more time, with sbatch's --time.");
            return false;
        }

        // Said first: Slurm ends this process as soon as it has agreed.
        say("This worker was asked to stop; its checkpoint is kept, and its job goes back into the queue.");
        var (code, _, error) = run("scontrol", ["requeue", job]);
        if (code != 0)
        {
            say($"Slurm does not queue it again: {error.Trim()}");
        }

        return code == 0;
    }

    private static (int Code, string Out, string Error) Run(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        arguments.ToList().ForEach(start.ArgumentList.Add);
        try
        {
            using var process = Process.Start(start) ?? throw new DsdException($"{program} cannot be started.");
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            process.WaitForExit();
            return (process.ExitCode, output.Result, error.Result);
        }
        catch (Win32Exception e)
        {
            throw new DsdException($"--launcher slurm: {program} cannot be started here ({e.Message.TrimEnd('.')}). Submit from a machine of the cluster, or use --launcher local.", e);
        }
    }
}

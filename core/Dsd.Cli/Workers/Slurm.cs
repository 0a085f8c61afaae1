using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Dsd.Optimizers;
using Dsd.Studies;

namespace Dsd.Cli;

/// <summary>Submits the workers of a study to Slurm as a job array; they find their work in the study's folder.</summary>
internal static class Slurm
{
    /// <summary>Submits the job, and returns a message with the job and how to watch it.</summary>
    /// <exception cref="DsdException">Slurm is missing or rejects the job.</exception>
    public static string Submit(StudyFolder folder, int workers, string? root, IEnumerable<string> options, int? seedsAtOnce = null)
    {
        var path = Path.GetFullPath(folder.Path);
        var (program, first) = WorkerCrew.Self();
        string[] worker = [program, .. first, "study", "work", path, .. root is null ? Array.Empty<string>() : ["--data-root", Path.GetFullPath(root)], .. WorkerCrew.SeedArguments(seedsAtOnce, workers, onGpu: 1)];
        var start = new ProcessStartInfo("sbatch") { RedirectStandardOutput = true, RedirectStandardError = true };
        var threads = folder.Study.Threads.ToString(CultureInfo.InvariantCulture);
        string[] arguments =
        [
            "--parsable",
            $"--job-name=dsd-{folder.Study.Name}",
            string.Create(CultureInfo.InvariantCulture, $"--array=1-{workers}"),
            $"--cpus-per-task={threads}",
            $"--output={Path.Combine(path, "slurm-%A-%a.log")}",
            .. options,
            $"--wrap=export OMP_NUM_THREADS={threads}; exec {string.Join(' ', worker.Select(Quoted))}",
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        try
        {
            using var sbatch = Process.Start(start) ?? throw new DsdException("sbatch cannot be started.");
            var (output, error) = (sbatch.StandardOutput.ReadToEndAsync(), sbatch.StandardError.ReadToEndAsync());
            sbatch.WaitForExit();
            return sbatch.ExitCode == 0
                ? string.Create(CultureInfo.InvariantCulture, $"Submitted job {output.Result.Trim()}: {workers} worker{(workers == 1 ? "" : "s")}. Watch it with 'dsd study status {folder.Path}'; submit again to resume the remaining trials.")
                : throw new DsdException($"--launcher slurm: sbatch refused: {error.Result.Trim()}");
        }
        catch (Win32Exception e)
        {
            throw new DsdException("--launcher slurm: there is no sbatch here. Submit from a machine of the cluster, or use --launcher local.", e);
        }
    }

    private static string Quoted(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

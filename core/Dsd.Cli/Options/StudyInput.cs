using Dsd.Data;
using Dsd.Runs;
using Dsd.Statistics;
using Dsd.Studies;
using TorchSharp;

namespace Dsd.Cli;

/// <summary>The STUDY argument: a JSON file, or the folder of a started study.</summary>
internal static class StudyInput
{
    public static string Explanation => "A study in JSON, or the folder of a started one.";

    /// <summary>Reports the problems of a study together with those of the command line.</summary>
    public static void Check(string path, string? output, Problems problems) => problems.Check(() => Plan(Read(path), output ?? path, new CatalogTrials()));

    /// <summary>Plans a study: one whose folder is there as what it was started as, from its records where these tell.</summary>
    public static StudyPlan Plan(Study study, string folder, IStudySource source) => StudyFolder.IsThere(folder)
        ? StudyPlan.OfRecord(study, new RecordedTrials(StudyFolder.Open(folder), source))
        : StudyPlan.Resolve(study, source);

    /// <summary>Returns a study on the device that the user names.</summary>
    /// <param name="study">The study.</param>
    /// <param name="folder">The folder in which it is, or will be, started.</param>
    /// <param name="device">The device's name; null if the user names none.</param>
    /// <param name="isHere">False if the workers run on other machines, so that a GPU is taken as given.</param>
    /// <exception cref="DsdException">The device is not available.</exception>
    public static Study On(Study study, string folder, string? device, bool isHere = true)
    {
        if (device is null)
        {
            return study;
        }

        var isGpu = device != DeviceName.Cpu && (!isHere || RunOptions.OpenDevice(device).type == DeviceType.CUDA);

        // Without a device the networks of the catalogue are on the CPU; such a study needs none.
        var named = study.Device ?? (StudyFolder.IsThere(folder) ? StudyFolder.Open(folder).Study.Device : null);
        return study.WithDevice(isGpu ? (device == RunConfig.AutomaticDevice ? named is not null && DeviceName.KindOf(named) != DeviceName.Cpu ? named : "cuda" : device) : named is null ? null : DeviceName.Cpu);
    }

    public static Study Read(string path)
    {
        if (Directory.Exists(path))
        {
            return StudyFolder.Open(path).Study;
        }

        if (!File.Exists(path))
        {
            throw new DsdException($"{path}: there is no such file or folder; give a study in JSON or the folder of one.");
        }

        try
        {
            return Study.FromJson(InputText.Read(path, path, "study", 16));
        }
        catch (JsonFormatException e)
        {
            throw new DsdException($"{path}: {e.Message}.", e);
        }
    }
}

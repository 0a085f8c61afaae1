using Dsd.Records;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>Writes live models into a run folder.</summary>
public static class RunFolderExtensions
{
    /// <summary>Saves the weights of a completed arm, e.g. as a comparison's <c>armDone</c>.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="arm">The arm.</param>
    /// <param name="model">The model, which holds the arm's weights.</param>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    public static void SaveWeights(this RunFolder folder, Arm arm, nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(arm);
        WeightFile.Save(model, folder.WeightsOf(arm.Name));
    }
}

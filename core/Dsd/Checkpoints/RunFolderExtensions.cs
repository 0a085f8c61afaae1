using Dsd.Records;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Checkpoints;

/// <summary>Writes live models into the folder of a run.</summary>
public static class RunFolderExtensions
{
    /// <summary>Saves the weights of an arm that is done; what a comparison runs then.</summary>
    /// <param name="folder">The folder of the run.</param>
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

using Dsd.Records;

namespace Dsd.Checkpoints;

/// <summary>The part of a checkpoint that is not tensors, stored as JSON in the file's texts.</summary>
/// <param name="Version">The version of the form.</param>
/// <param name="Arm">The name of the arm; null in the phases that several share.</param>
/// <param name="Step">The finished steps of the run.</param>
/// <param name="Phase">The index of the phase of the last step; null before the first.</param>
/// <param name="PhaseName">Its name.</param>
/// <param name="PhaseSeconds">The duration of the phase so far.</param>
/// <param name="Seconds">The duration of the run so far.</param>
/// <param name="Rollbacks">The rollbacks so far.</param>
/// <param name="Optimizer">The numbers of the optimiser's state; its tensors are in the file under the same names.</param>
/// <param name="Methods">The tensors that criteria and updates remember: for each of their keys the names, in the order of the file's.</param>
/// <param name="FirstLoss">The first loss seen, if any.</param>
/// <param name="LastLoss">The last loss seen, if any.</param>
/// <param name="LowestLoss">The lowest loss seen, if any.</param>
/// <param name="ComputedOtherwise">The layers already reported as computed otherwise than requested.</param>
/// <param name="LeftOut">The training examples excluded so far.</param>
/// <param name="Best">The best validation so far, by arm and <c>dense</c> or <c>sparse</c>.</param>
/// <param name="Origin">The hash of the state from which the arm started, if any.</param>
/// <param name="UsesOneDnn">False if a layer's kernel was found wrong, so that all are computed otherwise.</param>
/// <param name="Gradients">The parameters that have a gradient, if only of zeros; null for all.</param>
internal sealed record CheckpointNote(
    int Version,
    string? Arm,
    long Step,
    int? Phase,
    string? PhaseName,
    double PhaseSeconds,
    double Seconds,
    int Rollbacks,
    IReadOnlyList<CheckpointNote.OptimizerEntry> Optimizer,
    IReadOnlyList<CheckpointNote.MethodEntry> Methods,
    CheckpointNote.LossEntry? FirstLoss,
    CheckpointNote.LossEntry? LastLoss,
    double? LowestLoss,
    IReadOnlyList<string> ComputedOtherwise,
    IReadOnlyList<DataProblem> LeftOut,
    IDictionary<string, double> Best,
    string? Origin = null,
    bool UsesOneDnn = true,
    IReadOnlyList<string>? Gradients = null)
{
    /// <summary>The version that is written; files of all versions up to it are read.</summary>
    public const int CurrentVersion = 1;

    /// <summary>An optimiser's state of one parameter.</summary>
    /// <param name="Parameter">Its name.</param>
    /// <param name="Fields">Numbers by field; null for a tensor, which is in the file, and for one that is not there yet.</param>
    internal sealed record OptimizerEntry(string Parameter, OrderedDictionary<string, System.Text.Json.JsonElement?> Fields);

    /// <summary>The tensors that a criterion or update remembers of one layer.</summary>
    /// <param name="Key">The method and the layer.</param>
    /// <param name="Names">The names of the tensors.</param>
    internal sealed record MethodEntry(string Key, IReadOnlyList<string> Names);

    /// <summary>A loss.</summary>
    internal sealed record LossEntry(long Step, double Loss);
}

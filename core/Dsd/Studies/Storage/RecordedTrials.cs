using Dsd.Plans;
using Dsd.Runs;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Studies;

/// <summary>The source of a study's networks and data from the records of its finished trials, so that results can be read after the data were removed or changed.</summary>
/// <param name="folder">The folder of the study.</param>
/// <param name="otherwise">The source for training configs without a finished trial.</param>
internal sealed class RecordedTrials(StudyFolder folder, IStudySource otherwise) : IStudySource
{
    private readonly Lazy<Dictionary<string, string>> _trials = new(() => folder.Notes().GroupBy(n => n.Fingerprint).ToDictionary(g => g.Key, g => g.First().Trial));
    private readonly Dictionary<TrainingConfig, RunStarted?> _known = [];

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Criteria => otherwise.Criteria;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Updates => otherwise.Updates;

    /// <inheritdoc/>
    public IPlanMethods? PlanMethods => otherwise.PlanMethods;

    /// <inheritdoc/>
    public ModelShape Shape(TrainingConfig config) => Recorded(config)?.Shape ?? otherwise.Shape(config);

    /// <inheritdoc/>
    public int StepsPerEpoch(TrainingConfig config) => Recorded(config)?.StepsPerEpoch ?? otherwise.StepsPerEpoch(config);

    private RunStarted? Recorded(TrainingConfig config)
    {
        if (!_known.TryGetValue(config, out var start))
        {
            var study = folder.Study;
            var trial = (from variant in study.Variants
                         from arm in study.Arms
                         from schedule in Schedules(study, variant, arm, config)
                         from seed in study.Seeds
                         select _trials.Value.GetValueOrDefault(Trial.FingerprintOf(config, Treatment.ScheduleFor(schedule, seed), seed, study.Threads, study.Device)))
                .FirstOrDefault(name => name is not null);
            _known[config] = start = trial is null ? null : folder.StartOf(trial);
        }

        return start;
    }

    private static List<Schedules.Schedule> Schedules(Study study, StudyVariant variant, StudyArm arm, TrainingConfig config)
    {
        try
        {
            return StudyPlan.CandidatesOf(study, variant, arm).Where(c => c.Config == config).Select(c => c.Schedule).ToList();
        }
        catch (InvalidOperationException)
        {
            // The plan reports the reason; no such trial exists.
            return [];
        }
    }
}

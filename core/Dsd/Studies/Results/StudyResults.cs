using System.Collections.Concurrent;
using System.Globalization;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Statistics;

namespace Dsd.Studies;

/// <summary>The results of a study so far: arms, differences with statistics, failures and cost.</summary>
[TypeFormatterSource]
public sealed partial record StudyResults
{
    private readonly Dictionary<string, TrialResult> _byTrial;
    private readonly ConcurrentDictionary<(string Group, string Other), (double Low, double High)?> _overExamples = new();

    private StudyResults(StudyPlan plan, bool isJudged, Dictionary<string, TrialResult> byTrial)
    {
        Plan = plan;
        IsJudged = isJudged;
        _byTrial = byTrial;
        Split = isJudged && plan.Study.Judgement != Judgement.Validation ? DataSplit.Test : DataSplit.Validation;
        Metric = Metric.MainOf(byTrial.Values.Select(r => r.Record));
        Arms = plan.StudyGroups.SelectMany(g => g.Arms.Select(a => ResultOf(g, a.Arm, a.Candidates))).ToValueList();
        var contrasts = plan.Groups.SelectMany(group => plan.Study.TestAfter.Append("").SelectMany(phase => ContrastsOf(group, phase))).ToList();
        var gate = new StudyGate(this);
        Gates = plan.Groups.SelectMany(group => gate.Of(group, [.. contrasts.Where(c => c.Group == group && c.Phase.Length == 0)])).ToValueList();
        Contrasts = WithHolm([.. contrasts.Select(c => c with { NotTestable = Gates.FirstOrDefault(g => g.Group == c.Group && (g.IsMet == false || (isJudged && g.IsMet is null))) is { } missed ? gate.Explain(missed) : null })]);
    }

    /// <summary>The study plan.</summary>
    public StudyPlan Plan { get; }

    /// <summary>True if the study is complete; before, all results are provisional and on validation.</summary>
    public bool IsJudged { get; }

    /// <summary>True if an earlier version judged the study, which kept no hashes.</summary>
    internal bool IsUnverified { get; private init; }

    /// <summary>The split of values and differences.</summary>
    public DataSplit Split { get; }

    /// <summary>The main metric, the first one that the task measures.</summary>
    public Metric Metric { get; }

    /// <summary>The arms of each group.</summary>
    public ValueList<ArmResult> Arms { get; }

    /// <summary>The results of the study's gates in each group; none if it has no gates.</summary>
    public ValueList<GateResult> Gates { get; }

    /// <summary>The contrasts in each group: the first arm minus each other one, after each phase of <see cref="Study.TestAfter"/> that both have and do not share, and at the end of training.</summary>
    public ValueList<Contrast> Contrasts { get; }

    /// <summary>The finished trials, in the order of the plan.</summary>
    public IEnumerable<TrialResult> Trials => Plan.Trials.Select(t => Of(t)).OfType<TrialResult>();

    /// <summary>The trials that failed.</summary>
    public IEnumerable<TrialResult> Failures => Trials.Where(t => !t.IsComplete);

    /// <summary>
    /// The failed trials that leave a gap: all except candidates of a search, such as rates of plain training, that diverged while the arm
    /// has another candidate.
    /// </summary>
    public IEnumerable<TrialResult> Gaps => Failures.Where(f => !f.HasDiverged || !Arms.Where(a => a.Candidates.Any(c => c.Treatment == f.Trial.Treatment)).All(a => IsSearch(a) && a.Selected is { } chosen && chosen != f.Trial.Treatment));

    /// <summary>The problems of the data of any trial: examples excluded, or in two splits; by name if there are several data sets.</summary>
    public ValueList<DataProblem> DataProblems
    {
        get
        {
            var sets = Trials.GroupBy(t => t.Record.Start?.Data).ToList();
            return sets.SelectMany(set => DataProblem.Merge(set.SelectMany(t => t.Record.DataProblems)).Select(p => sets.Count > 1 ? p with { What = $"{p.What} of {set.Key}" } : p)).ToValueList();
        }
    }

    /// <summary>The total time of all finished trials in seconds, shared phases counted once.</summary>
    public double ComputeSeconds => Plan.TrialBlocks.Sum(block =>
    {
        var done = block.Trials.Select(t => Of(t)).OfType<TrialResult>().ToList();
        return done.Count == 0 ? 0 : done.Sum(t => t.Record.End!.ElapsedSeconds) - ((done.Count - 1) * SharedSeconds(done[0].Record, block.SharedSteps));
    });

    /// <summary>Reads the results in a study's folder, complete or not.</summary>
    /// <param name="folder">The path of the folder.</param>
    /// <param name="source">The source of networks and data, for those that no finished trial has recorded; the data may have been removed or changed since.</param>
    /// <exception cref="PlanException">The study cannot be planned; all issues are in it.</exception>
    /// <exception cref="DsdException">There is no study; or folders of trials are damaged, and all are listed; or trials were trained on different data, or for numbers of steps that differ from the plan.</exception>
    public static StudyResults Read(string folder, IStudySource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var opened = StudyFolder.Open(folder);
        return Read(StudyPlan.OfRecord(opened.Study, new RecordedTrials(opened, source)), opened);
    }

    /// <summary>Reads the results in a study's folder.</summary>
    internal static StudyResults Read(StudyPlan plan, StudyFolder folder) => Read(plan, folder, []);

    /// <summary>Reads the new results in a study's folder.</summary>
    /// <param name="plan">The study plan.</param>
    /// <param name="folder">Its folder.</param>
    /// <param name="known">The trials that have been read; new ones are added.</param>
    internal static StudyResults Read(StudyPlan plan, StudyFolder folder, Dictionary<string, TrialResult> known)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(folder);
        var judged = folder.IsOver(plan);
        var damaged = folder.JudgementProblems(plan).ToList();
        if (judged)
        {
            // They were read without their measurements on test.
            known.Clear();
        }

        var added = new List<TrialResult>();
        foreach (var trial in plan.Trials.Where(t => !known.ContainsKey(t.Name)))
        {
            try
            {
                if (folder.Read(trial, judged) is { } result)
                {
                    added.Add(result);
                }
            }
            catch (Exception e) when (e is DsdException or IOException or UnauthorizedAccessException)
            {
                damaged.Add(e.Message);
            }
        }

        if (damaged.Count == 0 && StudyConsistency.Problems(plan, [.. known.Values, .. added], added).ToList() is { Count: > 0 } problems)
        {
            throw new DsdException($"{folder}: {string.Join("\n  ", problems)}");
        }

        // Trials that do not belong to the study are read again at the next call, and rejected again.
        added.ForEach(t => known[t.Trial.Name] = t);

        return damaged.Count switch
        {
            0 => StudyConsistency.WithAllTests(new StudyResults(plan, judged, known) { IsUnverified = judged && folder.IsJudgedWithoutHashes }),
            1 => throw new DsdException(damaged[0]),
            var n => throw new DsdException(FormattableString.Invariant($"{n} files or trials of the study cannot be read:\n  {string.Join("\n  ", damaged)}")),
        };
    }

    /// <summary>Reads results from the CSV of a study, for tables of arms and differences and their charts without its folder.</summary>
    /// <param name="plan">The study plan, by <see cref="StudyPlan.OfRecord"/>.</param>
    /// <param name="csv">
    /// The output of <see cref="ToCsv"/>. It has no learning curves, masks, weights or outcomes of single examples, only
    /// numbers of excluded examples, and the time of a trial is that of its phases.
    /// </param>
    /// <param name="metric">
    /// The declaration of the main metric. Default null: that of the CSV; in a CSV of an earlier version without declarations, metrics of
    /// Dsd are known by name, and any other is undeclared.
    /// </param>
    /// <exception cref="DsdException">The text is not the CSV of this study; all that is wrong is listed.</exception>
    public static StudyResults FromCsv(StudyPlan plan, string csv, Metric? metric = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(csv);
        var trials = StudyCsvReader.Read(plan, csv, metric);

        // A study evaluated on test has read that split once it is complete.
        var isOver = trials.Count == plan.Trials.Count() && (plan.Study.Judgement == Judgement.Validation || trials.Any(t => t.Record.Test is not null));
        return StudyConsistency.WithAllTests(Of(plan, isOver, trials));
    }

    /// <summary>Computes the results of given trials, whose folder need not exist.</summary>
    /// <param name="plan">The study plan.</param>
    /// <param name="isJudged">True if the study is complete.</param>
    /// <param name="trials">The finished trials.</param>
    internal static StudyResults Of(StudyPlan plan, bool isJudged, IEnumerable<TrialResult> trials) => new(plan, isJudged, trials.ToDictionary(t => t.Trial.Name));

    /// <summary>Gets the result of a trial; null if it is not finished.</summary>
    /// <param name="trial">A trial of the plan.</param>
    public TrialResult? Of(Trial trial)
    {
        ArgumentNullException.ThrowIfNull(trial);
        return _byTrial.GetValueOrDefault(trial.Name);
    }

    /// <summary>Computes the 95 % interval of a difference over seeds and test examples, whereas that of <see cref="PairedDifference"/> is over seeds on one fixed set.</summary>
    /// <param name="contrast">One of <see cref="Contrasts"/>.</param>
    /// <returns>
    /// By <see cref="PairedBootstrap"/>; null unless the outcome of each example was recorded, on test and of a mean over examples, for both arms
    /// of every pair, and with fewer than six pairs. It holds the interval over seeds alone, which percentiles of few seeds can fall short of.
    /// </returns>
    public (double Low, double High)? OverSeedsAndExamples(Contrast contrast)
    {
        ArgumentNullException.ThrowIfNull(contrast);
        return Split != DataSplit.Test || contrast.Phase.Length > 0 || contrast.Pairs.Count < PairedBootstrap.Fewest ? null
            : _overExamples.GetOrAdd((contrast.Group, contrast.Other), _ => Widened(CrossedOutcomes.Interval([.. contrast.Pairs.Select(p => (Tested(contrast.First, p.Seed), Tested(contrast.Other, p.Seed)))], Metric)));

        (double Low, double High)? Widened((double Low, double High)? drawn) => drawn is { } d && contrast.Difference?.Interval is { } seeds
            ? (Math.Min(d.Low, seeds.Low), Math.Max(d.High, seeds.High))
            : drawn;

        RunRecord? Tested(string arm, long seed) =>
            Arms.First(a => a.Group == contrast.Group && a.Arm == arm).Selected is { } selected && TrialsOf(selected).FirstOrDefault(t => t.Seed == seed) is { } trial
                ? Of(trial)?.Record
                : null;
    }

    /// <summary>Writes the finished trials as CSV for other tools: one row per trial and phase, and one per test measurement.</summary>
    public string ToCsv() => StudyCsv.Write(this);

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Describe();

    private bool IsSearch(ArmResult arm) => Plan.Study.Arms.FirstOrDefault(a => a.Name == arm.Arm) is { } of && (of.ChoiceCount > 1 || Plan.Study.Rates is not null);

    private static double SharedSeconds(RunRecord record, long sharedSteps) =>
        record.Phases.Where(p => p.Start.Step < sharedSteps).Sum(p => p.End?.ElapsedSeconds ?? 0);

    private static ValueList<Contrast> WithHolm(List<Contrast> contrasts)
    {
        var tested = contrasts.Where(c => c is { NotTestable: null, Difference: { AllowsVerdict: true, PValue: not null } }).ToList();
        var adjusted = Holm.Adjust(tested.Select(c => c.Difference!.PValue!.Value));
        return contrasts.Select(c => tested.IndexOf(c) is var at and >= 0 ? c with { AdjustedPValue = adjusted[at] } : c).ToValueList();
    }

    private IEnumerable<Trial> TrialsOf(Treatment treatment) => Plan.Trials.Where(t => t.Treatment == treatment);

    private ArmResult ResultOf(StudyGroup group, StudyArm arm, ValueList<ArmCandidate> among)
    {
        var candidates = among.Select(c => c.Treatment).Select(t =>
        {
            var values = TrialsOf(t).Select(trial => ValueOf(trial, DataSplit.Validation)).ToList();
            var measured = values.OfType<double>().ToList();
            return (Treatment: t, Mean: measured.Count > 0 ? measured.Average() : (double?)null, Missing: values.Count - measured.Count);
        }).ToValueList();
        var selected = Plan.Study.Rates is { ChosenByControl: true } && arm.FollowsRates && arm.Kind != ArmKind.Control
            ? BestOf(candidates.Zip(among).Where(c => RatesOfControl(group).Intersect(c.Second.RateFactors).Any()).Select(c => c.First))
            : BestOf(candidates);
        var values = selected is null
            ? []
            : TrialsOf(selected).Select(t => (t.Seed, Value: ValueOf(t, Split))).Where(v => v.Value is not null).Select(v => (v.Seed, v.Value!.Value)).ToValueList();
        return new ArmResult(group.Name, arm.Name, candidates, selected, values);
    }

    /// <summary>Returns the candidate with the best mean on validation, those without missing values first.</summary>
    private Treatment? BestOf(IEnumerable<(Treatment Treatment, double? Mean, int Missing)> candidates)
    {
        var known = candidates.Where(c => c.Mean is not null).ToList();

        // For a metric without a declaration in an old record, the best of several candidates is unknown.
        return known.Count > 1 && Metric.Goal == MetricGoal.Undeclared
            ? null
            : known.OrderBy(c => c.Missing).ThenByDescending(c => known.Count > 1 ? Metric.Gain(c.Mean!.Value) : 0).Select(c => c.Treatment).FirstOrDefault();
    }

    /// <summary>Returns the factors on the rates with which the control of a group is best; none before any of its trials is completed.</summary>
    private ValueList<double> RatesOfControl(StudyGroup group)
    {
        var (control, among) = group.Arms.First(a => a.Arm.Kind == ArmKind.Control);
        return ResultOf(group, control, among).Selected is { } selected ? among.First(c => c.Treatment == selected).RateFactors : [];
    }

    private IEnumerable<Contrast> ContrastsOf(string group, string phase)
    {
        var arms = Arms.Where(a => a.Group == group).ToList();
        foreach (var other in arms.Skip(1))
        {
            var (first, pairs) = (arms[0], new List<(long, double, double)>());
            if (phase.Length > 0 && !Differ(first.Selected, other.Selected, phase))
            {
                continue;
            }

            if (first.Selected is { } a && other.Selected is { } b)
            {
                foreach (var (x, y) in TrialsOf(a).Zip(TrialsOf(b)))
                {
                    if (ValueAfter(x, phase, Metric, Split) is { } under && ValueAfter(y, phase, Metric, Split) is { } against && double.IsFinite(under - against) && SameFork(x, y))
                    {
                        pairs.Add((x.Seed, under, against));
                    }
                }
            }

            yield return new Contrast(group, first.Arm, other.Arm, pairs.ToValueList(), Plan.Study.Seeds.Count - pairs.Count, null) { Phase = phase };
        }

        // At the end of a phase that both share, there is one network.
        bool Differ(Treatment? a, Treatment? b, string phase) =>
            a is not null && b is not null && EndOf(a, phase) is { } end && EndOf(b, phase) is { } other
            && !(end == other && a.Config == b.Config && end <= SharedPrefix.Steps([a.Plan, b.Plan]));

        static long? EndOf(Treatment treatment, string phase) => treatment.Plan.Phases.FirstOrDefault(p => p.Phase.Name == phase) is { } planned ? planned.FirstStep + planned.Steps : null;
    }

    private bool SameFork(Trial a, Trial b) => Of(a)!.Fork is not { } x || Of(b)!.Fork is not { } y || x == y || !InOneBlock(a, b);

    private bool InOneBlock(Trial a, Trial b) => Plan.TrialBlocks.Any(block => block.Trials.Contains(a) && block.Trials.Contains(b));
}

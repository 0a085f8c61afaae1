using System.Globalization;
using Dsd.Plans;
using Dsd.Runs;
using Dsd.Schedules;
using Dsd.Statistics;

namespace Dsd.Studies;

/// <summary>A study resolved against networks and data, as plain data: all trials, shared phases and groups.</summary>
[TypeFormatterSource]
public sealed record StudyPlan
{
    private StudyPlan(Study study, ValueList<StudyGroup> groups, ValueList<TrialBlock> blocks, ValueList<LongerFirst> longer)
    {
        Study = study;
        Longer = longer;
        StudyGroups = groups;
        TrialBlocks = blocks;
        Groups = groups.Select(g => g.Name).ToValueList();
        Blocks = blocks.Select(b => b.Trials).ToValueList();
    }

    /// <summary>The study.</summary>
    public Study Study { get; }

    /// <summary>The names of the groups that are evaluated: of variants, or of training configs if the variants of each are its candidates; a single group may have an empty name.</summary>
    public ValueList<string> Groups { get; }

    /// <summary>All trials.</summary>
    public IEnumerable<Trial> Trials => TrialBlocks.SelectMany(b => b.Trials);

    /// <summary>The trials in blocks of one seed that share their first phase, which is trained once; all blocks of a seed precede those of the next.</summary>
    public ValueList<ValueList<Trial>> Blocks { get; }

    /// <summary>The number of training steps, shared ones counted once.</summary>
    public long Steps => TrialBlocks.Sum(b => b.Steps);

    /// <summary>The groups with their arms and candidates.</summary>
    internal ValueList<StudyGroup> StudyGroups { get; }

    /// <summary>The blocks with their numbers of steps.</summary>
    internal ValueList<TrialBlock> TrialBlocks { get; }

    /// <summary>The longer first phases by which it is checked that first phases have converged; none unless the study's gates ask for it.</summary>
    internal ValueList<LongerFirst> Longer { get; }

    /// <summary>Resolves a study, or reports all issues that prevent it.</summary>
    /// <param name="study">The study.</param>
    /// <param name="source">The source of its networks and data.</param>
    /// <exception cref="PlanException">The study cannot be carried out; all issues are in it.</exception>
    public static StudyPlan Resolve(Study study, IStudySource source) => Resolve(study, source, isToTrain: true);

    /// <summary>Resolves a study that has been started, to read its results, e.g. with <see cref="StudyResults.FromCsv"/>.</summary>
    /// <remarks>An arm that can only fail at its first step is an issue of <see cref="Resolve(Study, IStudySource)"/>; here it does not keep the others' results from being read.</remarks>
    /// <param name="study">The study.</param>
    /// <param name="source">The source of its networks and data.</param>
    /// <exception cref="PlanException">The study cannot have been carried out; all issues are in it.</exception>
    public static StudyPlan OfRecord(Study study, IStudySource source) => Resolve(study, source, isToTrain: false);

    private static StudyPlan Resolve(Study study, IStudySource source, bool isToTrain)
    {
        ArgumentNullException.ThrowIfNull(study);
        ArgumentNullException.ThrowIfNull(source);
        var issues = new List<PlanIssue>();
        var drafts = new List<Draft>();
        var known = new Dictionary<TrainingConfig, (ModelShape, int)?>();
        issues.AddRange(StudyIssues.OfChoices(study));
        foreach (var variant in study.Variants)
        {
            foreach (var arm in study.Gates.Converged ? study.Arms.Append(StudyArm.LongerFirst) : study.Arms)
            {
                foreach (var (name, schedule, config, factor) in Candidates(variant, arm))
                {
                    if (!known.TryGetValue(config, out var network))
                    {
                        known[config] = network = Look(variant.Name, config);
                    }

                    if (network is not var (shape, stepsPerEpoch))
                    {
                        continue;
                    }

                    var (plan, planIssues) = Plan.TryResolve(schedule, shape, stepsPerEpoch, source.PlanMethods, isToTrain);
                    var found = planIssues.Concat(Unknown(schedule)).ToList();
                    foreach (var issue in found)
                    {
                        // An issue of a schedule affects all arms; it is reported once.
                        var told = new PlanIssue(issue.Code, $"variant '{variant.Name}', {(arm.Kind == ArmKind.Dsd ? "" : $"arm {arm.Name}, ")}{issue.Where}", issue.Problem);
                        if (!issues.Exists(i => i.Code == told.Code && i.Problem == told.Problem && i.Where.StartsWith($"variant '{variant.Name}'", StringComparison.Ordinal)))
                        {
                            issues.Add(told);
                        }
                    }

                    if (found.Count > 0)
                    {
                        continue;
                    }

                    drafts.Add(new Draft(variant, arm, name, config, plan, factor));
                }
            }

            issues.AddRange(StudyIssues.OfTestAfter(study, variant));
        }

        return issues.Count > 0
            ? throw new PlanException("The study cannot be carried out", issues.ToValueList())
            : Resolve(study, drafts, source.PlanMethods);

        IEnumerable<PlanIssue> Unknown(Schedule schedule) => schedule.Phases
            .Where(p => p.Mask.Criterion is { Kind: CriterionKind.Custom, Name: { } name } && !source.Criteria.Contains(name))
            .Select(p => new PlanIssue("DSD103", $"phase '{p.Name}'", $"it ranks weights by {p.Mask.Criterion}, for which no function is registered. A program passes it to the source of its trials; the command line supports magnitude, weight × gradient and random."))
            .Concat(schedule.Phases
                .Where(p => p.Mask.Update is { IsCustom: true, Policy: { } policy } && !source.Updates.Contains(policy))
                .Select(p => new PlanIssue("DSD103", $"phase '{p.Name}'", $"its masks have the update {p.Mask.Update}, for which no policy is registered. A program passes it to the source of its trials; the command line supports periodic updates and SET.")));

        (ModelShape, int)? Look(string variant, TrainingConfig config)
        {
            try
            {
                return (source.Shape(config), source.StepsPerEpoch(config));
            }
            catch (DsdException e)
            {
                issues.Add(new PlanIssue("DSD101", $"variant '{variant}'", e.Message));
                return null;
            }
        }

        IReadOnlyList<(string, Schedule, TrainingConfig, double?)> Candidates(StudyVariant variant, StudyArm arm)
        {
            try
            {
                return [.. CandidatesOf(study, variant, arm)];
            }
            catch (InvalidOperationException e)
            {
                issues.Add(new PlanIssue("DSD102", $"variant '{variant.Name}'", $"the arm {arm.Name} cannot be made of it: {e.Message.TrimEnd('.')}."));
                return [];
            }
        }
    }

    /// <summary>Lists what an arm trains for a variant: its own choices, or one for each factor of the study's grid of rates.</summary>
    /// <exception cref="InvalidOperationException">The arm cannot be made of the variant.</exception>
    internal static IEnumerable<(string Name, Schedule Schedule, TrainingConfig Config, double? RateFactor)> CandidatesOf(Study study, StudyVariant variant, StudyArm arm)
    {
        var config = variant.Config ?? study.Config;
        return study.Rates is not { } rates || !arm.FollowsRates
            ? arm.Of(variant.Schedule, config).Select(c => (c.Name, c.Schedule, c.Config, (double?)null))
            : rates.Factors.SelectMany(factor => arm.Of(variant.Schedule.WithLaterRatesTimes(factor), config)
                .Select(c => (string.Create(CultureInfo.InvariantCulture, $"{c.Name} rates-x{factor:R}").TrimStart(), c.Schedule, c.Config, (double?)factor)));
    }

    /// <summary>Formats the plan: what is trained and evaluated. Independent of culture.</summary>
    public string Describe() => $"{Study.Describe()}\n{Explain()}\n\n{Table()}";

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Describe();

    /// <summary>Summarises the training in one sentence.</summary>
    public string Explain() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Trials.Count():N0} trials in {TrialBlocks.Count:N0} blocks, {Steps:N0} steps; without sharing first phases it would be {Trials.Sum(t => t.Treatment.Plan.TotalSteps):N0}.");

    /// <summary>The table of the treatments, one row per treatment.</summary>
    public TextTable Table()
    {
        var table = new TextTable("treatment", "phases", "rates", ">sparsity", ">steps", ">trials");
        foreach (var treatment in Trials.Select(t => t.Treatment).Distinct())
        {
            var phases = treatment.Plan.Schedule.Phases;
            table.Row(
                treatment.Name,
                string.Join(" + ", phases.Select(p => p.Duration.ToString())),
                string.Join("; ", phases.Select(p => p.Rate.ToString())),
                phases.Any(p => !p.IsDense) ? string.Join(", ", phases.Where(p => !p.IsDense).Select(p => p.Sparsity.ToString()).Distinct()) : "–",
                treatment.Plan.TotalSteps.ToString("N0", CultureInfo.InvariantCulture),
                Study.Seeds.Count.ToString(CultureInfo.InvariantCulture));
        }

        return table;
    }

    private static StudyPlan Resolve(Study study, List<Draft> drafts, IPlanMethods? methods)
    {
        // Equal training is one treatment, whichever variants and arms use it.
        var treatments = new List<Treatment>();
        var wanted = new List<Wanted>();
        foreach (var draft in drafts)
        {
            var treatment = treatments.Find(t => t.Config == draft.Config && t.Plan == draft.Plan);
            if (treatment is null)
            {
                // A name includes its variant only if other variants of the arm train differently.
                var isOne = drafts.Where(d => d.Arm == draft.Arm && d.Candidate == draft.Candidate).All(d => d.Config == draft.Config && d.Plan == draft.Plan);
                treatment = new Treatment(FreeName(treatments, draft, isOne), draft.Config, draft.Plan);
                treatments.Add(treatment);
            }

            wanted.Add(new(draft.Variant, draft.Arm, treatment, draft.RateFactor));
        }

        var longer = wanted.Where(w => w.Arm.Kind == ArmKind.LongerFirst).Select(w => new LongerFirst(w.Variant.Config ?? study.Config, w.Variant.Schedule.Phases[0], w.Treatment)).Distinct().ToValueList();
        var groups = Grouped(study, wanted);
        var gates = StudyIssues.OfGates(study, groups.SelectMany(g => g.Arms[0].Candidates).Select(c => c.Treatment).Distinct(), longer).ToValueList();
        return gates.Count == 0 ? new StudyPlan(study, groups, InBlocks(study, treatments, methods), longer) : throw new PlanException("The study cannot be carried out", gates);
    }

    private static string FreeName(List<Treatment> treatments, Draft draft, bool isOne)
    {
        var stem = string.Join('-', new[] { draft.Arm.Name, Words(draft.Candidate), isOne ? "" : Words(draft.Variant.Name) }.Where(w => w.Length > 0));
        var name = stem;
        for (var i = 2; treatments.Exists(t => string.Equals(t.Name, name, StringComparison.OrdinalIgnoreCase)); i++)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{stem}-{i}");
        }

        return name;

        static string Words(string text) => string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c == '.' ? c : '-')).Trim('-', '.');
    }

    private static ValueList<StudyGroup> Grouped(Study study, List<Wanted> wanted)
    {
        var byConfig = study.Judgement == Judgement.Selected;
        var configs = study.Variants.Select(v => v.Config ?? study.Config).Distinct().ToList();
        return wanted
            .GroupBy(w => byConfig ? (w.Variant.Config ?? study.Config).ToString() : w.Variant.Name)
            .Select(g => new StudyGroup(
                byConfig && configs.Count == 1 ? "" : g.Key,
                study.Arms.Select(a => (a, g.Where(w => w.Arm == a).GroupBy(w => w.Treatment).Select(c => new ArmCandidate(c.Key, c.Select(w => w.RateFactor).OfType<double>().Distinct().ToValueList())).ToValueList())).ToValueList()))
            .ToValueList();
    }

    private static ValueList<TrialBlock> InBlocks(Study study, List<Treatment> treatments, IPlanMethods? methods)
    {
        // Treatments whose first phases train in the same way, whatever their names, form a block; a treatment of one phase shares nothing.
        var together = new List<List<Treatment>>();
        foreach (var treatment in treatments)
        {
            var home = treatment.Plan.Phases.Count == 1
                ? null
                : together.Find(g => g[0].Config == treatment.Config && g[0].Plan.Phases.Count > 1 && SharedPrefix.SameTraining(g[0].Plan.Phases[0], treatment.Plan.Phases[0]));
            if (home is null)
            {
                together.Add([treatment]);
            }
            else
            {
                home.Add(treatment);
            }
        }

        return study.Seeds
            .SelectMany(seed => together.Select(g => g.Select(t => new Trial(t, seed, study, methods)).ToValueList()))
            .Select(trials => new TrialBlock(trials[0].Name, trials))
            .ToValueList();
    }

    private sealed record Draft(StudyVariant Variant, StudyArm Arm, string Candidate, TrainingConfig Config, Plan Plan, double? RateFactor);

    private sealed record Wanted(StudyVariant Variant, StudyArm Arm, Treatment Treatment, double? RateFactor);
}

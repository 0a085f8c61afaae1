using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Studies;

namespace Dsd.Tests.Studies;

/// <summary>Factors on rates, among which those of each arm are chosen.</summary>
public sealed class RateGridTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Run_WithAGrid_ChoosesOnValidation(bool byControl)
    {
        var results = Study(byControl, StudyArm.Dsd, StudyArm.Control, StudyArm.Plain.WithChoices(0.5, 1, 2)).Run(_folder["study"], new ToyTrials(), Dsd.Training.Observer.None);

        Assert.Equal(
            ["control-rates-x0.1", "control-rates-x1", "control-rates-x30", "dsd-rates-x0.1", "dsd-rates-x1", "dsd-rates-x30", "plain-x0.5", "plain-x1", "plain-x2"],
            results.Plan.Trials.Select(t => t.Treatment.Name).Distinct().Order(StringComparer.Ordinal));
        var (dsd, control) = (results.Arms.Single(a => a.Arm == "dsd"), results.Arms.Single(a => a.Arm == "control"));
        Assert.Equal(Best(control), control.Selected!.Name);
        Assert.Equal(byControl ? control.Selected.Name.Replace("control", "dsd", StringComparison.Ordinal) : Best(dsd), dsd.Selected!.Name);
        Assert.Equal(Best(results.Arms.Single(a => a.Arm == "plain")), results.Arms.Single(a => a.Arm == "plain").Selected!.Name);

        // The first phase is the same, whatever the factor.
        Assert.Single(results.Plan.Trials.Where(t => t.Treatment.Plan.Phases.Count > 1).Select(t => t.Treatment.Plan.Schedule.Phases[0]).Distinct());
        Assert.Equal([0.001, 0.01, 0.3], results.Plan.Trials.Where(t => t.Treatment.Name.StartsWith("dsd", StringComparison.Ordinal)).Select(t => t.Treatment.Plan.Schedule.Phases[1].Rate.From).Distinct().Order());

        string Best(ArmResult arm) => arm.Candidates.OrderByDescending(c => results.Metric.Gain(c.Mean!.Value)).First().Treatment.Name;
    }

    [Fact]
    public void Run_SelectedOverVariants_TakesTheBestVariantAtTheControlsRate()
    {
        StudyArm[] arms = [StudyArm.Dsd, StudyArm.Control, StudyArm.WeightDecay.WithChoices(1, 100)];
        var results = ToyTrials.Study(arms, [1, 2, 3]).WithRates(new RateGrid([1, 30])).Run(_folder["study"], new ToyTrials(), Dsd.Training.Observer.None);
        var control = results.Arms.Single(a => a.Arm == "control").Selected!;

        foreach (var arm in results.Arms)
        {
            var open = arm.Candidates.Where(c => c.Treatment.Plan.Schedule.Phases[^1].Rate == control.Plan.Schedule.Phases[^1].Rate).ToList();
            Assert.Equal(open.OrderByDescending(c => results.Metric.Gain(c.Mean!.Value)).First().Treatment, arm.Selected);
        }

        Assert.Equal(4, results.Arms.Single(a => a.Arm == "dsd").Candidates.Count);
        Assert.Equal(4, results.Arms.Single(a => a.Arm == "weight-decay").Candidates.Count);
    }

    [Fact]
    public void Resolve_AnArmWithMoreChoices_IsAnIssue()
    {
        var issues = Assert.Throws<PlanException>(() => StudyPlan.Resolve(Study(true, StudyArm.Dsd, StudyArm.Plain), new ToyTrials())).Issues;

        Assert.Equal(["arm 'plain'", "rates"], issues.Where(i => i.Code == "DSD104").Select(i => i.Where));
    }

    [Fact]
    public void New_BadFactors_AreRejected()
    {
        Assert.Throws<ArgumentException>(() => new RateGrid([]));
        Assert.Throws<ArgumentException>(() => new RateGrid([1, 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RateGrid([1, 0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RateGrid([1, double.NaN]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RateGrid([1, double.PositiveInfinity]));
        Assert.Throws<ArgumentOutOfRangeException>(() => StudyArm.EarlyStopping.WithChoices(1.5));
        Assert.Throws<InvalidOperationException>(() => StudyArm.Dsd.WithChoices(1));
        Assert.Throws<InvalidOperationException>(() => StudyArm.Dsd.WithLayers(LayerSelector.First()));
        Assert.Throws<ArgumentException>(() => StudyArm.RewoundLayers.WithLayers());
    }

    private static Study Study(bool byControl, params StudyArm[] arms) =>
        ToyTrials.Study(arms, [1, 2, 3], Judgement.Selected, [new("only", ToyTrials.Schedule(0.5))]).WithRates(new RateGrid([1, 0.1, 30], byControl));
}

using Dsd.Schedules;
using Dsd.Studies;

namespace Dsd.Tests.Studies;

public class TreatmentTests
{
    public static TheoryData<MaskCriterion, MaskCriterion> Criteria => new()
    {
        { MaskCriterion.Random(3), MaskCriterion.Random(10) },
        { MaskCriterion.RandomOfEqualNorm(3), MaskCriterion.RandomOfEqualNorm(10) },
        { MaskCriterion.RandomOfEqualNorm(long.MaxValue), MaskCriterion.RandomOfEqualNorm(long.MinValue + 6) },
        { MaskCriterion.Random(), MaskCriterion.Random() },
        { MaskCriterion.RandomOfEqualNorm(), MaskCriterion.RandomOfEqualNorm() },
        { MaskCriterion.Magnitude, MaskCriterion.Magnitude },
        { MaskCriterion.Threshold(0.1), MaskCriterion.Threshold(0.1) },
    };

    [Theory]
    [MemberData(nameof(Criteria))]
    public void ScheduleFor_ASeed_MovesThatOfRandomMasksAlone(MaskCriterion planned, MaskCriterion ofTrial)
    {
        Schedule With(MaskCriterion criterion) => Schedule.Start().Dense(1, 0.1).Sparse(1, 0.1, 0.5).Masked(rule => rule.WithCriterion(criterion)).Dense(1, 0.01).Build();
        Assert.Equal(With(ofTrial), Treatment.ScheduleFor(With(planned), 7));
    }
}

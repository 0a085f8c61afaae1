using Dsd.Schedules;
using Dsd.Testing;
using FsCheck;
using FsCheck.Xunit;

namespace Dsd.Tests.Schedules;

[Properties(Arbitrary = [typeof(Generators)])]
public class DurationTests
{
    [Theory]
    [InlineData("12ep", 12, DurationUnit.Epochs, "12ep")]
    [InlineData("1.25ep", 1.25, DurationUnit.Epochs, "1.25ep")]
    [InlineData("0.001ep", 0.001, DurationUnit.Epochs, "0.001ep")]
    [InlineData("1e-5ep", 1e-5, DurationUnit.Epochs, "1E-05ep")]
    [InlineData("1000000ep", 1e6, DurationUnit.Epochs, "1000000ep")]
    [InlineData("+2ep", 2, DurationUnit.Epochs, "2ep")]
    [InlineData("1st", 1, DurationUnit.Steps, "1st")]
    [InlineData("500st", 500, DurationUnit.Steps, "500st")]
    [InlineData("007st", 7, DurationUnit.Steps, "7st")]
    [InlineData("1000000000000st", 1e12, DurationUnit.Steps, "1000000000000st")]
    public void Parse_AnAmountWithItsUnit_IsReadAndPrintedInAnyCulture(string text, double amount, DurationUnit unit, string printed)
    {
        foreach (var culture in new[] { "", Cultures.Comma })
        {
            var duration = Cultures.In(culture, () => Duration.Parse(text));
            Assert.Equal((amount, unit), (duration.Amount, duration.Unit));
            Assert.Equal(printed, Cultures.In(culture, duration.ToString));
        }
    }

    [Theory]
    [InlineData("", "end it in 'ep' for epochs or 'st' for steps")]
    [InlineData("12", "end it in 'ep' for epochs or 'st' for steps")]
    [InlineData("12EP", "end it in 'ep' for epochs or 'st' for steps")]
    [InlineData("12 epochs", "end it in 'ep' for epochs or 'st' for steps")]
    [InlineData("12ep ", "end it in 'ep' for epochs or 'st' for steps")]
    [InlineData("ep", "a number must come before 'ep'")]
    [InlineData("12 ep", "a number must come before 'ep'")]
    [InlineData("1,25ep", "a number must come before 'ep'")]
    [InlineData("1.2.5ep", "a number must come before 'ep'")]
    [InlineData("1.5st", "a whole number must come before 'st'")]
    [InlineData("1e3st", "a whole number must come before 'st'")]
    [InlineData("1,000st", "a whole number must come before 'st'")]
    [InlineData("0ep", "more than 0 and at most 1000000ep")]
    [InlineData("0st", "more than 0 and at most 1000000000000st")]
    [InlineData("-3ep", "more than 0 and at most 1000000ep")]
    [InlineData("-3st", "more than 0 and at most 1000000000000st")]
    [InlineData("NaNep", "more than 0 and at most 1000000ep")]
    [InlineData("NaNst", "more than 0 and at most 1000000000000st")]
    [InlineData("Infinityep", "more than 0 and at most 1000000ep")]
    [InlineData("1000001ep", "more than 0 and at most 1000000ep")]
    [InlineData("1000000000001st", "more than 0 and at most 1000000000000st")]
    public void Parse_AnythingElse_SaysWhatIsAllowed(string text, string allowed)
    {
        foreach (var culture in new[] { "", Cultures.Comma })
        {
            var message = Cultures.In(culture, () => Assert.Throws<FormatException>(() => Duration.Parse(text))).Message;
            Assert.Contains($"'{text}'", message, StringComparison.Ordinal);
            Assert.Contains(allowed, message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1_000_000.001)]
    public void Epochs_OutOfRange_IsRefused(double epochs) => Assert.Throws<ArgumentOutOfRangeException>(() => Duration.Epochs(epochs));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1_000_000_000_001)]
    [InlineData(long.MinValue)]
    public void Steps_OutOfRange_IsRefused(long steps) => Assert.Throws<ArgumentOutOfRangeException>(() => Duration.Steps(steps));

    [Theory]
    [InlineData("3ep", 469, 1407)]
    [InlineData("500st", 469, 500)]
    [InlineData("0.29ep", 100, 29)] // 28.999… in binary
    [InlineData("0.5ep", 5, 2)] // 2.5 → 2
    [InlineData("0.5ep", 7, 4)] // 3.5 → 4
    [InlineData("0.15ep", 10, 2)] // 1.5 → 2, though 0.15 in binary lies below
    [InlineData("0.001ep", 469, 0)]
    [InlineData("0.5ep", 1, 0)]
    [InlineData("1000000ep", int.MaxValue, 2_147_483_647_000_000)]
    public void ToSteps_ByTable_RoundsHalvesToEven(string duration, int stepsPerEpoch, long steps) =>
        Assert.Equal(steps, Duration.Parse(duration).ToSteps(stepsPerEpoch));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void ToSteps_NoStepsAnEpoch_IsRefused(int stepsPerEpoch) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Duration.Steps(5).ToSteps(stepsPerEpoch));

    [Fact]
    public void Add_SameUnit_GivesTheSum()
    {
        Assert.Equal(Duration.Epochs(3.5), Duration.Epochs(1) + Duration.Epochs(2.5));
        Assert.Equal(Duration.Steps(7), Duration.Steps(3) + Duration.Steps(4));
    }

    [Fact]
    public void Add_EpochsAndSteps_IsRefusedWithBoth()
    {
        var error = Assert.Throws<InvalidOperationException>(() => Duration.Epochs(1.5) + Duration.Steps(4));
        Assert.Contains("Cannot add 1.5ep and 4st", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_PastTheLimit_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Duration.Epochs(1e6) + Duration.Epochs(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Duration.Steps(1_000_000_000_000) + Duration.Steps(1));
    }

    [Fact]
    public void Equals_OtherUnit_IsFalse() => Assert.NotEqual(Duration.Epochs(3), Duration.Steps(3));

    [Property]
    public bool ToString_InAnyCulture_IsReadBack(Duration duration) =>
        Duration.Parse(Cultures.In(Cultures.Comma, duration.ToString)) == duration;

    [Property]
    public bool ToSteps_AnyDuration_IsWithinHalfAStep(Duration duration, PositiveInt stepsPerEpoch) =>
        duration.Unit == DurationUnit.Steps
            ? duration.ToSteps(stepsPerEpoch.Get) == duration.Amount
            : Math.Abs(duration.ToSteps(stepsPerEpoch.Get) - ((decimal)duration.Amount * stepsPerEpoch.Get)) <= 0.5m;
}

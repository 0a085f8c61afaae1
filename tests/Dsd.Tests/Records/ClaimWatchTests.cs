using Dsd.Records;

namespace Dsd.Tests.Records;

/// <summary>When a claim that stands still has expired.</summary>
public sealed class ClaimWatchTests
{
    private static readonly TimeSpan s_expiry = TimeSpan.FromSeconds(60);
    private readonly Clock _clock = new();

    [Fact]
    public void IsExpired_OfAClaimThatStandsStill_IsTrueAfterTheExpiry()
    {
        var watch = new ClaimWatch(s_expiry, _clock);

        Assert.False(watch.IsExpired("block", 1, "elsewhere 1 1 x\n5\n"));
        _clock.Advance(s_expiry);
        Assert.False(watch.IsExpired("block", 1, "elsewhere 1 1 x\n5\n"));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(watch.IsExpired("block", 1, "elsewhere 1 1 x\n5\n"));
        Assert.False(watch.IsExpired("block", 1, "elsewhere 1 1 x\n6\n"));
    }

    [Fact]
    public void IsExpired_OfTheNextGenerationOfAnExpiredClaim_IsFalseThoughItsFileIsEmptyToo()
    {
        var watch = new ClaimWatch(s_expiry, _clock);
        watch.IsExpired("block", 1, "");
        _clock.Advance(2 * s_expiry);
        Assert.True(watch.IsExpired("block", 1, ""));

        Assert.False(watch.IsExpired("block", 2, ""));
        _clock.Advance(s_expiry);
        Assert.False(watch.IsExpired("block", 2, ""));
    }

    private sealed class Clock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan by) => _now += by.Ticks;
    }
}

using Dsd.Torch;

namespace Dsd.Tests.Torch;

public sealed class ReleaseQueueTests
{
    private readonly List<nint> _freed = [];

    [Fact]
    public void Add_FreesWhatIsOldOnceManyCameAfter()
    {
        var queue = Queue();
        for (var i = 1; i <= 4; i++)
        {
            queue.Add(i, now: 0);
        }

        // Many enough, but not old enough; then old enough.
        queue.Add(5, now: 2000);
        Assert.Empty(_freed);
        queue.Add(6, now: 2001);
        Assert.Equal([1, 2, 3], _freed);
        Assert.Equal((6, 3), (queue.Added, queue.Waiting));
        queue.Add(7, now: 9000);
        Assert.Equal([1, 2, 3, 4], _freed);
    }

    [Fact]
    public void Close_FreesWhatWaitsAndAtOnceWhatComesLater()
    {
        var queue = Queue();
        queue.Add(1, now: 0);
        queue.Add(2, now: 0);

        queue.Close();
        Assert.Equal([1, 2], _freed);
        queue.Add(3, now: 0);
        Assert.Equal([1, 2, 3], _freed);
        Assert.Equal(0, queue.Waiting);
    }

    private ReleaseQueue Queue() => new(_freed.Add, TimeSpan.FromSeconds(2), leastLater: 3);
}

namespace Dsd.Data.Tests;

public class PixelBudgetTests
{
    [Fact]
    public void Take_ByManyThreads_NeverHoldsMoreThanThereAre()
    {
        var budget = new PixelBudget(100);
        var (held, most, done) = (0L, 0L, 0);
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 16 }, i =>
        {
            var pixels = 1 + (i * 37 % 100);
            using (budget.Take(pixels))
            {
                var now = Interlocked.Add(ref held, pixels);
                InterlockedMax(ref most, now);
                Thread.Yield();
                Interlocked.Add(ref held, -pixels);
            }

            Interlocked.Increment(ref done);
        });
        Assert.Equal(400, done);
        Assert.InRange(most, 1, 100);
    }

    [Fact]
    public async Task Take_MoreThanThereAre_TakesAll()
    {
        var budget = new PixelBudget(100);
        var all = budget.Take(1000);
        var other = Task.Run(() => budget.Take(1));
        Assert.False(other.IsCompleted);
        all.Dispose();
        all.Dispose();
        (await other).Dispose();
        budget.Take(100).Dispose();
    }

    [Fact]
    public void Decode_ALargeImage_HoldsItsPixelsUntilItIsDisposedOf()
    {
        var file = Pictures.Bomb(3000, 3000);
        using var damaged = ImageFile.Open(file);
        for (var i = 0; i < 10; i++)
        {
            // Ten times 9 of 67 million pixels: each is given back although decoding fails.
            Assert.Throws<UnreadableImageException>(() => damaged.Decode(3000, 3000));
        }

        // Of two images at once, neither has the other's pixels, and a later one none of an earlier one's.
        using var first = DecodedImage.Read(Pictures.Encode(2100, 2100, (_, y) => new((byte)y, 1, 0)));
        using var whole = DecodedImage.Read(Pictures.Encode(2100, 2100, (x, _) => new((byte)x, 0, 0)));
        Assert.Equal((7, 0), (whole.Bytes[4 * 7], first.Bytes[4 * 7]));
        first.Dispose();
        using var later = DecodedImage.Read(Pictures.Encode(2100, 2050, (x, _) => new((byte)(x + 1), 0, 0)));
        Assert.Equal((8, 7), (later.Bytes[4 * 7], whole.Bytes[4 * 7]));
    }

    private static void InterlockedMax(ref long most, long value)
    {
        for (long seen; value > (seen = Interlocked.Read(ref most)) && Interlocked.CompareExchange(ref most, value, seen) != seen;)
        {
        }
    }
}

using Dsd.Torch;
using TorchSharp;

namespace Dsd.Tests.Torch;

public class CpuTeamTests
{
    [Theory]
    [InlineData(1, 5)]
    [InlineData(3, 0)]
    [InlineData(3, 1)]
    [InlineData(3, 100)]
    public void Run_AnyNumberOfThreads_EachPartIsDoneOnce(int threads, int parts)
    {
        var before = torch.get_num_threads();
        torch.set_num_threads(threads);
        try
        {
            var done = new int[parts];
            CpuTeam.Run(parts, i => Interlocked.Increment(ref done[i]));
            Assert.All(done, n => Assert.Equal(1, n));
        }
        finally
        {
            torch.set_num_threads(before);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Run_APartThrows_TheCallerGetsIt(int threads)
    {
        var before = torch.get_num_threads();
        torch.set_num_threads(threads);
        try
        {
            var thrown = Assert.Throws<InvalidOperationException>(() => CpuTeam.Run(8, i => throw new InvalidOperationException("part")));
            Assert.Equal("part", thrown.Message);
        }
        finally
        {
            torch.set_num_threads(before);
        }
    }
}

namespace Dsd.Cli.Tests;

public class WorkerCrewTests
{
    [Theory]
    [InlineData(0, 2, null, "0")]
    [InlineData(3, 2, "", "1")]
    [InlineData(1, 2, "4,7", "7")]
    [InlineData(2, 2, " 4, 7 ", "4")]
    [InlineData(1, 3, "GPU-a,GPU-b,GPU-c", "GPU-b")]
    public void GpuOf_AWorker_IsOneOfThoseThatTheCommandSees(int place, int gpus, string? visible, string expected) => Assert.Equal(expected, WorkerCrew.GpuOf(place, gpus, visible));
}

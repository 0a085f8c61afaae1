using Dsd.Plans;
using Dsd.Studies;
using static Dsd.Records.TrainingEvent;

namespace Dsd.Tests.Studies.Running;

public sealed class StudyDeviceTests
{
    [Theory]
    [InlineData("cpu", null, "cpu", null, true)]
    [InlineData("cpu", null, "cuda:0", "NVIDIA H200, CUDA 13.0", false)]
    [InlineData("cuda:1", "NVIDIA H200, CUDA 13.0", "cuda:0", "NVIDIA H200, CUDA 13.0", true)]
    [InlineData("cuda:0", "NVIDIA H100, CUDA 13.0", "cuda:0", "NVIDIA H200, CUDA 13.0", false)]
    [InlineData("cuda:0", null, "cuda:0", "NVIDIA H200, CUDA 13.0", false)]
    public void IsOne_ComparesKindAndModelAndNotTheNumber(string was, string? model, string device, string? accelerator, bool expected)
    {
        var start = new RunStarted("dsd", ToyTrials.Schedule(0.5), "", ModelShape.Empty, "", 1, "", "", null, 1, was, 1, "", "", default, Accelerator: model);

        Assert.Equal(expected, StudyDevice.IsOne(device, accelerator, start));
    }
}

using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Tests.Training.Resident;

public class DeviceCopyTests
{
    [Fact]
    public void Send_ToTheCpu_ReturnsTheTensorItself()
    {
        using var values = tensor(new[] { 1f, 2f });
        Assert.Same(values, DeviceCopy.Send(values, null));
        Assert.Same(values, DeviceCopy.Send(values, CPU));
    }

    [Fact]
    public void Send_ToAnotherDevice_MovesAndDisposesOfTheTensor()
    {
        var values = tensor(new[] { 1f, 2f });
        using var there = DeviceCopy.Send(values, new Device("meta"));
        Assert.Equal((DeviceType.META, 2L), (there.device_type, there.numel()));
        Assert.True(values.IsInvalid);
    }
}

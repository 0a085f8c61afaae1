using Dsd.Runs;

namespace Dsd.Tests.Runs;

public sealed class DeviceNameTests
{
    [Theory]
    [InlineData("cpu", true)]
    [InlineData("cuda", true)]
    [InlineData("cuda:0", true)]
    [InlineData("cuda:12", true)]
    [InlineData("cuda:", false)]
    [InlineData("cuda:-1", false)]
    [InlineData("cuda: 1", false)]
    [InlineData("auto", false)]
    [InlineData("GPU", false)]
    public void IsValid_IsTrueForNamesOfDevices(string name, bool expected) => Assert.Equal(expected, DeviceName.IsValid(name));

    [Fact]
    public void KindOf_LeavesTheNumberOut() => Assert.Equal(("cpu", "cuda", "cuda"), (DeviceName.KindOf("cpu"), DeviceName.KindOf("cuda"), DeviceName.KindOf("cuda:1")));
}

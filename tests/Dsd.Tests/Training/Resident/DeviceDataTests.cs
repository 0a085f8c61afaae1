using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Tests.Training.Resident;

public class DeviceDataTests
{
    // A device of another type than the CPU, whose tensors have no values.
    private static readonly Device s_meta = new("meta");

    [Theory]
    [InlineData(null, 8_000L, 2_000L)]
    [InlineData("", 8_000L, 2_000L)]
    [InlineData(null, null, DeviceData.LimitWhereUnknown)]
    [InlineData("123", 8_000L, 123L)]
    [InlineData("0", null, 0L)]
    public void Limit_IsAQuarterOfTheFreeMemoryOrWhatTheUserSays(string? variable, long? free, long expected) => Assert.Equal(expected, DeviceData.Limit(variable, free));

    [Theory]
    [InlineData("2GB")]
    [InlineData("-1")]
    [InlineData("1e9")]
    public void Limit_NotANumberOfBytes_IsExplained(string variable) => Assert.Equal(
        $"DSD_RESIDENT_BYTES is '{variable}'; it must be a whole number of bytes, e.g. 2000000000, or 0 to keep no data on a device.",
        Assert.Throws<DsdException>(() => DeviceData.Limit(variable, null)).Message);

    [Fact]
    public void Keep_OnTheCpu_OnlyWhereItIsWanted()
    {
        Assert.Null(Kept(CPU, null));
        Assert.Null(Kept(null, null));
        Assert.Null(Kept(s_meta, false));
        Assert.Equal("cpu", Kept(CPU, true));
        Assert.Equal("cpu", Kept(null, true));
        Assert.Equal("meta", Kept(s_meta, null));
        Assert.Null(Kept(s_meta, null, DeviceData.LimitWhereUnknown + 1));
        Assert.Equal("meta", Kept(s_meta, true, DeviceData.LimitWhereUnknown + 1));

        static string? Kept(Device? device, bool? isWanted, long bytes = 10) => DeviceData.Keep(new object(), "", device, isWanted, bytes, d => d.type.ToString().ToLowerInvariant());
    }

    [Fact]
    public void Keep_OfTheSameData_IsMadeOnceForEachDeviceAndForm()
    {
        var data = new object();
        object Kept(string form, Device device) => DeviceData.Keep(data, form, device, true, 0, _ => new object())!;

        Assert.Same(Kept("a", CPU), Kept("a", CPU));
        Assert.NotSame(Kept("a", CPU), Kept("b", CPU));
        Assert.NotSame(Kept("a", CPU), Kept("a", s_meta));
    }

    [Theory]
    [InlineData("cpu", 3_136, 100)]
    [InlineData("meta", 3_136, 2_000)]
    [InlineData("meta", 602_112, 111)]
    [InlineData("meta", 100_000_000, 100)]
    [InlineData("meta", 0, 2_000)]
    public void MeasuredAtOnce_OnADevice_FillsSixtyFourMegabytes(string device, long bytes, int expected) =>
        Assert.Equal(expected, DeviceData.MeasuredAtOnce(new Device(device), 100, 2_000, bytes));

    [Fact]
    public void MeasuredAtOnce_MoreOnTheCpuThanElsewhere_IsThatOfTheCpu() => Assert.Equal(3_000, DeviceData.MeasuredAtOnce(s_meta, 3_000, 2_000, 4));

    [Fact]
    public void Read_ManyTensors_GivesTheirValuesInOrder()
    {
        using var scope = NewDisposeScope();
        Assert.Equal([1f, 2f, 3f], DeviceData.Read<float>([tensor(1f), tensor(2f), tensor(3f)]));
        Assert.Equal([1L, 2L, 3L], DeviceData.ReadAll<long>([tensor(new long[] { 1, 2 }), tensor(new long[] { 3 })]));
        Assert.Empty(DeviceData.Read<float>([]));
        Assert.Empty(DeviceData.ReadAll<float>([]));
    }
}

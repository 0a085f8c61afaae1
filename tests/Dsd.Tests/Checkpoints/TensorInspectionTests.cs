using Dsd.Checkpoints;
using Dsd.Masks;
using Dsd.Schedules;
using FsCheck.Xunit;
using static TorchSharp.torch;

namespace Dsd.Tests.Checkpoints;

public sealed class TensorInspectionTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public void Of_AFile_CountsZerosMaskedAndNotFinite()
    {
        var weight = tensor(new float[] { 1, 0, 0, 2, 0, float.NaN, 3, -0f }).view(2, 4);
        var mask = tensor(new[] { true, false, false, true, false, true, false, true }).view(2, 4);
        SafeTensorsFile.Write(_path, [new("w", weight), new("b", tensor(new[] { 0L, 5 })), new("dsd/mask/w", mask), new("dsd/optimizer/w", rand(2))]);

        using var file = SafeTensorsSet.Open(_path);
        var found = TensorInspection.Of(file).OrderBy(t => t.Name).ToList();
        Assert.Equal(["b", "w"], found.Select(t => t.Name));
        Assert.Equal((1, 0, null), (found[0].Values!.Zeros, found[0].Values!.NonFinite, found[0].Mask));
        Assert.Equal((4, 1, "NaN at [1, 1]", "1:2"), (found[1].Values!.Zeros, found[1].Values!.NonFinite, $"{found[1].Values!.FirstNonFinite}", $"{found[1].Values!.Groups}"));
        Assert.Equal((4, "1:2", 1), (found[1].Mask!.Kept, $"{found[1].Mask!.Groups}", found[1].Mask!.PrunedNotZero));
    }

    /// <summary>A mask of an N:M pattern of the schedule language is found as that or as one stricter.</summary>
    [Property(MaxTest = 60)]
    public void Groups_OfAMaskOfAPattern_AreAtLeastAsStrict(int seed, FsCheck.PositiveInt which)
    {
        var (keep, of) = new[] { (1, 2), (2, 4), (1, 4), (4, 8), (3, 4), (5, 16), (31, 32) }[which.Get % 7];
        long[] dims = (which.Get & 1) == 0 ? [5, 64] : [3, 32, 2, 2];
        var pattern = new NOfM(keep, of, Axis: 1).Divide([.. dims], new Sparsity(1 - ((double)keep / of)));
        var kept = zeros(dims, dtype: @bool);
        var flat = kept.view(-1);
        for (var group = 0L; group < pattern.Count; group++)
        {
            foreach (var place in Enumerable.Range(0, of).OrderBy(p => CounterRandom.For(seed, "group").Bits((group * 64) + p)).Take(keep))
            {
                flat[pattern.Index(group, place)] = true;
            }
        }

        var found = GroupSparsity.In(kept)!;
        Assert.True((decimal)found.Most / found.Size <= (decimal)keep / of, $"{found} is less than {keep}:{of}");
        Assert.True(found.Size != of || found.Most == keep, $"{found} is not {keep}:{of}");
    }

    [Fact]
    public void Groups_WhereThereAreNone_AreNull()
    {
        Assert.Null(GroupSparsity.In(ones(4, 8, dtype: @bool)));
        Assert.Null(GroupSparsity.In(zeros(4, 8, dtype: @bool)));
        Assert.Null(GroupSparsity.In(zeros(8, dtype: @bool)));
        Assert.Null(GroupSparsity.In(zeros(4, 0, dtype: @bool)));
        Assert.Null(GroupSparsity.In(cat([zeros(4, 3, dtype: @bool), ones(4, 2, dtype: @bool)], 1)));
        Assert.Equal(new GroupSparsity(4, 8), GroupSparsity.In(cat([ones(4, 4, dtype: @bool), zeros(4, 4, dtype: @bool)], 1)));
    }

    [Fact]
    public void Of_ATypeThatIsNotRead_HasNoMeasures()
    {
        var header = """{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]} }"""u8.ToArray();
        File.WriteAllBytes(_path, [.. BitConverter.GetBytes((long)header.Length), .. header, 1, 2]);
        using var file = SafeTensorsSet.Open(_path);
        Assert.Null(Assert.Single(TensorInspection.Of(file)).Values);
    }
}

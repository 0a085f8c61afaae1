using Dsd.Training;
using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Tests.Training.Resident;

public class StepTableTests
{
    [Property(MaxTest = 60)]
    public void At_AnyStepsInAnyOrder_GivesTheNumbersOfTheStep(uint[] steps, byte most)
    {
        using var scope = NewDisposeScope();
        var sut = new StepTable(CPU, [2, 3], Fill, most);
        foreach (var step in steps.Select(s => s % 100L).Concat(steps.Select(s => (long)s)))
        {
            var numbers = sut.At(step);
            Assert.Equal([2, 3], numbers.shape);
            Assert.Equal(Enumerable.Range(0, 6).Select(i => (10 * step) + i), numbers.contiguous().data<long>().ToArray());
        }
    }

    [Fact]
    public void At_StepsInARow_FillsEachOnceAndAChunkTogether()
    {
        using var scope = NewDisposeScope();
        var filled = new List<long>();
        var sut = new StepTable(CPU, [4], (step, _) => filled.Add(step), mostNumbers: 12);
        for (var step = 0; step < 7; step++)
        {
            _ = sut.At(step);
            Assert.Equal(3 * ((step / 3) + 1), filled.Count);
        }

        Assert.Equal(Enumerable.Range(0, 9).Select(s => (long)s), filled);
    }

    [Fact]
    public void At_FromManyThreads_GivesTheNumbersOfTheStep()
    {
        var sut = new StepTable(CPU, [6], Fill, mostNumbers: 30);
        Parallel.For(0, 400, i =>
        {
            using var numbers = sut.At(i * 7 % 31);
            Assert.Equal(10L * (i * 7 % 31), numbers.data<long>().ToArray()[0]);
        });
    }

    [Fact]
    public void At_NegativeStep_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => new StepTable(CPU, [6], Fill).At(-1));

    private static void Fill(long step, Span<long> numbers)
    {
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = (10 * step) + i;
        }
    }
}

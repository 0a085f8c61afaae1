using Dsd.Training;

namespace Dsd.Tests.Training;

public sealed unsafe class ArrayTensorTests
{
    public static TheoryData<Array, long[]> Arrays => new()
    {
        { new float[,,] { { { 1, 2, 3 }, { 4, 5, 6 } } }, [1, 2, 3] },
        { new float[][] { [1, 2, 3], [4, 5, 6] }, [2, 3] },
        { new float[][,] { new float[,] { { 1, 2 } }, new float[,] { { 3, 4 } }, new float[,] { { 5, 6 } } }, [3, 1, 2] },
        { new double[] { 1, 2, 3, 4, 5, 6 }, [6] },
        { new long[,] { { 1, 2, 3 }, { 4, 5, 6 } }, [2, 3] },
        { new sbyte[] { 1, 2, 3, 4, 5, 6 }, [6] },
    };

    [Theory]
    [MemberData(nameof(Arrays))]
    public void Of_AnyRankAndNesting_HasTheNumbersInRowMajorOrder(Array array, long[] shape)
    {
        using var made = ArrayTensor.Of(array, "inputs");
        Assert.Equal(shape, made.shape);
        Assert.Equal([1f, 2, 3, 4, 5, 6], ToyCase.Values(made));
        Assert.Equal(0, (nint)Dsd.Torch.TensorMemory.Of(made) % 64);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(24)]
    [InlineData(100)]
    public void Copy_InPieces_IsTheWholeArray(int most)
    {
        var array = new long[2, 3, 4];
        Buffer.BlockCopy(Enumerable.Range(0, 24).Select(i => (long)i).ToArray(), 0, array, 0, 24 * sizeof(long));
        var copy = new long[25];
        fixed (long* to = copy)
        {
            ArrayTensor.Copy(array, to, most);
        }

        Assert.Equal([.. Enumerable.Range(0, 24), 0L], copy);
    }
}

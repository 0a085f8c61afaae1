using Dsd.Training;
using TorchSharp;

namespace Dsd.Tests.Training.Resident;

public class CudaMemoryTests
{
    [Fact]
    public void Free_IsKnownWhereThereIsAGpu()
    {
        var free = CudaMemory.Free(0);
        if (torch.cuda.is_available())
        {
            Assert.InRange(free!.Value, 1, 1L << 44);
        }

        Assert.Null(CudaMemory.Free(1_000));
    }
}

namespace Dsd.Training;

/// <summary>The memory of NVIDIA GPUs, as the driver reports it.</summary>
internal static unsafe class CudaMemory
{
    /// <summary>Reads the free memory of a GPU in bytes; null if there is no driver or it does not say.</summary>
    /// <param name="index">The GPU's number among those visible to the process, from 0.</param>
    public static long? Free(int index)
    {
        var info = (delegate* unmanaged<nuint*, nuint*, int>)CudaContext.Find("cuMemGetInfo_v2");
        using var context = CudaContext.Enter(index);
        nuint free, total;
        return info is not null && context.IsIn && info(&free, &total) == 0 ? (long)free : null;
    }
}

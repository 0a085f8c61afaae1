using Dsd.Training;

namespace Dsd.Tests.Training;

public sealed class OutOfMemoryTests
{
    private static readonly Exception s_cause = new InvalidOperationException();

    [Fact]
    public void Explain_AGpu_SaysHowMuchAndWhichBatchNeedsLess() => Assert.Equal(
        "digits: step 3: the GPU's memory is full; 2.00 GiB more were to be allocated, and 1.05 GiB of 79.19 GiB are free. A batch of 64 instead of 128 takes about half the memory of activations; other programs may hold memory too ('nvidia-smi' lists them).",
        Explain("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.19 GiB of which 1.05 GiB is free. Process 7 has 78.1 GiB memory in use.", 128));

    [Fact]
    public void Explain_TheCpu_SaysHowMuch() => Assert.Equal(
        "digits: step 3: memory is full; 1099511627776 bytes more were to be allocated. Take smaller inputs or a smaller network; other programs may hold memory too.",
        Explain("[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 1099511627776 bytes. Error code 12 (Cannot allocate memory)", 1));

    [Fact]
    public void Explain_AnotherError_IsNull() => Assert.Null(Explain("mat1 and mat2 shapes cannot be multiplied (8x4 and 5x2)", 8));

    private static string? Explain(string message, int? batch) => OutOfMemory.Explain("digits: step 3", message, batch, s_cause)?.Message;
}

using System.Runtime.InteropServices;
using Dsd.Torch;

namespace Dsd.Tests.Torch;

public sealed class ElfMachineTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Problem_OfTorchSharpsLibrary_IsThatOfAnotherProcessor()
    {
        var library = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");

        Assert.Null(ElfMachine.Problem(library, Architecture.X64));
        Assert.Equal("is built for x64, and this process runs on arm64", ElfMachine.Problem(library, Architecture.Arm64));
    }

    [Fact]
    public void Problem_OfOtherFiles_IsNamed()
    {
        File.WriteAllBytes(_folder["risc.so"], FakeTorch.Elf(243));
        File.WriteAllText(_folder["text.so"], "INPUT(libtorch_cpu.so) and more");
        File.WriteAllText(_folder["empty.so"], "");

        Assert.Equal("is built for another processor (ELF machine 243), and this process runs on x64", ElfMachine.Problem(_folder["risc.so"], Architecture.X64));
        Assert.Equal("is no ELF library", ElfMachine.Problem(_folder["text.so"]));
        Assert.Equal("is no ELF library", ElfMachine.Problem(_folder["empty.so"]));
    }
}

using System.Diagnostics;
using System.Runtime.InteropServices;
using Dsd.Torch;

namespace Dsd.Tests.Torch;

/// <summary>Runs kernels written for GPUs on the CPU: their text is compiled by a C++ compiler, and blocks and threads become loops.</summary>
internal sealed unsafe class KernelsOnCpu : IDisposable
{
    private const string Shim = """
        #include <atomic>
        #include <barrier>
        #include <cmath>
        #include <cstring>
        #include <memory>
        #include <thread>
        #include <vector>
        struct Dim { unsigned x; };
        static Dim blockIdx, blockDim, gridDim;
        static thread_local Dim threadIdx;
        static std::unique_ptr<std::barrier<>> meeting;
        #define __device__ static inline
        #define __forceinline__ inline
        #define __global__
        #define __shared__ static
        #define __syncthreads() meeting->arrive_and_wait()
        #define __fadd_rn(a, b) ((float)(a) + (float)(b))
        #define __fmul_rn(a, b) ((float)(a) * (float)(b))
        #define __fdiv_rn(a, b) ((float)(a) / (float)(b))
        #define __fsqrt_rn(a) sqrtf(a)
        template<typename T> static inline T atomicAdd(T* at, T value) { return std::atomic_ref<T>(*at).fetch_add(value); }
        template<typename T> static inline T atomicOr(T* at, T value) { return std::atomic_ref<T>(*at).fetch_or(value); }

        // Threads of a block run at once where they wait for each other, else one after another.
        template<typename F> static void grid(int blocks, int threads, bool together, F kernel)
        {
            gridDim.x = blocks;
            blockDim.x = threads;
            for (blockIdx.x = 0; blockIdx.x < (unsigned)blocks; blockIdx.x++)
            {
                if (!together)
                {
                    for (threadIdx.x = 0; threadIdx.x < (unsigned)threads; threadIdx.x++) { kernel(); }
                    continue;
                }

                meeting = std::make_unique<std::barrier<>>(threads);
                std::vector<std::thread> team;
                for (int t = 0; t < threads; t++) { team.emplace_back([=] { threadIdx.x = t; kernel(); }); }
                for (auto& thread : team) { thread.join(); }
            }
        }

        """;

    private readonly TempFolder _folder = new();
    private readonly nint _library;

    /// <summary>Compiles kernels.</summary>
    /// <param name="text">Their text.</param>
    /// <param name="runs">A function for each kernel, <c>extern "C" void run_NAME(int blocks, int threads, void** arguments)</c>.</param>
    public KernelsOnCpu(string text, string runs)
    {
        var (source, library) = (_folder["kernels.cpp"], _folder["kernels.so"]);
        File.WriteAllText(source, $"{Shim}{text}\n{runs}");
        using var compiler = Process.Start(new ProcessStartInfo("g++", ["-std=c++20", "-O1", "-ffp-contract=off", "-pthread", "-shared", "-fPIC", "-o", library, source]) { RedirectStandardError = true })!;
        var errors = compiler.StandardError.ReadToEnd();
        compiler.WaitForExit();
        Assert.True(compiler.ExitCode == 0, errors);
        _library = NativeLibrary.Load(library);
    }

    /// <summary>True where there is a compiler that can do it.</summary>
    public static bool IsAvailable { get; } = IsThere();

    public void Launch(string kernel, int blocks, int threads, void** arguments) =>
        ((delegate* unmanaged<int, int, void**, void>)NativeLibrary.GetExport(_library, $"run_{kernel}"))(blocks, threads, arguments);

    public void Dispose()
    {
        NativeLibrary.Free(_library);
        _folder.Dispose();
    }

    private static bool IsThere()
    {
        try
        {
            using var compiler = Process.Start(new ProcessStartInfo("g++", ["-dumpversion"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var version = compiler.StandardOutput.ReadToEnd();
            compiler.WaitForExit();
            return OperatingSystem.IsLinux() && int.TryParse(version.Split('.')[0].Trim(), out var major) && major >= 11;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

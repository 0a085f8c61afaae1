using System.Diagnostics;
using System.Runtime.InteropServices;
using Dsd.Torch;

namespace Dsd.Tests.Torch;

/// <summary>Runs kernels written for GPUs on the CPU: their text is compiled by a C++ compiler, and blocks and threads become loops.</summary>
internal sealed unsafe class KernelsOnCpu : IDisposable
{
    private const string Shim = """
        #include <atomic>
        #include <cmath>
        #include <cstring>
        #include <memory>
        #include <vector>
        #include <setjmp.h>
        #include <ucontext.h>
        struct Dim { unsigned x; };
        static Dim threadIdx, blockIdx, blockDim, gridDim;
        #define __CUDA_ARCH__ 900
        #define __device__ inline
        #define __forceinline__ inline
        #define __global__
        #define __grid_constant__
        #define __launch_bounds__(threads)
        #define __shared__ static
        #define __fadd_rn(a, b) ((float)(a) + (float)(b))
        #define __fmul_rn(a, b) ((float)(a) * (float)(b))
        #define __fdiv_rn(a, b) ((float)(a) / (float)(b))
        #define __fsqrt_rn(a) sqrtf(a)
        #define __popc(a) __builtin_popcount(a)
        #define __clz(a) ((a) == 0 ? 32 : __builtin_clz(a))
        #define __threadfence()
        template<typename T> static inline T atomicAdd(T* at, T value) { return std::atomic_ref<T>(*at).fetch_add(value); }
        template<typename T> static inline T atomicOr(T* at, T value) { return std::atomic_ref<T>(*at).fetch_or(value); }
        struct alignas(16) float4 { float x, y, z, w; };

        // The threads of a block take turns: each runs to where it waits for others.
        struct Fiber { ucontext_t context; jmp_buf place; std::unique_ptr<char[]> stack; bool isBegun, isDone; };
        struct Meeting { unsigned arrived; unsigned long long number; };
        static std::vector<Fiber> fibers;
        static ucontext_t beginning;
        static jmp_buf scheduler;
        static Meeting meetings[33];
        static void (*entry)(void*);
        static void* entryData;

        static void enter()
        {
            entry(entryData);
            fibers[threadIdx.x].isDone = true;
            _longjmp(scheduler, 1);
        }

        // Contexts only begin a thread: they change signal masks, by a call of the system.
        static void __attribute__((noinline)) resume(Fiber& fiber)
        {
            if (_setjmp(scheduler) != 0) { return; }
            if (fiber.isBegun) { _longjmp(fiber.place, 1); }
            fiber.isBegun = true;
            swapcontext(&beginning, &fiber.context);
        }

        static void __attribute__((noinline)) yield(Fiber& fiber)
        {
            if (_setjmp(fiber.place) == 0) { _longjmp(scheduler, 1); }
        }

        static void meet(Meeting& meeting, unsigned size)
        {
            const unsigned long long number = meeting.number;
            if (++meeting.arrived == size) { meeting.arrived = 0; meeting.number++; return; }
            while (meeting.number == number) { yield(fibers[threadIdx.x]); }
        }

        static void __syncthreads() { meet(meetings[32], blockDim.x); }

        // What each lane of a warp gives to the others.
        template<typename T> static T* exchange(T value)
        {
            static_assert(sizeof(T) <= sizeof(unsigned long long));
            static T seen[32 * 32];
            const unsigned warp = threadIdx.x / 32;
            seen[threadIdx.x] = value;
            meet(meetings[warp], 32);
            return seen + warp * 32;
        }

        static void leave() { meet(meetings[threadIdx.x / 32], 32); }
        template<typename T> static T __shfl_sync(unsigned, T value, int from) { T result = exchange(value)[from]; leave(); return result; }
        template<typename T> static T __shfl_up_sync(unsigned, T value, int distance) { const int lane = threadIdx.x % 32; T result = exchange(value)[lane >= distance ? lane - distance : lane]; leave(); return result; }
        template<typename T> static T __shfl_xor_sync(unsigned, T value, int distance) { T result = exchange(value)[threadIdx.x % 32 ^ distance]; leave(); return result; }
        static unsigned __reduce_add_sync(unsigned, unsigned value) { unsigned* all = exchange(value), sum = 0; for (int i = 0; i < 32; i++) { sum += all[i]; } leave(); return sum; }
        static unsigned __ballot_sync(unsigned, bool value) { unsigned* all = exchange<unsigned>(value), word = 0; for (int i = 0; i < 32; i++) { word |= all[i] << i; } leave(); return word; }

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

                const size_t stack = 1 << 16;
                entry = [](void* data) { (*(F*)data)(); };
                entryData = &kernel;
                fibers.resize(threads);
                for (threadIdx.x = 0; threadIdx.x < (unsigned)threads; threadIdx.x++)
                {
                    Fiber& fiber = fibers[threadIdx.x];
                    if (!fiber.stack) { fiber.stack = std::make_unique<char[]>(stack); }
                    fiber.isBegun = fiber.isDone = false;
                    getcontext(&fiber.context);
                    fiber.context.uc_stack.ss_sp = fiber.stack.get();
                    fiber.context.uc_stack.ss_size = stack;
                    fiber.context.uc_link = nullptr;
                    makecontext(&fiber.context, enter, 0);
                }

                for (int left = threads; left > 0;)
                {
                    for (threadIdx.x = 0; threadIdx.x < (unsigned)threads; threadIdx.x++)
                    {
                        if (fibers[threadIdx.x].isDone) { continue; }
                        resume(fibers[threadIdx.x]);
                        left -= fibers[threadIdx.x].isDone ? 1 : 0;
                    }
                }
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
        using var compiler = Process.Start(new ProcessStartInfo("g++", ["-std=c++20", "-O1", "-U_FORTIFY_SOURCE", "-fno-gnu-unique", "-fvisibility-inlines-hidden", "-ffp-contract=off", "-pthread", "-shared", "-fPIC", "-o", library, source]) { RedirectStandardError = true })!;
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

using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Dsd.Torch;

/// <summary>Kernels written in CUDA C++, compiled for one GPU by NVRTC, the compiler that comes with libtorch.</summary>
/// <remarks>They run in the context and on the stream that libtorch uses, in order with its own work; nothing waits for them.</remarks>
internal sealed unsafe class CudaModule
{
    private const int Success = 0;
    private const int MajorOfCapability = 75;
    private const int MinorOfCapability = 76;
    private static readonly ConcurrentDictionary<int, nint> s_contexts = new();
    private static delegate* unmanaged<nint, int> s_push;
    private static delegate* unmanaged<nint*, int> s_pop;
    private static delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> s_launch;

    private readonly nint _module;
    private readonly ConcurrentDictionary<string, nint> _kernels = new();
    private readonly int _device;

    private CudaModule(nint module, int device) => (_module, _device) = (module, device);

    /// <summary>Compiles kernels.</summary>
    /// <param name="text">The source; kernels are declared <c>extern "C" __global__</c>.</param>
    /// <param name="device">The number of the GPU.</param>
    /// <exception cref="DsdException">NVRTC or the driver is missing, or rejects the source.</exception>
    public static CudaModule Compile(string text, int device)
    {
        s_push = (delegate* unmanaged<nint, int>)CudaLibraries.Driver("cuCtxPushCurrent_v2");
        s_pop = (delegate* unmanaged<nint*, int>)CudaLibraries.Driver("cuCtxPopCurrent_v2");
        s_launch = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)CudaLibraries.Driver("cuLaunchKernel");
        nint module = 0;
        Within(device, () =>
        {
            var capability = (Attribute(MajorOfCapability, device) * 10) + Attribute(MinorOfCapability, device);
            nint loaded;
            fixed (byte* start = Assembly(text, capability))
            {
                Check(((delegate* unmanaged<nint*, byte*, int>)CudaLibraries.Driver("cuModuleLoadData"))(&loaded, start), "loading the kernels");
            }

            module = loaded;
        });
        return new(module, device);
    }

    /// <summary>Runs a kernel after all work that libtorch has queued.</summary>
    /// <param name="kernel">Its name.</param>
    /// <param name="blocks">The number of blocks.</param>
    /// <param name="threads">The number of threads of a block.</param>
    /// <param name="arguments">The addresses of the arguments, which are copied.</param>
    /// <exception cref="DsdException">There is no such kernel, or it cannot be started.</exception>
    public void Launch(string kernel, int blocks, int threads, void** arguments)
    {
        var context = s_contexts.GetOrAdd(_device, Retained);
        Check(s_push(context), "entering the context");
        try
        {
            Check(s_launch(Kernel(kernel), (uint)blocks, 1, 1, (uint)threads, 1, 1, 0, CudaLibraries.Stream(_device), arguments, null), "starting the kernel", kernel);
        }
        finally
        {
            nint left;
            _ = s_pop(&left);
        }
    }

    private nint Kernel(string name)
    {
        if (!_kernels.TryGetValue(name, out var kernel))
        {
            fixed (byte* text = Encoding.ASCII.GetBytes(name + '\0'))
            {
                Check(((delegate* unmanaged<nint*, nint, byte*, int>)CudaLibraries.Driver("cuModuleGetFunction"))(&kernel, _module, text), "finding the kernel", name);
            }

            _kernels[name] = kernel;
        }

        return kernel;
    }

    /// <summary>Does something in the context that libtorch uses on a device, whichever is current on this thread.</summary>
    private static void Within(int device, Action action)
    {
        Check(s_push(s_contexts.GetOrAdd(device, Retained)), "entering the context");
        try
        {
            action();
        }
        finally
        {
            nint left;
            _ = s_pop(&left);
        }
    }

    private static nint Retained(int device)
    {
        int handle;
        nint context;
        Check(((delegate* unmanaged<uint, int>)CudaLibraries.Driver("cuInit"))(0), "starting the driver");
        Check(((delegate* unmanaged<int*, int, int>)CudaLibraries.Driver("cuDeviceGet"))(&handle, device), "finding the GPU");
        Check(((delegate* unmanaged<nint*, int, int>)CudaLibraries.Driver("cuDevicePrimaryCtxRetain"))(&context, handle), "retaining the context");
        return context;
    }

    private static int Attribute(int attribute, int device)
    {
        int value;
        Check(((delegate* unmanaged<int*, int, int, int>)CudaLibraries.Driver("cuDeviceGetAttribute"))(&value, attribute, device), "asking for the GPU's capability");
        return value;
    }

    /// <summary>Compiles to PTX, which the driver translates for the GPU.</summary>
    private static byte[] Assembly(string text, int capability)
    {
        nint program;
        fixed (byte* source = Encoding.UTF8.GetBytes(text + '\0'))
        {
            CheckNvrtc(((delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int>)CudaLibraries.Nvrtc("nvrtcCreateProgram"))(&program, source, null, 0, null, null), "reading the kernels");
        }

        try
        {
            fixed (byte* architecture = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"--gpu-architecture=compute_{capability}\0")))
            fixed (byte* standard = "--std=c++17\0"u8)
            fixed (byte* unfused = "--fmad=false\0"u8)
            {
                byte** options = stackalloc byte*[3];
                options[0] = architecture;
                options[1] = standard;
                options[2] = unfused;
                var result = ((delegate* unmanaged<nint, int, byte**, int>)CudaLibraries.Nvrtc("nvrtcCompileProgram"))(program, 3, options);
                if (result != Success)
                {
                    throw new DsdException($"NVRTC rejects the kernels: {Text(program, "nvrtcGetProgramLogSize", "nvrtcGetProgramLog")}");
                }
            }

            return Bytes(program, "nvrtcGetPTXSize", "nvrtcGetPTX");
        }
        finally
        {
            _ = ((delegate* unmanaged<nint*, int>)CudaLibraries.Nvrtc("nvrtcDestroyProgram"))(&program);
        }
    }

    private static string Text(nint program, string size, string get) => Encoding.UTF8.GetString(Bytes(program, size, get)).TrimEnd('\0', '\n');

    private static byte[] Bytes(nint program, string size, string get)
    {
        nuint length;
        CheckNvrtc(((delegate* unmanaged<nint, nuint*, int>)CudaLibraries.Nvrtc(size))(program, &length), size);
        var bytes = new byte[(int)length];
        fixed (byte* start = bytes)
        {
            CheckNvrtc(((delegate* unmanaged<nint, byte*, int>)CudaLibraries.Nvrtc(get))(program, start), get);
        }

        return bytes;
    }

    private static void Check(int result, string doing, string? name = null)
    {
        if (result != Success)
        {
            throw new DsdException(string.Create(CultureInfo.InvariantCulture, $"CUDA failed in {doing}{(name is null ? "" : $" {name}")}, with the driver's error {result}."));
        }
    }

    private static void CheckNvrtc(int result, string doing)
    {
        if (result != Success)
        {
            throw new DsdException(string.Create(CultureInfo.InvariantCulture, $"NVRTC failed in {doing}, with its error {result}."));
        }
    }
}

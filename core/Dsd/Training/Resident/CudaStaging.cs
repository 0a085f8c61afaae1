using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Pinned memory from which an NVIDIA GPU copies on a stream of its own, apart from that on which libtorch computes.</summary>
/// <remarks>Its memory on the host and on the GPU is the driver's, not libtorch's: libtorch reuses a block as soon as it is freed, unless each stream that uses it was registered there.</remarks>
internal sealed unsafe class CudaStaging : IStaging
{
    private const int Portable = 1;
    private const uint NotWithDefaultStream = 1;
    private const uint WithoutTiming = 2;
    private const int TrialBytes = 1 << 16;

    // libtorch computes on the default stream of the context.
    private const nint ComputeStream = 0;

    private static readonly Lazy<Functions?> s_functions = new(Functions.Find);
    private static readonly ConcurrentDictionary<int, Lazy<string?>> s_obstacles = new();
    private readonly Functions _cuda;
    private readonly int _index;
    private readonly int _bytes;
    private nint _host;
    private ulong _there;
    private nint _stream;
    private nint _sent;
    private nint _read;
    private bool _isCounted;

    private CudaStaging(Functions functions, int index, int bytes) => (_cuda, _index, _bytes) = (functions, index, bytes);

    /// <summary>Releases the memory.</summary>
    ~CudaStaging() => Release();

    /// <inheritdoc/>
    public Span<byte> Host
    {
        get
        {
            ObjectDisposedException.ThrowIf(_host == 0, this);
            return new((void*)_host, _bytes);
        }
    }

    /// <summary>Creates memory for a device, or returns the reason why there is none.</summary>
    /// <param name="device">The device.</param>
    /// <param name="bytes">The number of bytes, at least 1.</param>
    public static (CudaStaging? Staging, string? Obstacle) Create(Device? device, long bytes)
    {
        if (device?.type != DeviceType.CUDA)
        {
            return (null, "the device is no NVIDIA GPU");
        }

        if (bytes is < 1 or > int.MaxValue)
        {
            return (null, "a batch takes more than 2 GB");
        }

        var index = Math.Max(0, device.index);
        return s_obstacles.GetOrAdd(index, static i => new(() => ObstacleOn(i))).Value is { } obstacle ? (null, obstacle)
            : Allocate(index, (int)bytes) is { } made ? (made, null)
            : (null, FormattableString.Invariant($"{bytes / 1e6:0.0} MB of pinned memory and as many on the GPU are not free"));
    }

    /// <inheritdoc/>
    public void Wait()
    {
        using var context = Enter();
        Check(_cuda.WaitForEvent(_sent), "waiting for a batch to be copied");
    }

    /// <inheritdoc/>
    public void Send()
    {
        using var context = Enter();
        Check(_cuda.MakeStreamWait(_stream, _read, 0), "ordering the copy of a batch");
        Check(_cuda.CopyToDevice(_there, (void*)_host, (nuint)_bytes, _stream), "copying a batch");
        Check(_cuda.RecordEvent(_sent, _stream), "marking the end of a copy");
    }

    /// <inheritdoc/>
    public void Read(Tensor target, long from)
    {
        ArgumentNullException.ThrowIfNull(target);
        var bytes = target.numel() * target.element_size();
        if (from < 0 || from + bytes > _bytes || target.device_type != DeviceType.CUDA || !target.is_contiguous())
        {
            throw new ArgumentException($"Bytes {from} to {from + bytes} of {_bytes} cannot be read into a tensor on {target.device}; it must be contiguous, on the GPU, and within the memory.", nameof(target));
        }

        using var context = Enter();
        Check(_cuda.MakeStreamWait(ComputeStream, _sent, 0), "ordering the use of a batch");
        Check(_cuda.CopyOnDevice(_cuda.Address(target.Handle), _there + (ulong)from, (nuint)bytes, ComputeStream), "copying a batch");
        Check(_cuda.RecordEvent(_read, ComputeStream), "marking the use of a batch");
        GC.KeepAlive(target);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private static CudaStaging? Allocate(int index, int bytes)
    {
        var made = new CudaStaging(s_functions.Value!, index, bytes);
        if (made.TryAllocate())
        {
            // Whoever holds it may drop it without disposing of it, and the collector does not see this memory.
            GC.AddMemoryPressure(2L * bytes);
            made._isCounted = true;
            return made;
        }

        made.Dispose();
        return null;
    }

    /// <summary>Sends bytes to a GPU twice and compares what arrives; returns the reason if that cannot be done or is wrong.</summary>
    private static string? ObstacleOn(int index)
    {
        try
        {
            // It loads TorchSharp's library too, in which a function is looked for.
            if (index >= cuda.device_count())
            {
                return "there is no such GPU";
            }

            if (s_functions.Value is null)
            {
                return "the driver, or TorchSharp's library, lacks a function";
            }

            using var scope = NewDisposeScope();

            // From the first tensor there on, libtorch keeps the context.
            _ = zeros(1, device: new Device(DeviceType.CUDA, index));
            using var staging = Allocate(index, TrialBytes);
            if (staging is null)
            {
                return "no memory could be allocated";
            }

            for (var round = 1; round <= 2; round++)
            {
                staging.Wait();
                for (var i = 0; i < TrialBytes; i++)
                {
                    staging.Host[i] = (byte)((i * 31 * round) + (i >> 8));
                }

                staging.Send();
                var half = empty(TrialBytes / 2, dtype: ScalarType.Byte, device: new Device(DeviceType.CUDA, index));
                staging.Read(half, TrialBytes / 2);
                if (!half.cpu().bytes.SequenceEqual(staging.Host[(TrialBytes / 2)..]))
                {
                    return "a trial did not give back what was sent";
                }
            }

            return null;
        }
        catch (Exception e) when (e is DsdException or ExternalException)
        {
            return e.Message.Split('\n')[0].TrimEnd('.');
        }
    }

    private bool TryAllocate()
    {
        using var context = CudaContext.Enter(_index);
        nint host, stream, sent, read;
        ulong there;
        if (!context.IsIn)
        {
            return false;
        }

        // One after another, so that what was made before a failure is released.
        return _cuda.AllocateHost(&host, (nuint)_bytes, Portable) == 0 && (_host = host) != 0
            && _cuda.AllocateDevice(&there, (nuint)_bytes) == 0 && (_there = there) != 0
            && _cuda.CreateStream(&stream, NotWithDefaultStream) == 0 && (_stream = stream) != 0
            && _cuda.CreateEvent(&sent, WithoutTiming) == 0 && (_sent = sent) != 0
            && _cuda.CreateEvent(&read, WithoutTiming) == 0 && (_read = read) != 0;
    }

    private CudaContext.Entered Enter()
    {
        ObjectDisposedException.ThrowIf(_host == 0, this);
        var context = CudaContext.Enter(_index);
        return context.IsIn ? context : throw new DsdException($"The context of GPU {_index} cannot be entered.");
    }

    private void Release()
    {
        using var context = CudaContext.Enter(_index);
        if (!context.IsIn || _host == 0)
        {
            return;
        }

        // Neither copy may use the memory any more.
        _ = _sent != 0 ? _cuda.WaitForEvent(_sent) : 0;
        _ = _read != 0 ? _cuda.WaitForEvent(_read) : 0;
        _ = _read != 0 ? _cuda.DestroyEvent(_read) : 0;
        _ = _sent != 0 ? _cuda.DestroyEvent(_sent) : 0;
        _ = _stream != 0 ? _cuda.DestroyStream(_stream) : 0;
        _ = _there != 0 ? _cuda.FreeDevice(_there) : 0;
        _ = _cuda.FreeHost((void*)_host);
        (_host, _there, _stream, _sent, _read) = (0, 0, 0, 0, 0);
        if (_isCounted)
        {
            GC.RemoveMemoryPressure(2L * _bytes);
        }
    }

    /// <summary>Throws what libtorch throws for an error of the driver, which may come from earlier work on the GPU.</summary>
    private void Check(int result, string doing)
    {
        if (result != 0)
        {
            throw new CudaException(FormattableString.Invariant($"CUDA error: {_cuda.NameOf(result)} ({result}) in {doing}, or in work on the GPU before it."));
        }
    }

    /// <summary>Functions of the driver, and TorchSharp's for the address of a tensor, which it does not expose for one on a GPU.</summary>
    private sealed class Functions
    {
        private delegate* unmanaged<void**, nuint, uint, int> _allocateHost;
        private delegate* unmanaged<void*, int> _freeHost;
        private delegate* unmanaged<ulong*, nuint, int> _allocateDevice;
        private delegate* unmanaged<ulong, int> _freeDevice;
        private delegate* unmanaged<nint*, uint, int> _createStream;
        private delegate* unmanaged<nint, int> _destroyStream;
        private delegate* unmanaged<nint*, uint, int> _createEvent;
        private delegate* unmanaged<nint, int> _destroyEvent;
        private delegate* unmanaged<nint, nint, int> _recordEvent;
        private delegate* unmanaged<nint, int> _waitForEvent;
        private delegate* unmanaged<nint, nint, uint, int> _makeStreamWait;
        private delegate* unmanaged<ulong, void*, nuint, nint, int> _copyToDevice;
        private delegate* unmanaged<ulong, ulong, nuint, nint, int> _copyOnDevice;
        private delegate* unmanaged<nint, void*> _address;
        private delegate* unmanaged<int, byte**, int> _nameOf;

        public static Functions? Find()
        {
            var address = NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "LibTorchSharp.dll" : "libLibTorchSharp.so", out var sharp)
                && NativeLibrary.TryGetExport(sharp, "THSTensor_data", out var data) ? (void*)data : null;
            var found = new Functions
            {
                _allocateHost = (delegate* unmanaged<void**, nuint, uint, int>)CudaContext.Find("cuMemHostAlloc"),
                _freeHost = (delegate* unmanaged<void*, int>)CudaContext.Find("cuMemFreeHost"),
                _allocateDevice = (delegate* unmanaged<ulong*, nuint, int>)CudaContext.Find("cuMemAlloc_v2"),
                _freeDevice = (delegate* unmanaged<ulong, int>)CudaContext.Find("cuMemFree_v2"),
                _createStream = (delegate* unmanaged<nint*, uint, int>)CudaContext.Find("cuStreamCreate"),
                _destroyStream = (delegate* unmanaged<nint, int>)CudaContext.Find("cuStreamDestroy_v2"),
                _createEvent = (delegate* unmanaged<nint*, uint, int>)CudaContext.Find("cuEventCreate"),
                _destroyEvent = (delegate* unmanaged<nint, int>)CudaContext.Find("cuEventDestroy_v2"),
                _recordEvent = (delegate* unmanaged<nint, nint, int>)CudaContext.Find("cuEventRecord"),
                _waitForEvent = (delegate* unmanaged<nint, int>)CudaContext.Find("cuEventSynchronize"),
                _makeStreamWait = (delegate* unmanaged<nint, nint, uint, int>)CudaContext.Find("cuStreamWaitEvent"),
                _copyToDevice = (delegate* unmanaged<ulong, void*, nuint, nint, int>)CudaContext.Find("cuMemcpyHtoDAsync_v2"),
                _copyOnDevice = (delegate* unmanaged<ulong, ulong, nuint, nint, int>)CudaContext.Find("cuMemcpyDtoDAsync_v2"),
                _address = (delegate* unmanaged<nint, void*>)address,
                _nameOf = (delegate* unmanaged<int, byte**, int>)CudaContext.Find("cuGetErrorName"),
            };
            return found._allocateHost is null || found._freeHost is null || found._allocateDevice is null || found._freeDevice is null || found._createStream is null
                || found._destroyStream is null || found._createEvent is null || found._destroyEvent is null || found._recordEvent is null || found._waitForEvent is null
                || found._makeStreamWait is null || found._copyToDevice is null || found._copyOnDevice is null || found._address is null || found._nameOf is null ? null : found;
        }

        public int AllocateHost(nint* memory, nuint bytes, uint flags) => _allocateHost((void**)memory, bytes, flags);

        public int FreeHost(void* memory) => _freeHost(memory);

        public int AllocateDevice(ulong* memory, nuint bytes) => _allocateDevice(memory, bytes);

        public int FreeDevice(ulong memory) => _freeDevice(memory);

        public int CreateStream(nint* stream, uint flags) => _createStream(stream, flags);

        public int DestroyStream(nint stream) => _destroyStream(stream);

        public int CreateEvent(nint* made, uint flags) => _createEvent(made, flags);

        public int DestroyEvent(nint made) => _destroyEvent(made);

        public int RecordEvent(nint made, nint stream) => _recordEvent(made, stream);

        public int WaitForEvent(nint made) => _waitForEvent(made);

        public int MakeStreamWait(nint stream, nint made, uint flags) => _makeStreamWait(stream, made, flags);

        public int CopyToDevice(ulong target, void* source, nuint bytes, nint stream) => _copyToDevice(target, source, bytes, stream);

        public int CopyOnDevice(ulong target, ulong source, nuint bytes, nint stream) => _copyOnDevice(target, source, bytes, stream);

        public ulong Address(nint handle) => (ulong)_address(handle);

        public string NameOf(int error)
        {
            byte* name;
            return _nameOf(error, &name) == 0 ? Marshal.PtrToStringUTF8((nint)name) ?? "unknown" : "unknown";
        }
    }
}

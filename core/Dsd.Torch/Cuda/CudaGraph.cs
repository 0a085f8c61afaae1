using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Dsd.Torch;

/// <summary>A graph of libtorch's on one GPU, which TorchSharp does not expose: the launches of a training step, repeated by one call.</summary>
/// <remarks>
/// libtorch gives recorded work memory of its own, and recorded random numbers the seed that is set before each replay. Its functions report errors by C++ exceptions, which would end the
/// process here; so what can fail in a recording is found before they are called, and a graph whose recording was broken off is not released.
/// </remarks>
internal sealed unsafe class CudaGraph : IStepGraph
{
    // More than the object takes in any version so far; libtorch writes no further than its own size.
    private const int ObjectBytes = 4096;
    private const int ThreadLocalMode = 1;
    private const int Capturing = 1;
    private const int Invalidated = 2;

    private static readonly Lazy<Functions?> s_functions = new(Functions.Find);

    // One a device: libraries keep memory for each stream that they have met.
    private static readonly ConcurrentDictionary<int, StreamWords> s_side = new();
    private readonly int _device;
    private readonly Functions _functions;
    private readonly void* _graph;
    private bool _isReady;
    private bool _isGone;

    private CudaGraph(int device, Functions functions)
    {
        (_device, _functions) = (device, functions);
        _graph = NativeMemory.AlignedAlloc(ObjectBytes, 64);
        NativeMemory.Clear(_graph, ObjectBytes);
        _functions.Create(_graph);
    }

    /// <summary>Returns the reason why steps cannot be recorded in this process; null if they can.</summary>
    /// <param name="device">The number of the GPU.</param>
    public static string? Obstacle(int device) => device > 0 ? "graphs are recorded on the first visible GPU alone; CUDA_VISIBLE_DEVICES chooses which that is"
        : !OperatingSystem.IsLinux() ? "graphs are reached on Linux alone" : s_functions.Value is null ? "this libtorch does not export its graphs under the names that are known" : null;

    /// <inheritdoc/>
    public bool IsBroken { get; private set; }

    /// <summary>Creates an empty graph.</summary>
    /// <param name="device">The number of the GPU.</param>
    /// <exception cref="DsdException">There is an obstacle.</exception>
    public static CudaGraph On(int device) => new(device, s_functions.Value ?? throw new DsdException($"Steps cannot be recorded: {Obstacle(device)}."));

    /// <inheritdoc/>
    public void Record(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        torch.cuda.synchronize(torch.device(DeviceType.CUDA, _device));
        var before = CudaLibraries.CurrentStream(_device);
        var side = s_side.GetOrAdd(_device, d => _functions.StreamFromPool(0, (sbyte)d));
        var stream = CudaLibraries.Handle(side);
        _functions.SetStream(side);
        Exception? failure = null;
        try
        {
            _functions.Begin(_graph, 0, 0, ThreadLocalMode);
            try
            {
                work();
            }
            catch (Exception e)
            {
                // The recording must be ended in any case.
                failure = e;
            }

            End(stream, failure);
        }
        finally
        {
            _functions.SetStream(before);
        }
    }

    /// <inheritdoc/>
    public void Replay()
    {
        if (!_isReady)
        {
            throw new InvalidOperationException("Nothing was recorded.");
        }

        _functions.Replay(_graph);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isReady)
        {
            _isReady = false;
            _functions.Reset(_graph);
        }

        if (!IsBroken && !_isGone && _functions.DestroyFunction is not null)
        {
            _functions.Destroy(_graph);
            NativeMemory.AlignedFree(_graph);
        }

        // What libtorch could still refer to stays.
        _isGone = true;
    }

    private void End(nint stream, Exception? failure)
    {
        var status = Invalidated;
        if (_functions.IsCapturing(stream, &status) == 0 && status == Capturing)
        {
            _functions.End(_graph);
            _isReady = failure is null;
            if (failure is null)
            {
                return;
            }

            _functions.Reset(_graph);
        }
        else
        {
            // Work that waits for the device breaks the recording off; libtorch's own end would throw.
            nint nothing;
            _ = _functions.EndCapture(stream, &nothing);
            _ = _functions.LastError();
            IsBroken = true;
        }

        if (failure is not (null or ExternalException or DsdException))
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        throw new DsdException(
            $"The step cannot be recorded as a graph: {failure?.Message.Split('\n')[0].Trim().TrimEnd('.') ?? string.Create(CultureInfo.InvariantCulture, $"something in it waits for the GPU (capture status {status})")}.",
            failure);
    }

    /// <summary>The functions of libtorch and of CUDA's runtime.</summary>
    private sealed class Functions
    {
        public delegate* unmanaged<sbyte, sbyte, StreamWords> StreamFromPoolFunction { get; private init; }

        public delegate* unmanaged<StreamWords, void> SetStreamFunction { get; private init; }

        public delegate* unmanaged<void*, byte, void> CreateFunction { get; private init; }

        public delegate* unmanaged<void*, void> DestroyFunction { get; private init; }

        public delegate* unmanaged<void*, ulong, ulong, int, void> BeginFunction { get; private init; }

        public delegate* unmanaged<void*, void> EndFunction { get; private init; }

        public delegate* unmanaged<void*, void> ReplayFunction { get; private init; }

        public delegate* unmanaged<void*, void> ResetFunction { get; private init; }

        public delegate* unmanaged<nint, int*, int> IsCapturingFunction { get; private init; }

        public delegate* unmanaged<nint, nint*, int> EndCaptureFunction { get; private init; }

        public delegate* unmanaged<int> LastErrorFunction { get; private init; }

        public static Functions? Find()
        {
            void* create = CudaLibraries.Torch("_ZN2at4cuda9CUDAGraphC1Eb");
            create = create is null ? CudaLibraries.Torch("_ZN2at4cuda9CUDAGraphC1Ev") : create;
            var found = new Functions
            {
                StreamFromPoolFunction = (delegate* unmanaged<sbyte, sbyte, StreamWords>)CudaLibraries.C10("_ZN3c104cuda17getStreamFromPoolEba"),
                SetStreamFunction = (delegate* unmanaged<StreamWords, void>)CudaLibraries.C10("_ZN3c104cuda20setCurrentCUDAStreamENS0_10CUDAStreamE"),
                CreateFunction = (delegate* unmanaged<void*, byte, void>)create,
                DestroyFunction = (delegate* unmanaged<void*, void>)CudaLibraries.Torch("_ZN2at4cuda9CUDAGraphD1Ev"),
                BeginFunction = (delegate* unmanaged<void*, ulong, ulong, int, void>)CudaLibraries.Torch("_ZN2at4cuda9CUDAGraph13capture_beginESt4pairIyyE21cudaStreamCaptureMode"),
                EndFunction = (delegate* unmanaged<void*, void>)CudaLibraries.Torch("_ZN2at4cuda9CUDAGraph11capture_endEv"),
                ReplayFunction = (delegate* unmanaged<void*, void>)CudaLibraries.Torch("_ZN2at4cuda9CUDAGraph6replayEv"),
                ResetFunction = (delegate* unmanaged<void*, void>)CudaLibraries.Torch("_ZN2at4cuda9CUDAGraph5resetEv"),
                IsCapturingFunction = (delegate* unmanaged<nint, int*, int>)CudaLibraries.Runtime("cudaStreamIsCapturing"),
                EndCaptureFunction = (delegate* unmanaged<nint, nint*, int>)CudaLibraries.Runtime("cudaStreamEndCapture"),
                LastErrorFunction = (delegate* unmanaged<int>)CudaLibraries.Runtime("cudaGetLastError"),
            };
            return found.StreamFromPoolFunction is null || found.SetStreamFunction is null || found.CreateFunction is null || found.BeginFunction is null || found.EndFunction is null
                || found.ReplayFunction is null || found.ResetFunction is null || found.IsCapturingFunction is null || found.EndCaptureFunction is null || found.LastErrorFunction is null ? null : found;
        }

        public StreamWords StreamFromPool(sbyte isHighPriority, sbyte device) => StreamFromPoolFunction(isHighPriority, device);

        public void SetStream(StreamWords stream) => SetStreamFunction(stream);

        public void Create(void* graph) => CreateFunction(graph, 0);

        public void Destroy(void* graph) => DestroyFunction(graph);

        public void Begin(void* graph, ulong first, ulong second, int mode) => BeginFunction(graph, first, second, mode);

        public void End(void* graph) => EndFunction(graph);

        public void Replay(void* graph) => ReplayFunction(graph);

        public void Reset(void* graph) => ResetFunction(graph);

        public int IsCapturing(nint stream, int* status) => IsCapturingFunction(stream, status);

        public int EndCapture(nint stream, nint* graph) => EndCaptureFunction(stream, graph);

        public int LastError() => LastErrorFunction();
    }
}

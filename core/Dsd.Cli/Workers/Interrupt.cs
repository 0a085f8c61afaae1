using System.Runtime.InteropServices;
using Dsd.Optimizers;

namespace Dsd.Cli;

/// <summary>Turns Ctrl-C, a request to terminate and the closing of the terminal into a cancelled token; a second one ends the process immediately.</summary>
internal sealed class Interrupt : IDisposable
{
    // SIGXFSZ on Linux and macOS, which .NET does not name and which ends the process by default.
    private const PosixSignal FileSizeLimit = (PosixSignal)25;

    // A write beyond the account's limit thus fails like one on a full disk. Kept until the process ends: a signal may be
    // handled well after the write that caused it.
    private static readonly PosixSignalRegistration? s_fileSizeLimit =
        OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(FileSizeLimit, context => context.Cancel = true);

    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    public Interrupt()
    {
        GC.KeepAlive(s_fileSizeLimit);
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP })
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = !_source.IsCancellationRequested;
                _source.Cancel();
            }));
        }
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _registrations.ForEach(r => r.Dispose());
        _source.Dispose();
    }
}

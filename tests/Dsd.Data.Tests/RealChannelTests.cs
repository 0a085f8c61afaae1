using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Dsd.Data.Tests;

public class RealChannelTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [SkippableFact]
    public async Task ChildProgram_Cancelled_KillsTheProgramAndItsChildren()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Needs sh and /proc.");
        using var folder = new TempFolder();
        using var cancel = new CancellationTokenSource();
        var clock = Stopwatch.StartNew();
        var run = ChildProgram.Run("sh", ["-c", "sleep 60 & echo $! > child; mv child pid; wait"], folder.Root, Minute, cancel.Token);
        while (!File.Exists(folder["pid"]) && clock.Elapsed < Minute)
        {
            await Task.Delay(10);
        }

        var child = $"/proc/{File.ReadAllText(folder["pid"]).Trim()}";
        Assert.True(Directory.Exists(child));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        while (IsAlive(child) && clock.Elapsed < Minute)
        {
            await Task.Delay(10);
        }

        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 30);
    }

    [SkippableFact]
    public async Task ChildProgram_TooSlow_IsKilledAndSaysSo()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Needs sleep.");
        var outcome = await ChildProgram.Run("sleep", ["60"], Path.GetTempPath(), TimeSpan.FromSeconds(0.2), default);
        Assert.Equal((false, "sleep did not end within 0 s"), (outcome.Success, outcome.Output));
    }

    [SkippableFact]
    public async Task ChildProgram_Fails_GivesItsLastLine()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Needs sh.");
        var outcome = await ChildProgram.Run("sh", ["-c", "echo out; echo first >&2; echo last >&2; exit 3"], Path.GetTempPath(), Minute, default);
        Assert.Equal((false, "last"), (outcome.Success, outcome.LastLine));
    }

    [Fact]
    public async Task ChildProgram_NoSuchProgram_IsAnOutcome()
    {
        var outcome = await ChildProgram.Run("no-such-program-here", [], Path.GetTempPath(), Minute, default);
        Assert.False(outcome.Success);
        Assert.Contains("no-such-program-here cannot be run", outcome.LastLine);
    }

    [Fact]
    public async Task HomeDownload_ServerClosesTheConnectionEarly_IsAProblem()
    {
        var problem = await FetchFrom("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort");
        Assert.Contains("train-images.gz", problem);
    }

    [Fact]
    public async Task HomeDownload_NothingListens_IsAProblemAtOnce()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        using var folder = new TempFolder();
        using var staging = new StagingFolder(folder["tiny"]);
        var clock = Stopwatch.StartNew();
        Assert.NotNull(await new HomeDownload(HomeDownload.RealHandler).Fetch(Tiny.At(new($"http://127.0.0.1:{port}/")), staging, _ => { }, default));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
    }

    private static async Task<string?> FetchFrom(string answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            var stream = client.GetStream();
            await stream.ReadAtLeastAsync(new byte[4096], 16);
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(answer));
        });
        using var folder = new TempFolder();
        using var staging = new StagingFolder(folder["tiny"]);
        var home = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        var problem = await new HomeDownload(HomeDownload.RealHandler).Fetch(Tiny.At(home), staging, _ => { }, default);
        await serving;
        return problem;
    }

    private static bool IsAlive(string process)
    {
        // A killed child may stay as a zombie until its new parent looks at it.
        try
        {
            return !File.ReadAllText(Path.Combine(process, "stat")).Split(')')[^1].TrimStart().StartsWith('Z');
        }
        catch (IOException)
        {
            return false;
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Dsd.Torch;
using TorchSharp;

namespace Dsd.DeviceChecks;

/// <summary>One stage in a process of its own: what it breaks there, a crash or a device that no longer answers, does not reach the next.</summary>
internal static class StageProcess
{
    /// <summary>Starts this program for one stage, waits for it, and stops it after its time.</summary>
    /// <returns>The results, which its file has too.</returns>
    public static StageFile Run(IStage stage, CheckOptions options, TimeSpan limit)
    {
        File.Delete(StageFile.PathOf(options.Folder, stage.Name));
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(Start(stage, options, limit))!;
        var isOver = process.WaitForExit(limit);
        if (!isOver)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        var file = StageFile.Read(options.Folder, stage.Name)
            ?? new(stage.Name, options.Device, options.Quick, StageStatus.Running, 0, null, []);
        if (file.Status is not StageStatus.Running)
        {
            return file with { Seconds = Math.Round(clock.Elapsed.TotalSeconds, 2) };
        }

        file = file with
        {
            Status = StageStatus.Failed,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 2),
            Reason = isOver
                ? $"its process ended with code {process.ExitCode}"
                : string.Create(CultureInfo.InvariantCulture, $"it was stopped after its {limit.TotalSeconds:0} seconds"),
        };
        file.Write(options.Folder);
        return file;
    }

    /// <summary>Runs the stage for which this process was started.</summary>
    public static int Answer(CheckOptions options, TimeSpan limit)
    {
        var stage = options.Stages[0];
        StageContext? context = null;
        try
        {
            TorchRuntime.Configure();
            if (options.Device != "cpu" && !torch.cuda.is_available())
            {
                throw new DsdException($"--device {options.Device}: libtorch finds no GPU. Either it is a build for the CPU, or there is no NVIDIA GPU with a driver.");
            }

            context = new StageContext(stage.Name, options.Device, options.Quick, options.Cases, limit, options.Folder);
            stage.Run(context);
            var broken = context.Broken;
            context.Save(broken.Count == 0 ? StageStatus.Passed : StageStatus.Failed, broken.Count == 0 ? null : $"not as required: {string.Join("; ", broken)}");
            return broken.Count == 0 ? 0 : 1;
        }
        catch (SkippedException e)
        {
            context!.Save(StageStatus.Skipped, e.Message);
            return 0;
        }
        catch (Exception e)
        {
            Console.WriteLine($"  {e}");
            Save(e.Message);
            return 1;
        }

        void Save(string reason)
        {
            if (context is not null)
            {
                context.Save(StageStatus.Failed, reason);
            }
            else
            {
                new StageFile(stage.Name, options.Device, options.Quick, StageStatus.Failed, 0, reason, []).Write(options.Folder);
            }
        }
    }

    private static ProcessStartInfo Start(IStage stage, CheckOptions options, TimeSpan limit)
    {
        var program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program);
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(Assembly.GetExecutingAssembly().Location);
        }

        List<string> words = ["--alone", limit.TotalSeconds.ToString("0", CultureInfo.InvariantCulture), "--stages", stage.Name, "--device", options.Device, "--out", options.Folder];
        words.AddRange(options.Quick ? ["--quick"] : []);
        words.AddRange(options.Cases is { } cases ? ["--cases", cases.ToString(CultureInfo.InvariantCulture)] : []);
        words.ForEach(start.ArgumentList.Add);

        // A collector that lets as much garbage pile up as a server's cache holds would look like a leak. In hexadecimal: 16 MB.
        start.Environment.TryAdd("DOTNET_GCgen0size", "1000000");

        // cuBLAS gives the same bits each time only with a workspace of its own.
        start.Environment.TryAdd("CUBLAS_WORKSPACE_CONFIG", ":4096:8");
        return start;
    }
}

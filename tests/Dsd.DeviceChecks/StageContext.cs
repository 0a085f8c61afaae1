using System.Diagnostics;
using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.DeviceChecks;

/// <summary>What a stage works with: the device, the amount of work, and its report, which is printed and saved line by line.</summary>
/// <param name="stage">The name of the stage.</param>
/// <param name="deviceName">The device, e.g. <c>"cuda"</c>.</param>
/// <param name="isQuick">True for a small amount of work.</param>
/// <param name="cases">The number of random cases of each law; null for as many as there is time for.</param>
/// <param name="limit">The time after which the stage is stopped.</param>
/// <param name="folder">The folder of the results.</param>
internal sealed class StageContext(string stage, string deviceName, bool isQuick, int? cases, TimeSpan limit, string folder)
{
    // The rest of the time is for what was begun.
    private const double ShareToBegin = 0.7;

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<Finding> _findings = [];

    /// <summary>The device by name.</summary>
    public string DeviceName => deviceName;

    /// <summary>The device.</summary>
    public Device Device { get; } = device(deviceName);

    /// <summary>True on a GPU.</summary>
    public bool IsOnCuda => Device.type == DeviceType.CUDA;

    /// <summary>True for a small amount of work.</summary>
    public bool IsQuick => isQuick;

    /// <summary>The number of random cases of each law; null for as many as there is time for.</summary>
    public int? Cases => cases;

    /// <summary>True while there is time to begin more work.</summary>
    public bool HasTime => HasTimeUpTo(ShareToBegin);

    /// <summary>The names of the requirements that do not hold.</summary>
    public IReadOnlyList<string> Broken => [.. _findings.Where(f => f.Holds == false).Select(f => f.Name).Distinct()];

    /// <summary>True until a share of the time is over.</summary>
    public bool HasTimeUpTo(double share) => _clock.Elapsed < share * limit;

    /// <summary>One number for a full run, another for a quick one.</summary>
    public T Pick<T>(T full, T quick) => isQuick ? quick : full;

    /// <summary>Reports a result in words.</summary>
    public void Say(string name, string text) => Add(new(name, text), text);

    /// <summary>Reports a number.</summary>
    public void Measure(string name, double value, string unit, string note = "")
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{value:G4} {unit}{(note.Length > 0 ? $" ({note})" : "")}");
        Add(new(name, text, value, unit), text);
    }

    /// <summary>Reports a requirement; one that does not hold fails the stage, which goes on.</summary>
    public void Require(string name, bool holds, string text) => Add(new(name, text, Holds: holds), holds ? $"✓ {text}" : $"✗ {text}");

    /// <summary>Reports a requirement on a number.</summary>
    public void Require(string name, double value, string unit, bool holds, string bar)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{value:G4} {unit}, {bar}");
        Add(new(name, text, value, unit, holds), holds ? $"✓ {text}" : $"✗ {text}");
    }

    /// <summary>Has the same computation give the same bits each time, for stages that compare bits: one thread on the CPU, and on a GPU algorithms of cuDNN that do.</summary>
    public void ComputeAlike()
    {
        if (!IsOnCuda)
        {
            set_num_threads(1);
            return;
        }

        Say("cuDNN", NativeTorch.UseDeterministicCuDnn(true) ? "only algorithms that give the same bits each time" : "any algorithm: this libtorch has no switch");
    }

    /// <summary>Waits for the device.</summary>
    public void Synchronize()
    {
        if (IsOnCuda)
        {
            cuda.synchronize();
        }
    }

    /// <summary>Writes what was found so far.</summary>
    public void Save(StageStatus status, string? reason = null) => new StageFile(stage, deviceName, isQuick, status, Math.Round(_clock.Elapsed.TotalSeconds, 2), reason, _findings).Write(folder);

    private void Add(Finding finding, string text)
    {
        _findings.Add(finding);
        Console.WriteLine($"  {finding.Name}: {text}");
        Save(StageStatus.Running);
    }
}

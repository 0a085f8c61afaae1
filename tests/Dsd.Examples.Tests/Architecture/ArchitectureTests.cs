namespace Dsd.Examples.Tests;

/// <summary>Data flows one way: every arrow between two rooms (folders of core) is one of the table, and the table has no cycle.</summary>
public class ArchitectureTests
{
    /// <summary>The rooms that every room outside of Dsd.Torch may name.</summary>
    private static readonly string[] s_general = ["Dsd.Torch/Foundation", "Dsd", "Dsd/Notebooks"];

    /// <summary>Each room, after all that it may name, and besides <see cref="s_general"/> the rooms that its types may name.</summary>
    private const string Table = """
        Dsd.Torch/Foundation   :
        Dsd.Torch/State        :
        Dsd.Torch/Loading      : Dsd.Torch/Foundation Dsd.Torch/State
        Dsd.Torch/Kernels      : Dsd.Torch/Foundation Dsd.Torch/State Dsd.Torch/Loading
        Dsd.Torch/Cuda         : Dsd.Torch/Foundation Dsd.Torch/Loading
        Dsd.Torch/Memory       : Dsd.Torch/State Dsd.Torch/Loading
        Dsd.Torch              : Dsd.Torch/Foundation Dsd.Torch/State Dsd.Torch/Loading Dsd.Torch/Kernels Dsd.Torch/Memory
        Dsd                    : Dsd.Torch/Foundation
        Dsd/Masks/Bits         : Dsd.Torch/Kernels Dsd.Torch/Memory Dsd/Schedules/Masking
        Dsd/Notebooks          :
        Dsd/Schedules/Time     :
        Dsd/Schedules/Masking  : Dsd/Schedules/Time
        Dsd/Masks/Selection    : Dsd.Torch/Kernels Dsd.Torch/Memory Dsd.Torch/Cuda Dsd/Masks/Bits Dsd/Schedules/Masking
        Dsd/Schedules          : Dsd/Schedules/Time Dsd/Schedules/Masking
        Dsd/Plans              : Dsd/Schedules/Time Dsd/Schedules/Masking Dsd/Schedules
        Dsd/Masks/Methods      : Dsd/Masks/Bits Dsd/Schedules/Masking Dsd/Masks/Selection Dsd/Schedules Dsd/Plans
        Dsd/Runs               : Dsd/Schedules/Time Dsd/Schedules
        Dsd/Execution          : Dsd.Torch/Kernels Dsd.Torch Dsd/Schedules Dsd/Plans Dsd/Runs
        Dsd/Statistics         :
        Dsd/Records            : Dsd.Torch/State Dsd/Schedules Dsd/Plans Dsd/Runs Dsd/Statistics
        Dsd/Masks              : Dsd.Torch/Memory Dsd/Masks/Bits Dsd/Schedules/Masking Dsd/Masks/Selection Dsd/Schedules Dsd/Plans Dsd/Masks/Methods Dsd/Records
        Dsd/Checkpoints        : Dsd/Records Dsd/Masks/Bits Dsd/Masks/Methods Dsd/Masks Dsd/Optimizers Dsd/Execution
        Dsd/Optimizers         : Dsd.Torch/Kernels Dsd.Torch/Memory Dsd.Torch/Cuda Dsd/Masks/Bits Dsd/Runs Dsd/Masks
        Dsd/Studies/Definition : Dsd/Schedules/Time Dsd/Schedules/Masking Dsd/Schedules Dsd/Runs
        Dsd/Studies/Planning   : Dsd/Schedules/Time Dsd/Schedules/Masking Dsd/Schedules Dsd/Plans Dsd/Runs Dsd/Studies/Definition
        Dsd/Studies/Storage    : Dsd/Schedules Dsd/Plans Dsd/Runs Dsd/Records Dsd/Studies/Definition Dsd/Studies/Planning
        Dsd/Studies/Results    : Dsd.Torch/State Dsd/Schedules Dsd/Plans Dsd/Runs Dsd/Statistics Dsd/Records Dsd/Studies/Definition Dsd/Studies/Planning Dsd/Studies/Storage
        Dsd/Training/Resident  :
        Dsd/Training/Observing : Dsd/Schedules Dsd/Plans Dsd/Records
        Dsd/Training           : Dsd.Torch/State Dsd.Torch/Memory Dsd.Torch/Cuda Dsd/Masks/Selection Dsd.Torch Dsd/Masks/Bits Dsd/Schedules/Masking Dsd/Schedules Dsd/Plans Dsd/Masks/Methods Dsd/Runs Dsd/Execution Dsd/Records Dsd/Masks Dsd/Checkpoints Dsd/Optimizers Dsd/Training/Observing
        Dsd/Studies/Running    : Dsd.Torch Dsd/Training/Stacked Dsd/Training/Resident Dsd/Plans Dsd/Masks Dsd/Masks/Methods Dsd/Runs Dsd/Execution Dsd/Records Dsd/Checkpoints Dsd/Studies/Definition Dsd/Studies/Planning Dsd/Studies/Storage Dsd/Studies/Results Dsd/Training/Observing Dsd/Training Dsd/Masks/Bits
        Dsd/Training/Stacked   : Dsd.Torch/Memory Dsd/Masks/Bits Dsd/Plans Dsd/Masks/Methods Dsd/Runs Dsd/Execution Dsd/Records Dsd/Masks Dsd/Checkpoints Dsd/Optimizers Dsd/Training
        Dsd/Training/Supervised : Dsd.Torch/Memory Dsd.Torch Dsd/Runs Dsd/Execution Dsd/Records Dsd/Training Dsd/Training/Resident
        Dsd.Testing            : Dsd/Masks/Bits Dsd/Plans Dsd/Masks/Methods Dsd/Records Dsd/Masks Dsd/Training
        Dsd.Testing/Cases      : Dsd/Masks/Bits Dsd/Schedules/Time Dsd/Schedules/Masking Dsd/Schedules Dsd/Plans Dsd/Masks/Methods Dsd/Runs Dsd/Execution Dsd/Records Dsd/Optimizers Dsd/Training Dsd.Testing
        Dsd.Testing/Laws       : Dsd.Torch Dsd/Masks/Bits Dsd/Schedules/Time Dsd/Schedules/Masking Dsd/Schedules Dsd/Plans Dsd/Masks/Methods Dsd/Execution Dsd/Records Dsd/Masks Dsd/Training Dsd.Testing Dsd.Testing/Cases
        Dsd.Models/Layers      : Dsd.Torch Dsd/Plans Dsd/Execution
        Dsd.Models/Presets     : Dsd/Schedules/Time Dsd/Schedules/Masking Dsd/Schedules Dsd/Runs
        Dsd.Models/Recurrent   : Dsd.Torch Dsd/Schedules Dsd/Plans Dsd/Execution Dsd.Models/Layers
        Dsd.Models/Networks    : Dsd.Torch Dsd/Schedules Dsd/Plans Dsd/Execution Dsd.Models/Layers Dsd.Models/Recurrent
        Dsd.Models/Spectral    : Dsd/Schedules/Masking Dsd/Schedules Dsd/Plans Dsd/Execution Dsd.Models/Layers
        Dsd.Models             : Dsd/Plans Dsd.Models/Layers Dsd.Models/Presets Dsd.Models/Networks Dsd.Models/Spectral
        Dsd.Data               : Dsd/Runs Dsd/Records Dsd/Training Dsd.Models/Recurrent Dsd.Models
        Dsd.Data/Download      : Dsd/Runs
        Dsd.Data/Files         : Dsd/Runs Dsd/Records Dsd.Data/Download
        Dsd.Data/Images        : Dsd.Torch Dsd/Runs Dsd/Records Dsd/Training Dsd.Models Dsd.Models/Networks Dsd.Data Dsd.Data/Download Dsd.Data/Files
        Dsd.Data/Captions      : Dsd.Torch Dsd/Schedules Dsd/Plans Dsd/Masks/Methods Dsd/Runs Dsd/Records Dsd/Checkpoints Dsd/Training/Observing Dsd/Training Dsd.Models/Networks Dsd.Models Dsd.Data Dsd.Data/Download Dsd.Data/Files Dsd.Data/Images
        Dsd.Data/Speech        : Dsd.Torch Dsd/Runs Dsd/Records Dsd/Training Dsd.Models/Recurrent Dsd.Models Dsd.Data Dsd.Data/Download Dsd.Data/Files
        Dsd.Data/Text          : Dsd.Torch Dsd/Runs Dsd/Records Dsd/Training Dsd.Models Dsd.Data Dsd.Data/Download Dsd.Data/Files
        Dsd.Data/Catalog       : Dsd/Plans Dsd/Masks/Methods Dsd/Runs Dsd/Records Dsd/Studies/Planning Dsd/Training Dsd/Studies/Running Dsd.Models Dsd.Data Dsd.Data/Images Dsd.Data/Captions Dsd.Data/Speech Dsd.Data/Text
        Dsd.Charts             : Dsd.Torch/State Dsd/Schedules/Time Dsd/Schedules/Masking Dsd/Schedules Dsd/Plans Dsd/Runs Dsd/Statistics Dsd/Records Dsd/Studies/Definition Dsd/Studies/Planning Dsd/Studies/Storage Dsd/Studies/Results Dsd/Training/Observing
        Dsd.FSharp             : Dsd/Schedules/Time Dsd/Schedules/Masking Dsd/Schedules Dsd/Plans Dsd/Masks/Methods Dsd/Records Dsd/Studies/Definition Dsd/Studies/Planning Dsd/Studies/Results Dsd/Training Dsd.Charts
        Dsd.Cli/Torch          : Dsd.Torch/Loading Dsd.Torch
        Dsd.Cli/Options        : Dsd.Torch/Cuda Dsd/Schedules/Time Dsd/Schedules/Masking Dsd/Schedules Dsd/Plans Dsd/Masks/Methods Dsd/Runs Dsd/Records Dsd/Checkpoints Dsd/Training Dsd/Studies/Definition Dsd/Studies/Planning Dsd/Studies/Storage Dsd.Models/Presets Dsd.Models Dsd.Data Dsd.Data/Catalog Dsd.Cli/Torch
        Dsd.Cli/Workers        : Dsd/Plans Dsd/Runs Dsd/Studies/Definition Dsd/Studies/Planning Dsd/Studies/Storage Dsd.Models Dsd.Data Dsd.Data/Catalog
        Dsd.Cli/Views          : Dsd.Torch/State Dsd/Schedules/Masking Dsd/Schedules Dsd/Plans Dsd/Runs Dsd/Statistics Dsd/Records Dsd/Checkpoints Dsd/Studies/Definition Dsd/Studies/Planning Dsd/Studies/Storage Dsd/Studies/Results Dsd.Models/Presets Dsd.Models Dsd.Data Dsd.Cli/Options Dsd.Cli/Workers
        Dsd.Cli/Watch          : Dsd/Plans Dsd/Masks/Methods Dsd/Records Dsd/Studies/Definition Dsd/Studies/Planning Dsd/Studies/Storage Dsd/Studies/Results Dsd.Data/Catalog Dsd.Charts Dsd.Cli/Views
        Dsd.Cli/Commands       : Dsd.Torch/Loading Dsd/Schedules Dsd/Plans Dsd/Masks/Methods Dsd/Runs Dsd/Execution Dsd/Records Dsd/Checkpoints Dsd/Studies/Definition Dsd/Studies/Planning Dsd/Studies/Storage Dsd/Studies/Results Dsd/Training Dsd/Training/Observing Dsd/Studies/Running Dsd.Models/Presets Dsd.Models Dsd.Data Dsd.Data/Catalog Dsd.Charts Dsd.Cli/Torch Dsd.Cli/Options Dsd.Cli/Workers Dsd.Cli/Views Dsd.Cli/Watch
        """;

    private static readonly Dictionary<string, string[]> s_allowed = Table.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(row => row.Split(':'))
        .ToDictionary(r => r[0].Trim(), r => r[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));

    [Fact]
    public void Arrows_BetweenRooms_AreThoseOfTheTable()
    {
        var arrows = Rooms.AsBuilt.Arrows();

        Assert.Empty(arrows.Where(a => !Allows(a.Key.From, a.Key.To)).Select(a => $"{a.Key.From} → {a.Key.To}: {a.Value}").Order());
        Assert.Empty(s_allowed.SelectMany(r => r.Value.Select(to => (From: r.Key, To: to))).Where(row => !arrows.ContainsKey(row)).Select(row => $"{row.From} → {row.To} is allowed, and nothing needs it"));
    }

    [Fact]
    public void Table_AsWritten_HasNoCycle()
    {
        var left = s_allowed.Keys.ToHashSet();
        while (left.Where(room => !left.Any(other => other != room && Allows(room, other))).ToList() is { Count: > 0 } free)
        {
            left.ExceptWith(free);
        }

        Assert.Empty(left);
    }

    [Fact]
    public void Rooms_OfCore_StandInTheTable() =>
        Assert.Empty(Rooms.AsBuilt.All.Except(s_allowed.Keys));

    // Plans are made and shown, and results read, where no native library is.
    [Theory]
    [InlineData("TorchSharp", "Dsd Dsd/Notebooks Dsd/Schedules Dsd/Schedules/Masking Dsd/Plans Dsd/Runs Dsd/Records Dsd/Statistics Dsd/Studies/Definition Dsd/Studies/Planning Dsd/Studies/Storage Dsd/Studies/Results Dsd.Charts")]
    public void Rooms_OfPlainData_NameNothingOf(string assembly, string rooms) =>
        Assert.DoesNotContain(Rooms.AsBuilt.Naming(assembly), n => rooms.Split(' ').Contains(n.Room));

    // What each package is for stays in one place.
    [Theory]
    [InlineData("Spectre.Console", "Dsd.Cli/")]
    [InlineData("System.CommandLine", "Dsd.Cli/")]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel", "Dsd.Cli/Watch")]
    [InlineData("Plotly.NET", "Dsd.Charts")]
    [InlineData("SkiaSharp", "Dsd.Data/Images")]
    [InlineData("MathNet.Numerics", "Dsd/Statistics")]
    public void Packages_OfOnePurpose_AreNamedInOnePlace(string assembly, string place)
    {
        var rooms = Rooms.AsBuilt.Naming(assembly).ToList();

        Assert.NotEmpty(rooms);
        Assert.DoesNotContain(rooms, n => !n.Room.StartsWith(place, StringComparison.Ordinal));
    }

    [Fact]
    public void Mentions_OfATypeUsedOnlyWithinAMethod_AreFound()
    {
        // The guard itself: it looks into bodies, lambdas and generic arguments.
        var mentioned = Mentions.Of(typeof(Sample)).Concat(typeof(Sample).GetNestedTypes(System.Reflection.BindingFlags.NonPublic).SelectMany(Mentions.Of)).ToList();

        Assert.Contains(typeof(System.Text.StringBuilder), mentioned);
        Assert.Contains(typeof(Uri), mentioned);
        Assert.Contains(typeof(Version), mentioned);
        Assert.DoesNotContain(typeof(System.Text.RegularExpressions.Regex), mentioned);
    }

    private static bool Allows(string from, string to) =>
        (s_general.Contains(to) && !s_general.Contains(from) && !from.StartsWith("Dsd.Torch/", StringComparison.Ordinal))
        || (s_allowed.TryGetValue(from, out var allowed) && allowed.Contains(to));

    private sealed class Sample
    {
        public static int Within() => new System.Text.StringBuilder().Append(1).Length;

        public static Func<object?> Lambda() => () => new List<Uri>().FirstOrDefault() is null ? Array.Empty<Version>() : null;
    }
}

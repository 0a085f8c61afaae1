namespace Dsd.Examples.Tests;

/// <summary>Data flows one way: every arrow between two rooms (folders of core) is one of the table, and the table has no cycle.</summary>
public class ArchitectureTests
{
    /// <summary>Each room, and the rooms that its types may name. A room that may name a whole project says <c>Project/*</c>.</summary>
    private const string Table = """
        TABLE
        """;

    private static readonly Dictionary<string, string[]> s_allowed = Table.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(row => row.Split(':'))
        .ToDictionary(r => r[0].Trim(), r => r[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));

    [Fact]
    public void Arrows_BetweenRooms_AreThoseOfTheTable()
    {
        var arrows = Rooms.AsBuilt.Arrows();

        Assert.Empty(arrows.Where(a => !Allows(a.Key.From, a.Key.To)).Select(a => $"{a.Key.From} → {a.Key.To}: {a.Value}").Order());
        Assert.Empty(s_allowed.SelectMany(r => r.Value.Select(to => (From: r.Key, To: to))).Where(row => !arrows.Keys.Any(a => a.From == row.From && Covers(row.To, a.To))).Select(row => $"{row.From} → {row.To} is allowed, and nothing needs it"));
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

    private static bool Allows(string from, string to) => s_allowed.TryGetValue(from, out var allowed) && allowed.Any(a => Covers(a, to));

    private static bool Covers(string allowed, string room) =>
        allowed == room || (allowed.EndsWith("/*", StringComparison.Ordinal) && (room == allowed[..^2] || room.StartsWith(allowed[..^1], StringComparison.Ordinal)));

    private sealed class Sample
    {
        public static int Within() => new System.Text.StringBuilder().Append(1).Length;

        public static Func<object?> Lambda() => () => new List<Uri>().FirstOrDefault() is null ? Array.Empty<Version>() : null;
    }
}

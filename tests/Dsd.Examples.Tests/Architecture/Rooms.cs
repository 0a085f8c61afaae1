using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;

namespace Dsd.Examples.Tests;

/// <summary>The folders of core, which types live in each, and which folders they name.</summary>
internal sealed partial class Rooms
{
    private static readonly string[] s_projects = ["Dsd.Torch", "Dsd", "Dsd.Testing", "Dsd.Models", "Dsd.Data", "Dsd.Charts", "Dsd.FSharp", "Dsd.Cli"];

    /// <summary>Folders that only sort the files of a room: a schedule's JSON may name a method, and a method makes a schedule.</summary>
    private static readonly Dictionary<string, string> s_sorting = new() { ["Dsd/Schedules/Methods"] = "Dsd/Schedules" };

    private readonly Dictionary<(string Assembly, string Type), string> _rooms = [];

    private Rooms()
    {
        foreach (var project in s_projects)
        {
            var folder = Path.Combine(Repository.Root, "core", project);
            foreach (var file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            {
                var room = Path.GetRelativePath(Path.Combine(Repository.Root, "core"), Path.GetDirectoryName(file)!).Replace('\\', '/');
                if (room.Split('/').Any(part => part is "bin" or "obj" or "Package"))
                {
                    continue;
                }

                foreach (Match declaration in Declaration().Matches(File.ReadAllText(file)))
                {
                    _rooms[(project, declaration.Groups[1].Value)] = s_sorting.GetValueOrDefault(room, room);
                }
            }
        }
    }

    /// <summary>The rooms as they were built.</summary>
    public static Rooms AsBuilt { get; } = new();

    /// <summary>Every room that holds a type.</summary>
    public IEnumerable<string> All => _rooms.Values.Concat(["Dsd.Charts", "Dsd.FSharp"]).Distinct();

    /// <summary>Every arrow from one room to another, each with the first types that make it.</summary>
    public IReadOnlyDictionary<(string From, string To), string> Arrows() => Types()
        .SelectMany(t => Mentions.Of(t).Select(m => (From: RoomOf(t), To: RoomOf(m), Why: $"{t.Name} names {m.Name}")))
        .Where(a => a.From is not null && a.To is not null && a.From != a.To)
        .GroupBy(a => (a.From!, a.To!))
        .ToDictionary(g => g.Key, g => string.Join(", ", g.Select(a => a.Why).Distinct().Take(5)));

    /// <summary>The rooms that name a type of an assembly which is none of Dsd's.</summary>
    public IEnumerable<(string Room, string Why)> Naming(string assembly) => Types()
        .SelectMany(t => Mentions.Of(t).Where(m => m.Assembly.GetName().Name == assembly).Select(m => (Room: RoomOf(t), Why: $"{t.Name} names {m.Name}")))
        .Where(n => n.Room is not null)
        .GroupBy(n => n.Room!)
        .Select(g => (g.Key, string.Join(", ", g.Select(n => n.Why).Distinct().Take(5))));

    private static IEnumerable<Type> Types() => s_projects.SelectMany(p => Load(p).GetTypes());

    private static Assembly Load(string project) => AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName(project));

    /// <summary>The folder of a type's outermost type; null for another's types and for what a compiler makes.</summary>
    private string? RoomOf(Type type)
    {
        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }

        var assembly = type.Assembly.GetName().Name!;
        return assembly is "Dsd.Charts" or "Dsd.FSharp" ? assembly : _rooms.GetValueOrDefault((assembly, type.Name.Split('`')[0]));
    }

    [GeneratedRegex(@"^(?:(?:public|internal|sealed|static|abstract|readonly|partial|unsafe|ref) )*(?:class|struct|record struct|record|interface|enum|delegate [\w<>\[\]?]+)\s+(\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}

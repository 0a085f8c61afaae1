using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Reflection;
using System.Runtime.Loader;

namespace Dsd;

/// <summary>Shows a value in a notebook: as Dsd.Charts draws it, or as text where that assembly is not at hand.</summary>
/// <remarks>The core names no drawing library; it asks for the type <c>Dsd.Charts.Display</c> when there is something to show.</remarks>
internal sealed class NotebookFormatter
{
    private const string Charts = "Dsd.Charts";

    /// <summary>What is written.</summary>
    public string MimeType { get; } = "text/html";

    /// <summary>The formatters of a type that carries <see cref="TypeFormatterSourceAttribute"/>.</summary>
    public static IEnumerable<object> CreateTypeFormatters() => [new NotebookFormatter()];

    /// <summary>Writes a value as HTML.</summary>
    /// <param name="instance">The value.</param>
    /// <param name="writer">Where it goes.</param>
    /// <returns>Always true: every value has a text.</returns>
    [SuppressMessage("Performance", "CA1822", Justification = "It is called on an instance, by name.")]
    public bool Format(object instance, TextWriter writer)
    {
        writer.Write(Draw(instance) ?? $"<pre>{WebUtility.HtmlEncode(instance.ToString())}</pre>");
        return true;
    }

    private static string? Draw(object instance) => Find()
        ?.GetType($"{Charts}.Display")
        ?.GetMethod("Html", BindingFlags.Public | BindingFlags.Static, [typeof(object)])
        ?.Invoke(null, [instance]) as string;

    /// <summary>Dsd.Charts as it was loaded; else as this process finds it by name, as in a script; else from beside this assembly.</summary>
    private static Assembly? Find()
    {
        var here = typeof(NotebookFormatter).Assembly;
        var context = AssemblyLoadContext.GetLoadContext(here);
        return AppDomain.CurrentDomain.GetAssemblies()
            .Where(a => a.GetName().Name == Charts)
            .OrderByDescending(a => AssemblyLoadContext.GetLoadContext(a) == context)
            .FirstOrDefault() ?? ByName(here) ?? Beside(here, context);
    }

    private static Assembly? ByName(Assembly here)
    {
        try
        {
            return Assembly.Load(new AssemblyName(Charts) { Version = here.GetName().Version });
        }
        catch (Exception e) when (e is FileNotFoundException or FileLoadException)
        {
            return null;
        }
    }

    private static Assembly? Beside(Assembly here, AssemblyLoadContext? context)
    {
        var path = Path.Combine(Path.GetDirectoryName(here.Location) ?? "", $"{Charts}.dll");
        return File.Exists(path) ? context?.LoadFromAssemblyPath(path) : null;
    }
}

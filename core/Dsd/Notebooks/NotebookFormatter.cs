using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Reflection;
using System.Runtime.Loader;

namespace Dsd;

/// <summary>The notebook formatter of a value: as drawn by Dsd.Charts, or as text if that assembly is not available.</summary>
/// <remarks>The core references no drawing library; it looks up the type <c>Dsd.Charts.Display</c> when there is something to show.</remarks>
internal sealed class NotebookFormatter
{
    private const string Charts = "Dsd.Charts";

    /// <summary>The MIME type of the output.</summary>
    public string MimeType { get; } = "text/html";

    /// <summary>Creates the formatters of a type with <see cref="TypeFormatterSourceAttribute"/>.</summary>
    public static IEnumerable<object> CreateTypeFormatters() => [new NotebookFormatter()];

    /// <summary>Writes a value as HTML.</summary>
    /// <param name="instance">The value.</param>
    /// <param name="writer">The writer for the HTML.</param>
    /// <returns>Always true: every value has a text form.</returns>
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

    /// <summary>Finds Dsd.Charts: already loaded, else by name, as in a script, else beside this assembly.</summary>
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

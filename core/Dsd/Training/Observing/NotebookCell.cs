using System.Reflection;

namespace Dsd.Training;

/// <summary>Progress as one output of a .NET Interactive cell, updated in place.</summary>
/// <remarks>The kernel is found among the loaded assemblies and called by reflection, so that the core needs none of its packages.</remarks>
internal sealed class NotebookCell : IProgressOutput
{
    private const string Kernel = "Microsoft.DotNet.Interactive";
    private static readonly string[] s_html = ["text/html"];
    private readonly Func<object, Action<object>> _display;
    private Action<object>? _update;

    private NotebookCell(Func<object, Action<object>> display) => _display = display;

    public bool IsLive => true;

    /// <summary>Returns the output of the running cell; null outside a notebook.</summary>
    public static NotebookCell? Here() => In(AppDomain.CurrentDomain.GetAssemblies().FirstOrDefault(a => a.GetName().Name == Kernel));

    /// <summary>Returns the output of the cell that a kernel is running; null if there is none.</summary>
    /// <param name="kernel">The kernel's assembly, if there is one.</param>
    public static NotebookCell? In(Assembly? kernel)
    {
        var context = kernel?.GetType($"{Kernel}.KernelInvocationContext")?.GetProperty("Current", BindingFlags.Public | BindingFlags.Static)?.GetValue(null);
        var display = kernel?.GetType($"{Kernel}.KernelInvocationContextExtensions")?.GetMethods(BindingFlags.Public | BindingFlags.Static)
            .FirstOrDefault(m => m.Name == "Display" && m.GetParameters() is [_, { ParameterType: var value }, { ParameterType: var types }] && value == typeof(object) && types == typeof(string[]));
        return context is null || display is null ? null : new(shown =>
        {
            var displayed = display.Invoke(null, [context, shown, s_html])!;
            var update = displayed.GetType().GetMethod("Update", [typeof(object)]);
            return next => update?.Invoke(displayed, [next]);
        });
    }

    public void Show(string text)
    {
        if (_update is { } update)
        {
            update(new Line(text));
        }
        else
        {
            _update = _display(new Line(text));
        }
    }

    public void End(string text)
    {
        Show(text);
        _update = null;
    }

    /// <summary>A text that formats itself in a notebook.</summary>
    [TypeFormatterSource]
    public sealed class Line(string text)
    {
        public override string ToString() => text;
    }
}

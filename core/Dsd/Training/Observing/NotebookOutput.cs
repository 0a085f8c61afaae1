using System.Reflection;

namespace Dsd.Training;

/// <summary>An output below a notebook's cell, which is replaced in place.</summary>
/// <remarks>The kernel of .NET Interactive is found among the loaded assemblies and called by reflection, so that the library needs none of its packages.</remarks>
public sealed class NotebookOutput : IProgressOutput
{
    private const string Kernel = "Microsoft.DotNet.Interactive";
    private static readonly string[] s_html = ["text/html"];
    private readonly Func<object, Action<object>> _display;
    private Action<object>? _update;

    private NotebookOutput(Func<object, Action<object>> display, CancellationToken cancellation) => (_display, Cancellation) = (display, cancellation);

    bool IProgressOutput.IsLive => true;

    /// <summary>Cancelled when the notebook asks the kernel to stop the cell.</summary>
    internal CancellationToken Cancellation { get; }

    /// <summary>Creates an output of the running cell; null outside a notebook.</summary>
    public static NotebookOutput? Here() => In(AppDomain.CurrentDomain.GetAssemblies().FirstOrDefault(a => a.GetName().Name == Kernel));

    /// <summary>Creates an output of the cell that a kernel is running; null if there is none.</summary>
    /// <param name="kernel">The kernel's assembly, if there is one.</param>
    internal static NotebookOutput? In(Assembly? kernel)
    {
        var type = kernel?.GetType($"{Kernel}.KernelInvocationContext");
        var context = type?.GetProperty("Current", BindingFlags.Public | BindingFlags.Static)?.GetValue(null);
        var display = kernel?.GetType($"{Kernel}.KernelInvocationContextExtensions")?.GetMethods(BindingFlags.Public | BindingFlags.Static)
            .FirstOrDefault(m => m.Name == "Display" && m.GetParameters() is [_, { ParameterType: var value }, { ParameterType: var types }] && value == typeof(object) && types == typeof(string[]));
        return context is null || display is null ? null : new(
            shown =>
            {
                var displayed = display.Invoke(null, [context, shown, s_html])!;
                var update = displayed.GetType().GetMethod("Update", [typeof(object)]);
                return next => update?.Invoke(displayed, [next]);
            },
            type!.GetProperty("CancellationToken")?.GetValue(context) as CancellationToken? ?? default);
    }

    /// <summary>Shows a value as the notebook shows it, in the place of the one before.</summary>
    /// <param name="value">The value, e.g. a chart or a text.</param>
    public void Show(object value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var shown = value is string text ? new Line(text) : value;
        if (_update is { } update)
        {
            update(shown);
        }
        else
        {
            _update = _display(shown);
        }
    }

    void IProgressOutput.Show(string text) => Show(text);

    void IProgressOutput.End(string text)
    {
        Show(text);
        _update = null;
    }

    /// <summary>A text that formats itself in a notebook.</summary>
    [TypeFormatterSource]
    internal sealed class Line(string text)
    {
        public override string ToString() => text;
    }
}

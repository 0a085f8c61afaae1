// Runs the C# cells of a notebook one after another, as the C# kernel does, and prints the value of each that has one.
//   dotnet run cells.cs -- NOTEBOOK.ipynb
#:package Microsoft.CodeAnalysis.CSharp.Scripting@5.12.0
#:package Microsoft.DotNet.Interactive.Formatting@1.0.0-beta.23562.1
#:property PublishAot=false

using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.Scripting;
using Microsoft.DotNet.Interactive.Formatting;

var path = Path.GetFullPath(args[0]);
var folder = Path.GetDirectoryName(path)!;
var cells = JsonNode.Parse(File.ReadAllText(path))!["cells"]!.AsArray()
    .Where(c => (string?)c!["cell_type"] == "code")
    .Select(c => string.Concat(c!["source"]!.AsArray().Select(line => (string)line!)));

var options = ScriptOptions.Default
    .WithMetadataResolver(ScriptMetadataResolver.Default.WithBaseDirectory(folder))
    .WithImports("System", "System.Text", "System.IO", "System.Linq", "System.Collections.Generic", "System.Threading.Tasks");
ScriptState<object>? state = null;
foreach (var cell in cells)
{
    state = state is null ? await CSharpScript.RunAsync(cell, options) : await state.ContinueWithAsync(cell);
    if (state.ReturnValue is { } value)
    {
        // As the kernel shows it: the formatter is found by an attribute's name, with nothing of the library at hand.
        var html = value.ToDisplayString(HtmlFormatter.MimeType);
        Console.WriteLine($"<<value>> {(html.Contains("dsd-chart", StringComparison.Ordinal) ? "<<chart>>" : "")} {value}");
    }
}

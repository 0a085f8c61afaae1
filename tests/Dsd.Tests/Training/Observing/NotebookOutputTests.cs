using System.Reflection;
using Dsd.Training;
using Microsoft.DotNet.Interactive;

namespace Dsd.Tests.Training
{
    [Collection("Notebook")]
    public class NotebookOutputTests
    {
        [Fact]
        public void Show_InACell_ChangesOneOutputInPlace_WhichShowsItself()
        {
            Assert.Null(NotebookOutput.In(Assembly.GetExecutingAssembly()));
            var context = KernelInvocationContext.Current = new KernelInvocationContext();
            try
            {
                var cell = NotebookOutput.In(Assembly.GetExecutingAssembly())!;
                IProgressOutput progress = cell;
                cell.Show("one & two");
                progress.Show("three");
                progress.End("over");
                cell.Show(4);
            }
            finally
            {
                KernelInvocationContext.Current = null;
            }

            Assert.Equal(2, context.Outputs.Count);
            Assert.Equal(4, context.Outputs[1].Values.Single());
            Assert.All(context.Outputs, o => Assert.Equal(["text/html"], o.MimeTypes));
            Assert.Equal(["one & two", "three", "over"], context.Outputs[0].Values.Select(v => v.ToString()));
            Assert.Contains(context.Outputs[0].Values[0].GetType().GetCustomAttributes(), a => a.GetType().Name == "TypeFormatterSourceAttribute");
            using var html = new StringWriter();
            ((NotebookFormatter)NotebookFormatter.CreateTypeFormatters().Single()).Format(context.Outputs[0].Values[0], html);
            Assert.Equal("<pre>one &amp; two</pre>", html.ToString());
        }

        [Fact]
        public void Here_OutsideOfANotebook_IsNothing()
        {
            Assert.Null(NotebookOutput.Here());
            Assert.Null(NotebookOutput.In(null));
        }
    }
}

// The names by which a kernel of .NET Interactive is spoken to; NotebookTests run in a real one.
namespace Microsoft.DotNet.Interactive
{
    public sealed class KernelInvocationContext
    {
        public static KernelInvocationContext? Current { get; set; }

        public CancellationToken CancellationToken { get; init; }

        public List<DisplayedValue> Outputs { get; } = [];
    }

    public sealed class DisplayedValue(object first, string[] mimeTypes)
    {
        public List<object> Values { get; } = [first];

        public string[] MimeTypes => mimeTypes;

        public void Update(object value) => Values.Add(value);
    }

    public static class KernelInvocationContextExtensions
    {
        public static DisplayedValue Display(this KernelInvocationContext context, object value, params string[] mimeTypes)
        {
            var displayed = new DisplayedValue(value, mimeTypes);
            context.Outputs.Add(displayed);
            return displayed;
        }

        public static DisplayedValue DisplayAs(this KernelInvocationContext context, string value, string mimeType) => context.Display(value, mimeType);
    }
}

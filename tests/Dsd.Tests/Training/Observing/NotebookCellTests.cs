using System.Reflection;
using Dsd.Training;
using Microsoft.DotNet.Interactive;

namespace Dsd.Tests.Training
{
    public class NotebookCellTests
    {
        [Fact]
        public void Show_InACell_ChangesOneOutputInPlace_WhichShowsItself()
        {
            Assert.Null(NotebookCell.In(Assembly.GetExecutingAssembly()));
            var context = KernelInvocationContext.Current = new KernelInvocationContext();
            try
            {
                var cell = NotebookCell.In(Assembly.GetExecutingAssembly())!;
                cell.Show("one & two");
                cell.Show("three");
                cell.End("over");
                cell.Show("another run");
            }
            finally
            {
                KernelInvocationContext.Current = null;
            }

            Assert.Equal(2, context.Outputs.Count);
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
            Assert.Null(NotebookCell.Here());
            Assert.Null(NotebookCell.In(null));
        }
    }
}

// The names by which a kernel of .NET Interactive is spoken to; NotebookTests run in a real one.
namespace Microsoft.DotNet.Interactive
{
    public sealed class KernelInvocationContext
    {
        public static KernelInvocationContext? Current { get; set; }

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

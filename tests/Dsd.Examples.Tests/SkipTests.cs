using System.Text.RegularExpressions;

namespace Dsd.Examples.Tests;

/// <summary>A test that skips says why, and CI knows of it.</summary>
public sealed partial class SkipTests
{
    private static readonly string[] s_listed = [.. Repository.Read(".ci/skips.txt").Split('\n').Where(l => l.StartsWith("  ", StringComparison.Ordinal)).Select(l => l[2..])];

    [Fact]
    public void EverySkip_GivesAReason()
    {
        var calls = Sources().SelectMany(source => Call().Matches(source.Text).Select(m => (source.Path, Arguments: Arguments(source.Text, m.Index + m.Length)))).ToList();

        Assert.NotEmpty(calls);
        Assert.All(calls, call => Assert.True(call.Arguments.Count > 1, $"{call.Path}: a skip on '{call.Arguments[0].Trim()}' gives no reason"));
    }

    [Fact]
    public void List_HoldsEveryTestThatMaySkipWhereCiRunsAndNoOther()
    {
        var skipping = Sources().SelectMany(source => SkippingTests(source.Text)).ToList();

        Assert.NotEmpty(skipping);
        Assert.Equal(s_listed.Distinct().Count(), s_listed.Length);
        var wrong = skipping.Except(s_listed).Select(name => $"not listed: {name}").Concat(s_listed.Except(skipping).Select(name => $"listed, and cannot skip or is not there: {name}")).ToList();
        Assert.True(wrong.Count == 0, $".ci/skips.txt is not as the tests:\n{string.Join('\n', wrong)}");
    }

    [Theory]
    [InlineData("Skip.If(OperatingSystem.IsWindows(), \"no signals\");", false)]
    [InlineData("Skip.IfNot(File.Exists(\"/dev/full\"), \"none\");", false)]
    [InlineData("Skip.If(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, \"no permissions\");", true)]
    [InlineData("Skip.IfNot(OperatingSystem.IsLinux(), \"no mounts\");\nSkip.IfNot(CanMount(), \"may not mount\");", true)]
    [InlineData("WithoutLibrary();", true)]
    public void SkippingTests_OfASource_AreThoseThatMoreThanTheSystemLetsSkip(string body, bool isListed)
    {
        var ofCSharp = SkippingTests($"namespace A.Tests;\n\npublic sealed class BTests\n{{\n    [SkippableFact]\n    public void C_D_E()\n    {{\n        {body}\n    }}\n\n    [Fact]\n    public void F() => Skip.If(true, \"\");\n}}\n");
        var ofFSharp = SkippingTests($"namespace A.Tests\n\ntype BTests() =\n\n    [<SkippableTheory>]\n    [<InlineData(1)>]\n    member _.``c of d``(n: int) =\n        {body}\n");

        Assert.Equal(isListed ? ["A.Tests.BTests.C_D_E"] : [], ofCSharp);
        Assert.Equal(isListed ? ["A.Tests.BTests.c of d"] : [], ofFSharp);
    }

    [SkippableTheory]
    [InlineData("", 0, "")]
    [InlineData("LISTED|there is none here", 0, "skipped LISTED (there is none here)")]
    [InlineData("LISTED(kilobytes: 8)|there is none here", 0, "skipped LISTED (there is none here)")]
    [InlineData("LISTED|", 1, "NO REASON")]
    [InlineData("Dsd.Tests.NewTests.Added_JustNow_Skips|never mind", 1, "NOT IN .ci/skips.txt")]
    public void CheckSkips_OfResults_FailsForWhatIsNotListedOrGivesNoReason(string skipped, int code, string said)
    {
        Skip.If(OperatingSystem.IsWindows(), "The check is a shell script.");
        using var folder = new TempFolder();
        string Result(string name, string outcome, string reason) =>
            $"<UnitTestResult testName=\"{name}\" outcome=\"{outcome}\">\n<Output>\n<ErrorInfo>\n{(reason.Length > 0 ? $"<Message>{reason}</Message>\n" : "")}</ErrorInfo>\n</Output>\n</UnitTestResult>\n";
        var parts = skipped.Replace("LISTED", s_listed[0], StringComparison.Ordinal).Split('|');
        File.WriteAllText(folder["a.trx"], Result("Dsd.Tests.NewTests.Failed", "Failed", "wrong") + (skipped.Length > 0 ? Result(parts[0], "NotExecuted", parts[1]) : "") + Result("Dsd.Tests.NewTests.Passed", "Passed", ""));

        var (exit, output, error) = Repository.Run("bash", ".ci/check-skips", folder.Root);

        Assert.True(exit == code, output + error);
        Assert.Contains(said.Replace("LISTED", s_listed[0], StringComparison.Ordinal), output, StringComparison.Ordinal);
    }

    [Fact]
    public void Ci_ChecksWhatWasSkipped()
    {
        var run = Repository.Read(".ci/run");
        Assert.Contains("--logger trx --results-directory \"$out/results\"", run, StringComparison.Ordinal);
        Assert.Contains(".ci/check-skips \"$out/results\" || status=1", run, StringComparison.Ordinal);
    }

    private static IEnumerable<(string Path, string Text)> Sources() => Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.*s", SearchOption.AllDirectories)
        .Where(f => f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".fs", StringComparison.Ordinal))
        .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"))
        .Select(f => (f, File.ReadAllText(f)));

    /// <summary>The full names of a source's tests that may skip, but for those that skip on another system alone.</summary>
    private static IEnumerable<string> SkippingTests(string text)
    {
        var place = $"{Namespace().Match(text).Groups[1].Value}.";
        var attributes = Attribute().Matches(text);
        foreach (var (i, attribute) in attributes.Index().Where(a => a.Item.Value.Contains("Skippable", StringComparison.Ordinal)))
        {
            var name = Name().Match(text, attribute.Index);
            var body = text[name.Index..(i + 1 < attributes.Count ? attributes[i + 1].Index : text.Length)];
            var conditions = Call().Matches(body).Select(m => Arguments(body, m.Index + m.Length)[0].Trim()).ToList();

            // A test without a condition of its own calls a function that has one.
            if (conditions.Count == 0 || !conditions.TrueForAll(c => OtherSystem().IsMatch(c)))
            {
                yield return place + Class().Matches(text[..attribute.Index])[^1].Groups[1].Value + "." + name.Groups[1].Value;
            }
        }
    }

    /// <summary>The arguments of a call, of which the opening parenthesis has just been read.</summary>
    private static List<string> Arguments(string text, int at)
    {
        var (depth, start, quoted) = (0, at, false);
        var arguments = new List<string>();
        for (; depth >= 0 && at < text.Length; at++)
        {
            var c = text[at];
            quoted ^= c == '"' && text[at - 1] != '\\';
            depth += quoted ? 0 : c is '(' or '[' or '{' ? 1 : c is ')' or ']' or '}' ? -1 : 0;
            if (!quoted && (depth < 0 || (depth == 0 && c == ',')))
            {
                arguments.Add(text[start..at]);
                start = at + 1;
            }
        }

        return arguments;
    }

    [GeneratedRegex(@"\bSkip\.If(?:Not)?\(")]
    private static partial Regex Call();

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^(?:public (?:\w+ )*class|type) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Class();

    /// <summary>The attribute that makes a test.</summary>
    [GeneratedRegex(@"^ +\[<?(?:Skippable)?(?:Fact|Theory|Property)\b", RegexOptions.Multiline)]
    private static partial Regex Attribute();

    [GeneratedRegex(@"(?:^ +public [^(=\n]*? |^ +member _\.``)(\w[^(`\n]*)(?:``)?\(", RegexOptions.Multiline)]
    private static partial Regex Name();

    /// <summary>A condition that holds on another system alone.</summary>
    [GeneratedRegex(@"^(?:OperatingSystem\.Is\w+\(\)|RuntimeInformation\.IsOSPlatform\(OSPlatform\.\w+\)|(?:File|Directory)\.Exists\(""/(?:bin|dev|proc)/[^""]*""\))$")]
    private static partial Regex OtherSystem();
}

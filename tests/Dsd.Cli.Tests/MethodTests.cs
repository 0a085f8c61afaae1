using System.Text.Json;
using Dsd.Schedules;

namespace Dsd.Cli.Tests;

/// <summary>Published methods and given masks, as a user has them: <c>dsd methods</c>, <c>--method</c>, <c>--masks</c>.</summary>
[Collection(RunsCollection.Name)]
public sealed class MethodTests(Runs runs) : IDisposable
{
    private const string Ticket = """{ "phases": [ { "duration": "4st", "rate": 0.02, "sparsity": 0.3, "mask": { "criterion": { "given": { "named": "ticket" } } } } ] }""";

    private static readonly string[] s_small = ["--model", "lenet-300-100", "--train-limit", "640", "--threads", "1", "--device", "cpu", "--quiet"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Methods_InTextAndJson_AreThoseOfTheCore()
    {
        var list = DsdProcess.Run(_folder.Root, "methods").Succeeded().Out;
        Assert.All(Method.All, m => Assert.Contains($"{m.Name}  {m.Summary}", list, StringComparison.Ordinal));
        Assert.Contains("Left out: snfs, ", list, StringComparison.Ordinal);

        var json = Runs.Object(DsdProcess.Run(_folder.Root, "methods", "--json").Succeeded().Out);
        Assert.Equal(Method.All.Select(m => m.Name), json.GetProperty("methods").EnumerateArray().Select(m => m.GetProperty("name").GetString()));
        Assert.Equal(Method.LeftOut.Keys, json.GetProperty("leftOut").EnumerateObject().Select(m => m.Name));
    }

    [Fact]
    public void Methods_OfOne_ShowsParametersAndExamplesThatWork()
    {
        var text = DsdProcess.Run(_folder.Root, "methods", "rigl").Succeeded().Out.ReplaceLineEndings("\n");
        var json = Runs.Object(DsdProcess.Run(_folder.Root, "methods", "rigl", "--json").Succeeded().Out);
        DsdProcess.Run(_folder.Root, "methods", "riggl").Refused();

        Assert.All(Method.Named("rigl").Parameters, p => Assert.Contains($"| {p.Name} ", text, StringComparison.Ordinal));
        Assert.Equal(["duration", "rate", "sparsity"], json.GetProperty("parameters").EnumerateArray().Select(p => p.GetProperty("name").GetString()).Take(3));
        var schedule = text.Split('\n').First(l => l.Contains("{\"method\"", StringComparison.Ordinal));
        var command = text.Split('\n').First(l => l.StartsWith("  dsd plan ", StringComparison.Ordinal)).Trim().Split(' ')[1..];
        File.WriteAllText(_folder["s.json"], schedule);
        Assert.Equal(
            Phases(DsdProcess.Run(_folder.Root, [.. command, "--json"]).Succeeded()),
            Phases(DsdProcess.Run(_folder.Root, "plan", "--schedule", "s.json", "--json").Succeeded()));

        static string Phases(Outcome outcome) => Runs.Object(outcome.Out).GetProperty("arms")[0].GetProperty("phases").ToString();
    }

    [Theory]
    [InlineData("dsd train --method ri", "rigl")]
    [InlineData("dsd train --method rigl --with in", "interval=")]
    [InlineData("dsd plan --method gradual --with d", "dense= distribution= duration=")]
    [InlineData("dsd train --method rigl --arms ", "control rigl")]
    [InlineData("dsd methods sr", "sr-ste")]
    public void Suggest_MethodsAndParameters_AreCompleted(string line, string expected) =>
        Assert.Equal(expected, string.Join(' ', DsdProcess.Run(_folder.Root, $"[suggest:{line.Length}]", line).Succeeded().Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Trim()).Order(StringComparer.Ordinal)));

    [Fact]
    public void PlanJson_OfAMethod_HasUpdatesAndWhatIsKeptAtLeast()
    {
        var rigl = Phase("rigl");
        Assert.Equal((78, 100, 7700), (Number(rigl, "updates", "count"), Number(rigl, "updates", "everySteps"), Number(rigl, "updates", "lastStep")));
        Assert.Equal(3, rigl.GetProperty("updates").GetProperty("exchanged").GetArrayLength());
        Assert.Equal(0.9, Phase("gradual").GetProperty("updates").GetProperty("sparsity").EnumerateArray().Last().GetDouble());
        var layer = Phase("surgery").GetProperty("layers").EnumerateArray().Last();
        Assert.Equal((JsonValueKind.Null, 10), (layer.GetProperty("kept").ValueKind, layer.GetProperty("keptAtLeast").GetInt32()));
        Assert.Equal("rewound to the end of 'warm-up'", Phase("lottery-ticket").GetProperty("rewind").GetString());

        JsonElement Phase(string method) => Runs.Object(DsdProcess.Run(_folder.Root, "plan", "--model", "lenet-300-100", "--method", method, "--json").Succeeded().Out)
            .GetProperty("arms")[0].GetProperty("phases").EnumerateArray().Last();
        static int Number(JsonElement phase, string field, string part) => phase.GetProperty(field).GetProperty(part).GetInt32();
    }

    [Fact]
    [Trait("Tier", "slow")]
    public void Train_TwoMethods_RecordsTheirSchedulesAsArmsThatRunAgain()
    {
        DsdProcess.Run(_folder.Root, ["train", .. s_small, "--method", "rigl", "--method", "set", "--epochs", "2", "--with", "interval=4st", "--seed", "3", "--out", "run"]).Succeeded();

        Assert.All(["rigl", "set", "control"], arm => Assert.True(File.Exists(_folder["run", arm, "weights.safetensors"]), arm));
        Assert.DoesNotContain("\"method\"", File.ReadAllText(_folder["run", "run.json"]), StringComparison.Ordinal);
        DsdProcess.Run(_folder.Root, "resume", "run", "--quiet").Succeeded();

        DsdProcess.Run(_folder.Root, "train", "--config", "run", "--arms", "rigl", "--quiet", "--out", "again").Succeeded();
        Assert.Equal(File.ReadAllBytes(_folder["run", "rigl", "weights.safetensors"]), File.ReadAllBytes(_folder["again", "rigl", "weights.safetensors"]));
        var either = DsdProcess.Run(_folder.Root, "plan", "--config", "run", "--set", "sparse.sparsity=0.5");
        either.Refused();
        Assert.Contains("say whose it is: rigl.sparse.sparsity or set.sparse.sparsity.", either.Error, StringComparison.Ordinal);
        var plan = Runs.Object(DsdProcess.Run(_folder.Root, "plan", "--config", "run", "--set", "set.sparse.sparsity=0.5", "--json").Succeeded().Out);
        Assert.Equal([0.9, 0.5, 0], plan.GetProperty("arms").EnumerateArray().Select(a => a.GetProperty("phases")[0].GetProperty("sparsity").GetDouble()));
    }

    [Fact]
    [Trait("Tier", "slow")]
    public void Masks_OfAnotherRun_AreHeldAndRemembered()
    {
        _ = runs.Json;
        File.WriteAllText(_folder["s.json"], Ticket);
        File.WriteAllText(_folder["plain.json"], """{"phases": [{"duration": "8st", "rate": 0.01}]}""");
        string[] args = [.. s_small, "--schedule", "s.json", "--arms", "dsd", "--masks", $"ticket={runs.Folder["json", "dsd", "2-sparse.safetensors"]}"];

        Assert.Contains("masks 'ticket'", DsdProcess.Run(_folder.Root, ["plan", .. args]).Succeeded().Out, StringComparison.Ordinal);
        var trained = Runs.Object(DsdProcess.Run(_folder.Root, ["train", .. args, "--out", "run", "--json"]).Succeeded().Out);

        var first = Runs.Object(runs.Json.Out).GetProperty("arms")[0].GetProperty("phases")[1].GetProperty("layers").ToString();
        Assert.Equal(first, trained.GetProperty("arms")[0].GetProperty("phases")[0].GetProperty("layers").ToString());
        Assert.Contains("\"masks\": {", File.ReadAllText(_folder["run", "run.json"]), StringComparison.Ordinal);
        DsdProcess.Run(_folder.Root, "train", "--config", "run", "--quiet", "--out", "again").Succeeded();
        Assert.Equal(File.ReadAllBytes(_folder["run", "dsd", "weights.safetensors"]), File.ReadAllBytes(_folder["again", "dsd", "weights.safetensors"]));
        DsdProcess.Run(_folder.Root, "resume", "run", "--quiet").Succeeded();
        DsdProcess.Run(_folder.Root, "report", "run").Succeeded();

        Problem($"ticket={runs.Folder["json", "dsd", "1-dense.safetensors"]}", "1-dense.safetensors: it holds no masks.");
        Problem("ticket=gone.safetensors", "--masks ticket=gone.safetensors: there is no such file.");
        Problem("other=gone.safetensors", "--masks other=gone.safetensors: there is no such file.");
        Problem($"other={runs.Folder["json", "dsd", "2-sparse.safetensors"]}", "it has the masks 'ticket', but given are 'other'. Pass them under that name: --masks NAME=FILE");
        DsdProcess.Run(_folder.Root, "plan", "--config", "run", "--schedule", _folder["plain.json"]).Succeeded();
        var unused = DsdProcess.Run(_folder.Root, ["train", "--masks", args[^1]]);
        unused.Refused();
        Assert.Contains("no phase of the run has masks named 'ticket'. A schedule has them as its criterion or 'within'", unused.Error, StringComparison.Ordinal);
        var sizes = DsdProcess.Run(_folder.Root, ["plan", "--schedule", "s.json", "--masks", args[^1], "--model", "lenet-5"]);
        sizes.Refused();
        Assert.Contains("DSD016", sizes.Error, StringComparison.Ordinal);

        void Problem(string masks, string expected)
        {
            var outcome = DsdProcess.Run(_folder.Root, ["train", "--schedule", "s.json", "--masks", masks]);
            outcome.Refused();
            Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
        }
    }
}

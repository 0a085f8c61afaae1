using System.Text.Json;
using Dsd.Data;
using Dsd.Models;

namespace Dsd.Cli.Tests;

/// <summary>The lists of networks and data sets, and single entries, as JSON.</summary>
public sealed class ListJsonTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("data --json")]
    [InlineData("data list --json")]
    public void Data_Json_ListsEverySetWithItsFields(string line)
    {
        var list = Json(line).GetProperty("data").EnumerateArray().ToList();

        Assert.Equal(Data.DataCatalog.All.Select(d => d.Name), list.Select(d => d.GetProperty("name").GetString()));
        Assert.All(list, CheckData);
        var first = list[0];
        Assert.Equal((1, 10, 55_000, 5_000, 10_000), (Number(first, "inputs"), Number(first, "classes"), Number(first, "trainExamples"), Number(first, "validationExamples"), Number(first, "testExamples")));
        Assert.Equal("images", first.GetProperty("kind").GetString());
    }

    [Fact]
    public void Data_JsonOfOne_IsThatEntryAndSaysWhereItIs()
    {
        var environment = NoData.Environment(_folder);
        Assert.Equal(JsonValueKind.Null, Json("data list wsj --json", environment).GetProperty("place").ValueKind);

        Draw();
        var own = Json("data list imagenet:pictures --json");
        CheckData(own);
        Assert.Equal(_folder["pictures"], own.GetProperty("place").GetString());
        Assert.Equal(["a", "b"], own.GetProperty("classNames").EnumerateArray().Select(c => c.GetString()));
        Assert.Equal(2, Number(own, "classes"));
    }

    [Fact]
    public void Models_Json_ListsEveryNetworkWithItsFields()
    {
        var list = Json("models --json").GetProperty("models").EnumerateArray().ToList();

        Assert.Equal(Models.ModelCatalog.All.Select(m => m.Name), list.Select(m => m.GetProperty("name").GetString()));
        Assert.All(list, m => Assert.Equal(["name", "kind", "description", "source", "hasWidth", "hasPreset"], m.EnumerateObject().Select(p => p.Name)));
        Assert.Equal(Models.ModelCatalog.All.Select(m => m.Paper is not null), list.Select(m => m.GetProperty("hasPreset").GetBoolean()));
    }

    [Fact]
    public void Models_JsonOfOne_HasItsLayersAndItsPreset()
    {
        var plain = Json("models lenet-300-100 --json");
        Assert.Equal(["name", "kind", "description", "source", "hasWidth", "hasPreset", "inputs", "classes", "count", "parameters", "preset"], plain.EnumerateObject().Select(p => p.Name));
        Assert.Equal(266_610, Number(plain, "count"));
        var parameter = plain.GetProperty("parameters").EnumerateArray().First();
        Assert.Equal("""{"name":"fc1.weight","kind":"linear","bias":false,"dims":[300,784],"count":235200,"sharedWith":null}""", JsonSerializer.Serialize(parameter));
        Assert.Equal(JsonValueKind.Null, plain.GetProperty("preset").ValueKind);

        var preset = Json("models resnet-18 --json").GetProperty("preset");
        Assert.Equal(["source", "setting", "schedule", "small", "figures"], preset.EnumerateObject().Select(p => p.Name));
        Assert.Equal(3, preset.GetProperty("schedule").GetProperty("phases").GetArrayLength());
        Assert.Equal("resnet-18", preset.GetProperty("small").GetProperty("setting").GetProperty("network").GetString());
        Assert.All(preset.GetProperty("figures").EnumerateArray(), f => Assert.Equal(["metric", "stage", "value"], f.EnumerateObject().Select(p => p.Name)));
    }

    [Theory]
    [InlineData("data")]
    [InlineData("data list")]
    [InlineData("models")]
    public void Help_NamesTheFieldsOfTheJson(string line)
    {
        var text = DsdProcess.Run(_folder.Root, [.. line.Split(' '), "--help"]).Succeeded().Out;

        Assert.Contains("--json", text, StringComparison.Ordinal);
        string[] fields = line == "models" ? ["hasPreset", "sharedWith", "figures"] : ["trainExamples", "place", "classNames"];
        Assert.All(fields, field => Assert.Contains(field, text, StringComparison.Ordinal));
    }

    [Fact]
    public void Data_WithoutACommand_Lists() =>
        Assert.Equal(DsdProcess.Run(_folder.Root, "data", "list").Succeeded().Out, DsdProcess.Run(_folder.Root, "data").Succeeded().Out);

    private static void CheckData(JsonElement data) => Assert.Equal(
        ["name", "kind", "description", "contents", "licence", "source", "download", "isOfTheUser", "place", "inputs", "classes", "classNames", "height", "width", "trainExamples", "validationExamples", "testExamples"],
        data.EnumerateObject().Select(p => p.Name));

    private static int Number(JsonElement of, string name) => of.GetProperty(name).GetInt32();

    private JsonElement Json(string line, Dictionary<string, string?>? environment = null)
    {
        var outcome = DsdProcess.Run(_folder.Root, environment ?? [], line.Split(' ')).Succeeded();
        Assert.Empty(outcome.Error);
        return JsonDocument.Parse(outcome.Out).RootElement;
    }

    private void Draw()
    {
        using var bitmap = new SkiaSharp.SKBitmap(32, 32);
        using var png = bitmap.Encode(SkiaSharp.SKEncodedImageFormat.Png, 100);
        foreach (var (part, name) in new[] { ("train", "a"), ("train", "b"), ("val", "a"), ("val", "b") })
        {
            File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(_folder["pictures", part, name]).FullName, "0.png"), png.ToArray());
        }
    }
}

using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dsd.Checkpoints;
using Dsd.Models;
using Dsd.Records;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Data.Tests.Captions;

public class CaptionFolderTests
{
    static CaptionFolderTests() => RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);

    [Theory]
    [InlineData("features-32.npy")]
    [InlineData("features-64-columns-first.npy")]
    [InlineData("feats-packed.mat")]
    [InlineData("feats-plain.mat")]
    public void Load_EveryKindOfFile_GivesEachImageItsFeature(string file)
    {
        using var folder = Folder(file);
        var opened = CaptionFolder.Open(folder.Root);
        Assert.Equal((3, 4, 15), (opened.FeatureWidth, opened.Words, opened.TrainExamples));
        Assert.Equal([2, 1, 1], Enum.GetValues<DataSplit>().Select(opened.Images));

        var data = opened.Load("flickr8k");
        Assert.Equal(["c.jpg", "b.jpg"], data.Train.Images.Select(i => i.Name));
        Assert.Equal([0.5f, 1.5f, 2.5f], data.Train.Feature(0).ToArray());
        Assert.Equal([10.5f, 11.5f, 12.5f], data.Train.Feature(1).ToArray());
        Assert.Equal([30.5f, 31.5f, 32.5f], data.Validation.Feature(0).ToArray());
        Assert.Equal([20.5f, 21.5f, 22.5f], data.Test.Feature(0).ToArray());
        Assert.Equal((opened.Words, opened.TrainExamples), (data.Vocabulary.Count, data.TrainExamples));
        Assert.Equal(3, opened.Load("flickr8k", trainLimit: 3).TrainExamples);
    }

    [Fact]
    public void Get_FolderByName_GivesAnEntryAndItsData()
    {
        using var scope = NewDisposeScope();
        using var folder = Folder("feats-packed.mat");
        var entry = DataCatalog.Get($"flickr8k:{folder.Root}");
        Assert.Equal((TaskKind.Captions, 3, 4, 15, 1, 1), (entry.Kind, entry.Inputs, entry.Classes, entry.TrainExamples, entry.ValidationExamples, entry.TestExamples));
        Assert.Equal("2 images with 15 captions to train, 1 images validation, 1 test; 3 words; features of 3 numbers", entry.Contents);
        Assert.Equal(folder.Root, entry.Find());
        Assert.Equal(["dataset.json", "vgg_feats.mat"], entry.Inventory()!.Files.Select(f => f.Name));
        Assert.Equal(entry.Name, entry.Load(null, 7).Name);
        var model = Models.ModelCatalog.Get("neural-talk").Create(entry.Inputs, entry.Classes, 0.05);
        Assert.Equal([2L, 20, 4], entry.ForwardNoise(model, 2).shape);
        Assert.Contains("no folder", Assert.Throws<DsdException>(() => DataCatalog.Get("flickr8k:nowhere")).Message);
    }

    [Fact]
    public void Get_Flickr8kWithoutAFolder_HasThePapersSizesAndSaysHowToNameOne()
    {
        var entry = DataCatalog.Get("flickr8k");
        Assert.Equal((4096, 2538, 30_000, 1_000, 1_000), (entry.Inputs, entry.Classes, entry.TrainExamples, entry.ValidationExamples, entry.TestExamples));
        Assert.Null(entry.Find());
        Assert.Contains("name it flickr8k:PATH", Assert.Throws<DsdException>(() => entry.Download()).Message);
        Assert.Contains("name it flickr8k:PATH", Assert.Throws<DsdException>(() => entry.Load()).Message);
    }

    [Fact]
    public void Load_SafeTensors_GivesEachImageItsFeature()
    {
        using var scope = NewDisposeScope();
        using var folder = Folder(null);
        using (var module = new Features(arange(12, dtype: ScalarType.Float64).reshape(4, 3)))
        {
            WeightFile.Save(module, folder["features.safetensors"]);
        }

        Assert.Equal([9f, 10f, 11f], CaptionFolder.Open(folder.Root).Load("x").Validation.Feature(0).ToArray());
        using (var other = nn.Linear(2, 2))
        {
            WeightFile.Save(other, folder["features.safetensors"]);
        }

        Assert.Contains("no two-dimensional tensor 'features'", Error(folder), StringComparison.Ordinal);
        File.WriteAllBytes(folder["features.safetensors"], [1, 2, 3]);
        Assert.Contains("not a whole .safetensors file", Error(folder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("features-whole.npy", "numbers of the type '<i4'; '<f4' and '<f8' are allowed")]
    [InlineData("features-flat.npy", "does not say type, order and two sizes")]
    [InlineData("feats-none.mat", "holds no matrix named 'feats'")]
    public void Open_OtherContent_IsToldWhatIsWrong(string file, string message)
    {
        using var folder = Folder(file);
        Assert.Contains(message, Error(folder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("features-32.npy")]
    [InlineData("features-64-columns-first.npy")]
    [InlineData("feats-packed.mat")]
    [InlineData("feats-plain.mat")]
    [Trait("Tier", "slow")]
    public void Load_AnyPrefixOrFlippedByte_IsRefusedOrReadButNeverBreaks(string file)
    {
        using var folder = Folder(file);
        var path = Directory.GetFiles(folder.Root).Single(f => !f.EndsWith(".json", StringComparison.Ordinal));
        var whole = File.ReadAllBytes(path);
        for (var length = 0; length < whole.Length; length += 7)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Throws<DsdException>(() => CaptionFolder.Open(folder.Root).Load("x"));
        }

        for (var place = 0; place < whole.Length; place++)
        {
            var other = whole.ToArray();
            other[place] ^= (byte)(1 << (place % 8));
            File.WriteAllBytes(path, other);
            try
            {
                CaptionFolder.Open(folder.Root).Load("x");
            }
            catch (DsdException e)
            {
                Assert.Contains(path, e.Message + " " + (e.Message.Contains("The feature of", StringComparison.Ordinal) ? path : ""), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Open_FilesThatAreNotThereOrTooMany_AreNamed()
    {
        Assert.Contains("There is no folder", Assert.Throws<DsdException>(() => CaptionFolder.Open("/nowhere/at/all")).Message);
        using var folder = Folder(null);
        Assert.Contains("holds no features; exactly one of vgg_feats.mat, features.npy, features.safetensors", Error(folder), StringComparison.Ordinal);
        Copy("features-32.npy", folder);
        Copy("feats-plain.mat", folder);
        Assert.Contains("holds vgg_feats.mat and features.npy;", Error(folder), StringComparison.Ordinal);
        File.Delete(folder["features.npy"]);
        File.Delete(folder["dataset.json"]);
        Assert.Contains("dataset.json", Error(folder), StringComparison.Ordinal);
        using var newer = Folder("feats-plain.mat");
        File.WriteAllBytes(newer["vgg_feats.mat"], [.. "MATLAB 7.3 MAT-file"u8, .. new byte[200]]);
        Assert.Contains("version 7.3", Error(newer), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AnotherNumberOfFeatures_SaysBoth()
    {
        using var folder = Folder("features-32.npy", images => images.RemoveAt(0));
        Assert.Contains("features of 4 images, and dataset.json names 3 with imgid up to 3", Error(folder), StringComparison.Ordinal);
        using var turned = Folder("features-32.npy", images => images.RemoveAt(1));
        Assert.Contains("They seem to be transposed", Error(turned), StringComparison.Ordinal);
        using var beyond = Folder("features-32.npy", images => images[0]!["imgid"] = 4);
        Assert.Contains("imgid up to 4", Error(beyond), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NumberThatIsNotFinite_NamesTheImage()
    {
        using var folder = Folder("features-32.npy");
        var bytes = File.ReadAllBytes(folder["features.npy"]);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 20), float.PositiveInfinity);
        File.WriteAllBytes(folder["features.npy"], bytes);
        Assert.Contains("feature of the image 'a.jpg' holds ∞ at position 1", Assert.Throws<DsdException>(() => CaptionFolder.Open(folder.Root).Load("x")).Message.Replace("Infinity", "∞", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("split", "\"dev\"", "images[1].split: expected 'train', 'restval', 'val' or 'test', got 'dev'")]
    [InlineData("split", "null", "images[1].split: expected a text, got null")]
    [InlineData("imgid", "-1", "images[1].imgid: expected a whole number, at least 0, got -1")]
    [InlineData("imgid", "1.5", "images[1].imgid: expected a whole number")]
    [InlineData("imgid", "0", "images[1].imgid: 0 is another image's number too")]
    [InlineData("filename", "\"c.jpg\"", "images[1].filename: 'c.jpg' is another image's name too")]
    [InlineData("sentences", "{}", "images[1].sentences: expected a list, got {}")]
    [InlineData("sentences", "[3]", "images[1].sentences[0]: expected an object, got 3")]
    [InlineData("sentences", "[{}]", "images[1].sentences[0].tokens: the field is missing")]
    [InlineData("sentences", "[{\"tokens\": [\"a\", 7]}]", "images[1].sentences[0].tokens[1]: expected a word, got 7")]
    public void Open_WrongField_SaysWhere(string field, string value, string message)
    {
        using var folder = Folder("features-32.npy", images => images[1]![field] = JsonNode.Parse(value));
        Assert.Contains(message, Error(folder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is not JSON")]
    [InlineData("[]", "at the document: expected an object, got []")]
    [InlineData("{}", "at images: the field is missing")]
    [InlineData("{\"images\": [", "is not JSON")]
    public void Open_AnotherDocument_SaysWhatIsWrong(string text, string message)
    {
        using var folder = Folder("features-32.npy");
        File.WriteAllText(folder["dataset.json"], text);
        Assert.Contains(message, Error(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_CaptionThatIsALibrary_IsRefused()
    {
        using var folder = Folder("features-32.npy", images => images[0]!["sentences"]![0]!["tokens"] = new JsonArray([.. Enumerable.Repeat(0, 1001).Select(_ => JsonValue.Create("a"))]));
        Assert.Contains("images[0].sentences[0].tokens: 1001 words are more than 1000", Error(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ThenRead_GivesTheSameMatrix()
    {
        using var folder = new TempFolder();
        var matrix = new FeatureMatrix(3, 5, [.. Enumerable.Range(0, 15).Select(i => (float)Math.Sin(i))]);
        NpyFile.Write(folder["m.npy"], matrix);
        Assert.Equal(matrix.Values, NpyFile.Read(folder["m.npy"]).Values);
        Assert.Equal((3, 5, 0), (NpyFile.Read(folder["m.npy"], sizesOnly: true).Rows, NpyFile.Read(folder["m.npy"]).Columns, NpyFile.Read(folder["m.npy"], sizesOnly: true).Values.Length));
        Assert.Equal(0, (new FileInfo(folder["m.npy"]).Length - 60) % 64);
    }

    [Fact]
    public void Problems_WhatIsLeftOutAndFeaturesInTwoParts_AreNamedBeforeAndAfterLoading()
    {
        using var scope = NewDisposeScope();
        using var folder = Folder(null, images => images.Add(Image("e.jpg", 4, "train")));
        using (var module = new Features(tensor(new[] { 1f, 2, 3, 4, 5, 6, 1, 2, 3, 7, 8, 9, 7, 8, 9 }, [5, 3])))
        {
            WeightFile.Save(module, folder["features.safetensors"]);
        }

        var entry = DataCatalog.Get($"flickr8k:{folder.Root}");
        var problems = entry.Problems();
        Assert.Equal(
            [
                "Left out, train: images without a caption: 1 (e.jpg)",
                "In two splits, validation: features with the same bytes as one of train: 1 (d.jpg = e.jpg)",
                "In two splits, test: features with the same bytes as one of train: 1 (a.jpg = c.jpg)",
            ],
            problems.Select(p => p.ToString()));
        Assert.Equal(problems, entry.Load().Problems);
        Assert.Equal(problems, entry.Load().Task(2, 1).Problems);
    }

    private static string Error(TempFolder folder) => Assert.Throws<DsdException>(() => CaptionFolder.Open(folder.Root)).Message;

    /// <summary>Four images, three to learn from but one of them without captions; the order is not that of the features.</summary>
    private static TempFolder Folder(string? features, Action<JsonArray>? change = null)
    {
        var folder = new TempFolder();
        string[] five = ["a dog runs", "a dog", "a big dog", "a dog runs far", "a dog"];
        var images = new JsonArray(
            Image("c.jpg", 0, "train", five), Image("d.jpg", 3, "val", "a cat"), Image("b.jpg", 1, "restval", [.. five, .. five]), Image("a.jpg", 2, "test", "a dog runs"));
        change?.Invoke(images);
        File.WriteAllText(folder["dataset.json"], new JsonObject { ["dataset"] = "flickr8k", ["images"] = images }.ToJsonString(new JsonSerializerOptions()));
        if (features is not null)
        {
            Copy(features, folder);
        }

        return folder;
    }

    private static void Copy(string file, TempFolder folder) => File.Copy(
        Path.Combine(AppContext.BaseDirectory, "Fixtures", file), folder[file.EndsWith(".mat", StringComparison.Ordinal) ? "vgg_feats.mat" : "features.npy"]);

    private static JsonObject Image(string name, int number, string split, params string[] captions) => new()
    {
        ["filename"] = name,
        ["imgid"] = number,
        ["split"] = split,
        ["sentids"] = new JsonArray(1, 2),
        ["sentences"] = new JsonArray([.. captions.Select(c => new JsonObject { ["raw"] = c + ".", ["tokens"] = new JsonArray([.. c.Split(' ').Select(w => JsonValue.Create(w))]) })]),
    };

    private sealed class Features : nn.Module
    {
        public Features(Tensor values)
            : base("features") => register_buffer("features", values);
    }
}

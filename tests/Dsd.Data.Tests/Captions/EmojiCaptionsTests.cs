using System.Runtime.CompilerServices;
using Dsd.Models;

namespace Dsd.Data.Tests.Captions;

public class EmojiCaptionsTests
{
    static EmojiCaptionsTests() => RuntimeHelpers.RunModuleConstructor(typeof(DsdException).Module.ModuleHandle);

    [Theory]
    [InlineData("waving hand: light skin tone", "waving hand light skin tone")]
    [InlineData("flag: Côte d’Ivoire", "flag côte d’ivoire")]
    [InlineData("T-Rex", "t-rex")]
    [InlineData("Japanese “free of charge” button", "japanese free of charge button")]
    [InlineData("keycap: #", "keycap")]
    [InlineData("!", "")]
    public void WordsOf_Label_AreItsLettersAndDigitsInLowerCase(string label, string words) =>
        Assert.Equal(words, string.Join(' ', EmojiCaptions.WordsOf(label)));

    [Fact]
    public void Split_KeepsAFamilyTogether()
    {
        var images = Enumerable.Range(0, 200).SelectMany(i => new[] { "google", "twitter" }.SelectMany(v => new[] { "", "-1F3FB" }.Select(tone =>
            new EmojiImage(v, $"{i:X4}{tone}", $"{i:X4}", "objects", tone.Length > 0, "thing", default)))).ToList();
        var parts = EmojiCaptions.Split(images);
        Assert.Equal([560, 80, 160], parts.Select(p => p.Count));
        Assert.Equal(200, parts.Sum(p => p.Select(i => i.Family).Distinct().Count()));
        Assert.Equal(parts.SelectMany(p => p), EmojiCaptions.Split(images).SelectMany(p => p));
    }

    [Fact]
    public void Entry_SaysWhatThereIs()
    {
        var entry = DataCatalog.Get("emoji-captions");
        Assert.Equal((TaskKind.Captions, 500, 246, 4_322, 784, 1_506), (entry.Kind, entry.Inputs, entry.Classes, entry.TrainExamples, entry.ValidationExamples, entry.TestExamples));
        Assert.Contains("5,282 images with 4,322 captions to train, 784 images validation, 1,506 test; 245 words", entry.Contents, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Load_RealPictures_AgreesWithTheCatalogsNumbers()
    {
        Skip.If(EmojiImages.Find() is null, "the emoji are not on this machine, and this test fetches nothing");
        var folder = DataFolder.Target(EmojiCaptions.Name);
        Skip.If(!Directory.Exists(folder) || Directory.GetFiles(folder).Length == 0, "features of the emoji are not computed yet, which takes half a minute");
        var data = EmojiCaptions.Load();
        Assert.Equal((EmojiCaptions.Words, EmojiCaptions.TrainCount, EmojiCaptions.FeatureWidth), (data.Vocabulary.Count, data.TrainExamples, data.Train.FeatureWidth));
        Assert.Equal((EmojiCaptions.TrainImages, EmojiCaptions.ValidationImages, EmojiCaptions.TestImages), (data.Train.Count, data.Validation.Count, data.Test.Count));
        Assert.Equal("1392 captions of unknown words alone", data.LeftOut);
    }
}
